"""Whether an answer holds: a build that another tool names is held against the same rows as ours."""

from __future__ import annotations

import shlex
from itertools import pairwise

from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

from docs.pages.questions import answer
from tests.bench.rivals.cases import HERE, Case
from tests.bench.rivals.tools import CANNOT_BE_ASKED, NOT_RUN, Said

HOLDS, FAILS, OPEN, NONE = "✓", "✗", "?", ""
_KEPT = ("--gpu", "--driver", "--platform", "--python", "--with")


def mark(case: Case, answered: Said, matrix: Matrix) -> str:
    """Return whether *answered* holds: a build must run there, a no must be one; "?" where the rows do not tell.

    A build that is older than need be holds all the same. Finding nothing where something runs does not.
    """
    if answered.text in (CANNOT_BE_ASKED, NOT_RUN):
        return NONE
    if answered.verdict is not None:
        expected = {"Yes": True, "No.": False}.get(case.expected[:3])
        return OPEN if expected is None else _held(answered.verdict is expected)
    build = answered.build or _newest(answered.tag, case, matrix)
    if build:
        return _runs(build, case)
    if not answered.none:
        return OPEN
    return _held(case.expected.startswith("Nothing")) if case.expected[0] != "I" else OPEN


def _held(right: bool) -> str:
    return HOLDS if right else FAILS


def _newest(tag: str, case: Case, matrix: Matrix) -> str:
    """The newest torch on the index of a variant, or of the next older one where that was never published."""
    platform = {"windows": "windows-x86_64", "wsl": HERE}.get(case.platform, case.platform)
    number = _number(tag)
    there = [
        row
        for row in matrix.torch_builds
        if row.platform == platform
        and row.cuda
        and row.status == "published"
        and _number(row.variant) <= number
    ]
    if not there:
        return ""
    newest = max(there, key=lambda row: (_number(row.variant), release_key(row.torch)))
    return f"{newest.torch}+{newest.variant}"


def _number(tag: str) -> int:
    """102 for cu102, 92 for cu92: all are tenths of a CUDA."""
    return int(tag[2:]) if tag.startswith("cu") else 0


def _runs(build: str, case: Case) -> str:
    words = shlex.split(case.run)
    kept = []
    for flag, value in pairwise(words):
        if flag in _KEPT:
            kept += [flag, value]
    found = answer(shlex.join(("matrix", "query", "--torch", build, *kept))).text
    return HOLDS if found.startswith("Yes") else FAILS if found.startswith("No") else OPEN
