"""Plans and drift as metrics, checked with Prometheus's own promtool where it is there; names of unnamed hosts."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_fleet import fleet, line, mixed, old_driver
from tests.resting import rests_on

PROMTOOL = shutil.which("promtool")
__all__ = ["mixed"]


def checked(text: str) -> None:
    """Let promtool read the metrics; each series is there once."""
    rows = [row for row in text.splitlines() if not row.startswith("#")]
    assert len({row.rpartition(" ")[0] for row in rows}) == len(rows)
    if PROMTOOL:
        done = subprocess.run(
            [PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr + done.stdout


@rests_on("TD120")
def test_a_plan_and_drift_as_metrics(tmp_path: Path) -> None:
    file, later = tmp_path / "hosts.jsonl", tmp_path / "later.jsonl"
    file.write_text(line("new1") + line("new2") + old_driver("old"))
    later.write_text(line("new1", nccl_version="2.20.5") + line("new3") + line("x") + line("y"))

    plan = fleet("plan", file, "--assume", "driver=570.86.15", "--format", "prometheus")
    drift = fleet("drift", file, later, "--format", "prometheus")

    assert (plan.code, drift.code) == (1, 1)
    assert 'torch_doctor_fleet_plan_nodes{change="breaks"} 2' in plan.out
    assert 'code="TD120",name="driver-older-than-runtime"' in plan.out
    assert "torch_doctor_fleet_plan_exit_code 1" in plan.out
    assert 'torch_doctor_fleet_drift_nodes{drift="changed",what="NCCL"' in drift.out
    assert "torch_doctor_fleet_drift_gone 2" in drift.out
    assert "torch_doctor_fleet_drift_new 3" in drift.out
    assert "new1" not in plan.out + drift.out, "a label for each node would be a series for each"
    for ran in (plan, drift):
        checked(ran.out)


@pytest.mark.skipif(not PROMTOOL, reason="needs promtool (Debian's package prometheus)")
def test_promtool_takes_the_metrics_of_judge(mixed: Path) -> None:
    checked(fleet("judge", mixed, "--format", "prometheus").out)


def test_hosts_without_a_name_are_called_the_same_from_everywhere(tmp_path: Path) -> None:
    for rack in ("a", "b"):
        (tmp_path / "monday" / rack).mkdir(parents=True)
        (tmp_path / "monday" / rack / "node1.json").write_text(line(None))
        (tmp_path / "monday" / rack / "more.jsonl").write_text(line(None) + line(None))
    relative = os.path.relpath(tmp_path / "monday")

    called = [
        fleet("judge", source, "--json").json for source in (tmp_path / "monday", f"./{relative}/")
    ]
    drift = fleet("drift", tmp_path / "monday", relative, "--json").json

    names = [answer["groups"][0]["nodes"]["names"] for answer in called]
    assert names[0] == names[1]
    assert called[0]["nodes"] == 6
    assert called[0]["repeated"]["count"] == 0
    assert (drift["exit_code"], drift["gone"]["count"], drift["new"]["count"]) == (0, 0, 0)
