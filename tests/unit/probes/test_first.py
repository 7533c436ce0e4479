"""NVML is asked before all else: by whom, and whose answer counts."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from torch_doctor.probes import first
from torch_doctor.probes.driver import nvml
from torch_doctor.probes.gather import gather
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry

from tests.faults.driver import FakeDriver


def test_who_was_asked_early_is_not_asked_again(
    fake_driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in fake_driver({"count": 2}).items():
        monkeypatch.setenv(name, value)
    first.start_early()
    asked = Inquiry(static=True)

    begun = first.ask_this_machine(asked)
    monkeypatch.setattr(nvml, "probe", None)  # whoever asks once more fails
    found = gather(asked=asked, ahead=begun)

    assert len(found.facts.value("gpus")) == 2


@pytest.mark.parametrize("asked", [Inquiry(), Inquiry(deadline_s=5)])
def test_an_answer_of_another_environment_or_without_the_deadline_is_not_taken(
    asked: Inquiry, fake_driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    first.start_early()
    early = first._early[-1]
    if asked.deadline_s is None:
        monkeypatch.setenv("TORCH_DOCTOR_TEST", "changed")

    assert first.ask_this_machine(asked) is not early
    assert first._early == []


def test_others_go_on_when_the_child_is_there_or_late(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hanging(*_: object) -> None:
        release.wait(600)

    monkeypatch.setattr(nvml, "probe", hanging)
    begun = first.ask_first(LiveHost(), 60)  # type: ignore[arg-type]

    assert begun.run.is_late(0.0)
    assert not begun.done.is_set()
    release.set()


@pytest.mark.parametrize(
    ("limit", "most"), [("RLIMIT_NOFILE", 20), ("RLIMIT_DATA", 100 << 20), ("RLIMIT_AS", 1 << 32)]
)
def test_where_limits_are_tight_nothing_is_done_ahead(limit: str, most: int) -> None:
    pytest.importorskip("resource")
    code = (
        "from torch_doctor.probes import first; from torch_doctor.probes.inquiry import Inquiry; import resource; "
        f"resource.setrlimit(resource.{limit}, ({most}, {most})); first.start_early(); "
        "print(first.ask_this_machine(Inquiry()), first._early)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120
    )

    assert done.stdout == "None []\n", done.stderr
