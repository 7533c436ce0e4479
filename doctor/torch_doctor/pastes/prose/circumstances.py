"""What was tried already, which scheduler started the program, and what set its mask: told by words and code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

# "will reboot", "should I restart": a plan or a question, nothing that was done.
_PLAN = re.compile(
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
_SLURM = re.compile(r"\b(?:slurm\w*|sbatch|srun|salloc)\b", re.IGNORECASE)
_RAY = re.compile(
    r"\b(?:ray (?:actor|worker|task|cluster)s?|@ray\.remote|RayWorker\w*)\b", re.IGNORECASE
)
_OWN_CODE = re.compile(r"os\.(?:environ\W{1,3}|putenv\(|environ\.\w+\()\W{0,2}CUDA_VISIBLE_DEVICES")
_EMPTY = re.compile(
    r"\bCUDA_VISIBLE_DEVICES\b[`'\"]?(?: variable)?(?: is| was|=| 是|为)?\s?(?:set to )?(?:an )?"
    r"(?:empty|blank|空)",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"nvidia-fabricmanager(?:\.service)?\W{0,3}(?:could not be found|not found|does not exist|is not installed|not-found)"
    r"|fabric ?manager (?:package )?(?:is|was) not installed",
    re.IGNORECASE,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what was tried, the scheduler, the origin of the mask and a service that is not there."""
    for slug, forms in _TRIED.items():
        for needs, pattern in forms:
            yield from _tried(paste, slug, needs, re.compile(pattern, re.IGNORECASE))
    for needs in ("slurm", "sbatch", "srun", "salloc"):
        for _, line in paste.find(_SLURM, needs, 20):
            yield Claim("scheduler", "slurm", line, Seen.WORDS)
    for needs in ("ray.", "rayworker", "ray "):
        for _, line in paste.find(_RAY, needs, 20):
            yield Claim("scheduler", "ray", line, Seen.WORDS)
    for _, line in paste.find(_OWN_CODE, "cuda_visible_devices", 3):
        yield Claim("mask_set_by", "program", line, Seen.COMMAND)
    for _, line in paste.find(_EMPTY, "cuda_visible_devices", 3):
        yield Claim("cuda_visible_devices", "", line, Seen.WORDS)
    for needs in ("fabricmanager", "fabric manager"):
        for _, line in paste.find(_UNIT, needs, 20):
            yield Claim("fabric_manager", "not installed", line, Seen.TOOL)


def _tried(paste: Paste, slug: str, needs: str, form: re.Pattern[str]) -> Iterator[Claim]:
    for match, line in paste.find(form, needs, 10):
        if not _PLAN.search(match.string[max(0, match.start() - 60) : match.start()]):
            yield Claim("tried", slug, line, Seen.WORDS)
            return
