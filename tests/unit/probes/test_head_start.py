"""What waits for the driver is started before all else, and nothing is waited for that could be done meanwhile."""

from __future__ import annotations

import runpy
import sys
import threading
from typing import Any

import pytest
from torch_doctor.probes import collect as module
from torch_doctor.probes.collect import Collected, collect
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.host.supervise import ChildResult
from torch_doctor.probes.inquiry import Inquiry, Listeners
from torch_doctor.probes.live import torch_child
from torch_doctor.probes.payloads import path_of
from torch_doctor.probes.python.environments import resolve_target
from torch_doctor.probes.tasks import Task

LONG_S = 60.0


def ask(monkeypatch: pytest.MonkeyPatch, proof: Any, listeners: Listeners = Listeners()) -> None:
    """Collect on a machine with this proof, where the other probes are told when they begin, and say nothing."""
    monkeypatch.setattr(module, "_HEAD_START_S", LONG_S)
    monkeypatch.setattr(module, "live_tasks", lambda *asked, **_: [Task("proof", (), proof(asked))])
    collect(LiveHost(environ={}), Inquiry(torch=False), listeners)


def test_other_probes_begin_when_the_proof_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def proof(asked: tuple[Any, ...]) -> Any:
        def run() -> tuple[()]:
            order.append("begun")
            asked[3].proving.set()
            return ()

        return run

    def other() -> tuple[()]:
        order.append("other")
        return ()

    monkeypatch.setattr(module, "static_tasks", lambda *_: [Task("other", (), other)])
    ask(monkeypatch, proof)
    assert order == ["begun", "other"]


@pytest.mark.parametrize("waits", [True, False])
def test_who_is_idle_hears_of_it_where_something_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    heard, ended = threading.Event(), threading.Event()
    early: list[Collected] = []

    def proof(asked: tuple[Any, ...]) -> Any:
        def run() -> tuple[()]:
            asked[3].proving.set()
            if waits:
                heard.wait(LONG_S)
            ended.set()
            return ()

        return run

    def idle(collected: Collected) -> None:
        early.append(collected)
        heard.set()

    def other() -> tuple[()]:
        if not waits:
            ended.wait(LONG_S)
            for thread in threading.enumerate():
                if thread.name == "probe proof":
                    thread.join(LONG_S)
        return ()

    monkeypatch.setattr(module, "static_tasks", lambda *_: [Task("other", (), other)])
    ask(monkeypatch, proof, Listeners(idle=idle))
    assert len(early) == waits
    assert ended.is_set()


@pytest.mark.parametrize("linger", [True, False])
def test_torchs_process_is_waited_for_only_where_that_is_asked(linger: bool) -> None:
    ways: list[bool] = []

    class Watching(LiveHost):
        def child(self, name: str, *_: Any, **how: Any) -> ChildResult:
            ways.append(how["on_exit"] is not None)
            return ChildResult("exit", detail="1")

    host = Watching(environ={})
    target = resolve_target(host, sys.executable)
    run = torch_child._Run(host, target, LONG_S, None, None, linger)
    run.as_programs()
    assert ways == [linger]


@pytest.mark.parametrize("together", [True, False])
def test_the_proof_does_all_of_its_work_where_no_thread_can_be_had(
    monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    done: list[int] = []
    libraries = runpy.run_path(path_of("proof_libraries"))
    works = [lambda number=number: done.append(number) for number in range(3)]
    libraries["finish"](libraries["begun"](works, together=together))
    assert sorted(done) == [0, 1, 2]
    monkeypatch.setattr(threading.Thread, "start", refuse)
    libraries["finish"](libraries["begun"](works, together=together))
    assert sorted(done) == [0, 0, 1, 1, 2, 2]
