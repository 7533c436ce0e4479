"""Failures: the lines are kept, and what they print about driver, build and GPU is read."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Unavailable
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.readers.programs.failures import MOST
from torch_doctor.pastes.text.error_codes import code_of

from tests.unit.pastes import reports


def texts(facts: Facts) -> list[str]:
    return [error.text for error in facts.value("errors_seen", ())]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Error 804: forward compatibility was attempted on non supported HW", 804),
        ("cuda runtime error (802) : system not yet initialized at /a/b.cpp:50", 802),
        ("THCudaCheck FAIL file=x.cpp line=47 error=999 : unknown error", 999),
        ("CUDA error: no kernel image is available for execution on the device", 209),
        ("cudaErrorUnsupportedPtxVersion: something", 222),
        ("CUDA_ERROR_NO_BINARY_FOR_GPU", 209),
        ("CUDA error: invalid device ordinal", 101),
        ("CUDA error: uncorrectable ECC error encountered", 214),
        ("Failed to initialize NVML: Driver/library version mismatch", 18),
        ("cuda runtime error (30) : unknown error at /a/THCGeneral.cpp:50", 999),
        ("cuda runtime error (38) : no CUDA-capable device is detected at /a/b.cpp:1", 100),
        ("THCudaCheck FAIL file=/a/b.cu line=9 error=77 : an illegal memory access", 700),
        ("HTTP Error 404: not found", None),
        ("ValueError: 35 is not a valid choice", None),
        ("loss is nan after 804 steps", None),
    ],
)
def test_error_numbers(text: str, code: int | None) -> None:
    assert code_of(text) == code


def test_lines_keep_their_number_and_come_once() -> None:
    text = "fine\nRuntimeError: CUDA error: invalid device ordinal\nstep 1\nRuntimeError: CUDA error: invalid device ordinal\n"
    errors = read_text(text).value("errors_seen")
    assert [(error.code, error.line) for error in errors] == [(101, 2)]


def test_a_message_over_several_lines_is_one_error() -> None:
    text = "RuntimeError:\n    The detected CUDA version (12.4) mismatches the version that was used to compile\n    PyTorch (11.7). Please make sure\n"
    facts = read_text(text)
    assert any("to compile PyTorch (11.7)" in error for error in texts(facts))
    assert str(facts.value("toolkit_cuda")) == "12.4"
    assert str(facts.value("torch_cuda")) == "11.7"


def test_errors_are_bounded_and_exceptions_come_before_noise() -> None:
    noise = "".join(
        f"could not do {chr(97 + i % 26) * (1 + i // 26 % 20)} of it\n" for i in range(2000)
    )
    facts = read_text(noise + "RuntimeError: CUDA error: invalid device ordinal\n")
    errors = facts.value("errors_seen")
    assert len(errors) == MOST
    assert errors[-1].code == 101


def test_the_driver_that_torch_found() -> None:
    facts = read_text(
        "UserWarning: CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). Please\n"
    )
    assert str(facts.value("driver_cuda")) == "11.4"
    assert facts.value("cuda_available") is False


def test_the_capability_and_the_list_of_the_build() -> None:
    facts = read_text(
        "NVIDIA GeForce GTX 960M with CUDA capability sm_50 is not compatible with the current PyTorch installation.\n"
        "The current PyTorch install supports CUDA capabilities sm_75 sm_80 sm_86 sm_90 sm_100 sm_120 compute_120.\n"
    )
    gpu = facts.value("gpus")[0]
    assert (gpu.name, str(gpu.compute_capability)) == ("GeForce GTX 960M", "5.0")
    assert [str(t) for t in facts.value("arch_list")] == [
        "sm_75",
        "sm_80",
        "sm_86",
        "sm_90",
        "sm_100",
        "sm_120",
        "compute_120",
    ]


def test_found_gpu_which_is_of_cuda_capability() -> None:
    facts = read_text(
        "Found GPU0 GeForce GT 710 which is of cuda capability 3.5.\nPyTorch no longer supports this GPU because it is too old.\n"
    )
    assert str(facts.value("gpus")[0].compute_capability) == "3.5"


@pytest.mark.parametrize("code", [802, 803, 804, 999])
def test_what_cuinit_answered(code: int) -> None:
    facts = read_text(
        f"RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you do something? Error {code}: words\n"
    )
    assert facts.value("cuda_init").code == code
    assert facts.value("cuda_available") is False


def test_an_error_of_a_kernel_is_not_an_error_of_the_start() -> None:
    facts = read_text(
        "RuntimeError: CUDA error: no kernel image is available for execution on the device\n"
    )
    assert "cuda_init" not in facts
    assert "cuda_available" not in facts


def test_torch_not_compiled_with_cuda() -> None:
    facts = read_text("AssertionError: Torch not compiled with CUDA enabled\n")
    assert facts.value("torch_variant") == "cpu"
    assert isinstance(facts["torch_cuda"], Unavailable)


def test_the_report_wins_over_words_about_availability() -> None:
    facts = read_text("In my IDE torch.cuda.is_available() returns False\n" + reports.OLD_TORCH)
    assert facts.value("cuda_available") is True


def test_a_session() -> None:
    facts = read_text(
        ">>> import torch\n>>> torch.__version__\n'2.3.0+cu118'\n>>> torch.cuda.is_available()\nTrue\n"
        ">>> torch.cuda.get_device_name(0)\n'Tesla V100-PCIE-16GB'\n>>> torch.cuda.get_device_capability()\n(7, 0)\n"
        ">>> torch.cuda.get_arch_list()\n['sm_50', 'sm_70', 'compute_70']\n>>> torch.cuda.device_count()\n2\n"
        ">>> torch.zeros(1).cuda()\ntensor([0.], device='cuda:0')\n"
    )
    assert str(facts.value("torch_version")) == "2.3.0+cu118"
    assert facts.value("cuda_available") is True
    assert facts.value("torch_device_count") == 2
    assert facts.value("kernel_results")[0].ok is True
    assert [str(t) for t in facts.value("arch_list")] == ["sm_50", "sm_70", "compute_70"]
    gpu = facts.value("gpus")[0]
    assert (gpu.name, str(gpu.compute_capability)) == ("Tesla V100-PCIE-16GB", "7.0")


def test_source_code_is_not_a_kernel_that_ran() -> None:
    assert "kernel_results" not in read_text("    x = torch.tensor([1, 2], device='cuda:0')\n")


def test_the_cudnn_that_was_loaded() -> None:
    facts = read_text(
        "RuntimeError: cuDNN version incompatibility: PyTorch was compiled  against (9, 1, 0) but found runtime version (8, 9, 2).\n"
    )
    assert facts.value("cudnn_version") == "8.9.2"


@pytest.mark.parametrize(
    ("text", "module", "missing", "symbol"),
    [
        (
            "ImportError: libcudart.so.11.0: cannot open shared object file: No such file or directory",
            None,
            "libcudart.so.11.0",
            None,
        ),
        (
            "OSError: /v/lib/libtorchaudio.so: undefined symbol: _ZN3c105ErrorC1Ev",
            "libtorchaudio.so",
            None,
            "_ZN3c105ErrorC1Ev",
        ),
        (
            "ImportError: /x/my_ops.cpython-312-x86_64-linux-gnu.so: undefined symbol: _ZN2at4_ops5zeros",
            "my_ops.cpython-312-x86_64-linux-gnu.so",
            None,
            "_ZN2at4_ops5zeros",
        ),
        ("        libcudnn.so.8 => not found", None, "libcudnn.so.8", None),
    ],
)
def test_what_the_loader_refused(
    text: str, module: str | None, missing: str | None, symbol: str | None
) -> None:
    failure = read_text(text + "\n").value("import_failures")[0]
    assert (failure.module, failure.missing, failure.symbol) == (module, missing, symbol)


def test_an_extension_is_not_torch() -> None:
    torch = read_text(
        "ImportError: /e/site-packages/torch/lib/libtorch_cuda.so: undefined symbol: ncclCommSplit\n"
    )
    assert "ncclCommSplit" in torch.value("torch_import_error")
    assert "torch_import_error" not in read_text(
        "ImportError: /e/flash_attn_2_cuda.so: undefined symbol: _ZN3c10\n"
    )


def test_ldd_tells_which_library_is_taken() -> None:
    facts = read_text(
        "  libcuda.so.1 => /usr/lib/x86_64-linux-gnu/libcuda.so.1 (0x00007f)\n  libcudart.so.12 => /usr/local/cuda/lib64/libcudart.so.12.4.99 (0x0)\n"
    )
    pick = facts.value("library_picks")[0]
    assert (pick.kind, pick.version) == ("toolkit", "12.4.99")
    assert facts.value("libcuda").kind == "driver"


def test_a_compat_library_that_ldconfig_would_take() -> None:
    facts = read_text("  libcuda.so.1 (libc6,x86-64) => /usr/local/cuda-12.9/compat/libcuda.so.1\n")
    assert facts.value("libcuda").kind == "compat"


def test_no_torch_at_all() -> None:
    facts = read_text("ModuleNotFoundError: No module named 'torch'\n")
    assert facts.is_absent("torch_version")
    assert "No module" in facts.value("torch_import_error")


def test_kernel_log() -> None:
    facts = read_text(reports.KERNEL_LOG)
    assert [event.xid for event in facts.value("kernel_events")] == [None, 79, None]
    assert facts.value("kernel_events")[1].bus_id == "0000:3b:00"


def test_the_flavour_of_the_module() -> None:
    facts = read_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  575.57.08  Release Build\n"
    )
    assert (str(facts.value("kernel_module").release), facts.value("kernel_module").flavour) == (
        "575.57.08",
        "open",
    )


def test_an_api_mismatch_names_both_sides() -> None:
    facts = read_text(reports.API_MISMATCH)
    assert str(facts.value("driver_library_release")) == "550.120"
    assert str(facts.value("kernel_module").release) == "550.90.07"
    assert len(facts.value("kernel_events")) == 1


def test_a_build_in_isolation() -> None:
    assert (
        read_text(
            "/tmp/pip-build-env-abc/overlay/lib/python3.11/site-packages/torch/x.py: error: no\n"
        ).value("build_isolated")
        is True
    )
