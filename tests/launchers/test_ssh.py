"""``fleet run --ssh`` with a stand-in for ssh: what it is asked for, and what each way to fail is called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

STANDIN = r"""#!/bin/sh
# Logs its words, then does what the host is called.
[ "$1" = -n ] || exit 99
printf '%s\n' "$*" >> "$LOG"
while [ "$1" != -- ]; do shift; done
echo start >> "$LOG.running"
trap 'echo end >> "$LOG.running"' EXIT
case $2 in
    hung*) exec sleep 600 ;;
    stubborn*) trap '' TERM; i=0; while [ $i -lt 600 ]; do sleep 1; i=$((i + 1)); done ;;
    gone*) echo "ssh: connect to host $2 port 22: No route to host" >&2; exit 255 ;;
    locked*) echo "root@$2: Permission denied (publickey)." >&2; exit 255 ;;
    bare*) echo "sh: 1: torch-doctor: not found" >&2; exit 127 ;;
    *) sleep "${SLOW:-0}"; PATH=$TOOLS:$PATH; eval "$3" ;;
esac
"""
REMOTE = """#!/bin/sh
printf '%s\\n' "$*" >> "$LOG.remote"
while [ "$1" != --node ]; do shift; done
echo "a banner of the login shell"
printf '{"node": "%s", "facts": {}}\\n' "$2"
"""


@pytest.fixture
def hosts(tmp_path: Path) -> dict[str, str]:
    for folder, name, text in (("bin", "ssh", STANDIN), ("tools", "torch-doctor", REMOTE)):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / name
        file.write_text(text)
        file.chmod(0o755)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "LOG": str(tmp_path / "log"),
        "TOOLS": str(tmp_path / "tools"),
    }


def run(hosts: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "torch_doctor", "fleet", "run", *words], env=hosts,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def rows(text: str) -> dict[str, dict[str, Any]]:
    documents = [json.loads(row) for row in text.splitlines()]
    return {document["node"]: document for document in documents}


def test_every_way_to_fail_is_told_within_the_deadline(hosts: dict[str, str]) -> None:
    begun = time.monotonic()
    named = "me@ok1,hung2,gone3,locked4,bare5,ok6"
    done = run(hosts, "--ssh", named, "--node-timeout", "8", "--deadline", "90")

    assert time.monotonic() - begun < 90
    assert done.returncode == 1
    found = rows(done.stdout)
    assert {
        node: row["no_answer"]["reason"] for node, row in found.items() if "no_answer" in row
    } == {
        "hung2": "timeout",
        "gone3": "down",
        "locked4": "failed",
        "bare5": "failed",
    }
    assert "No route to host" in found["gone3"]["no_answer"]["detail"]
    assert {node for node, row in found.items() if "facts" in row} == {"ok1", "ok6"}
    assert "no answer (down): gone3" in done.stderr


@pytest.mark.parametrize("deadline", [("--deadline", "8"), ("--deadline=8",)], ids=" ".join)
def test_a_child_that_will_not_end_costs_no_line_of_another(
    hosts: dict[str, str], deadline: tuple[str, ...]
) -> None:
    done = run(hosts, "--ssh", "ok1,stubborn2,stubborn3", "--node-timeout", "8", *deadline)

    assert done.returncode == 1, done.stderr
    found = rows(done.stdout)
    assert "facts" in found["ok1"]
    assert found["stubborn2"]["no_answer"]["reason"] == "timeout"
    assert found["stubborn3"]["no_answer"]["reason"] == "timeout"
    assert "of 3 nodes 1 answered and 2 did not" in done.stderr
    assert "the check" not in done.stderr


def test_ssh_asks_for_no_password_and_the_command_is_quoted(hosts: dict[str, str]) -> None:
    words = ("--ssh", "ok1", "--python", "/a b/venv", "--static", "--", "-p", "2222")
    done = run(hosts, *words)

    assert done.returncode == 0, done.stderr
    asked = Path(hosts["LOG"]).read_text()
    assert asked.startswith("-n -T -p 2222 -o BatchMode=yes -o ConnectTimeout=40 ")
    received = Path(hosts["LOG"] + ".remote").read_text()
    assert received == "collect --timeout=60 --python=/a b/venv --static --node ok1\n"


def test_no_more_are_asked_at_a_time_than_may_be(hosts: dict[str, str]) -> None:
    hosts["SLOW"] = "2"
    done = run(hosts, "--ssh", "n[1-6]", "--at-once", "3")

    assert done.returncode == 0
    assert len(rows(done.stdout)) == 6
    most = running = 0
    for word in Path(hosts["LOG"] + ".running").read_text().split():
        running += 1 if word == "start" else -1
        most = max(most, running)
    assert most == 3


def test_hosts_from_a_file_and_wrong_ones(hosts: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("n1 # first\nn[2-3]\n")

    assert set(rows(run(hosts, "--ssh", f"@{file}").stdout)) == {"n1", "n2", "n3"}
    for words, expected in (
        (("--ssh", "-oProxyCommand=x"), "--ssh"),
        (("--ssh", "a,-oProxyCommand=x"), "is no host"),
        (("--ssh", ""), "no host is named"),
        (("--ssh", "a[1-"), "no list of nodes"),
        (("--ssh", "@/no/such/file"), "--ssh"),
        (("--ssh", "a", "--nodelist", "b"), "--nodelist and --ssh"),
        (("--ssh", "a", "--slurm"), "--slurm"),
        ((), "--slurm"),
    ):
        wrong = run(hosts, *words)

        assert wrong.returncode == 2, words
        assert expected in wrong.stderr
    assert not Path(hosts["LOG"]).read_text().count("ProxyCommand")


def test_without_ssh_every_host_says_so(hosts: dict[str, str], tmp_path: Path) -> None:
    done = run({**hosts, "PATH": str(tmp_path)}, "--ssh", "a")

    assert rows(done.stdout)["a"]["no_answer"]["reason"] == "failed"
    assert "ssh" in done.stderr
