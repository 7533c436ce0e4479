"""Probes in a series: one thread where they come back soon, further ones where one does not."""

from __future__ import annotations

import threading
import time

import pytest
from torch_doctor.core.fact import Known, Reason, Source, Unavailable
from torch_doctor.probes import tasks
from torch_doctor.probes.tasks import Series, Task

_GENEROUS_S = 60.0


def _naming(name: str, seen: list[int] | None = None) -> Task:
    def run() -> tuple[tuple[str, Known[str]], ...]:
        if seen is not None:
            seen.append(threading.get_ident())
        return ((name, Known(name, Source("file", name))),)

    return Task(name, (name,), run)


def test_quick_probes_share_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PATIENCE_S", _GENEROUS_S)
    seen: list[int] = []
    series = Series([_naming(name, seen) for name in "abcde"])

    series.begin_all(time.monotonic() + _GENEROUS_S)

    assert [run.wait(time.monotonic() + _GENEROUS_S, 1.0) for run in series.runs] == [
        {name: Known(name, Source("file", name))} for name in "abcde"
    ]
    assert len(set(seen)) == 1
    assert threading.get_ident() not in seen


def test_probes_that_never_come_back_cost_their_own_facts_alone() -> None:
    for_ever = threading.Event()

    def hang() -> tuple[()]:
        for_ever.wait(_GENEROUS_S)
        return ()

    series = Series([Task("x", ("x",), hang), _naming("a"), Task("y", ("y",), hang), _naming("b")])
    series.begin_all(time.monotonic() + _GENEROUS_S)
    x, a, y, b = series.runs

    try:
        assert a.wait(time.monotonic() + _GENEROUS_S, 1.0) == {"a": Known("a", Source("file", "a"))}
        assert b.wait(time.monotonic() + _GENEROUS_S, 1.0) == {"b": Known("b", Source("file", "b"))}
        for run, name in ((x, "x"), (y, "y")):
            gap = run.wait(time.monotonic(), 1.0)[name]
            assert isinstance(gap, Unavailable)
            assert gap.reason is Reason.TIMEOUT
    finally:
        for_ever.set()


def test_where_no_thread_is_to_be_had_they_run_in_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    seen: list[int] = []

    Series([_naming(name, seen) for name in "abc"])

    assert seen == [threading.get_ident()] * 3
