"""All probes together: isolation, deadline, precedence, the static answer first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import facts_from_json, facts_to_json
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.version import CudaVersion
from torch_doctor.probes import collect as module
from torch_doctor.probes.collect import (
    Collected,
    Precedence,
    collect,
    live_tasks,
    static_tasks,
)
from torch_doctor.probes.driver.nvml import OWNS
from torch_doctor.probes.first import nvml_task
from torch_doctor.probes.gather import gather
from torch_doctor.probes.host.port import Host, LiveHost
from torch_doctor.probes.inquiry import Inquiry, Listeners
from torch_doctor.probes.live import torch_child
from torch_doctor.probes.machine import pci
from torch_doctor.probes.payloads import script
from torch_doctor.probes.python.target import TargetError
from torch_doctor.probes.tasks import Task, merge

from tests.faults.driver import FakeDriver, no_real_driver

HERE = Source("file", "x")


def tasks() -> list[Task]:
    found = module._Target(LiveHost(), None)
    done = threading.Event()
    host = LiveHost()
    return [
        *live_tasks(host, found, 1, Precedence(done, done)),
        nvml_task(host, 1, done, done),
        *static_tasks(host, found),
    ]


def test_every_owned_fact_is_in_the_catalogue() -> None:
    owned = [name for task in tasks() for name in task.owns]
    assert set(owned) <= set(FACTS)


def test_every_probe_says_all_that_it_owns(fake_driver: FakeDriver) -> None:
    environ = fake_driver({"driver": "580.65.06", "cuda": 13000, "count": 2})
    collected = collect(LiveHost(environ=environ), Inquiry(static=True))
    owned = {name for task in tasks() for name in task.owns}
    assert owned <= set(collected.facts)
    assert len(collected.facts.value("gpus")) == 2
    assert set(collected.timing) == {task.name for task in tasks()} - {"live", "proof", "records"}


def test_facts_survive_json(fake_driver: FakeDriver) -> None:
    facts = collect(
        LiveHost(environ=fake_driver({"count": 2, "gpu.mig": 1})), Inquiry(static=True)
    ).facts
    assert facts_from_json(facts_to_json(facts)) == facts


def test_a_faulty_probe_costs_its_own_facts(
    fake_driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
        yield "pci_gpus", Known((), HERE)
        raise ZeroDivisionError("for the\ntest")

    monkeypatch.setattr(pci, "probe", broken)
    facts = collect(LiveHost(environ=fake_driver({})), Inquiry(static=True)).facts
    assert facts["pci_gpus"] == Known((), HERE)
    gap = facts["nvswitches"]
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.CRASHED
    assert "pci probe failed: ZeroDivisionError: for the test" in gap.detail
    assert isinstance(facts["gpus"], Known)


def test_a_late_probe_costs_its_own_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def stuck(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
        yield "pci_gpus", Known((), HERE)
        release.wait(600)

    monkeypatch.setattr(pci, "probe", stuck)
    monkeypatch.setattr(module, "ENDING_S", 1.0)
    started = time.monotonic()
    try:
        collected = collect(LiveHost(environ={}), Inquiry(static=True, timeout_s=4))
    finally:
        release.set()
    assert time.monotonic() - started < 60
    assert collected.facts["pci_gpus"] == Known((), HERE)
    gap = collected.facts["nvswitches"]
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.TIMEOUT
    assert isinstance(collected.facts["os_family"], Known)


def test_what_is_looked_at_before_the_import_is_within_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An import that hangs is told as one, and not as a probe that did not finish, however long the looks before took."""
    left: list[float] = []

    def live(*asked: Any, **_: Any) -> Iterator[tuple[str, Fact[Any]]]:
        left.append(asked[2])
        return iter(())

    monkeypatch.setattr(torch_child, "live", live)
    found = module._Target(LiveHost(), None)
    monkeypatch.setattr(found, "get", lambda: time.sleep(0.4))
    for task in live_tasks(
        LiveHost(), found, 2.0, Precedence(threading.Event(), threading.Event())
    ):
        if task.name == "live":
            list(task.run())
    assert len(left) == 1
    assert left[0] <= 1.6


def test_a_hanging_driver_leaves_the_rest(fake_driver: FakeDriver) -> None:
    environ = fake_driver({"nvmlInit.fault": "hang-nosig"})
    facts = collect(LiveHost(environ=environ), Inquiry(static=True, timeout_s=12)).facts
    status = facts["nvml_status"]
    assert isinstance(status, Unavailable)
    assert "nvmlInit did not return" in status.detail
    assert isinstance(facts["libcuda"], Known)


def test_where_no_thread_can_be_had_the_probes_run_one_after_another(
    fake_driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = LiveHost(environ=fake_driver({"cuda": 12080}))
    expected = collect(host, Inquiry(static=True)).facts.value("gpus")

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert expected
    assert collect(host, Inquiry(static=True)).facts.value("gpus") == expected


def test_the_static_answer_comes_before_the_live_one(fake_driver: FakeDriver) -> None:
    environ = fake_driver({"cuda": 12080}, cuda={"cuda": 12080, "cuInit.fault": "hang"})
    static: list[Collected] = []
    final = collect(
        LiveHost(environ=environ),
        Inquiry(live_timeout_s=4.0),
        Listeners(static=static.append),
    )
    (early,) = static
    for name in ("cuda_init", "live_stages"):
        gap = early.facts[name]
        assert isinstance(gap, Unavailable)
        assert gap.reason is Reason.NOT_ASKED
    assert early.facts.value("driver_cuda") == CudaVersion(12, 8)
    late = final.facts["cuda_init"]
    assert isinstance(late, Unavailable)
    assert late.reason is Reason.TIMEOUT
    assert final.facts["driver_cuda"].source.kind == "child"


def test_an_environment_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no-such-python"):
        collect(LiveHost(environ={}), Inquiry(python=str(tmp_path / "no-such-python"), static=True))


def test_identifiers_are_replaced(fake_driver: FakeDriver) -> None:
    environ = {
        **fake_driver({"count": 2}),
        "HOME": "/home/alice",
        "CUDA_VISIBLE_DEVICES": "GPU-abc00001",
    }
    facts = gather(LiveHost(environ=environ), Inquiry(static=True)).facts
    uuids = [gpu.uuid for gpu in facts.value("gpus")]
    assert "abc0" not in str(facts_to_json(facts))
    assert len(set(uuids)) == 2
    assert facts.value("cuda_visible_devices") == uuids[1]
    known = collect(LiveHost(environ=environ), Inquiry(static=True)).facts
    assert known.value("cuda_visible_devices") == "GPU-abc00001"


GONE, DENIED = Unavailable(Reason.NOT_PRESENT, "a"), Unavailable(Reason.DENIED, "b")
ASIDE = Unavailable(Reason.NOT_ASKED)
ONE, TWO = Known(1, HERE), Known(2, HERE)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([ONE, TWO], ONE),
        ([GONE, TWO], TWO),
        ([DENIED, TWO], TWO),
        ([GONE, DENIED], DENIED),
        ([DENIED, GONE], DENIED),
        ([ASIDE, GONE], GONE),
        ([ONE, DENIED], ONE),
    ],
)
def test_precedence(answers: list[Fact[int]], expected: Fact[int]) -> None:
    assert merge([{"x": fact} for fact in answers]) == Facts({"x": expected})


def test_the_driver_is_known_from_proc_where_nvml_fails(
    fake_driver: FakeDriver, tmp_path: Path
) -> None:
    class Mismatched(LiveHost):
        def read_text(self, path: str, limit: int = 1 << 20) -> str:
            if path == "/proc/driver/nvidia/version":
                return "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Mon\n"
            return super().read_text(path, limit)

    environ = fake_driver({"driver": "580.65.06", "nvmlInit.fault": 18})
    facts = collect(Mismatched(environ=environ), Inquiry(static=True)).facts
    assert facts.value("nvml_status").code == 18
    assert str(facts.value("driver_release")) == "550.54.15"
    assert str(facts.value("driver_library_release")) == "580.65.06"
    assert isinstance(facts["gpus"], Unavailable)


def test_probes_start_no_child_but_their_own(fake_driver: FakeDriver) -> None:
    asked: list[str] = []

    class Watching(LiveHost):
        def child(self, name: str, *args: Any, **kwargs: Any) -> Any:
            asked.append(name)
            return super().child(name, *args, **kwargs)

    collect(Watching(environ=fake_driver()), Inquiry(static=True))
    assert asked == ["nvml"]
    assert all(Path(part).is_file() for part in script("nvml"))


@no_real_driver
def test_no_child_is_started_where_there_is_no_nvml_to_load() -> None:
    class Childless(LiveHost):
        def child(self, name: str, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError(name)

    facts = collect(Childless(environ={}), Inquiry(static=True)).facts

    for name in OWNS:
        assert facts.is_absent(name)


@pytest.mark.parametrize(
    ("deep", "by_hash"), [(True, True), (("matmul",), False), (("matmul", "files"), True), (False, False)]
)  # fmt: skip
def test_the_deep_check_reads_files_by_hash_before_it_measures(
    deep: Any, by_hash: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch_doctor.probes.live import deep_child
    from torch_doctor.probes.torch import wheel_files

    asked: list[object] = []

    def records(host: Host, target: Any, *, by_hash: bool = False) -> Iterator[Any]:
        asked.append("hashes" if by_hash else "sizes")
        yield "recorded_damage", Known(("by hash",) if by_hash else (), HERE)

    def measure(*_: Any, only: tuple[str, ...] = (), **__: Any) -> Iterator[Any]:
        asked.append(only)
        yield "deep_results", Known((), HERE)

    monkeypatch.setattr(wheel_files, "probe_records", records)
    monkeypatch.setattr(deep_child, "deep", measure)
    facts = collect(LiveHost(environ={}), Inquiry(deep=deep, live_timeout_s=20)).facts

    wanted = [*(["hashes"] if by_hash else []), *([() if deep is True else deep] if deep else [])]
    assert asked == ["sizes", *wanted]
    assert facts.value("recorded_damage") == (("by hash",) if by_hash else ())
