"""Reports of programs that ran: what they print is no sign of a fault, and its counterpart still is one."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor import triage
from torch_doctor.core.report import Report, Verdict
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

from tests.resting import rests_on

BANNER = """\
==((====))==  Unsloth 2099.1.2: Fast Made patching. Transformers: 4.51.1.{vllm}
   \\\\   /|    NVIDIA L4. Num GPUs = 2. Max memory: 22.161 GB. Platform: Linux.
O^O/ \\_/ \\    Torch: 2.6.0+cu124. CUDA: 8.9. CUDA Toolkit: 12.4. Triton: 3.2.0
\\        /    Bfloat16 = TRUE. FA [Xformers = 0.0.29.post3. FA2 = False]
"""
OLD_BANNER = """\
==((====))==  Unsloth: Fast Made patching release 2098.5
   \\\\   /|    GPU: Tesla T4. Max memory: 14.748 GB. Platform = Linux.
O^O/ \\_/ \\    Pytorch: 2.3.0+cu121. CUDA = 7.5. CUDA Toolkit = 12.1.
"""
LIGHTNING = """\
GPU available: True (cuda), used: True
You are using a CUDA device ('NVIDIA L40S') that has Tensor Cores.
LOCAL_RANK: 0 - CUDA_VISIBLE_DEVICES: [{mask}]
"""
LIST = """\
PyTorch version: 2.6.0+cu124
CUDA used to build PyTorch: 12.4
Is CUDA available: True
GPU models and configuration:
GPU 0: NVIDIA L40S
GPU 1: NVIDIA L40S
"""


def value(report: Report, fact: str) -> Any:
    return report.facts.value(fact)


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("vllm", ["", " vLLM: 0.8.5.post1."])
def test_the_cuda_of_unsloth_is_the_capability(vllm: str) -> None:
    report = triage(BANNER.format(vllm=vllm))

    assert str(value(report, "torch_cuda")) == "12.4"
    assert value(report, "torch_device_count") == 2
    assert [str(gpu.compute_capability) for gpu in value(report, "gpus")] == ["8.9"]
    assert report.verdict is Verdict.HEALTHY


def test_an_older_banner_of_unsloth_is_read() -> None:
    report = triage(OLD_BANNER)

    assert str(value(report, "torch_cuda")) == "12.1"
    assert [(gpu.name, str(gpu.compute_capability)) for gpu in value(report, "gpus")] == [
        ("Tesla T4", "7.5")
    ]
    assert report.verdict is Verdict.HEALTHY


@pytest.mark.parametrize(("mask", "gpus"), [("0", 1), ("0,1,2", 3), ("3", 4)])
def test_a_program_that_ran_behind_a_mask_prints_one_gpu_of_several(mask: str, gpus: int) -> None:
    report = triage(LIGHTNING.format(mask=mask))

    assert len(value(report, "gpus")) == gpus
    assert "TD310" not in codes(report)


@rests_on("TD310")
def test_a_mask_that_was_met_by_no_gpu_still_hides_it() -> None:
    report = triage(
        "I have one RTX 3090.\nCUDA_VISIBLE_DEVICES=3\nRuntimeError: No CUDA GPUs are available\n"
    )

    assert "TD310" in codes(report)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("Hardware: NVIDIA A800 GPUs", "tensor_parallel_size=4"),
        ("it is slow on 8 H100 GPUs", "--tensor-parallel-size 8"),
        ("it is slow with 4 A100", "--tensor-parallel-size 4"),
        ("the engine on L20", "tensor_parallel_size=8"),
        ("2x RTX 3090", "--nproc_per_node=2"),
    ],
)
def test_a_model_that_words_name_is_there_as_often_as_it_is_used(words: str, asked: str) -> None:
    assert "TD706" not in codes(triage(f"{words}, started with {asked}\n"))


@rests_on("TD706")
@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("I have an RTX 3090", "--nproc_per_node=2"),
        ("my single RTX 3090", "--tensor-parallel-size 2"),
        ("2x RTX 3090", "--nproc_per_node=4"),
    ],
)
def test_gpus_that_words_count_are_as_many(words: str, asked: str) -> None:
    assert "TD706" in codes(triage(f"{words}, started with {asked}\n"))


@pytest.mark.parametrize("words", ["Ubuntu 22 RTX 3090", "CUDA 12 RTX 3090", "Windows 11 RTX 3090"])
def test_the_number_of_something_else_counts_no_gpus(words: str) -> None:
    assert len(value(triage(words), "gpus")) == 1


@pytest.mark.parametrize("end", ["", "GPU 2: NVIDIA L4...", "```"])
def test_a_list_that_the_text_ends_in_may_go_on(end: str) -> None:
    report = triage(f"vllm serve made --tensor-parallel-size 8\n{LIST}{end}")

    assert len(value(report, "gpus")) == 8
    assert "TD706" not in codes(report)


@rests_on("TD706")
def test_a_list_with_the_rest_of_its_report_behind_it_is_whole() -> None:
    rest = "Nvidia driver version: 550.90.07\ncuDNN version: Could not collect\n"
    report = triage(f"vllm serve made --tensor-parallel-size 8\n{LIST}{rest}")

    assert len(value(report, "gpus")) == 2
    assert "TD706" in codes(report)


PLAIN = (
    "OS: Ubuntu 22.04.4 LTS\n{place}\nmy NVIDIA GeForce RTX 3070\ntorch==1.11.0\nnumpy==1.22.4\n"
)


def test_a_plain_version_in_an_environment_of_condas_may_be_a_package_of_condas() -> None:
    place = '  "executable": "/home/me/miniconda3/envs/made/bin/python",'
    report = triage(PLAIN.format(place=place))

    assert report.verdict is Verdict.UNDECIDED
    assert value(report, "torch_origin") == "unknown"


@rests_on("TD201")
def test_a_plain_version_elsewhere_is_the_default_wheel() -> None:
    place = '  "executable": "/home/me/made/.venv/bin/python",'
    report = triage(PLAIN.format(place=place))

    assert str(value(report, "torch_cuda")) == "10.2"
    assert report.verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    "line",
    [
        "NOTE: Redirects are currently not supported in Windows or MacOs.",
        "this works on macOS and Linux alike",
        "replace __MACOSX/._data? [y]es, [n]o",
    ],
)
def test_systems_that_could_be_are_not_the_system(line: str) -> None:
    assert value(triage(f"{line}\n"), "os_family") is None


def test_a_mac_is_still_one() -> None:
    assert value(triage("I run macOS 14.5 and torch says no CUDA\n"), "os_family") == "darwin"


@pytest.mark.parametrize(
    ("smi", "driver", "wsl"), [("440.82", "418.67", None), ("535.104", "536.67", True)]
)
def test_two_releases_in_a_banner_are_wsl_since_there_is_cuda_in_it(
    smi: str, driver: str, wsl: bool | None
) -> None:
    banner = f"| NVIDIA-SMI {smi}     Driver Version: {driver}     CUDA Version: 12.2 |\n"

    assert value(triage(banner), "wsl") is wsl


def test_flags_of_nvcc_go_on_over_lines() -> None:
    report = triage(
        "CUDA available: True\nGPU 0: NVIDIA GeForce RTX 3080\nPyTorch: 1.10.0\n"
        "PyTorch compiling details: PyTorch built with:\n  - CUDA Runtime 11.3\n"
        "  - NVCC architecture flags: -gencode;arch=compute_37,code=sm_37;-gencode;\n"
        "                             arch=compute_70,code=sm_70;-gencode;arch=compute_80,code=sm_80;\n"
        "                             -gencode;arch=compute_86,code=sm_86\n  - CuDNN 8.2\n"
    )

    assert [str(arch) for arch in value(report, "arch_list")] == [
        "sm_37",
        "sm_70",
        "sm_80",
        "sm_86",
    ]
    assert report.verdict is Verdict.HEALTHY


def test_many_reports_are_judged_by_one_matrix() -> None:
    assert load_matrix() is load_matrix()


def test_what_torch_prints_of_a_gpu_outweighs_a_run_on_the_processor() -> None:
    text = "Using CPU\nimage 1: done\nUsing CUDA device0 _CudaDeviceProperties(name='GeForce GTX 1060', total_memory=6144MB)\n"
    assert read_text(text).value("cuda_available") is True


def test_what_a_profiler_does_not_find_is_no_missing_gpu() -> None:
    assert "cuda_available" not in read_text("The profile is empty, I can't find any GPU events.\n")
    assert (
        read_text("The program could not find any GPU on this host.\n").value("cuda_available")
        is False
    )


def test_the_version_that_vllm_prints_of_itself_names_no_build() -> None:
    own = read_text("vLLM Version: 0.8.1\n").value("packages")
    listed = read_text("[pip3] vllm==0.8.1\n").value("packages")
    assert [package.build for package in own] == ["not told"]
    assert [package.build for package in listed] == [None]
