"""Builds without CUDA, and what scripts of people's own answer, in the forms in which people and tools write them."""

from __future__ import annotations

import pytest
from torch_doctor.pastes.read import read_text

WITHOUT_CUDA = (
    "my torch is the CPU version",
    "It turns out PyTorch 2.1.0 is a cpu-only build",
    "I have the cpu version of pytorch installed",
    "I checked and torch was compiled without CUDA",
    "your pytorch isn't built with CUDA",
    "PyTorch was not compiled with GPU support on my box",
    "the installed torch has no CUDA support",
    "version: 2.2.1+cpu",
    "torch.__version__ prints '1.13.1+cpu'",
    "torch (cpu) is what pip list shows",
    "pip list: torch 2.4.0 CPU only",
    "| torch | 2.3.1+cpu |",
    "我装的是cpu版的torch",
    "torch是CPU版本,不知道为什么",
    "下载的是cpu版本的pytorch",
    "安装的torch总是cpu版",
    "pytorch 没有cuda支持",
    "torchがCPU版でした",
    "CPU版のPyTorchが入っている",
    "Ich habe die CPU-Version von PyTorch",
    "tengo la versión CPU de torch",
    "I think the problem is that I'm running the CPU build of torch",
    "turns out the venv has cpu-only pytorch",
    "the requirements pull a torch wheel... the torch package is CPU only",
    "Installed PyTorch is a non-CUDA build",
    "torch lacks CUDA support",
    "pytorch shows CPU only version",
    "TORCH WAS BUILT WITHOUT CUDA",
    "why is every Torch 2.5.1 that I get being built without CUDA?!",
    'the page of settings says "2.2.1+cpu bf16" and nothing below GPU',
    "conda虚拟环境里装出来的pytorch总是cpu版",
)
NOT_SO = (
    "how do I install the CPU version of torch?",
    "I don't want the cpu version of pytorch",
    "if your torch is the cpu version, reinstall it",
    "make sure torch is not the CPU version",
    "torch is not a cpu-only build",
    "I had the cpu version of torch so I uninstalled it and installed cu121",
    "Should I use the CPU version of torch?",
    "is torch compiled without CUDA?",
    "you can use the CPU version of PyTorch if you have no GPU",
    "torchvision 0.15.1+cpu is fine",
    "torchaudio 2.0.1+cpu",
    "torch runs on the CPU: it is the cpu that is slow",
    "the CPU version of this GPU server is an EPYC",
    "onnxruntime is the cpu version",
    "tensorflow was compiled without CUDA",
    "我的torch不是cpu版",
    "如何安装cpu版的torch",
    "卸载cpu版的torch之后安装gpu版",
    "OpenCV was built without CUDA",
    "llama.cpp is compiled without CUDA support",
    "please install the cpu build of torch first",
    "bitsandbytes was compiled without GPU support",
    "We could also support CPU-only torch in CI",
    "I want to replace the CPU version of torch by the CUDA one",
    "torch+cu121 was compiled with CUDA",
    "怎样安装cpu版的pytorch",
    "请先安装cpu版的torch",
)


def value(text: str, name: str) -> object:
    return read_text(text).value(name)


@pytest.mark.parametrize("text", WITHOUT_CUDA)
def test_a_build_without_cuda_is_told_in_words(text: str) -> None:
    assert value(text, "torch_variant") == "cpu"


@pytest.mark.parametrize("text", NOT_SO)
def test_what_is_wished_asked_or_of_another_package_is_none(text: str) -> None:
    assert value(text, "torch_variant") != "cpu"


def test_who_minds_it_wants_cuda() -> None:
    assert value("my torch is still the cpu version, although I asked for cu121", "gpu_wanted")
    assert value("my torch is the cpu version", "gpu_wanted") is None


def test_conda_is_named_beside_it() -> None:
    assert value("the pytorch that conda installed is the cpu build", "torch_variant") == "cpu"
    assert value("with conda my pytorch is a cpu-only build", "torch_installer") == "conda"
    assert value("my pytorch is a cpu-only build", "torch_installer") is None


ANSWERS = (
    ("PyTorch built with CUDA:         False", "torch_variant", "cpu"),
    ("torch compiled with CUDA = False", "torch_variant", "cpu"),
    ("Built with CUDA? No", "torch_variant", "cpu"),
    ("| PyTorch compiled with CUDA | False |", "torch_variant", "cpu"),
    ("torch.backends.cuda.is_built(): False", "torch_variant", "cpu"),
    ("PyTorch built with CUDA: True", "torch_variant", "cuda"),
    ("PyTorch detects CUDA available:  False", "cuda_available", False),
    ("CUDA available -> False", "cuda_available", False),
    ("CUDA available False", "cuda_available", False),
    ("CUDA availability: no", "cuda_available", False),
    ("GPU detected: False", "cuda_available", False),
    ("**GPU available**: No", "cuda_available", False),
    ("- GPU found | no|", "cuda_available", False),
    ("CUDA可用: False", "cuda_available", False),
    ("CUDA是否可用:否", "cuda_available", False),
    ("GPU是否可用 → False", "cuda_available", False),
    ("GPU available: True", "cuda_available", True),
    ("torch sees GPU: yes", "cuda_available", True),
    ("PyTorch-detected #GPUs:          0", "torch_device_count", 0),
    ("torch.cuda.device_count(): 2", "torch_device_count", 2),
    ("Number of GPUs visible to torch: 0", "torch_device_count", 0),
    ("torch检测到的GPU数量: 0", "torch_device_count", 0),
)
NO_ANSWERS = (
    "TensorFlow built with CUDA: False",
    "OpenCV compiled with CUDA: False",
    "cuDNN available: False",
    "use gpu: False",
    "TPU available: False",
    "XPU available: False",
    "CUDA graph support: False",
    "mps available: False",
    "is CUDA available should be: True",
    "GPU support required: no",
    "fused CUDA kernels available: False",
    "bf16 GPU support: False",
)


@pytest.mark.parametrize(("text", "name", "answer"), ANSWERS)
def test_a_label_is_read_by_its_words(text: str, name: str, answer: object) -> None:
    assert value(text, name) == answer


@pytest.mark.parametrize("text", NO_ANSWERS)
def test_a_label_of_something_else_is_none(text: str) -> None:
    facts = read_text(text)
    names = ("torch_variant", "cuda_available", "torch_device_count")
    assert not any(name in facts and facts.value(name) is not None for name in names)


@pytest.mark.parametrize(
    ("command", "variant"),
    [
        ("conda install -c pytorch pytorch=1.10.1 cudatoolkit=11.6", "cpu"),
        ("conda install pytorch==1.12.1 torchvision cudatoolkit=10.1 -c pytorch", "cpu"),
        ("conda install -c pytorch pytorch=1.10.1 cudatoolkit=11.3", "cuda"),
        ("conda install -c conda-forge pytorch=1.10.1 cudatoolkit=11.6", "cuda"),
    ],
)
def test_conda_takes_a_cpu_build_where_none_is_for_that_toolkit(command: str, variant: str) -> None:
    assert value(f"{command}\ntorch.cuda.is_available() is False", "torch_variant") == variant


def test_a_toolkit_of_conda_that_has_no_build_is_no_fault_where_cuda_works() -> None:
    command = "conda install -c pytorch pytorch=1.10.1 cudatoolkit=11.6"
    assert value(f"{command}\ntorch.cuda.is_available() is True", "torch_variant") != "cpu"
    assert value(command, "torch_variant") != "cpu"


@pytest.mark.parametrize(
    "text",
    [
        "pytorch 1.10.1, my cudatoolkit is 11.3",
        "torch 1.10.1\ncudatoolkit==11.3.1",
        "torch 1.10.1 (with cudatoolkit 11.3)",
    ],
)
def test_the_toolkit_of_conda_is_the_cuda_of_its_torch(text: str) -> None:
    assert str(value(text, "torch_cuda")) == "11.3"


@pytest.mark.parametrize(
    ("text", "installer"),
    [
        ("my conda env on Ubuntu 22.04: the torch there is a cpu-only build", "conda"),
        ("my conda env on Windows 11: the torch there is a cpu-only build", None),
        ("my conda env on Ubuntu 22.04 has torch 2.1.0+cpu", None),
        ("a venv on Ubuntu 22.04: the torch there is a cpu-only build", None),
    ],
)
def test_a_cpu_build_in_an_environment_of_conda_is_no_wheel_on_linux(
    text: str, installer: str | None
) -> None:
    assert value(text, "torch_variant") == "cpu"
    assert value(text, "torch_installer") == installer


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("the setup of this node reinstalls a non-CUDA version of torch", "cpu"),
        ("it broke my venv by forcing a non-cuda pytorch to be installed", "cpu"),
        ("the updater replaces torch 2.6 with torch without CUDA", "cpu"),
        ("after the update it has downgraded torch to no cuda", "cpu"),
        ("how do I downgrade to a non-CUDA torch?", None),
        ("I replaced the non-CUDA torch with the cu126 build", "cuda"),
        ("please support the non-CUDA version of torch", None),
    ],
)
def test_a_torch_without_cuda_that_took_the_place_of_another(
    text: str, variant: str | None
) -> None:
    assert value(text, "torch_variant") == variant


@pytest.mark.parametrize(
    "text",
    [
        "PyTorch (stable, v1.10.1) on Windows",
        "PyTorch [1.10.1] on a V100",
        "We run v1.10.1 of PyTorch",
        "the installed PyTorch build (ver. 1.10.1)",
        "torch via pip (currently 1.10.1)",
    ],
)
def test_a_version_in_brackets_behind_the_name_is_that_of_torch(text: str) -> None:
    assert str(read_text(text).value("torch_version")) == "1.10.1"


@pytest.mark.parametrize(
    "text",
    [
        "PyTorch (needs glibc 2.28)",
        "torch (see section 1.10.1)",
        "the plugin of PyTorch users, v1.10.1 of detectron",
        "it requires PyTorch (1.10.1)",
    ],
)
def test_other_figures_in_brackets_are_no_version_of_torch(text: str) -> None:
    assert read_text(text).value("torch_version") is None


def test_a_package_that_names_what_it_was_built_for_names_what_is_there_behind_it() -> None:
    facts = read_text(
        "  PyTorch 2.3.0+cu118 with CUDA 1108 (you have 2.4.1+cu118)\n"
        "  Python  3.10.13 (you have 3.11.2)\n"
    )

    assert str(facts.value("torch_version")) == "2.4.1+cu118"
    assert facts.value("python_version") == "3.11.2"
