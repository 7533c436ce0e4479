"""Words that say that a container does not see the GPU of its host, and words that say something else."""

from __future__ import annotations

import pytest
from torch_doctor.pastes.read import read_text


@pytest.mark.parametrize(
    ("text", "container"),
    [
        ("the GPU isn't visible inside my container, the host lists it", "docker"),
        ("Graphics card not recognized in Docker", "docker"),
        ("CUDA devices are no longer accessible from the pod", "kubernetes"),
        ("our pods cannot find any GPU although the node has four", "kubernetes"),
        ("docker container is unable to access the GPU", "docker"),
        ("podman fails to detect the nvidia cards", "podman"),
        ("There is no GPU available in the container", "docker"),
        ("容器中检测不到GPU，宿主机上一切正常", "docker"),
        ("docker无法使用显卡", "docker"),
    ],
)
def test_a_gpu_that_a_container_does_not_see(text: str, container: str) -> None:
    facts = read_text(text)

    assert facts.value("gpu_hidden_in_container") is True
    assert facts.value("container") == container


@pytest.mark.parametrize(
    "text",
    [
        "the GPU is visible inside my container",
        "no GPU is needed in the container, it only serves files",
        "the container cannot see the config file",
        "the GPU is not visible on the host; I have no container yet",
        "容器里可以看到GPU",
    ],
)
def test_other_words_about_containers(text: str) -> None:
    assert read_text(text).value("gpu_hidden_in_container") is None


@pytest.mark.parametrize(
    "text",
    [
        "dlopen(/opt/venv/lib/python3.11/site-packages/fastops/_C.cpython-311-darwin.so, 0x0002)",
        "I run it on my Mac",
        "device: M3 Max, 36 GB",
        "OS: Mac",
        "在mac上运行",
        "苹果电脑上报错",
    ],
)
def test_words_for_a_mac(text: str) -> None:
    failed = "AssertionError: Torch not compiled with CUDA enabled"

    assert read_text(f"{failed}\n{text}").value("os_family") == "darwin"


def test_a_mac_on_which_it_runs_is_another_one() -> None:
    assert read_text("it works on my Mac, and fails on the server").value("os_family") is None


@pytest.mark.parametrize("text", ["I'm on AMD Windows", "using AMD on Linux", "I have AMD."])
def test_the_maker_alone_names_a_gpu(text: str) -> None:
    assert read_text(text).value("other_gpus") == ("AMD GPU",)


def test_a_processor_of_that_maker_is_none() -> None:
    text = "I have an AMD Ryzen 9 on Windows, an AMD EPYC on Linux and linux/amd64"

    assert read_text(text).value("other_gpus") is None


@pytest.mark.parametrize(
    "text",
    [
        "Our Arm server with an H100 has torch 2.3.1 from pip.",
        "torch 2.4.0 on an Ampere Altra box with two L4",
        "It is a g5g instance (Graviton2) with a T4G",
        "aarch64 node, GH200, torch 2.6.0",
        "ARM64-based server, A100 in the second slot",
        "我们的鲲鹏服务器上有一张A100",
    ],
)
def test_a_server_with_arm_cores_is_read_as_linux_on_aarch64(text: str) -> None:
    facts = read_text(text)

    assert (facts.value("host_arch"), facts.value("os_family")) == ("aarch64", "linux")


@pytest.mark.parametrize(
    "text",
    [
        "It is not an Arm server: an EPYC with an H100",
        "There are no wheels for Arm servers, are there? Ours is a Xeon with an H100.",
        "The farm node has an A100",
        "the alarm server is down, the A100 is fine",
    ],
)
def test_words_about_arm_that_tell_of_no_server(text: str) -> None:
    assert read_text(text).value("host_arch") is None
