"""A build that nobody read, of which sources tell unlike lists: what holds for each list is known, the rest is not."""

from __future__ import annotations

import pytest
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.version import SmTarget
from torch_doctor.matrix.law.judge import judge

from tests.unit.matrix.test_law import build, machine

LISTS = ("sm_90", "sm_50 sm_80 sm_90")


def judged(gpu: str, **build_has: object) -> Judgement:
    known = {"targets": None, "readings": targets_of(*LISTS), **build_has}
    read = build("2.9.1+cu126")._replace(**known)  # type: ignore[arg-type]
    return judge(machine("580.95.05", gpu), read)


def targets_of(*lists: str) -> tuple[tuple[SmTarget, ...], ...]:
    return tuple(tuple(map(SmTarget.parse, text.split())) for text in lists)


@pytest.mark.parametrize(
    ("gpu", "status"),
    [
        ("Tesla T4", Status.UNSUPPORTED),  # neither list serves it
        ("NVIDIA GeForce RTX 5090", Status.UNSUPPORTED),
        ("NVIDIA A100-SXM4-80GB", Status.UNKNOWN),  # one does
        ("NVIDIA H100 PCIe", Status.SUPPORTED),  # both do
    ],
)
def test_what_every_list_says_is_known(gpu: str, status: Status) -> None:
    answer = judged(gpu)

    assert answer.status is status
    assert bool(answer.served) is (status is Status.SUPPORTED)


def test_the_lists_are_targets_of() -> None:
    (objection,) = judged("Tesla T4").objections

    assert objection.message.endswith("(sm_75): built for sm_90, or sm_50 sm_80 sm_90")


def test_what_was_read_from_the_installed_files_decides() -> None:
    assert judged("Tesla T4", targets=targets_of("sm_75")[0]).status is Status.SUPPORTED
