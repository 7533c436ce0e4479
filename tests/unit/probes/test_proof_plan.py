"""What the driver is asked to take: containers of the installed packages, libraries in the loader's order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.proof.plan import plan
from torch_doctor.probes.python.environments import resolve_target
from torch_doctor.probes.python.target import Target

from tests.unit.binaries.fat_binaries import container, entry
from tests.unit.online.server import elf
from tests.unit.probes.env_trees import SITE, elf_bytes, venv, write

CODE = elf(container(entry("sm_80")) * 20, section=".nv_fatbin")
VERSION = '__version__ = "2.11.0+cu130"\ncuda = "13.0"\n'


def planned(root: Path, files: dict[str, str | bytes]) -> Any:
    torch = {f"{SITE}/torch/version.py": VERSION, f"{SITE}/torch/lib/libtorch_cuda.so": CODE}
    parts = plan(LiveHost(), target(root, {**torch, **files}))
    return {name: what for part in parts for name, what in part.items()}


def target(root: Path, files: dict[str, str | bytes]) -> Target:
    write(root, {**venv(""), **files})
    return resolve_target(LiveHost(), str(root))


def test_torchs_own_code_is_a_dozen_containers(tmp_path: Path) -> None:
    code = planned(tmp_path, {})["code"]

    assert [part["of"] for part in code] == ["torch"] * 12
    for part in code:
        with open(part["path"], "rb") as file:
            file.seek(part["offset"])
            assert file.read(4) == b"\x50\xed\x55\xba"


@pytest.mark.parametrize(
    ("package", "path", "count"),
    [
        ("flash-attn", "flash_attn_2_cuda.cpython-312-x86_64-linux-gnu.so", 6),
        ("xformers", "xformers/_C.so", 6),
        ("vllm", "vllm/_C.abi3.so", 6),
        ("bitsandbytes", "bitsandbytes/libbitsandbytes_cuda130.so", 6),
        ("torchvision", "torchvision/_C.so", 6),
        ("sgl-kernel", "sgl_kernel/sm90/common_ops.abi3.so", 2),
    ],
)
def test_companions_bring_half_a_dozen(tmp_path: Path, package: str, path: str, count: int) -> None:
    code = planned(tmp_path, {f"{SITE}/{path}": CODE})["code"]

    assert [part["of"] for part in code].count(package) == count


def test_bitsandbytes_is_asked_for_the_library_of_torchs_cuda_alone(tmp_path: Path) -> None:
    code = planned(tmp_path, {f"{SITE}/bitsandbytes/libbitsandbytes_cuda128.so": CODE})["code"]

    assert {part["of"] for part in code} == {"torch"}


def test_libraries_come_in_the_loaders_order_and_from_the_loaders_files(tmp_path: Path) -> None:
    needed = ["libcudart.so.13", "libcublas.so.13", "libcublasLt.so.13", "libnccl.so.2"]
    own = elf_bytes(needed=needed, runpath="$ORIGIN/../../nvidia/cu13/lib")
    libraries = {f"{SITE}/nvidia/cu13/lib/{name}": elf_bytes() for name in needed}
    files = {f"{SITE}/torch/lib/libtorch_{stem}.so": own for stem in ("global_deps", "python")}
    asked = planned(tmp_path, {**libraries, **files})["libraries"]

    cublas, nccl = asked
    assert [cublas["of"], nccl["of"]] == ["cublas", "nccl"]
    names = [path.rpartition("/")[2] for path in cublas["paths"]]
    assert names == ["libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13"]
    assert all(path.startswith(f"{tmp_path}/{SITE}/nvidia/cu13/lib/") for path in nccl["paths"])


def test_without_torch_nothing_is_planned(tmp_path: Path) -> None:
    assert list(plan(LiveHost(), target(tmp_path, {}))) == []
