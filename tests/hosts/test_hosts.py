"""Recorded machines: healthy ones with one H200 and with four, replayed through the probes; one broken in many ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.codec import facts_from_json
from torch_doctor.core.fact import Facts, Known
from torch_doctor.core.finding import Severity
from torch_doctor.core.report import Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host.port import RecordedHost

HERE = Path(__file__).parent
HEALTHY = {HERE / "h200-580-cu130": 1, HERE / "h200x4-580-cu130": 4}
FAULTS = sorted((HERE / "h200-faults").glob("*.json"))
MATRIX = load_matrix()


@pytest.fixture(scope="module", params=HEALTHY, ids=lambda path: path.name)
def host(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def replayed(host: Path) -> Facts:
    return collect(RecordedHost(host), identify=True).facts


def saved_facts(path: Path) -> Facts:
    return facts_from_json(json.loads(path.read_text())["facts"])


def test_the_recording_replays_to_the_facts_that_were_collected(
    host: Path, replayed: Facts
) -> None:
    saved = saved_facts(host / "facts.json")
    # Measured anew at each look, or not saved with a recording.
    volatile = {"live_stages", "gpus", "shm_free_mib", "kernel_events", "kernel_results"}

    differing = [
        name
        for name, fact in saved.items()
        if name not in volatile and isinstance(fact, Known) and replayed.value(name) != fact.value
    ]

    assert differing == []
    assert [gpu.name for gpu in replayed.value("gpus")] == ["NVIDIA H200"] * HEALTHY[host]


def test_a_healthy_machine_is_left_in_peace(replayed: Facts) -> None:
    report = diagnose(replayed, MATRIX)

    assert report.verdict is Verdict.HEALTHY
    assert report.judgement.observed
    assert [f.message for f in report.findings if f.severity is not Severity.NOTE] == []


def test_what_the_deep_check_measured_on_four_healthy_gpus_is_no_finding() -> None:
    measured = saved_facts(HERE / "h200x4-580-cu130" / "deep.json")
    stages = {(result.stage, result.gpu) for result in measured.value("deep_results")}
    facts = saved_facts(HERE / "h200x4-580-cu130" / "facts.json").with_(**measured)

    report = diagnose(facts, MATRIX)

    assert {("graph", 3), ("p2p", 3), ("nccl", None), ("nccl-processes", None)} <= stages
    assert report.verdict is Verdict.HEALTHY
    assert [f.message for f in report.findings if f.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_every_induced_fault_is_named_first(path: Path) -> None:
    recorded: dict[str, Any] = json.loads(path.read_text())

    report = diagnose(facts_from_json(recorded["facts"]), MATRIX)

    findings = [(f.code, f.cause, f.message) for f in report.findings]
    assert (report.primary.cause if report.primary else None) == recorded["cause"], findings
    assert report.verdict.value == recorded["verdict"]


def test_at_least_twenty_faults_were_induced() -> None:
    assert sum(json.loads(path.read_text())["cause"] is not None for path in FAULTS) >= 20
