"""What writes CUDA_VISIBLE_DEVICES (a compose file, a manifest, an image, a command), and device numbers behind it."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_NAME = "cuda_visible_devices"
_ITEM = regex(r"^\s{2,40}(?:- )?['\"]?CUDA_VISIBLE_DEVICES['\"]?\s{0,2}[:=]")
_IN_A_POD = regex(r"^\s{0,40}- name:\s{1,3}['\"]?CUDA_VISIBLE_DEVICES\b")
# A line that carries the variable tells by its form who sets it.
_WRITERS = (
    ("dockerfile", regex(r"^\s{0,8}(?:ENV|ARG)\s{1,4}CUDA_VISIBLE_DEVICES\b")),
    ("docker", regex(r"(?:^|\s)(?:-e|--env)[ =]['\"]?CUDA_VISIBLE_DEVICES\b")),
    ("systemd", regex(r"^\s{0,8}Environment=['\"]?CUDA_VISIBLE_DEVICES\b")),
    (
        "shell-file",
        regex(
            r"(?:\.(?:bashrc|zshrc|profile|bash_profile)|/etc/(?:environment|profile))\b.{0,80}CUDA_VISIBLE_DEVICES"
            r"|CUDA_VISIBLE_DEVICES.{0,80}(?:\.(?:bashrc|zshrc|profile|bash_profile)|/etc/(?:environment|profile))\b"
        ),
    ),
)
_ENTRIES = regex(r"CUDA_VISIBLE_DEVICES['\"\])]{0,3}\s{0,2}[=,]\s{0,2}['\"]?(\d+(?:\s?,\s?\d+)*)")
_DEVICE = regex(
    r"(?:device|\.to|\.cuda|set_device)\W{0,4}(?:=\s?)?\(?['\"]?cuda:(\d{1,2})\b|set_device\(\s?(\d{1,2})\s?\)"
)
# Somebody complains: nobody asks about numbers that work.
_COMPLAINT = (
    *(
        "error",
        "fail",
        "not work",
        "n't",
        "cannot",
        "only ",
        "invalid",
        "wrong",
        "not recogn",
        "not see",
    ),
    *("不能", "无法", "不到", "报错", "只有", "エラー", "認識"),
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what sets the mask, and how many devices the program's own numbers want behind it."""
    if not paste.has(_NAME):
        return
    in_yaml = paste.has("services:", "environment:")
    for index, text in paste.with_(_NAME, 40):
        line = paste.number(index)
        for slug, form in _WRITERS:
            if form.search(text):
                yield Claim("mask_set_by", slug, line, Seen.COMMAND)
        if _IN_A_POD.match(text):
            yield Claim("mask_set_by", "pod", line, Seen.COMMAND)
        elif in_yaml and _ITEM.match(text):
            yield Claim("mask_set_by", "compose", line, Seen.COMMAND)
    yield from _numbers(paste)


def _numbers(paste: Paste) -> Iterator[Claim]:
    counts = [len(match[1].split(",")) for match, _ in paste.find(_ENTRIES, _NAME, 20)]
    if len(set(counts)) != 1 or not paste.has(*_COMPLAINT):
        return
    for needs in ("cuda:", "set_device"):
        for match, line in paste.find(_DEVICE, needs, 20):
            number = int(match[1] or match[2])
            if number >= counts[0]:
                yield Claim("requested_gpus", number + 1, line, Seen.COMMAND, implied=True)
