"""``fleet run`` is killed at any moment: what was written stays, nothing runs on, and the next run adds to the file.

Ten times a round; TORCH_DOCTOR_TEST_KILL_ROUNDS tells how many rounds.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc").is_dir() or shutil.which("setpriv") is None,
    reason="what runs on is looked for in /proc, and setpriv ties commands to who started them",
)

ROUNDS = int(os.environ.get("TORCH_DOCTOR_TEST_KILL_ROUNDS", "1"))
KILLS, NODES = 10, 60
# A saved host is about as long: the system writes it in several pieces, between which a process may end.
PADDING = "x" * 200_000
STANDIN = """#!/bin/sh
echo $$ >> "$PIDS"
while [ "$1" != -- ]; do shift; done
printf '{"node": "any", "facts": {"%s": "' "$2"
cat "$PADDING"
printf '"}}\\n'
sleep "${SLOW:-0}"
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "ssh").write_text(STANDIN)
    (tmp_path / "ssh").chmod(0o755)
    (tmp_path / "padding").write_text(PADDING)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    files = {"PIDS": str(tmp_path / "pids"), "PADDING": str(tmp_path / "padding")}
    return {**os.environ, **files, "PATH": path}


def started(environ: dict[str, str], file: Path, nodes: str) -> subprocess.Popen[bytes]:
    words = ("fleet", "run", "--ssh", nodes, "--at-once", "4", "-q", "-o", str(file))
    return subprocess.Popen([sys.executable, "-m", "torch_doctor", *words], env=environ)


def written(file: Path) -> bytes:
    """Return the whole lines of *file*; each must tell of its node, with all that it said."""
    text = file.read_bytes() if file.exists() else b""
    return text[: text.rfind(b"\n") + 1]


def nodes_of(text: bytes) -> list[str]:
    """Return the nodes of whole lines, without those that a killed collector left in pieces."""
    found = []
    for row in text.splitlines():
        try:
            document = json.loads(row)
        except ValueError:
            continue
        assert document["facts"] == {document["node"]: PADDING}
        found.append(document["node"])
    return found


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def running(pids: Path) -> list[str]:
    """Return the stand-ins that still run."""
    named = pids.read_text().split() if pids.exists() else []
    return [pid for pid in named if Path("/proc", pid, "cmdline").exists() and is_one(pid)]


def is_one(pid: str) -> bool:
    try:
        return b"/ssh" in Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_kill_at_any_moment_loses_nothing_that_was_written(
    environ: dict[str, str], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    file, pids = tmp_path / "hosts.jsonl", tmp_path / "pids"
    torn = 0
    for number in range(KILLS):
        before = file.read_bytes() if file.exists() else b""
        process = started(environ, file, f"r{number}n[1-{NODES}]")
        if number % 4:  # one of four dies while it starts
            wait_for(lambda had=len(before): len(written(file)) > had)  # type: ignore[misc]
        time.sleep(chance.random() * 0.5)
        seen = written(file)
        process.send_signal(signal.SIGKILL)
        process.wait()

        after = file.read_bytes() if file.exists() else b""
        assert after.startswith(before)
        assert after.startswith(seen), "what was there before the kill is there"
        torn += bool(after) and not after.endswith(b"\n")
        wait_for(lambda: not running(pids))

    process = started(environ, file, f"last[1-{NODES}]")
    assert process.wait() == 0
    found = nodes_of(written(file))
    assert {f"last{number}" for number in range(1, NODES + 1)} <= set(found)
    assert len(found) == len(set(found))
    assert len(written(file).splitlines()) == len(found) + torn, "a torn line is lost alone"
    file.unlink()


def test_a_collector_that_is_killed_while_it_waits_leaves_no_command(
    environ: dict[str, str], tmp_path: Path
) -> None:
    file, pids = tmp_path / "hosts.jsonl", tmp_path / "pids"
    process = started({**environ, "SLOW": "600"}, file, "n[1-4]")
    wait_for(lambda: len(running(pids)) == 4)
    process.send_signal(signal.SIGKILL)
    process.wait()

    wait_for(lambda: not running(pids))
    assert written(file) == b""
