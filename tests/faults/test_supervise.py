"""Children that hang, crash, talk too much or cannot be killed: the supervisor always comes back."""

from __future__ import annotations

import errno
import os
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from torch_doctor.probes.host.children import ChildResult
from torch_doctor.probes.host.supervise import OUTPUT_LIMIT, supervise

SAY = "import json,os,sys,time,signal\ndef say(**f): print(json.dumps(f), flush=True)\n"


def run(code: str, timeout_s: float = 10.0) -> ChildResult:
    return supervise([sys.executable, "-I", "-c", SAY + code], timeout_s=timeout_s, env=os.environ)


def test_lines_and_stderr_of_a_good_child() -> None:
    result = run(
        "say(a=1)\nprint('noise')\nprint('{not json')\nprint('[1]')\nsay(b='\\u2028')\nsys.stderr.write('x\\x1b')"
    )
    assert result.status == "ok"
    assert result.lines == ({"a": 1}, {"b": "\u2028"})
    assert result.stderr == "x\\x1b"


def test_exit_code() -> None:
    assert (run("sys.exit(3)").status, run("sys.exit(3)").detail) == ("exit", "3")


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_signal_is_named(name: str) -> None:
    result = run(
        f"say(a=1)\nsignal.signal(signal.{name}, signal.SIG_DFL) if '{name}' != 'SIGKILL' else None\n"
        f"os.kill(os.getpid(), signal.{name})"
    )
    assert (result.status, result.detail) == ("crash", name)
    assert result.lines == ({"a": 1},)


def test_a_hang_keeps_what_was_said() -> None:
    started = time.monotonic()
    result = run("say(a=1)\ntime.sleep(600)", timeout_s=4)
    assert result.status == "timeout"
    assert result.lines == ({"a": 1},)
    assert time.monotonic() - started < 60


def test_a_child_that_ignores_sigterm_is_killed() -> None:
    result = run(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsay(a=1)\ntime.sleep(600)", timeout_s=4
    )
    assert result.status == "timeout"
    assert result.seconds < 60


def test_a_child_that_closes_its_pipes_may_take_its_time_to_exit() -> None:
    result = run(
        "say(a=1)\nsys.stdout.flush()\nos.close(1); os.close(2)\ntime.sleep(0.4)\nos._exit(5)"
    )
    assert (result.status, result.detail) == ("exit", "5")


def test_a_grandchild_that_holds_the_pipe_delays_nobody(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess\nsay(a=1)\n"
        f"p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(p.pid))\n"
    )
    result = run(code, timeout_s=120)
    assert (result.status, result.lines) == ("ok", ({"a": 1},))
    assert result.seconds < 100
    assert _is_gone(int(pid_file.read_text()))


def _is_gone(pid: int) -> bool:
    """Whether a process has ended (a zombie that nobody reaps has)."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.05)
    return False


def test_too_much_output_is_cut_off() -> None:
    result = run("say(a=1)\nwhile True: sys.stdout.write('x' * 65536)")
    assert result.status == "oversize"
    assert result.lines == ({"a": 1},)


def test_long_stderr_keeps_its_end() -> None:
    result = run(f"sys.stderr.write('x' * {OUTPUT_LIMIT} + 'the end')")
    assert result.status == "ok"
    assert result.stderr.endswith("the end")
    assert len(result.stderr) < 5000


def test_no_such_program() -> None:
    result = supervise(["/no/such/program"], timeout_s=1, env={})
    assert result.status == "not-started"
    assert "/no/such/program" in result.detail


def test_a_null_byte_in_an_argument() -> None:
    assert supervise([sys.executable, "a\0b"], timeout_s=1, env={}).status == "not-started"


def test_stdin_is_closed_to_the_child() -> None:
    assert run("say(read=sys.stdin.read())").lines == ({"read": ""},)


def fed(code: str, feed: Callable[[], Iterable[bytes]], timeout_s: float = 10.0) -> ChildResult:
    argv = [sys.executable, "-I", "-c", SAY + code]
    return supervise(argv, timeout_s=timeout_s, env=os.environ, feed=feed)


def test_a_child_reads_what_it_is_fed_when_that_is_ready() -> None:
    def feed() -> Iterator[bytes]:
        yield b"the "
        time.sleep(0.3)
        yield b"plan"

    started = time.monotonic()
    result = fed("say(read=sys.stdin.read())", feed)

    assert result.lines == ({"read": "the plan"},)
    assert time.monotonic() - started >= 0.3


def test_a_child_that_does_not_read_ends_all_the_same() -> None:
    result = fed("say(a=1)", lambda: [b"x" * (1 << 20)])

    assert (result.status, result.lines) == ("ok", ({"a": 1},))


def test_a_feed_that_never_comes_is_not_waited_for() -> None:
    release = threading.Event()

    def feed() -> Iterable[bytes]:
        release.wait(600)
        return ()

    try:
        result = fed("say(a=1)\nsys.stdin.read()", feed, timeout_s=4)
    finally:
        release.set()

    assert (result.status, result.lines) == ("timeout", ({"a": 1},))
    assert result.seconds < 60


def test_where_no_thread_can_be_had_the_input_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert fed("say(read=sys.stdin.read())", lambda: [b"the plan"]).lines == ({"read": ""},)


def test_what_was_told_is_returned_before_a_slow_child_is_gone() -> None:
    gone = threading.Event()
    argv = [sys.executable, "-I", "-c", SAY + "say(a=1)\nsay(end=True)\ntime.sleep(1.5)"]
    result = supervise(argv, timeout_s=10, env=os.environ, on_exit=gone.set)

    assert (result.status, result.lines) == ("ok", ({"a": 1}, {"end": True}))
    assert not gone.is_set()
    assert gone.wait(120)


@pytest.mark.parametrize("code", ["say(a=1)", "say(a=1)\nsys.exit(3)", "os.abort()"])
def test_a_child_that_says_no_end_is_gone_when_its_result_is_there(code: str) -> None:
    gone = threading.Event()
    argv = [sys.executable, "-I", "-c", SAY + code]
    supervise(argv, timeout_s=10, env=os.environ, on_exit=gone.set)

    assert gone.is_set()


def test_a_child_that_was_not_started_is_gone() -> None:
    gone = threading.Event()
    supervise(["/no/such/program"], timeout_s=1, env={}, on_exit=gone.set)

    assert gone.is_set()


def test_a_stage_has_its_own_deadline() -> None:
    def on_line(line: dict[str, object]) -> float | None:
        return 0.3 if line.get("begin") == "slow" else 60.0

    argv = [
        sys.executable,
        "-I",
        "-c",
        SAY + "say(begin='quick')\ntime.sleep(.5)\nsay(begin='slow')\ntime.sleep(600)",
    ]
    result = supervise(argv, timeout_s=300, env=os.environ, on_line=on_line)
    assert result.status == "timeout"
    assert len(result.lines) == 2
    assert result.seconds < 60


def test_results_survive_json() -> None:
    result = run("say(a=1)\nsys.exit(2)")
    assert ChildResult.from_json(result.to_json()) == result


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Path]:
    """A file system that is frozen: who writes to it sits in the kernel and cannot be killed."""
    image, place = tmp_path / "image", tmp_path / "place"
    if os.geteuid() != 0 or not all(
        map(shutil.which, ("mkfs.ext4", "mount", "fsfreeze", "umount"))
    ):
        pytest.skip("freezing a file system needs root and mkfs.ext4, mount and fsfreeze")
    with open(image, "wb") as file:
        file.truncate(16 << 20)
    place.mkdir()
    made = subprocess.run(["mkfs.ext4", "-q", str(image)], capture_output=True, check=False)
    mounted = (
        made.returncode
        or subprocess.run(
            ["mount", "-o", "loop", str(image), str(place)], capture_output=True, check=False
        ).returncode
    )
    if mounted:
        pytest.skip("loop devices may not be mounted here")
    try:
        if subprocess.run(
            ["fsfreeze", "-f", str(place)], capture_output=True, check=False
        ).returncode:
            pytest.skip("file systems may not be frozen here")
        try:
            yield place
        finally:
            subprocess.run(["fsfreeze", "-u", str(place)], check=True)
    finally:
        _unmount(place)


def _unmount(place: Path) -> None:
    for _ in range(50):  # the thawed child needs a moment to die
        if subprocess.run(["umount", str(place)], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail(f"{place} stays mounted")


@pytest.mark.needs_root
def test_a_child_that_cannot_be_killed_is_left_and_named(frozen: Path) -> None:
    result = run(f"say(pid=os.getpid())\nopen({str(frozen / 'x')!r}, 'w')", timeout_s=4)
    assert result.status == "unkillable"
    assert result.seconds < 60
    assert result.lines[0]["pid"]
    assert f"pid {result.lines[0]['pid']}" in result.detail
    assert "state D" in result.detail
    os.kill(result.lines[0]["pid"], signal.SIGKILL)


@pytest.mark.needs_root
def test_nvml_that_sits_in_the_kernel(frozen: Path, fake_driver) -> None:  # type: ignore[no-untyped-def]
    from torch_doctor.core.fact import Reason, Unavailable
    from torch_doctor.probes.driver import nvml
    from torch_doctor.probes.host.port import LiveHost

    environ = fake_driver(
        {"count": 2, "gpu1.nvmlDeviceGetHandleByIndex_v2.fault": f"block:{frozen}/x"}
    )
    facts = dict(nvml.probe(LiveHost(environ=environ), 4.0))
    first, second = facts["gpus"].value
    assert first.name
    assert "opening GPU 1" in second.faults[0]
    assert "sits in the kernel" in second.faults[0]
    assert Unavailable(Reason.TIMEOUT).reason.value in second.faults[0]


def test_what_was_complained_of_before_the_end_is_kept() -> None:
    """Also where the process goes on after it has told all."""
    code = (
        "import json, os, sys, time; os.write(2, b'a warning'); "
        "print(json.dumps({'end': True}), flush=True); time.sleep(1.5)"
    )
    gone = threading.Event()
    argv = [sys.executable, "-c", code]
    result = supervise(argv, timeout_s=20, env=os.environ, on_exit=gone.set)
    assert (result.status, result.stderr) == ("ok", "a warning")
    assert gone.wait(120)


def test_no_file_more_is_needed_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> selectors.BaseSelector:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(selectors, "DefaultSelector", none_left)
    result = supervise(
        [sys.executable, "-c", 'print(\'{"stage": "end"}\')'], timeout_s=30, env=os.environ
    )

    assert (result.status, result.lines) == ("ok", ({"stage": "end"},))
