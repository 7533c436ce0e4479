"""``fleet run --slurm`` on a real Slurm of four nodes: one that is well, one broken, one hung, one absent."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import tree
from tests.cli.test_fleet_measured import node as measured_node
from tests.cli.test_fleet_measured import rates
from tests.faults.driver import FakeDriver
from tests.launchers.slurm import Slurm, started

DOCTOR = (sys.executable, "-m", "torch_doctor")
SOURCES = os.pathsep.join(filter(None, (str(tree.PACKAGE.parent), os.environ.get("PYTHONPATH"))))


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    cluster = started(tmp_path_factory.mktemp("slurm"))
    yield cluster
    cluster.stop()


@pytest.fixture
def program(tmp_path: Path, fake_driver: FakeDriver) -> Path:
    """What runs on the nodes: the real program, beside a driver that fails on node2; node1 takes its time if asked."""
    broken = fake_driver({"driver": "550.54.15", "nvmlInit.fault": 18})
    del broken["PATH"]
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in broken.items())
    file = tmp_path / "doctor"
    file.write_text(
        f"""#!/bin/sh
export PYTHONPATH={shlex.quote(SOURCES)}
case $SLURMD_NODENAME in
    node2) export {exports} ;;
    node1) [ -z "$SLOW" ] || sleep "$SLOW" ;;
esac
exec {shlex.join(DOCTOR)} "$@"
"""
    )
    file.chmod(0o755)
    return file


def command(program: Path, *words: str | Path) -> list[str]:
    fixed = ("--slurm", "--static", "--command", str(program))
    return [*DOCTOR, "fleet", "run", *fixed, *map(str, words)]


def rows(text: str) -> dict[str, dict[str, Any]]:
    documents = [json.loads(row) for row in text.splitlines()]
    return {document["node"]: document for document in documents}


def test_broken_hung_and_absent_nodes_are_named_within_the_deadline(
    slurm: Slurm, program: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hosts.jsonl"
    begun = time.monotonic()
    with slurm.hung("node3"):
        words = ("--node-timeout", "25", "--deadline", "75", "-o", file)
        done = subprocess.run(
            command(program, *words), env=slurm.environ, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        taken = time.monotonic() - begun
        left = slurm.jobs()

    assert done.returncode == 1, done.stderr
    assert taken < 75
    assert left == [], "nothing is left behind"
    found = rows(file.read_text())
    assert set(found) == {"node1", "node2", "node3", "node4"}
    assert found["node3"]["no_answer"]["reason"] == "timeout"
    assert found["node4"]["no_answer"]["reason"] == "down"
    assert "facts" in found["node1"]
    assert "no answer (timeout): node3" in done.stderr
    assert "of 4 nodes 2 answered and 2 did not" in done.stderr

    judged = subprocess.run(
        [*DOCTOR, "fleet", "judge", str(file), "--json"], capture_output=True, text=True, check=False
    )  # fmt: skip
    answer = json.loads(judged.stdout)

    assert judged.returncode == 1
    assert answer["silent"]["names"] == "node[3-4]"
    broken = [group for group in answer["groups"] if group["verdict"] == "broken"]
    assert [group["nodes"]["names"] for group in broken] == ["node2"]
    assert {one["reason"]: one["nodes"]["names"] for one in answer["unanswered"]} == {
        "timeout": "node3",
        "down": "node4",
    }


def test_a_killed_collector_loses_nothing_that_was_written(
    slurm: Slurm, program: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hosts.jsonl"
    process = subprocess.Popen(
        command(program, "--nodelist", "node[1-2]", "-o", file),
        env={**slurm.environ, "SLOW": "100"}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while not (file.exists() and file.read_bytes().count(b"\n")) and time.monotonic() < until:
            time.sleep(0.1)
        assert [job.rpartition("|")[2] for job in slurm.jobs()] == ["node1"]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(60)

    assert set(rows(file.read_text())) == {"node2"}
    slurm.wait_until_empty()

    file.write_bytes(file.read_bytes() + b'{"node": "node1", "fac')
    again = subprocess.run(
        command(program, "--nodelist", "node1", "-o", file, "-q"), env=slurm.environ, check=False
    )

    assert again.returncode == 0
    first, torn, last = file.read_text().splitlines()
    assert (json.loads(first)["node"], json.loads(last)["node"]) == ("node2", "node1")
    assert torn == '{"node": "node1", "fac'


def test_a_collector_that_is_asked_to_end_cancels_its_jobs(
    slurm: Slurm, program: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        command(program, "--nodelist", "node1", "-o", tmp_path / "out"),
        env={**slurm.environ, "SLOW": "100"}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not slurm.jobs() and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)

    assert process.wait(120) == 128 + signal.SIGTERM
    assert slurm.jobs() == []


def test_a_node_without_room_is_busy_and_holds_up_no_other(slurm: Slurm, program: Path) -> None:
    job = subprocess.Popen(
        ["srun", "--nodelist=node1", "--gres=gpu:1", "--quiet", "sleep", "60"], env=slurm.environ
    )
    try:
        until = time.monotonic() + 120
        while not slurm.jobs() and time.monotonic() < until:
            time.sleep(0.1)
        words = ("--nodelist", "node[1-2],elsewhere9", "--node-timeout", "6")
        done = subprocess.run(
            command(program, *words), env=slurm.environ, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
    finally:
        job.terminate()
        job.wait(60)

    found = rows(done.stdout)
    assert found["node1"]["no_answer"]["reason"] == "busy"
    assert found["elsewhere9"]["no_answer"]["reason"] == "unknown"
    assert "facts" in found["node2"]


def test_what_fails_on_a_node_is_said_in_its_words(slurm: Slurm, tmp_path: Path) -> None:
    file = tmp_path / "none"
    file.write_text("#!/bin/sh\necho no such module >&2\nexit 3\n")
    file.chmod(0o755)

    done = subprocess.run(
        command(file, "--nodelist", "node1"), env=slurm.environ, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip

    answer = rows(done.stdout)["node1"]["no_answer"]
    assert answer["reason"] == "failed"
    assert "no such module" in answer["detail"]


def test_the_gpus_of_a_node_are_asked_for(slurm: Slurm, tmp_path: Path) -> None:
    file = tmp_path / "seen"
    file.write_text('#!/bin/sh\necho "gpus $CUDA_VISIBLE_DEVICES $SLURM_JOB_NAME" >&2\nexit 1\n')
    file.chmod(0o755)

    def detail(*more: str) -> str:
        done = subprocess.run(
            command(file, "--nodelist", "node1", *more), env=slurm.environ, capture_output=True,
            text=True, timeout=300, check=False,
        )  # fmt: skip
        return str(rows(done.stdout)["node1"]["no_answer"]["detail"])

    assert "gpus 0,1 torch-doctor" in detail()
    assert "gpus 0 mine" in detail("--", "--gres=gpu:1", "--job-name=mine")


def test_inside_of_a_job_its_nodes_are_asked(slurm: Slurm, program: Path) -> None:
    held = ("salloc", "--quiet", "-N2", "--nodelist=node1,node2", "--gres=gpu:2", "--immediate=20")
    done = subprocess.run(
        [*held, *command(program)], env=slurm.environ, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert {node for node, row in rows(done.stdout).items() if "facts" in row} == {"node1", "node2"}


def test_nodes_that_measure_are_compared(slurm: Slurm, tmp_path: Path) -> None:
    for name, changes in (("node1", ()), ("node2", (rates("matmul-bf16", 2, 0.7),)), ("node3", ())):
        (tmp_path / name).write_text(measured_node(name, *changes))
    file = tmp_path / "measures"
    file.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/words\ncat {tmp_path}/$SLURMD_NODENAME\n')
    file.chmod(0o755)
    words = ["--slurm", "--deep", "matmul", "--command", str(file), "--nodelist", "node[1-3]"]
    done = subprocess.run(
        [*DOCTOR, "fleet", "run", *words], env=slurm.environ, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    asked = (tmp_path / "words").read_text().split()
    assert asked[:-1] == ["collect", "--timeout=60", "--deep=matmul", "--node"]
    judged = subprocess.run(
        [*DOCTOR, "fleet", "judge", "-", "--json"], input=done.stdout, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    peers = json.loads(judged.stdout)["measured"]["peers"]
    assert [(one["node"], one["gpu"]) for row in peers for one in row["behind"]] == [("node2", 2)]
