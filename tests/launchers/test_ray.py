"""``fleet run --ray`` on a real Ray of three nodes: one broken, one hung, and one that never joined."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests import tree
from tests.faults.driver import FakeDriver

# The interpreter of an environment with Ray, where this one has none.
PYTHON = os.environ.get("TORCH_DOCTOR_TEST_RAY") or (sys.executable if find_spec("ray") else "")
SOURCES = os.pathsep.join(filter(None, (str(tree.PACKAGE.parent), os.environ.get("PYTHONPATH"))))
pytestmark = pytest.mark.skipif(
    not PYTHON, reason="no Ray (pip install ray, or TORCH_DOCTOR_TEST_RAY)"
)


class Ray:
    """A cluster on this machine, and the ids of what belongs to each node."""

    def __init__(self) -> None:
        folder = os.path.dirname(PYTHON)
        self.environ = {
            **os.environ, "RAY_USAGE_STATS_ENABLED": "0",
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip
        self._process = subprocess.Popen(
            [PYTHON, str(Path(__file__).with_name("ray_cluster.py"))], env=self.environ,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._process.stdout
        output = self._process.stdout.readline()
        if not output:
            pytest.skip("a Ray cannot be started")
        known = json.loads(output)
        self.address: str = known["address"]
        self._raylets: dict[str, list[int]] = known["raylets"]

    def stop(self) -> None:
        self._process.communicate(timeout=300)

    @contextlib.contextmanager
    def hung(self, node: str) -> Iterator[None]:
        for pid in self._raylets[node]:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in self._raylets[node]:
                os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def ray() -> Iterator[Ray]:
    cluster = Ray()
    yield cluster
    cluster.stop()


def run(ray: Ray, *words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "torch_doctor",
        "fleet",
        "run",
        "--ray",
        ray.address,
        "--static",
    ]
    return subprocess.run(
        [*command, *map(str, words)], env=ray.environ, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip


def rows(text: str) -> dict[str, dict[str, Any]]:
    documents = [json.loads(row) for row in text.splitlines()]
    return {document["node"]: document for document in documents}


def test_broken_hung_and_absent_nodes_are_named_within_the_deadline(
    ray: Ray, fake_driver: FakeDriver, tmp_path: Path
) -> None:
    broken = fake_driver({"driver": "550.54.15", "nvmlInit.fault": 18})
    del broken["PATH"]
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in broken.items())
    program = tmp_path / "doctor"
    program.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={shlex.quote(SOURCES)}\n"
        f'case "$*" in *"--node n2") export {exports} ;; esac\n'
        f'exec {shlex.quote(sys.executable)} -m torch_doctor "$@"\n'
    )
    program.chmod(0o755)
    begun = time.monotonic()
    with ray.hung("n3"):
        words = ("--nodelist", "n[1-4]", "--node-timeout", "30", "--deadline", "90")
        done = run(ray, *words, "--command", program)

    assert time.monotonic() - begun < 90
    assert done.returncode == 1, done.stderr
    found = rows(done.stdout)
    assert set(found) == {"n1", "n2", "n3", "n4"}
    assert found["n3"]["no_answer"]["reason"] == "timeout"
    assert found["n4"]["no_answer"] == {
        "reason": "unknown",
        "detail": "it never joined the cluster",
    }
    assert "no answer (unknown): n4" in done.stderr

    words = ("fleet", "judge", "-", "--json")
    judged = subprocess.run(
        [sys.executable, "-m", "torch_doctor", *words], input=done.stdout, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    answer = json.loads(judged.stdout)
    [group] = [group for group in answer["groups"] if group["verdict"] == "broken"]
    assert group["nodes"]["names"] == "n2"
    assert answer["silent"]["names"] == "n[3-4]"


def test_no_more_nodes_are_asked_at_a_time_than_is_said(ray: Ray, tmp_path: Path) -> None:
    program, log = tmp_path / "doctor", tmp_path / "log"
    program.write_text(f"#!/bin/sh\necho begin >> {log}\nsleep 1\necho end >> {log}\nexit 3\n")
    program.chmod(0o755)

    done = run(ray, "--command", program, "--at-once", "1", "--deadline", "60")

    assert set(rows(done.stdout)) == {"n1", "n2", "n3"}
    assert log.read_text().split() == ["begin", "end"] * 3


def test_whose_turn_never_came_is_named(ray: Ray, tmp_path: Path) -> None:
    program = tmp_path / "doctor"
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o755)
    words = ("--at-once", "1", "--node-timeout", "12", "--deadline", "18")

    done = run(ray, "--command", program, *words)

    details = [row["no_answer"]["detail"] for row in rows(done.stdout).values()]
    assert len(details) == 3
    assert any("turn" in detail for detail in details)
    assert any("no answer within" in detail for detail in details)


def test_what_fails_on_a_node_is_said(ray: Ray, tmp_path: Path) -> None:
    done = run(ray, "--command", "/no/such/program", "--node-timeout", "30")

    assert done.returncode == 1
    reasons = {row["no_answer"]["reason"] for row in rows(done.stdout).values()}
    assert set(rows(done.stdout)) == {"n1", "n2", "n3"}
    assert reasons == {"failed"}
    assert "No such file" in done.stderr


def test_a_ray_that_does_not_answer_is_an_error_in_one_line(ray: Ray) -> None:
    command = [sys.executable, "-m", "torch_doctor", "fleet", "run", "--ray", "127.0.0.1:1"]
    done = subprocess.run(
        [*command, "--deadline", "20"], env=ray.environ, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "Ray cannot be asked at 127.0.0.1:1" in done.stderr
    assert done.stderr.count("\n") == 1
