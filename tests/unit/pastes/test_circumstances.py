"""What words tell: where a program ran, what an installer did, what a session answered."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Reason, Unavailable
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.text.paste import Paste


def value(text: str, name: str) -> object:
    return read_text(text).value(name)


@pytest.mark.parametrize(
    "text",
    [
        "it fails on my MacBook Air with 16 GB",
        "I use an Apple M3, Python 3.12",
        "running this on a Mac gives an AssertionError",
        'File "/Users/jo/code/train.py", line 3, in <module>',
        "- OS: macos sonoma",
        "how do I use this in Mac with an M2/M3 chip?",
        "apple m1?",
        "在Mac M2上运行失败",
    ],
)
def test_a_mac_is_told_by_its_names_and_its_paths(text: str) -> None:
    assert value(text, "os_family") == "darwin"


@pytest.mark.parametrize(
    "text",
    [
        "my colleague's MacBook works fine, this box does not",
        "the MAC address of eth0",
        'File "C:/Users/jo/code/train.py", line 3',
        "Ubuntu 22.04 server; I ssh from a MacBook",
        "emacs and OSError: nothing",
        "as Machine Learning people know, the chip is an H100",
    ],
)
def test_other_words_are_no_mac(text: str) -> None:
    assert value(text, "os_family") != "darwin"


def test_a_failing_service_of_docker_compose_ran_in_a_container() -> None:
    text = "web_1  |     _lazy_init()\nweb_1  | RuntimeError: No CUDA GPUs are available\n"
    assert value(text, "container") == "docker"
    assert value("$ docker compose -f gpu.yml up --build", "container") == "docker"
    assert value("$ docker compose -f gpu.yml up --build", "compose") is True
    assert value("$ docker run --rm image nvidia-smi", "compose") is None
    assert value("loss | RuntimeErrorRate | 3", "container") is None


def test_a_pod_is_kubernetes_where_a_cluster_is_named() -> None:
    assert (
        value("kubectl logs says it\nthe pod restarts with an error", "container") == "kubernetes"
    )
    assert value("my AirPods stopped working", "container") is None


@pytest.mark.parametrize(
    ("text", "installer"),
    [
        ("conda install pytorch cudatoolkit=11.3 -c pytorch\nit installs the cpu version", "conda"),
        ("conda create -n x pytorch\nthen I got pytorch_cpu 2.1", "conda"),
        ("the package cpuonly was installed together with it", "conda"),
        ("pip install -r requirements.txt\nthe CPU build is installed", None),
    ],
)
def test_an_installer_that_took_a_cpu_build(text: str, installer: str | None) -> None:
    facts = read_text(text)
    assert facts.value("torch_variant") == "cpu"
    assert facts.value("torch_installer") == installer


@pytest.mark.parametrize(
    "text",
    [
        "conda: how can I install the cpu version on a laptop?",
        "please tell me how to get cpu only pytorch",
        "the CPU version of this GPU server is an EPYC",
    ],
)
def test_a_wish_for_a_cpu_build_is_none(text: str) -> None:
    assert value(text, "torch_variant") is None


def test_a_plan_of_mamba_lists_what_is_to_come() -> None:
    plan = "  + pytorch   2.5.1  cpu_mkl_py311_h1  conda-forge  20MB\n  - numpy  1.26.4  py311_0  conda-forge\n"
    facts = read_text(plan)
    assert facts.value("torch_variant") == "cpu"
    assert facts.value("torch_installer") == "conda"
    assert "numpy" not in {package.name for package in facts.value("packages")}


def test_a_nightly_of_conda_is_torch() -> None:
    text = "  pytorch-nightly  pytorch/linux-64::pytorch-nightly-1.3.0.dev20190901+cpu-py3.7_cpu_0"
    assert value(text, "torch_variant") == "cpu"


def test_a_version_that_works_elsewhere_is_not_installed() -> None:
    assert value("it works as expected with torch==1.12.1", "torch_version") is None


def test_the_torch_that_runs_is_the_one_that_you_have() -> None:
    text = "xFormers was built for:\n    PyTorch 2.3.0+cu121 with CUDA 1201 (you have 2.3.0+cpu)\n    Python 3.11.7 (you have 3.11.2)\n"
    facts = read_text(text)
    assert str(facts.value("torch_version")) == "2.3.0+cpu"
    assert facts.value("torch_variant") == "cpu"


def test_a_session_answered_in_words() -> None:
    assert value("print(torch.cuda.is_available())\nI get False\n", "cuda_available") is False


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cuda runtime error (10) : invalid device ordinal at torch/csrc/cuda/Module.cpp:33", None),
        ("cuda runtime error (2) : out of memory at /x/THCStorage.cu:58", None),
        ("cuda runtime error (999) : unknown error at /x/THCGeneral.cpp:50", 999),
        ("Unexpected error from cudaGetDeviceCount(). Error 2: out of memory", 2),
    ],
)
def test_only_the_start_of_cuda_is_cu_init(text: str, code: int | None) -> None:
    status = value(text, "cuda_init")
    assert (status.code if status else None) == code  # type: ignore[attr-defined]


def test_nvidia_smi_that_gets_no_answer() -> None:
    text = "| NVIDIA-SMI 545.36    Driver Version: 546.33    CUDA Version: ERR!     |"
    fact = read_text(text).get("driver_cuda")
    assert isinstance(fact, Unavailable)
    assert fact.reason is Reason.CRASHED


TRACEBACK = """\
  File "/venv/lib/python3.10/site-packages/render_ops/__init__.py", line 4, in <module>
    from . import _C
ImportError: libtorch_cuda_cu.so: cannot open shared object file: No such file or directory
"""


def test_a_missing_file_of_torch_speaks_of_who_wants_it() -> None:
    facts: Facts = read_text(TRACEBACK)
    (failure,) = facts.value("import_failures")
    assert (failure.module, failure.missing) == ("render_ops", "libtorch_cuda_cu.so")
    assert facts.value("torch_import_error") is None


def test_the_index_of_a_line_number() -> None:
    paste = Paste("one\n\ntwo\nthree\n")
    for index, line in enumerate(paste.lines):
        if line:
            assert paste.lines[paste.index(paste.number(index))] == line
    assert paste.index(99) == 0


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("Driver Version: NVIDIA-Linux-x86_64-535.129.03.run", "535.129.03"),
    ],
)
def test_the_architecture_in_the_name_of_an_installer_is_no_driver(text: str, release: str) -> None:
    assert str(value(text, "driver_release")) == release


@pytest.mark.parametrize("name", ["GeForce GT 730M", "GeForce 920MX", "GeForce MX150", "GTX 980M"])
def test_laptop_gpus_in_words(name: str) -> None:
    (gpu,) = value(f"My card is a {name} and torch 1.13 fails on it.", "gpus")  # type: ignore[misc, attr-defined]
    assert gpu.name == name


@pytest.mark.parametrize(
    "text",
    [
        "my laptop has Intel(R) Iris(R) Xe Graphics and it fails",
        "product: DG2 [Arc A380]",
        "GPU: Intel UHD Graphics 620",
        "this Intel CPU also has an integrated GPU",
    ],
)
def test_the_gpus_of_intel_are_of_another_maker(text: str) -> None:
    assert value(text, "other_gpus")
    assert not value(text, "gpus")


@pytest.mark.parametrize(
    "text", ["an Intel Xeon with 64 cores", "the arc of the story", "HD video"]
)
def test_other_words_are_no_gpu_of_intel(text: str) -> None:
    assert not value(text, "other_gpus")


def test_who_installed_rocm_and_names_no_nvidia_gpu_has_one_of_amd() -> None:
    line = "pip install torch --index-url https://download.pytorch.org/whl/rocm6.2"
    assert value(line, "other_gpus") == ("AMD GPU (ROCm)",)
    assert value("I installed ROCm on the host", "other_gpus") == ("AMD GPU (ROCm)",)
    assert not value(f"{line}\non a Tesla T4", "other_gpus")
    assert not value("ROCM used to build PyTorch: N/A", "other_gpus")


def test_a_comparison_ends_at_but() -> None:
    text = "it works fine on a laptop, but with the RTX 4090 it fails"
    gpus = value(text, "gpus")
    assert isinstance(gpus, tuple) and gpus[0].name == "RTX 4090"


def test_a_board_is_told_by_plain_words() -> None:
    assert value("created directly on the jetson device", "jetson") == "jetson device"
    assert value("latest-jetson-jetpack6 image", "jetson") == "jetpack6"


def test_a_refused_dll_without_a_name_is_of_the_package_above_it() -> None:
    text = (
        '  File "D:\\env\\lib\\site-packages\\fastops\\ops\\box.py", line 9, in <module>\n'
        "    import_module('fastops.' + name)\n"
        "ImportError: DLL load failed: The specified module could not be found.\n"
    )
    failures = value(text, "import_failures")
    assert isinstance(failures, tuple) and failures[0].module == "fastops"


@pytest.mark.parametrize(
    ("text", "cuda"),
    [
        ("RTX 3060, driver 535.183.01, CUDA 12.2", "12.2"),
        ("RTX 3060, driver 535.183.01, CUDA 11.8", "11.8"),
        ("RTX 3060, driver 535.183.01, CUDA 12.8, torch 2.5.1+cu121", None),
        ("driver 535.183.01, nvidia-smi shows CUDA 12.8", "12.8"),
    ],
)
def test_a_newer_cuda_in_a_list_beside_a_driver_is_a_toolkit(text: str, cuda: str | None) -> None:
    found = value(text, "driver_cuda")
    assert (found and str(found)) == cuda


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("torch will not start: error 804, on a GeForce", 804),
        ("Error code 802 on our HGX", 802),
        ("what does error 803 mean for CUDA?", None),
        ("HTTP error 803 from the mirror of the torch wheels", None),
        ("error 803 is gone since the reboot, the GPU works", None),
        ("error 804.5 of the GPU's budget", None),
    ],
)
def test_numbers_of_the_start_of_cuda_in_words(text: str, code: int | None) -> None:
    status = value(text, "cuda_init")
    assert (status.code if status else None) == code  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The virus scanner shows error 804. I have torch 2.6.0+cu124.", None),
        ("Error 804", 804),
        ("The docker container logs error 804 when it starts", 804),
    ],
)
def test_a_bare_number_needs_its_own_sentence_to_be_of_cuda(text: str, code: int | None) -> None:
    status = value(text, "cuda_init")
    assert (status.code if status else None) == code  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "running on cuda:0 with an image of 512x512 ends with an error",
        "I use python:3.10 and torch 2.3 to segment an image",
        "start the server on localhost:7860 and drop an image there",
        "see https://example.org/a:1 for the image",
        "用清华镜像源装的torch，在cuda:0上跑",
    ],
)
def test_an_image_that_is_looked_at_is_no_container(text: str) -> None:
    assert value(text, "container") is None


@pytest.mark.parametrize(
    "text",
    [
        "I run the registry.example/ml/base:3.1-cuda12 image",
        "started with the image team/train:2024.1",
        "用 nvcr.io/nvidia/pytorch:24.01-py3 这个镜像",
    ],
)
def test_an_image_that_is_run_is_a_container(text: str) -> None:
    assert value(text, "container") == "docker"


@pytest.mark.parametrize(
    "text",
    [
        "It does not work with the proprietary driver, and fails with the open modules, too.",
        "nvidia-smi fails with the open modules and doesn't work with the proprietary ones either.",
        "nvidia-smi fails with the open modules, not with the nouveau ones; the proprietary ones were never tried",
        "With the open kernel modules all works, with the proprietary driver no devices were found.",
        "With the open modules it fails, the proprietary driver does not even work under X.",
    ],
)
def test_two_flavours_that_fail_are_no_comparison(text: str) -> None:
    assert value(text, "module_obstacle") is None


@pytest.mark.parametrize(
    "text",
    [
        "nvidia-smi fails with the open modules, not with the proprietary ones.",
        "It works with the proprietary driver but crashes with nvidia-open.",
        "Using the open kernel modules the GPU is not found; the proprietary driver works.",
    ],
)
def test_flavours_of_which_one_works_are_compared(text: str) -> None:
    assert value(text, "module_obstacle") == "open-flavour"


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("On runpod it works, at home it does not", None),
        ("rented from vast.ai, is_available is False", True),
        ("I have no root on this box", True),
    ],
)
def test_whose_machine_it_is(text: str, shared: bool | None) -> None:
    assert value(text, "shared_node") is shared
