"""What was tried already, what set the mask and to what, and which service is not there: told by words and code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.uses import is_meant

# "will reboot", "should I restart": a plan or a question, nothing that was done.
_PLAN = regex(
    r"\b(?:will|should|shall|must|need to|have to|how to|try to|want to|can i|cannot|can.t|could|would|please|requires?|needs?|before|until|if|when|"
    r"every time|after each|avoid|without|not|n't|haven't|never|no)\b[^.;,\n]{0,25}$",
    re.IGNORECASE,
)
_TRIED = {
    "rebooted": (
        (
            "boot",
            r"\bre-?boot(?:ed|ing|s)?\b(?! (?:(?:fix|help|solv|bring|clear)(?:e?s|ed)|required|needed)\b)",
        ),
        ("restarted the", r"\brestarted the (?:machine|server|host|computer|system|pc|node)\b"),
        ("重启", r"(?:已经?|都|也)?重启(?:了|过|后|之后)"),
        ("再起動", r"再起動(?:し|後)"),
    ),
    "reloaded-module": (
        ("modprobe", r"\bmodprobe[ -]\S{0,10}nvidia"),
        ("rmmod", r"\brmmod nvidia"),
    ),
}
_OWN_CODE = regex(r"os\.(?:environ\W{1,3}|putenv\(|environ\.\w+\()\W{0,2}CUDA_VISIBLE_DEVICES")
# A mask in words: "CUDA_VISIBLE_DEVICES was empty", "prints -1", 设为空, が空.
_EMPTY = regex(
    r"\bCUDA_VISIBLE_DEVICES\b[`'\"]?(?: variable| 变量)?[ :]{0,2}(?:is|was|are|=|prints?|printed|shows?|gives?|gets?|to|是|为|被?设(?:置)?(?:为|成)|が|は|を)?\s?"
    r"(?:now |still )?(?:set to |set as )?(?:an? )?(?:[`'\"]?(?:empty|blank|空|(-1|NoDevFiles)\b)|(?:''|\"\")(?!\w))",
    re.IGNORECASE,
)
_UNIT = regex(
    r"nvidia-fabricmanager(?:\.service)?\W{0,3}(?:could not be found|not found|does not exist|is not installed|not-found)"
    r"|fabric ?manager (?:package )?(?:is|was) not installed",
    re.IGNORECASE,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what was tried, the mask and its origin, and a service that is not there."""
    for slug, forms in _TRIED.items():
        for needs, pattern in forms:
            yield from _tried(paste, slug, needs, regex(pattern, re.IGNORECASE))
    for _, line in paste.find(_OWN_CODE, "cuda_visible_devices", 3):
        yield Claim("mask_set_by", "program", line, Seen.COMMAND)
    for match, line in paste.find(_EMPTY, "cuda_visible_devices", 3):
        if not is_meant(match[1] or "", match.string, paste):
            yield Claim("cuda_visible_devices", match[1] or "", line, Seen.WORDS)
    for needs in ("fabricmanager", "fabric manager"):
        for _, line in paste.find(_UNIT, needs, 20):
            yield Claim("fabric_manager", "not installed", line, Seen.TOOL)


def _tried(paste: Paste, slug: str, needs: str, form: re.Pattern[str]) -> Iterator[Claim]:
    for match, line in paste.find(form, needs, 10):
        if not _PLAN.search(match.string[max(0, match.start() - 60) : match.start()]):
            yield Claim("tried", slug, line, Seen.WORDS)
            return
