"""Who asks, and what was done already: words of three languages, commands and paths."""

from __future__ import annotations

import pytest
from torch_doctor.core.catalog import TRIED
from torch_doctor.pastes.prose.people import _TRIED
from torch_doctor.pastes.read import read_text


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("I rebooted the box, nothing changed", ("rebooted",)),
        ("it stays after a reboot", ("rebooted",)),
        ("reinstalling pytorch did not help", ("reinstalled-torch",)),
        ("we upgraded all drivers last week", ("updated-driver",)),
        ("a fresh conda environment has it too", ("new-environment",)),
        ("电脑已经重启,重装了驱动", ("rebooted", "reinstalled-driver")),
        ("再起動しても同じです", ("rebooted",)),
        ("should I try a reboot?", None),
        ("I have not rebooted yet", None),
        ("you need to reinstall torch", None),
    ],
)
def test_what_was_tried(text: str, tried: tuple[str, ...] | None) -> None:
    found = read_text(text).value("tried")

    assert (found and tuple(sorted(found))) == (tried and tuple(sorted(tried)))


def test_every_step_is_of_the_closed_list() -> None:
    assert {slug for slug, _, _ in _TRIED} <= set(TRIED)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("uv add torch brings it", "project_manager", "uv"),
        ("$ poetry install", "project_manager", "poetry"),
        ("uv sync works, and then it is False", "project_manager", "uv"),
        ("see pixi.toml", "project_manager", "pixi"),
        ("python from /nix/store/abc-python3/bin", "project_manager", "nix"),
        ("pdm list | grep torch", "project_manager", "pdm"),
        ("`poetry show torch` names no build", "project_manager", "poetry"),
        ("pixi list pytorch", "project_manager", "pixi"),
        ("uv pip install torch", "project_manager", None),
        ("We use poetry here, ubuntu 22.04", "project_manager", "poetry"),
        ("the environment is managed by pixi", "project_manager", "pixi"),
        ("installed with pdm, then imported", "project_manager", "pdm"),
        ("I don't use poetry, only pip", "project_manager", None),
        ("We use pdm. It is False", "project_manager", "pdm"),
        ("torch was resolved by pipenv", "project_manager", "pipenv"),
        ("I use poetry.core only", "project_manager", None),
        ("I use uv. It is False", "torch_installer", "uv"),
        ("it doesn't use uv", "torch_installer", None),
        ("a model that writes poetry on torch 2.6", "project_manager", None),
        ("ComfyUI portable on Windows 11", "portable_python", "python_embeded"),
        ("the portable version of ComfyUI fails", "portable_python", "python_embeded"),
        ("ComfyUI便携版 报错", "portable_python", "python_embeded"),
        ("ComfyUI, installed by hand, not portable", "portable_python", None),
        ("I had the portable ComfyUI once", "portable_python", None),
        ("a portable laptop with ComfyUI in WSL", "portable_python", None),
        ("it runs on Google Colab", "notebook_service", "colab"),
        ("it works on Colab, but not on my PC", "notebook_service", None),
        ("Kaggle notebooks work, my own server fails", "notebook_service", None),
        ("no problem in SageMaker; here it is False", "notebook_service", None),
        ("it does not work on Colab", "notebook_service", "colab"),
        ("it worked on Colab until last week", "notebook_service", "colab"),
        ("I have no sudo there", "shared_node", True),
        ("我没有root权限", "shared_node", True),
        ("I have sudo", "shared_node", None),
        ("No driver found! If you are on a cluster, take a node with GPUs", "shared_node", None),
        ("this is a shared cluster", "shared_node", True),
        ("we may not update the driver here", "shared_node", True),
        ("I'm not allowed to touch the NVIDIA driver", "shared_node", True),
        ("the driver is managed by our IT", "shared_node", True),
        ("I could not install the driver: apt fails", "shared_node", None),
        ("should I update the driver?", "shared_node", None),
        (r"D:\apps\python_embeded\python.exe -m pip", "portable_python", r"D:\apps\python_embeded"),
        (
            r'venv "E:\ui\venv\Scripts\Python.exe"',
            "portable_python",
            r"E:\ui\venv\Scripts\Python.exe",
        ),
        ("AUTOMATIC1111 does not start any more", "portable_python", "venv"),
    ],
)
def test_who_asks(text: str, name: str, value: object) -> None:
    assert read_text(text).value(name) == value
