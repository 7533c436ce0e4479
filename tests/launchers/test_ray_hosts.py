"""``fleet run --ray`` on hosts of their own: three network namespaces, one of them hung, and one that never joined."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.launchers.ray_namespaces import can_make, spread
from tests.launchers.test_ray import PYTHON, SOURCES

pytestmark = [
    pytest.mark.skipif(not PYTHON, reason="no Ray (pip install ray, or TORCH_DOCTOR_TEST_RAY)"),
    pytest.mark.skipif(
        not PYTHON or sys.platform != "linux" or not can_make(), reason="no network namespaces"
    ),
]


def test_hosts_of_their_own_are_asked_and_named() -> None:
    # A socket's path may be 107 bytes long: a folder of the tests' own is too deep.
    folder = Path(tempfile.mkdtemp(prefix="td-ray-", dir="/tmp"))
    environ = {
        **os.environ,
        "PYTHONPATH": SOURCES,
        "RAY_USAGE_STATS_ENABLED": "0",
        "PATH": f"{os.path.dirname(PYTHON)}{os.pathsep}{os.environ['PATH']}",
    }
    program = folder / "doctor"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={SOURCES} exec {sys.executable} -m torch_doctor "$@"\n'
    )
    program.chmod(0o755)
    with spread(PYTHON, folder) as ray:
        [hung] = ray.raylets["h3"]
        os.kill(hung, signal.SIGSTOP)
        begun = time.monotonic()
        try:
            words = ["--nodelist", "h[1-4]", "--node-timeout", "20", "--deadline", "45"]
            done = subprocess.run(
                [*ray.inside, sys.executable, "-m", "torch_doctor", "fleet", "run", "--ray", ray.address,
                 "--static", "--command", str(program), *words],
                env=environ, capture_output=True, text=True, timeout=90, check=False,
            )  # fmt: skip
        finally:
            os.kill(hung, signal.SIGCONT)
        assert time.monotonic() - begun < 50

    shutil.rmtree(folder, ignore_errors=True)
    found = {row["node"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert set(found) == {"h1", "h2", "h3", "h4"}, done.stderr
    assert "facts" in found["h1"]
    assert "facts" in found["h2"]
    assert found["h3"]["no_answer"]["reason"] == "timeout"
    assert found["h4"]["no_answer"]["detail"] == "it never joined the cluster"
    assert done.returncode == 1
