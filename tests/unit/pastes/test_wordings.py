"""Wordings that few reports use, each in a text of its own: what they say is read."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.version import ComputeCapability
from torch_doctor.pastes.read import read_text

SENTENCES: list[tuple[str, str, Any]] = [
    ("It happens in nix-shell and outside of it alike", "project_manager", "nix"),
    ("I run NixOS 24.11 with CUDA from nixpkgs", "project_manager", "nix"),
    ("This is on the school cluster, so I cannot change the driver", "shared_node", True),
    ("We have a university-cluster with eight nodes", "shared_node", True),
    ("current platform for conda is win-64", "os_family", "windows"),
    ("nvidia-smi (container): Failed to initialize NVML: Unknown Error", "container", "docker"),
    ("nvidia-smi (inside the container) prints nothing", "container", "docker"),
    ("pip install ultralytics", "install_commands", ("pip install ultralytics",)),
    ("pip install -U diffusers", "install_commands", ("pip install -U diffusers",)),
]


@pytest.mark.parametrize(("text", "fact", "value"), SENTENCES)
def test_words(text: str, fact: str, value: Any) -> None:
    assert read_text(text).value(fact) == value


@pytest.mark.parametrize(
    "text",
    [
        "RTX 2070 is too new for kernels of my library (GPU 7.5)",
        "_CudaDeviceProperties(name='NVIDIA GeForce RTX 2070', major=7, minor=5, total_memory=7973MB)",
    ],
)
def test_capabilities(text: str) -> None:
    (gpu,) = read_text(text).value("gpus")

    assert gpu.compute_capability == ComputeCapability(7, 5)


@pytest.mark.parametrize(
    ("text", "module"),
    [
        (
            "ImportError: dlopen(/opt/env/torchtext/_torchtext.so, 0x0002): Symbol not found: __ZN2at4_ops5zeros4callE",
            "_torchtext.so",
        ),
        ("MyException: libnccl.so.2: cannot open shared object file", None),
    ],
)
def test_modules_of_import_failures(text: str, module: str | None) -> None:
    assert read_text(text).value("import_failures")[0].module == module
