"""Probes in a forked process: the same facts, and none of its failures reaches the caller."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host import beside
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry
from torch_doctor.probes.python.target import TargetError

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks"),
    # The test runner's own threads, not ours: the program forks only while it has none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def test_the_facts_are_those_of_the_probes() -> None:
    found = beside.finish(beside.start(None))

    assert found is not None
    facts, timing = found
    here = collect(LiveHost(), Inquiry(static=True)).facts
    changing = {"shm_free_mib", "kernel_events"}
    assert {n: f for n, f in facts.items() if n not in changing} == {
        n: f for n, f in here.items() if n not in changing
    }
    assert "pci" in timing


def test_an_environment_that_is_not_there_is_said() -> None:
    with pytest.raises(TargetError, match="/not/there"):
        beside.finish(beside.start("/not/there"))


@pytest.mark.parametrize("fault", ["os.abort()", "os._exit(3)", "raise RuntimeError"])
def test_a_child_that_dies_gives_no_answer(
    fault: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> dict[str, Any]:
        exec(fault)
        return {}

    monkeypatch.setattr(beside, "_collected", broken)

    assert beside.finish(beside.start(None)) is None


def test_a_child_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(beside, "_collected", lambda *_: time.sleep(60))
    monkeypatch.setattr(beside, "LIMIT_S", 0.3)

    assert beside.finish(beside.start(None)) is None
