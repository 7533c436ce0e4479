"""What was tried, which scheduler there is, what sets the mask: told by words and by code."""

from __future__ import annotations

import pytest
from torch_doctor.pastes.read import read_text


def value(text: str, name: str) -> object:
    return read_text(text).value(name)


@pytest.mark.parametrize(
    "text",
    [
        "I rebooted the box and nvidia-smi still fails",
        "already tried rebooting, same error",
        "restarted the server twice",
        "重启了服务器,还是不行",
    ],
)
def test_a_reboot_that_was_done_is_told(text: str) -> None:
    assert value(text, "tried") == ("rebooted",)


@pytest.mark.parametrize(
    "text",
    [
        "should I reboot?",
        "a reboot fixes it until the next morning",
        "we cannot just reboot this node",
        "reboot required",
        "before rebooting it worked",
    ],
)
def test_a_reboot_that_was_not_done_or_that_helps_is_not(text: str) -> None:
    assert value(text, "tried") is None


def test_the_scheduler_is_told_by_its_commands() -> None:
    assert value("#!/bin/bash\nsbatch train.sh gives no GPU", "scheduler") == "slurm"
    assert value("the Ray actor sees nothing", "scheduler") == "ray"
    assert value("an array of x-ray images", "scheduler") is None


def test_a_mask_in_code_is_the_programs_own() -> None:
    text = "main.py line 3: os.environ['CUDA_VISIBLE_DEVICES'] = '2'\n"
    assert value(text, "mask_set_by") == "program"
    assert value("export CUDA_VISIBLE_DEVICES=2", "mask_set_by") is None


def test_an_empty_mask_is_told_in_words() -> None:
    assert value("in the worker CUDA_VISIBLE_DEVICES is empty", "cuda_visible_devices") == ""


def test_a_service_that_is_not_there_is_not_installed() -> None:
    text = "Unit nvidia-fabricmanager.service could not be found."
    assert value(text, "fabric_manager") == "not installed"


def test_inside_a_pod_and_inside_a_container_in_chinese() -> None:
    assert value("nvidia-smi fails inside the pod", "container") == "kubernetes"
    assert value("我在容器里运行 torch", "container") == "docker"
    assert value("Windows Subsystem for Linux, Ubuntu", "wsl") is True
