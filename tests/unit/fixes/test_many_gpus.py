"""A machine with very many GPUs, each with faults: the work grows as their number does."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from tests.bench.many_gpus import judged


def calls(count: int) -> int:
    """Return how many functions are called to judge a machine with as many faulty GPUs."""
    made = 0

    def count_it(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal made
        made += event == "call"

    before = sys.getprofile()
    sys.setprofile(count_it)
    try:
        judged(count)
    finally:
        sys.setprofile(before)
    return made


def test_twice_the_faults_take_twice_the_work() -> None:
    judged(1)  # what is read and compiled once

    assert calls(96) / calls(48) < 2.3


def test_of_cures_alike_some_are_judged_and_none_is_lost() -> None:
    report = judged(40)

    by_code: dict[str, list[str]] = {}
    for finding in report.findings:
        for fix in finding.fixes:
            by_code.setdefault(finding.code, []).append(fix.judged)
    assert all(len(judgements) % 40 == 0 for judgements in by_code.values())
    assert any("gone" in judgements for judgements in by_code.values())
    for judgements in by_code.values():
        assert judgements.count("gone") in (0, 16)
