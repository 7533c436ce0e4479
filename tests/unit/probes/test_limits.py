"""Limits of the process, and of the control group that it is in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from torch_doctor.core.fact import Known, Reason, Unavailable
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.machine import limits

from tests.unit.probes.tree import make


def asked(host: object) -> dict[str, object]:
    found = dict(limits.probe(host))  # type: ignore[arg-type]
    assert set(found) == set(limits.OWNS)
    return {
        name: fact.value if isinstance(fact, Known) else fact.reason for name, fact in found.items()
    }


def test_each_limit_in_its_own_unit(tmp_path: Path) -> None:
    raw = {
        "memlock_kib": 8 << 20,
        "address_space_kib": 4_000_000 << 10,
        "data_kib": 300_000 << 10,
        "cpu_seconds_limit": 60,
        "open_files_limit": 24,
        "processes_limit": -1,
    }

    found = asked(make(tmp_path, {}, limits=raw))

    assert found["memlock_kib"] == 8192
    assert found["address_space_kib"] == 4_000_000
    assert found["data_kib"] == 300_000
    assert found["cpu_seconds_limit"] == 60
    assert found["open_files_limit"] == 24
    assert found["processes_limit"] is Reason.NOT_APPLICABLE
    assert found["cgroup_memory_mib"] is found["cgroup_processes"] is Reason.NOT_APPLICABLE


def test_a_recording_from_before_tells_locked_memory(tmp_path: Path) -> None:
    assert asked(make(tmp_path, {}, limits=None, memlock_bytes=1 << 20))["memlock_kib"] == 1024


@pytest.mark.parametrize(
    ("files", "memory", "processes"),
    [
        (
            {
                "/proc/self/cgroup": "0::/\n",
                "/sys/fs/cgroup/memory.max": "1073741824\n",
                "/sys/fs/cgroup/pids.max": "100\n",
            },
            1024,
            100,
        ),
        (
            {
                "/proc/self/cgroup": "0::/user.slice/job\n",
                "/sys/fs/cgroup/user.slice/job/memory.max": "max\n",
                "/sys/fs/cgroup/user.slice/memory.max": "2147483648\n",
                "/sys/fs/cgroup/user.slice/job/pids.max": "max\n",
            },
            2048,
            Reason.NOT_APPLICABLE,
        ),
        (
            {
                "/proc/self/cgroup": "5:memory:/docker/ab\n4:cpu,cpuacct:/x\n3:pids:/docker/ab\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
                "/sys/fs/cgroup/pids/docker/ab/pids.max": "64\n",
            },
            512,
            64,
        ),
        (
            {
                "/proc/self/cgroup": "5:memory:/\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            Reason.NOT_APPLICABLE,
            Reason.NOT_APPLICABLE,
        ),
        ({"/proc/self/cgroup": "nonsense\n::::\n"}, Reason.NOT_APPLICABLE, Reason.NOT_APPLICABLE),
    ],
)
def test_the_tightest_limit_of_the_control_group(
    tmp_path: Path, files: dict[str, str], memory: object, processes: object
) -> None:
    found = asked(make(tmp_path, files))

    assert (found["cgroup_memory_mib"], found["cgroup_processes"]) == (memory, processes)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_shell_that_limits_is_seen() -> None:
    code = (
        "from torch_doctor.probes.host.port import LiveHost\n"
        "from torch_doctor.probes.machine import limits\n"
        "print({name: getattr(fact, 'value', None) for name, fact in limits.probe(LiveHost())})"
    )
    shell = f'ulimit -n 40; ulimit -v 8000000; ulimit -d 4000000; ulimit -S -t 600; exec "{sys.executable}" -c "$0"'
    run = subprocess.run(["bash", "-c", shell, code], capture_output=True, text=True, check=True)

    assert "'open_files_limit': 40" in run.stdout
    assert "'address_space_kib': 8000000" in run.stdout
    assert "'data_kib': 4000000" in run.stdout
    assert "'cpu_seconds_limit': 600" in run.stdout


def test_this_machine_answers() -> None:
    found = dict(limits.probe(LiveHost()))

    assert all(isinstance(fact, (Known, Unavailable)) for fact in found.values())
