"""``fleet run --ray`` on hosts of their own: three network namespaces, one broken, one hung, and one that never joined."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.driver import FakeDriver
from tests.launchers.ray_namespaces import SpreadRay, can_make, inside, spread
from tests.launchers.test_ray import PYTHON, SOURCES

pytestmark = [
    pytest.mark.skipif(not PYTHON, reason="no Ray (pip install ray, or TORCH_DOCTOR_TEST_RAY)"),
    pytest.mark.skipif(
        not PYTHON or sys.platform != "linux" or not can_make(), reason="no network namespaces"
    ),
]


# A host that works needs so long at most on a machine that is busy with other things; one that hangs takes all of it.
NODE_S, ALL_S = 45, 90


def test_hosts_of_their_own_are_asked_and_named(fake_driver: FakeDriver) -> None:
    # A socket's path may be 107 bytes long: a folder of the tests' own is too deep.
    folder = Path(tempfile.mkdtemp(prefix="td-ray-", dir="/tmp"))
    environ = {
        **os.environ,
        "PYTHONPATH": SOURCES,
        "RAY_USAGE_STATS_ENABLED": "0",
        "PATH": f"{os.path.dirname(PYTHON)}{os.pathsep}{os.environ['PATH']}",
    }
    program = folder / "doctor"
    broken = fake_driver({"driver": "550.54.15", "nvmlInit.fault": 18})
    del broken["PATH"]
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in broken.items())
    program.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={shlex.quote(SOURCES)}\n"
        f'case "$*" in *"--node h2") export {exports} ;; esac\n'
        f'exec {shlex.quote(sys.executable)} -m torch_doctor "$@"\n'
    )
    program.chmod(0o755)
    with spread(PYTHON, folder) as ray:
        [hung] = ray.raylets["h3"]
        os.kill(hung, signal.SIGSTOP)
        begun = time.monotonic()
        try:
            limits = ("--node-timeout", str(NODE_S), "--deadline", str(ALL_S))
            words = ["--nodelist", "h[1-4]", *limits]
            done = subprocess.run(
                [*ray.inside, sys.executable, "-m", "torch_doctor", "fleet", "run", "--ray", ray.address,
                 "--static", "--command", str(program), *words],
                env=environ, capture_output=True, text=True, timeout=ALL_S + 60, check=False,
            )  # fmt: skip
        finally:
            os.kill(hung, signal.SIGCONT)
        assert time.monotonic() - begun < ALL_S
        left = list(inside_of(ray))

    shutil.rmtree(folder, ignore_errors=True)
    found = {row["node"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert set(found) == {"h1", "h2", "h3", "h4"}, done.stderr
    assert "facts" in found["h1"]
    assert "facts" in found["h2"]
    assert found["h3"]["no_answer"]["reason"] == "timeout"
    assert found["h4"]["no_answer"]["detail"] == "it never joined the cluster"
    assert done.returncode == 1
    assert not [words for words in left if "torch_doctor" in words], "nothing is left behind"

    judged = subprocess.run(
        [sys.executable, "-m", "torch_doctor", "fleet", "judge", "-", "--json"],
        input=done.stdout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    answer = json.loads(judged.stdout)
    [group] = [group for group in answer["groups"] if group["verdict"] == "broken"]
    assert group["nodes"]["names"] == "h2"
    assert answer["silent"]["names"] == "h[3-4]"
    names = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    assert "td-h" not in names


def inside_of(ray: SpreadRay) -> Iterator[str]:
    """Yield the command lines of what runs in the namespaces of the hosts."""
    for name in ray.namespaces:
        for pid in inside(name):
            with contextlib.suppress(OSError):
                yield Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
