"""Which build of torch a report shows: what is installed now, and what a version without a tag means."""

from __future__ import annotations

import pytest
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.law.version_strings import Printed, implied_build
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

REPLACED = """\
Found existing installation: torch 2.3.0+cu121
    Uninstalling torch-2.3.0+cu121:
      Successfully uninstalled torch-2.3.0+cu121
Successfully installed torch-2.7.1+cpu torchvision-0.22.1+cpu
"""
SHOWN = "$ pip show torch\nName: torch\nVersion: 2.7.1+cu126\nSummary: Tensors\n"
UV = " - torch==2.7.1+cpu\n + torch==2.7.1+cu128\n ~ triton==3.3.1\n"
BLOCK = """\
import torch
print(torch.__version__)
print("CUDA:", torch.cuda.is_available())
print(f"{torch.version.cuda} on {torch.cuda.get_device_name(0)}")

2.7.1+cu126
CUDA: True
12.6 on NVIDIA L40S
"""


@pytest.mark.parametrize(
    ("text", "version", "variant"),
    [
        (REPLACED, "2.7.1+cpu", "cpu"),
        (SHOWN, "2.7.1+cu126", "cuda"),
        (UV, "2.7.1+cu128", "cuda"),
        (BLOCK, "2.7.1+cu126", "cuda"),
        (
            ">>> torch.__version__, torch.cuda.is_available()\n('2.7.1+cpu', False)",
            "2.7.1+cpu",
            "cpu",
        ),
        ("`torch.__version__` is `2.7.1+cpu` here", "2.7.1+cpu", "cpu"),
        (
            "pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cpu",
            "2.7.1",
            "cpu",
        ),
        ("Windows 11\n> pip list\ntorch 2.7.1", "2.7.1", "cpu"),
        ("Ubuntu 24.04, torch 2.7.1", "2.7.1", "cuda"),
        (">>> torch.__version__\n'2.7.1'\nUbuntu 24.04", "2.7.1", None),
        ("Uninstalling torch-2.7.1", None, None),
    ],
)
def test_the_build_that_is_there(text: str, version: str | None, variant: str | None) -> None:
    facts = read_text(text)

    assert facts.value("torch_version") == (TorchVersion(version) if version else None)
    assert facts.value("torch_variant") == variant


def test_what_printed_a_plain_version_decides() -> None:
    plain, matrix = TorchVersion("2.6.0"), load_matrix()

    assert implied_build(plain, Printed.BY_INSTALLER, "linux-x86_64", matrix).variant == "cuda"
    assert implied_build(plain, Printed.BY_INSTALLER, "windows-x86_64", matrix).variant == "cpu"
    assert implied_build(plain, Printed.BY_TORCH, "linux-x86_64", matrix).origin == "unknown"
    assert implied_build(plain, Printed.BY_TORCH, "linux-aarch64", matrix).origin is None


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        (
            "Python 3.10.11 (tags/v3, Apr  5 2023) [MSC v.1929 64 bit (AMD64)] on win32",
            "os_family",
            "windows",
        ),
        (
            "Python 3.10.11 (tags/v3, Apr  5 2023) [MSC v.1929 32 bit (Intel)] on win32",
            "python_bits",
            32,
        ),
        ("ls: cannot access '/dev/nvidia*': No such file or directory", "device_nodes", ()),
        ("Windows Subsystem for Linux, Ubuntu 22.04", "wsl", True),
        ("For debugging consider passing CUDA_LAUNCH_BLOCKING=1", "cuda_launch_blocking", None),
        ("No accelerator (CUDA, XPU, HPU) is available", "other_gpus", None),
        ("I trained it on a TPU v3", "other_gpus", ("TPU",)),
        ("the A100 is in MIG mode with 7 slices", "gpus_mig", None),
    ],
)
def test_what_other_lines_say(text: str, name: str, value: object) -> None:
    facts = read_text(text)
    if name == "gpus_mig":
        assert [gpu.mig_mode for gpu in facts.value("gpus")] == [value]
    else:
        assert facts.value(name) == value


def test_a_library_that_the_import_of_torch_lacks() -> None:
    text = ">>> import torch\nImportError: libxyz.so.3: cannot open shared object file"

    assert "libxyz.so.3" in str(read_text(text).value("torch_import_error"))


@pytest.mark.parametrize(
    ("second", "pinned"),
    [
        ("torch 2.4.0 depends on triton==3.0.0", ("triton==3.0.0",)),
        ("torch 2.4.0 depends on filelock", ()),
        ("ultra 1.0 depends on torch==2.3.0", ()),
    ],
)
def test_what_a_torch_pins_is_read_from_what_pip_says_of_a_conflict(
    second: str, pinned: tuple[str, ...]
) -> None:
    text = f"The conflict is caused by:\n    The user requested triton==2.3.1\n    {second}\n"

    assert read_text(text).value("requirements", ()) == pinned
