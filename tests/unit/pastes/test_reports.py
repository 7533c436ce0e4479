"""Environment reports in every format give the facts that a person reads in them."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Unavailable
from torch_doctor.pastes.read import read_text

from tests.unit.pastes import reports


def shown(facts: Facts, name: str) -> str | None:
    fact = facts[name]
    return str(fact.value) if isinstance(fact, Known) else None


def names(facts: Facts) -> list[str]:
    return [gpu.name for gpu in facts.value("gpus", ())]


CASES = [
    (
        "OLD_TORCH",
        {
            "torch_version": "1.4.0",
            "torch_cuda": "10.1",
            "torch_variant": "cuda",
            "driver_release": "418.87.01",
            "toolkit_cuda": "9.2",
            "cuda_available": "True",
            "python_version": "3.6",
            "python_tag": "cp36",
            "os_family": "linux",
            "os_id": "ubuntu",
            "host_compiler": "gcc 5.4.0",
        },
        ["Tesla M40"] * 2,
    ),
    (
        "MIDDLE_TORCH",
        {
            "torch_version": "1.12.1+cu113",
            "torch_cuda": "11.3",
            "driver_release": "516.94",
            "os_family": "windows",
            "windows_build": "19044",
            "host_arch": "x86_64",
            "cuda_available": "True",
            "python_tag": "cp39",
        },
        ["NVIDIA GeForce RTX 3050 Ti Laptop GPU"],
    ),
    (
        "NEW_TORCH",
        {
            "torch_version": "2.7.0+cu128",
            "torch_cuda": "12.8",
            "driver_release": "570.86.15",
            "libc": "glibc 2.34",
            "kernel_release": "5.14.0-427.el9.x86_64",
            "toolkit_cuda": "12.4",
            "host_arch": "x86_64",
            "os_id": "rocky",
            "cuda_module_loading": "LAZY",
            "wsl": None,
        },
        ["NVIDIA L40S"] * 3,
    ),
    (
        "VLLM_NEW",
        {
            "torch_version": "2.9.1+cu130",
            "torch_cuda": "13.0",
            "driver_release": "580.82.07",
            "host_arch": "aarch64",
            "cuda_available": "True",
            "ld_library_path": "/opt/hpcx/lib:/usr/local/cuda/lib64",
            "cuda_visible_devices": "0",
            "python_environment": "conda",
            "nvidia_visible_devices": "all",
            "cuda_module_loading": None,
        },
        ["NVIDIA GH200 480GB"],
    ),
    (
        "DETECTRON",
        {
            "torch_version": "1.7.1",
            "torch_cuda": "11.0",
            "cuda_available": "True",
            "driver_release": None,
            "cuda_home": "/usr/local/cuda-11.0",
            "python_version": "3.8.5",
            "os_family": "linux",
        },
        ["GeForce GTX 1060 6GB"] * 2,
    ),
    (
        "MMCV",
        {
            "torch_version": "1.9.0+cu111",
            "torch_cuda": "11.1",
            "toolkit_cuda": "11.1",
            "cuda_available": "True",
            "cuda_home": "/usr/local/cuda-11.1",
            "python_version": "3.8.12",
        },
        ["Quadro RTX 8000"] * 2,
    ),
    (
        "MMENGINE_DICT",
        {"torch_version": "1.13.1+cu117", "torch_cuda": "11.7", "cuda_available": "True"},
        ["Tesla P4"],
    ),
    (
        "TRANSFORMERS",
        {
            "torch_version": "2.6.0+cu124",
            "torch_cuda": "12.4",
            "cuda_available": "True",
            "libc": "glibc 2.36",
        },
        ["NVIDIA RTX 6000 Ada Generation"],
    ),
    (
        "LLAMA_FACTORY",
        {"torch_version": "2.6.0+cpu", "torch_variant": "cpu", "os_family": "windows"},
        [],
    ),
    (
        "DS_REPORT",
        {
            "torch_version": "2.1.2+cu118",
            "torch_cuda": "11.8",
            "toolkit_cuda": "11.5",
            "shm_mib": "64",
        },
        [],
    ),
    ("BITSANDBYTES", {"torch_cuda": "11.7"}, [None]),
    (
        "YOLO",
        {"torch_version": "1.10.0+cu102", "cuda_available": "True", "python_version": "3.9.7"},
        ["GeForce GTX 1080"],
    ),
    ("YOLO_CPU", {"torch_version": "1.9.1", "torch_variant": None, "cuda_available": None}, []),
    ("SDNEXT", {"torch_version": "2.5.1+cu124", "torch_cuda": "12.4"}, []),
    (
        "COMFY",
        {"torch_version": "2.4.1+cu121", "cuda_available": "True"},
        ["NVIDIA GeForce RTX 4070"],
    ),
    ("PIP_LIST", {"torch_version": "2.3.1+cu121", "torch_cuda": "12.1"}, []),
    (
        "CONDA_LIST",
        {
            "torch_version": "1.11.0",
            "torch_variant": "cpu",
            "torch_installer": "conda",
            "python_version": "3.9.12",
        },
        [],
    ),
]


@pytest.mark.parametrize(("report", "expected", "gpus"), CASES, ids=[case[0] for case in CASES])
def test_a_report_gives_the_facts_it_states(
    report: str, expected: dict[str, str | None], gpus: list[str]
) -> None:
    facts = read_text(getattr(reports, report))
    assert {name: shown(facts, name) for name in expected} == expected
    assert names(facts) == gpus


def test_every_fact_names_the_line_it_was_read_from() -> None:
    facts = read_text(reports.OLD_TORCH, "bug.txt")
    lines = reports.OLD_TORCH.splitlines()
    assert facts["driver_release"].source.where == "bug.txt"
    assert "418.87.01" in lines[facts["driver_release"].source.line - 1]
    assert "1.4.0" in lines[facts["torch_version"].source.line - 1]


def test_capabilities_and_arch_lists_are_read_where_they_stand() -> None:
    facts = read_text(reports.DETECTRON)
    assert {str(gpu.compute_capability) for gpu in facts.value("gpus")} == {"6.1"}
    assert [str(target) for target in facts.value("arch_list")] == ["sm_70", "compute_80"]
    built = {build.name: build for build in facts.value("extension_builds")}
    assert [str(target) for target in built["detectron2"].arch_list] == ["sm_61", "sm_70"]
    assert str(built["detectron2"].cuda) == "11.0"


def test_an_extension_without_cuda_says_so() -> None:
    assert next(
        b for b in read_text(reports.MMCV).value("extension_builds") if b.name == "mmcv"
    ).without_cuda
    assert read_text(reports.BITSANDBYTES).value("extension_builds")[0].without_cuda is True


def test_vllm_build_flags_are_the_extensions_targets_not_torchs() -> None:
    facts = read_text(reports.VLLM_NEW)
    assert "arch_list" not in facts
    vllm = facts.value("extension_builds")[0]
    assert [str(target) for target in vllm.arch_list] == ["sm_80", "sm_90", "sm_100", "compute_100"]


def test_a_build_without_cuda_is_known_as_one() -> None:
    for line in ("None", "Could not collect"):
        facts = read_text(
            f"PyTorch version: 2.2.0\nCUDA used to build PyTorch: {line}\nIs CUDA available: False\n"
        )
        assert facts.value("torch_variant") == "cpu"
        assert isinstance(facts["torch_cuda"], Unavailable)
        assert facts["torch_cuda"].reason is Reason.NOT_APPLICABLE


def test_no_cuda_everywhere_means_no_driver_was_found() -> None:
    facts = read_text(reports.NOTHING)
    assert facts.is_absent("driver_release")
    assert facts.is_absent("gpus")
    assert facts.value("os_family") == "darwin"


def test_could_not_collect_is_unknown_not_absent() -> None:
    facts = read_text(
        "PyTorch version: 2.4.0+cu121\nGPU models and configuration: Could not collect\nNvidia driver version: Could not collect\n"
    )
    assert "gpus" not in facts
    assert "driver_release" not in facts


def test_na_means_that_the_interpreter_has_no_torch() -> None:
    facts = read_text(reports.NO_TORCH)
    assert facts.value("report_interpreter_without_torch") is True
    assert facts.is_absent("torch_version")
    assert "cuda_available" not in facts
    assert names(facts) == ["NVIDIA L4"]


def test_a_rocm_build_and_its_gpu() -> None:
    facts = read_text(reports.ROCM)
    assert facts.value("torch_variant") == "rocm"
    assert facts.value("torch_hip").startswith("6.2")
    assert facts.value("other_gpus")[0].startswith("AMD Instinct MI210")
    assert "gpus" not in facts


def test_packages_keep_their_installer_and_build() -> None:
    packages = {p.name: p for p in read_text(reports.CONDA_LIST).value("packages")}
    assert packages["pytorch"].build == "py3.9_cpu_0"
    assert packages["pytorch"].installer == "conda"
    assert packages["cudatoolkit"].version == "11.3.1"
    assert {p.name for p in read_text(reports.PIP_LIST).value("packages")} >= {
        "torch",
        "torchaudio",
        "nvidia-cublas-cu12",
    }


def test_cudnn_copies_of_the_system_are_listed_with_their_version() -> None:
    copies = read_text(reports.NEW_TORCH).value("cudnn_copies")
    assert [(copy.path, copy.version) for copy in copies] == [
        ("/usr/lib64/libcudnn.so.9.7.1", "9.7.1"),
        ("/usr/lib64/libcudnn_ops.so.9.7.1", "9.7.1"),
    ]


def test_the_report_outweighs_the_package_list_and_the_words() -> None:
    text = (
        "I think it is torch 1.8 with driver 470.\n"
        + reports.NEW_TORCH
        + "[pip3] torch==2.5.0+cu118\n"
    )
    facts = read_text(text)
    assert shown(facts, "torch_version") == "2.7.0+cu128"
    assert shown(facts, "torch_cuda") == "12.8"
    assert shown(facts, "driver_release") == "570.86.15"


def test_of_two_reports_the_first_is_the_case_at_hand() -> None:
    facts = read_text(reports.OLD_TORCH + "\nMy other machine, which works:\n" + reports.NEW_TORCH)
    assert shown(facts, "torch_version") == "1.4.0"
    assert shown(facts, "driver_release") == "418.87.01"
