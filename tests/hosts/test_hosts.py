"""Recorded machines: healthy ones with one H200, two and four, replayed through the probes; some broken in many ways."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch_doctor
from torch_doctor.core.codec import facts_from_json
from torch_doctor.core.fact import Facts, Known, Reason, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.report import Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host.port import RecordedHost

from tests.gpu.induce import STATES as INDUCED
from tests.hosts.states import read, written
from tests.resting import rests_on

HERE = Path(__file__).parent
HEALTHY = {HERE / "h200-580-cu130": 1, HERE / "h200x4-580-cu130": 4}
STATES = sorted(HERE.glob("h200*-states/*.json"))
RULES_OF = {state.name: state.rules for state in INDUCED}
RESTING = [
    pytest.param(path, id=f"{path.parent.name}-{path.stem}", marks=rests_on(*RULES_OF[path.stem]))
    for path in STATES
]
MATRIX = load_matrix()
# What PyTorch answers, which `--proof driver` does not ask.
OF_TORCH = (
    *("live_stages", "kernel_results", "cuda_available", "torch_device_count"),
    *("torch_import_error", "plain_import_error", "loaded_libraries"),
)
UNASKED = Unavailable(Reason.NOT_ASKED)


@pytest.fixture(scope="module", params=HEALTHY, ids=lambda path: path.name)
def host(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def replayed(host: Path) -> Facts:
    return collect(RecordedHost(host)).facts


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


def test_the_libraries_that_were_foreseen_are_those_that_torch_mapped(
    host: Path, replayed: Facts
) -> None:
    """The picture is read from files alone; the other is what /proc had while that torch ran on the GPU."""
    foreseen = {pick.path for pick in replayed.value("library_picks")}
    mapped = {one.path for one in saved_facts(host / "facts.json").value("loaded_libraries")}
    # cuDNN opens its parts while it works, and the driver is no part of the picture.
    beside = {path for path in mapped if "/libcudnn_" in path or "/libcuda." in path}

    assert foreseen == mapped - beside


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


@pytest.mark.parametrize("path", RESTING)
def test_every_induced_state_is_told_rightly(path: Path) -> None:
    wanted, facts = read(path)

    report = diagnose(facts, MATRIX)

    findings = [(f.code, f.cause, f.message) for f in report.findings]
    assert report.verdict.value == wanted["verdict"], findings
    assert (report.primary.cause if report.primary else None) == wanted["cause"], findings
    assert (report.primary.code if report.primary else None) in (wanted["rules"] or [None]), (
        findings
    )


def test_what_joins_two_gpus_is_told_and_drawn() -> None:
    facts = read(HERE / "h200x2-states" / "two-nccl.json")[1]

    report = torch_doctor.check(facts=facts)

    links = [(link["a"], link["b"], link["way"]) for link in report.to_json()["links"]]
    assert links == [(0, 1, "NV18")]
    assert re.search(r'<svg class="joined".*<line class="nvlink"', report.to_html(), re.DOTALL)


RUNNING = [one for one in RESTING if read(one.values[0])[0]["verdict"] in ("healthy", "degraded")]


@pytest.mark.parametrize("path", RUNNING)
def test_what_runs_is_not_undecided_where_the_check_stops_at_the_driver(path: Path) -> None:
    _, facts = read(path)

    report = diagnose(facts.with_(**{name: UNASKED for name in OF_TORCH if name in facts}), MATRIX)

    assert report.verdict is not Verdict.UNDECIDED, report.why


def test_the_saved_states_are_those_that_are_induced() -> None:
    """What was wanted when they were induced is what is wanted now."""
    known = {state.name: state for state in INDUCED}
    saved = {path.stem for path in STATES}

    assert saved <= set(known)
    assert len(saved) >= 270
    assert {name for name, state in known.items() if state.gpus == 2} <= saved
    for path in STATES:
        wanted, state = read(path)[0], known[path.stem]
        kept = (wanted["verdict"], wanted["cause"], tuple(wanted["rules"]))
        assert kept == (state.verdict, state.cause, state.rules), path


def test_a_state_is_saved_as_what_differs() -> None:
    base = json.loads((HERE / "h200-states" / "healthy.json").read_text())["facts"]
    facts = {**base, "open_files_limit": {"value": 24}}
    del facts["container"]

    document = json.loads(written(base, facts, {"verdict": "broken"}))

    assert document["facts"] == {"open_files_limit": {"value": 24}}
    assert document["gone"] == ["container"]
