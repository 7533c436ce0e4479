"""Who asks, drawn from facts."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.person import Person, person_of

HERE = Source("file", "case")


def person(**known: Any) -> Person:
    return person_of(Facts({name: Known(value, HERE) for name, value in known.items()}))


@pytest.mark.parametrize(
    ("known", "installer"),
    [
        ({}, "pip"),
        ({"project_manager": "uv"}, "uv-project"),
        ({"project_manager": "poetry", "torch_installer": "pip"}, "poetry"),
        ({"torch_installer": "uv"}, "uv"),
        ({"torch_origin": "ngc", "torch_installer": "pip"}, "image"),
        ({"torch_location": "/nix/store/abc-python3.12-torch/lib"}, "nix"),
        ({"python_executable": "/nix/store/abc/bin/python"}, "nix"),
        ({"torch_location": "/h/.cache/pypoetry/virtualenvs/a-py3.12/lib/x"}, "poetry"),
        (
            {"python_executable": r"C:\u\pypoetry\Cache\virtualenvs\a\Scripts\python.exe"},
            "poetry",
        ),
        ({"python_executable": "/h/.local/share/virtualenvs/a-x1/bin/python"}, "pipenv"),
        ({"python_executable": "/h/work/.pixi/envs/default/bin/python"}, "pixi"),
        ({"python_executable": "/h/.local/share/pdm/venvs/a-x1/bin/python"}, "pdm"),
        ({"packages": (Package("torch", "2.6.0", "conda"),)}, "conda"),
        ({"packages": (Package("cpuonly", "2.0"),)}, "conda"),
        ({"torch_origin": "conda-forge"}, "conda"),
        ({"install_commands": ("uv add torch",)}, "uv-project"),
        ({"install_commands": ("uv pip install torch",)}, "uv"),
        ({"install_commands": ("uvx --with torch tool",)}, "uvx"),
        ({"install_commands": ("poetry add torch",)}, "poetry"),
        ({"install_commands": ("mamba install pytorch", "pip install numpy")}, "pip"),
        ({"install_commands": ("mamba install pytorch",)}, "conda"),
        ({"install_commands": ("make all",)}, "pip"),
    ],
)
def test_the_installer(known: dict[str, Any], installer: str) -> None:
    assert person(**known).installer == installer


@pytest.mark.parametrize(
    ("commands", "program"),
    [
        ((), "conda"),
        (("mamba install pytorch", "pip install numpy"), "mamba"),
        (("conda install pytorch", "micromamba create -n x pytorch"), "micromamba"),
        (("mamba install pytorch", "conda install pytorch"), "conda"),
        (("pip install mamba-ssm",), "conda"),
    ],
)
def test_the_program_that_does_condas_work(commands: tuple[str, ...], program: str) -> None:
    assert person(install_commands=commands).conda == program


def test_of_two_torches_the_installer_of_the_one_that_is_imported_counts() -> None:
    both = (Package("torch", "1.2.0", "pip"), Package("pytorch", "1.3.0", "conda"))

    for version, installer in (("1.3.0", "conda"), ("1.2.0", "pip")):
        who = person(packages=both, torch_version=TorchVersion.parse(version))
        assert who.installer == installer


@pytest.mark.parametrize(
    ("known", "place", "distribution"),
    [
        ({"os_id": "ubuntu"}, "host", "ubuntu"),
        ({"os_id": "ubuntu", "container": "docker"}, "container", None),
        ({"os_id": "ubuntu", "container": "kubernetes"}, "pod", None),
        ({"os_id": "ubuntu", "notebook_service": "colab"}, "notebook", None),
        ({"os_id": "rocky", "shared_node": True}, "shared", None),
        ({"os_id": "rocky", "scheduler": "slurm"}, "shared", None),
        ({"os_id": "rocky", "scheduler": "slurm", "effective_uid": 0}, "host", "rocky"),
        ({"os_id": "ubuntu", "kernel_release": "4.19.93-1.nbp.el7.x86_64"}, "container", None),
        ({"os_id": "ubuntu", "kernel_release": "5.4.231-137.341.amzn2.x86_64"}, "container", None),
        ({"os_id": "rocky", "kernel_release": "5.15.0-135-generic"}, "container", None),
        ({"os_id": "ubuntu", "kernel_release": "5.15.0-135-generic"}, "host", "ubuntu"),
        ({"os_id": "arch", "kernel_release": "6.11.0-generic"}, "host", "arch"),
    ],
)
def test_the_place(known: dict[str, Any], place: str, distribution: str | None) -> None:
    who = person(**known)

    assert (who.place, who.distribution) == (place, distribution)


@pytest.mark.parametrize(
    ("known", "system"),
    [
        ({}, "linux"),
        ({"os_family": "windows"}, "windows"),
        ({"os_family": "linux", "wsl": True}, "wsl"),
        ({"os_family": "linux", "jetson": "36.4.3"}, "jetson"),
        ({"os_family": "darwin"}, "darwin"),
    ],
)
def test_the_system(known: dict[str, Any], system: str) -> None:
    assert person(**known).system == system


def test_the_interpreter_of_a_portable_folder() -> None:
    windows = person(os_family="windows", portable_python=r"C:\ComfyUI\python_embeded")

    assert windows.python == r"C:\ComfyUI\python_embeded\python.exe"
    assert person(portable_python="/opt/app/python").python == "/opt/app/python"
    assert person(python_executable="/opt/venv/bin/python").python == "/opt/venv/bin/python"


def test_the_interpreter_that_a_web_ui_makes_in_its_folder() -> None:
    known = {"os_family": "windows", "portable_python": "venv"}

    assert person(**known).python == r"venv\Scripts\python.exe"
    assert person(portable_python="venv").python == "venv/bin/python"
    assert person(portable_python="venv", container="docker").python == "python"
    seen = r"D:\ui\venv\lib\site-packages\torch"
    assert person(**known, torch_location=seen).python == r"D:\ui\venv\Scripts\python.exe"


def test_services_that_systemd_does_not_know() -> None:
    unknown = ErrorSeen("Failed to start: Unit nvidia-fabricmanager.service could not be found.")

    assert person(errors_seen=(unknown,)).missing_units == {"nvidia-fabricmanager"}
    assert person(fabric_manager="not installed").missing_units == {"nvidia-fabricmanager"}
    assert not person(fabric_manager="stopped").missing_units


def test_where_no_gpu_is_visible() -> None:
    assert person(gpus=()).blind
    assert person_of(Facts({"gpus": Unavailable(Reason.NOT_PRESENT)})).blind
    assert person(shared_node=True).blind
    assert not person().blind
