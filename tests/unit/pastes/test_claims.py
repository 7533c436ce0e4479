"""Claims: the catalogue is their type, and how directly a line shows something decides which one counts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch_doctor.pastes
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Reason, Unavailable
from torch_doctor.core.records import Gpu, Package
from torch_doctor.core.version import DriverRelease, SmTarget
from torch_doctor.engine.verdict import Verdict
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.claims import claim
from torch_doctor.pastes.claims.claim import Absence, Claim, ClaimError, Seen, implied
from torch_doctor.pastes.claims.hints import HINTS, GpuMention, Refused
from torch_doctor.pastes.claims.merge import merge

from tests.resting import rests_on

DRIVER = DriverRelease.parse("535.54.03")
REFUSED = [
    ("driver_relase", DRIVER, "no fact 'driver_relase'"),
    ("driver_release", "535.54.03", "not str '535.54.03'"),
    ("wsl", 1, "wsl takes bool"),
    ("windows_build", True, "windows_build takes int"),
    ("packages", (Package("torch", "2.8.0"),), "packages takes Package"),
    ("arch_list", SmTarget.parse("sm_90"), "arch_list takes tuple"),
    ("gpu_mention", "RTX 4090", "gpu_mention takes GpuMention"),
]


@pytest.mark.parametrize(("name", "value", "complaint"), REFUSED)
def test_a_claim_that_the_catalogue_refuses_raises_here(
    name: str, value: Any, complaint: str
) -> None:
    with pytest.raises(ClaimError, match=complaint):
        Claim(name, value, 1, Seen.TOOL)


def test_a_field_of_the_wrong_type_raises_here() -> None:
    with pytest.raises(ClaimError):
        Claim("gpus", Gpu(0, compute_capability="8.6"), 1, Seen.TOOL)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("driver_release", DRIVER),
        ("driver_release", Absence(Reason.NOT_PRESENT)),
        ("driver_release", None),
        ("gpus", Gpu(0, "NVIDIA A100-SXM4-80GB")),
        ("arch_list", (SmTarget.parse("sm_90"),)),
        ("gpu_mention", GpuMention("RTX 4090", 2)),
    ],
)
def test_a_claim_of_the_right_type_is_made(name: str, value: Any) -> None:
    assert Claim(name, value, 7, Seen.WORDS).value == value


@rests_on("TD906")
def test_a_refused_claim_of_an_installed_reader_is_dropped_and_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from torch_doctor.diagnose import diagnose

    monkeypatch.setattr(claim, "STRICT", False)
    facts = merge(
        [
            Claim("driver_release", "535.54", 3, Seen.TOOL),
            Claim("driver_relase", DRIVER, 4, Seen.TOOL),
            Claim("wsl", True, 5, Seen.TOOL),
        ],
        "report",
        load_matrix,
    )

    lost = facts["driver_release"]
    assert isinstance(lost, Unavailable)
    assert lost.reason is Reason.UNPARSED
    assert facts.value("wsl") is True
    assert len(facts.value("reader_faults")) == 2
    report = diagnose(facts, load_matrix())
    assert report.verdict is Verdict.UNDECIDED
    assert [finding.code for finding in report.findings].count("TD906") == 2


def test_a_good_claim_beside_a_refused_one_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "STRICT", False)
    claims = [
        Claim("driver_release", 535, 1, Seen.TOOL),
        Claim("driver_release", DRIVER, 2, Seen.WORDS),
    ]

    facts = merge(claims, "report", load_matrix)

    assert facts.value("driver_release") == DRIVER
    assert facts.value("reader_faults")


def test_what_was_seen_more_directly_counts_then_what_is_stated_then_the_earlier_line() -> None:
    def chosen(*claims: Claim) -> Any:
        return merge(claims, "report", load_matrix).value("os_name")

    words = Claim("os_name", "words", 1, Seen.WORDS)
    report = Claim("os_name", "report", 9, Seen.REPORT)
    early, *_ = implied([Claim("os_name", "implied", 2, Seen.REPORT)])

    assert chosen(words, early, report) == "report"
    assert chosen(words, early) == "implied"
    assert chosen(report, Claim("os_name", "later", 10, Seen.REPORT)) == "report"


def names_in_readers() -> Iterator[tuple[str, str]]:
    for path in sorted(Path(torch_doctor.pastes.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_claim = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Claim"
            if is_claim and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
                place = f"{path.name}:{node.lineno}"  # type: ignore[attr-defined]
                yield place, node.args[0].value  # type: ignore[attr-defined]


def test_every_name_that_a_reader_writes_is_a_fact_or_a_hint() -> None:
    found = list(names_in_readers())

    assert len(found) > 100
    assert not [(place, name) for place, name in found if name not in FACTS and name not in HINTS]
    assert Refused in HINTS.values()
