"""A check in a poor process: no other process or thread is to be had, its output is closed, nobody tells of ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.driver import FakeDriver, no_real_driver
from tests.faults.proof import Environment, environment

__all__ = ["environment"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and streams of POSIX")
# What the kernel answers where RLIMIT_NPROC or pids.max is reached: to fork, to exec in a fork, and to a new thread.
_NONE_LEFT = """
import errno, os, _posixsubprocess, _thread, subprocess, threading
def refuse(*_, **__):
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
def refuse_thread(*_, **__):
    raise RuntimeError("can't start new thread")
os.fork = _posixsubprocess.fork_exec = subprocess._fork_exec = subprocess._posixsubprocess.fork_exec = refuse
_thread.start_new_thread = threading._start_new_thread = refuse_thread
"""
# Looks at an environment and tells how many children there were at most at one time.
_COUNTING = """
import sys, threading
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry
inside, most, lock = [], [], threading.Lock()
class Counting(LiveHost):
    def child(self, name, *args, **how):
        with lock:
            inside.append(name)
            most.append(len(inside))
        try:
            return super().child(name, *args, **how)
        finally:
            inside.remove(name)
facts = collect(Counting(), Inquiry(python=sys.argv[1])).facts
ran = facts.value("cuda_available") is True and facts.value("driver_proof")[-1].code is None
print(max(most) if ran else [str(fact) for fact in facts.facts.values()])
"""
LIVE_AND_STATIC = [("--static",), ("--static", "--timeout", "9"), (), ("--deadline", "60")]


def run(*words: str, **how: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch_doctor", "check", *words]
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        command, stdin=subprocess.DEVNULL, text=True, timeout=120, check=False, **how
    )


@pytest.mark.parametrize("words", LIVE_AND_STATIC)
def test_where_no_process_and_no_thread_is_to_be_had_it_is_looked_at_all_the_same(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(_NONE_LEFT)
    poor = run(
        "--json", *words, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True
    )
    rich = run("--json", *words, capture_output=True)
    there, here = json.loads(poor.stdout), json.loads(rich.stdout)
    # a driver that nobody could ask is unknown, and no GPU is said to be absent for it
    either = [
        (here["verdict"], rich.returncode),
        *([("undecided", 2)] if "--static" not in words else []),
    ]
    assert (there["verdict"], poor.returncode) in either
    assert set(there["facts"]) == set(here["facts"])


@pytest.mark.parametrize("words", LIVE_AND_STATIC)
@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_end_no_check(words: tuple[str, ...], closed: str) -> None:
    line = f'exec "$0" -m torch_doctor check --json "$@" {closed}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    has_stderr = ">&-" not in closed.replace("2>&-", "")
    plain = run("--json", *words, capture_output=True)
    assert "Traceback" not in done.stderr
    if has_stderr:
        assert done.returncode == plain.returncode
        assert json.loads(done.stdout)["verdict"] == json.loads(plain.stdout)["verdict"]
    else:
        assert done.returncode in (0, 1, 2)


@pytest.mark.parametrize("words", LIVE_AND_STATIC)
def test_a_parent_that_ignores_sigchld_changes_no_answer(words: tuple[str, ...]) -> None:
    deaf = run(
        "--json",
        *words,
        capture_output=True,
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
    )
    plain = run("--json", *words, capture_output=True)
    assert deaf.returncode == plain.returncode
    assert json.loads(deaf.stdout)["verdict"] == json.loads(plain.stdout)["verdict"]


@pytest.mark.parametrize(
    ("limit", "text", "code"),
    [
        ("-S -t 4", "while True: pass\n", "TD153"),
        ("-d 400000", "held = bytearray(500 << 20)\n", "TD152"),
    ],
)
def test_a_limit_that_ends_the_import_is_named(
    tmp_path: Path, limit: str, text: str, code: str
) -> None:
    site = tmp_path / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    for name, content in {
        site / "torch/__init__.py": text,
        site / "torch/version.py": '__version__ = "2.11.0+cu130"\ncuda = "13.0"\n',
        tmp_path / "pyvenv.cfg": f"home = {Path(sys.executable).resolve().parent}\n",
    }.items():
        name.parent.mkdir(parents=True, exist_ok=True)
        name.write_text(content)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    line = f'ulimit {limit}; exec "$0" -m torch_doctor check --json "$@"'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable, str(tmp_path)],
        env={**os.environ, "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = {finding["code"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found[code]["cause"] == "process-limits"
    assert "(ulimit -" in found[code]["message"]


@no_real_driver
@pytest.mark.parametrize(("files", "at_once"), [(20, {1}), (1024, {2, 3})])
def test_few_open_files_are_not_shared_among_children(
    fake_driver: FakeDriver, environment: Environment, files: int, at_once: set[int]
) -> None:
    """Three children beside each other take more than twenty: what is opened last would fail, whatever it is."""
    environ = fake_driver({"cuda": 13000}, cuda={"cuda": 13000, "cuInit.takes": 300})
    line = f'ulimit -n {files}; exec "$0" -c "$@"'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable, _COUNTING, environment.python],
        env={**os.environ, **environ, "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() in set(map(str, at_once)), done.stdout + done.stderr
