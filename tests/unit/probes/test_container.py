"""Containers, schedulers and the container toolkit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Known, Reason
from torch_doctor.probes.driver import fabric
from torch_doctor.probes.machine import container

from tests.unit.probes.tree import make, reason

DPKG = """Package: nvidia-container-toolkit-base
Status: install ok installed
Version: 1.17.8-1

Package: nvidia-container-toolkit
Status: install ok installed
Architecture: amd64
Version: 1.17.4-1

Package: nvidia-fabricmanager-580
Status: install ok installed
Version: 580.65.06-1

Package: nvidia-fabricmanager-535
Status: deinstall ok config-files
Version: 535.54.03-1
"""


@pytest.mark.parametrize(
    ("files", "environ", "name"),
    [
        ({"/.dockerenv": ""}, {}, "docker"),
        ({"/run/.containerenv": ""}, {}, "podman"),
        ({"/.dockerenv": ""}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"),
        ({}, {"APPTAINER_CONTAINER": "/x.sif", "SINGULARITY_CONTAINER": "/x.sif"}, "apptainer"),
        ({"/run/systemd/container": "systemd-nspawn\n"}, {}, "systemd-nspawn"),
        ({}, {"container": "lxc"}, "lxc"),
        ({"/proc/1/cgroup": "12:cpu:/kubepods/burstable/pod1\n"}, {}, "kubernetes"),
        (
            {
                "/proc/1/cgroup": "0::/\n",
                "/proc/self/mountinfo": "1 2 0:5 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A\n",
            },
            {},
            "docker",
        ),
        (
            {"/proc/self/mountinfo": "1 2 8:1 /home/x/enroot/data/pt / rw - ext4 /dev/sda1 rw\n"},
            {},
            "enroot",
        ),
    ],
)
def test_kinds(tmp_path: Path, files: dict[str, str], environ: dict[str, str], name: str) -> None:
    found = dict(container.probe(make(tmp_path, files, environ=environ)))
    assert set(found) == set(container.OWNS)
    assert found["container"].value == name


def test_a_plain_host(tmp_path: Path) -> None:
    files = {
        "/proc/1/cgroup": "0::/init.scope\n",
        "/proc/self/mountinfo": "1 2 8:1 / / rw - ext4 /dev/sda1 rw\n3 1 0:9 / /var/lib/docker/overlay2/x rw - overlay overlay rw\n",
    }
    found = dict(container.probe(make(tmp_path, files)))
    for name in container.OWNS:
        assert reason(found[name]) is Reason.NOT_PRESENT


def test_wsl_is_no_container(tmp_path: Path) -> None:
    host = make(tmp_path, {"/run/systemd/container": "wsl\n"})
    assert reason(container.find_container(host)) is Reason.NOT_PRESENT


def test_schedulers(tmp_path: Path) -> None:
    found = dict(container.probe(make(tmp_path, environ={"SLURM_JOB_ID": "7"})))
    assert found["scheduler"].value == "slurm"


def test_toolkit(tmp_path: Path) -> None:
    host = make(tmp_path, {"/usr/bin/nvidia-ctk": "", container.DPKG: DPKG})
    assert dict(container.probe(host))["container_toolkit"].value == "1.17.4-1"
    (tmp_path / "var/lib/dpkg/status").unlink()
    assert reason(dict(container.probe(host))["container_toolkit"]) is Reason.UNPARSED


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    container.parse_marks(text)
    container.parse_mountinfo(text)
    container.parse_dpkg(text, "x")
    container.parse_dpkg(f"Package: x\n{text}", "x")


UNIT = "/lib/systemd/system/nvidia-fabricmanager.service"


@pytest.mark.parametrize(
    ("files", "state"),
    [
        (
            {"/run/nvidia-fabricmanager/nv-fabricmanager.pid": "42\n", "/proc/42/stat": ""},
            "running",
        ),
        ({"/run/nvidia-fabricmanager/nv-fabricmanager.pid": "42\n", UNIT: ""}, "stopped"),
        ({"/sys/fs/cgroup/system.slice/nvidia-fabricmanager.service/x": "", UNIT: ""}, "running"),
        ({UNIT: ""}, "stopped"),
        ({}, "not installed"),
    ],
)
def test_fabric_manager(tmp_path: Path, files: dict[str, str], state: str) -> None:
    found = dict(fabric.probe(make(tmp_path, files)))
    assert set(found) == set(fabric.OWNS)
    assert found["fabric_manager"].value == state


def test_release_of_the_fabric_manager(tmp_path: Path) -> None:
    found = dict(fabric.probe(make(tmp_path, {UNIT: "", container.DPKG: DPKG})))
    assert str(found["fabric_manager_release"].value) == "580.65.06"


def test_a_container_does_not_see_its_hosts_services(tmp_path: Path) -> None:
    found = dict(fabric.probe(make(tmp_path, {"/.dockerenv": ""})))
    assert reason(found["fabric_manager"]) is Reason.DENIED
    socket = {
        "/.dockerenv": "",
        "/run/nvidia-fabricmanager/nv-fabricmanager.pid": "1",
        "/proc/1/stat": "",
    }
    assert isinstance(dict(fabric.probe(make(tmp_path, socket)))["fabric_manager"], Known)
