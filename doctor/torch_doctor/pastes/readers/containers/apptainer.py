"""Singularity and Apptainer: which of them a report speaks of, and whether its container was given the GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_NAMES = ("singularity", "apptainer")
# "Singularity 2.4.2", "a singularity image", "inside apptainer", singularityCE, a .sif file beside the name
_OF_CONTAINERS = regex(
    r"\b(singularity|apptainer)(?:-?ce|pro)?\b[\s:`'\"*#.,-]{0,4}(?:version|image|container|recipe|definition|instance|exec|run|shell|build|pull|v?\d+\.\d)"
    r"|\b(?:version of|in|inside|within|with|using|by|through|under|via|use|for|of|the|my|our)\s[`'\"*]?(singularity|apptainer)\b"
    r"|\b(singularity|apptainer)\b(?=[^\n]{0,80}(?:--nv\b|\.sif\b|\.simg\b|容器|镜像|コンテナ))",
    2,
)
_NV = regex(r"(?<![\w-])--nv(?:ccli)?(?![\w-])")
_WITHOUT = regex(r"\b(?:without|forgot|missing|no|not|instead of|lacks?)\b[^.;\n]{0,24}$", 2)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the engine, and that its option for GPUs was given."""
    engine = None
    for needs in _NAMES:
        for match, line in paste.find(_OF_CONTAINERS, needs, 5):
            engine = next(filter(None, match.groups())).lower()
            yield Claim("container", engine, line, Seen.WORDS)
    for match, line in paste.find(_NV, "--nv", 10) if engine else ():
        given = not _WITHOUT.search(match.string[: match.start()])
        yield Claim("container_gpus_requested", given, line, Seen.WORDS, implied=not given)
