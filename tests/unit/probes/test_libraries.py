"""Which libraries the loader would take for torch, and which it would not find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.fact import Known, Reason, Unavailable
from torch_doctor.core.records import LibraryFile
from torch_doctor.probes.torch import libraries
from torch_doctor.probes.torch.resolution import expand

from tests.unit.probes.env_trees import SITE, elf_bytes, env, torch_files, wheel
from tests.unit.probes.test_loader import LIB64, cache_bytes

S = f"/env/{SITE}"
CUDNN, CUDART = "nvidia/cudnn/lib/libcudnn.so.9", "nvidia/cuda_runtime/lib/libcudart.so.12"
WHEELS = {
    **wheel(S, "nvidia-cudnn-cu12", "9.10.2.21", CUDNN),
    **wheel(S, "nvidia-cuda-runtime-cu12", "12.8.90", CUDART),
}


def picks(
    root: Path, files: dict[str, Any], **environ: str
) -> tuple[dict[str, LibraryFile], tuple[str, ...]]:
    facts = dict(libraries.probe(*env(root, files, **environ)))
    found, missing = facts["library_picks"], facts["torch_libraries_missing"]
    assert isinstance(found, Known) and isinstance(missing, Known)
    return {pick.path.rpartition("/")[2]: pick for pick in found.value}, missing.value


def test_wheels_are_found_through_rpath_with_the_version_of_their_owner(tmp_path: Path) -> None:
    found, missing = picks(tmp_path, {**torch_files(S), **WHEELS})
    assert found == {
        "libcudart.so.12": LibraryFile(f"{S}/{CUDART}", "wheel", "12.8.90", "RPATH"),
        "libcudnn.so.9": LibraryFile(f"{S}/{CUDNN}", "wheel", "9.10.2.21", "RPATH"),
    }
    assert missing == ()


def test_rpath_goes_before_the_environment_and_runpath_behind_it(tmp_path: Path) -> None:
    shadow = {"/shadow/libcudnn.so.9": elf_bytes(), "/shadow/libcudart.so.12": elf_bytes()}
    files = {**torch_files(S), **WHEELS, **shadow}
    assert (
        picks(tmp_path / "a", files, LD_LIBRARY_PATH="/shadow")[0]["libcudnn.so.9"].kind == "wheel"
    )
    for name in ("libtorch_cuda.so", "libtorch_python.so", "libtorch_global_deps.so"):
        files[f"{S}/torch/lib/{name}"] = elf_bytes(
            needed=["libcudart.so.12", "libcudnn.so.9", "libtorch_cuda.so"],
            runpath="$ORIGIN/../../nvidia/cudnn/lib:$ORIGIN",
        )
    found, missing = picks(tmp_path / "b", files, LD_LIBRARY_PATH="/shadow")
    assert found["libcudnn.so.9"] == LibraryFile(
        "/shadow/libcudnn.so.9", "system", None, "LD_LIBRARY_PATH"
    )
    assert missing == ()


def test_a_wheel_library_without_rpath_takes_what_the_environment_offers(tmp_path: Path) -> None:
    cusparse, jit = (
        "nvidia/cusparse/lib/libcusparse.so.12",
        "nvidia/nvjitlink/lib/libnvJitLink.so.12",
    )
    files = {
        **torch_files(
            S, needed=["libcusparse.so.12"], rpath="$ORIGIN/../../nvidia/cusparse/lib:$ORIGIN"
        ),
        **wheel(
            S,
            "nvidia-cusparse-cu12",
            "12.5.8.93",
            cusparse,
            content=elf_bytes(needed=["libnvJitLink.so.12"]),
        ),
        **wheel(S, "nvidia-nvjitlink-cu12", "12.8.93", jit),
        "/usr/local/cuda-12.4/lib64/libnvJitLink.so.12.4.127": elf_bytes(),
    }
    environ = {"LD_LIBRARY_PATH": "/usr/local/cuda-12.4/lib64"}
    files["/usr/local/cuda-12.4/lib64/libnvJitLink.so.12"] = elf_bytes()
    found, _ = picks(tmp_path / "old", files, **environ)
    assert (found["libnvJitLink.so.12"].kind, found["libnvJitLink.so.12"].found_via) == (
        "toolkit",
        "LD_LIBRARY_PATH",
    )


def test_missing_libraries_and_the_driver_is_not_among_them(tmp_path: Path) -> None:
    needed = ["libcudart.so.12", "libcudnn.so.9", "libcuda.so.1"]
    _, missing = picks(
        tmp_path,
        {**torch_files(S, needed=needed), **wheel(S, "nvidia-cuda-runtime-cu12", "1", CUDART)},
    )
    assert missing == ("libcudnn.so.9",)


def test_the_cache_serves_what_rpath_does_not(tmp_path: Path) -> None:
    real = "/usr/lib/x86_64-linux-gnu/libcudnn.so.9.8.0"
    files = {
        **torch_files(S),
        **wheel(S, "nvidia-cuda-runtime-cu12", "1", CUDART),
        real: elf_bytes(),
        "/etc/ld.so.cache": cache_bytes([(LIB64, "libcudnn.so.9", real)]),
    }
    found, _ = picks(tmp_path, files)
    assert found["libcudnn.so.9.8.0"] == LibraryFile(real, "system", "9.8.0", "ld.so.cache")


def test_ld_preload_comes_first(tmp_path: Path) -> None:
    files = {**torch_files(S), **WHEELS, "/x/libcudnn.so.9": elf_bytes()}
    found, _ = picks(tmp_path, files, LD_PRELOAD="/x/libcudnn.so.9 /gone/libcudart.so.12")
    assert (found["libcudnn.so.9"].path, found["libcudnn.so.9"].found_via) == (
        "/x/libcudnn.so.9",
        "LD_PRELOAD",
    )
    assert found["libcudart.so.12"].found_via == "RPATH"


@pytest.mark.parametrize(("size", "version"), [(0, "9.5.0.50"), (8, "9.10.2.21"), (3, None)])
def test_two_wheels_that_hold_one_path(tmp_path: Path, size: int, version: str | None) -> None:
    """The last one installed overwrote the file: RECORD's size tells which, or the version stays unknown."""
    old, new = elf_bytes(), elf_bytes(rodata=b"12345678")
    files = {
        **torch_files(S),
        **WHEELS,
        **wheel(S, "nvidia-cudnn-cu12", "9.10.2.21", CUDNN, content=new),
        **wheel(S, "nvidia-cudnn-cu11", "9.5.0.50", CUDNN, content=old),
    }
    files[f"{S}/{CUDNN}"] = elf_bytes(rodata=b"x" * size)
    assert picks(tmp_path, files)[0]["libcudnn.so.9"].version == version


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/usr/local/cuda/lib64/stubs/libcublas.so.12", "stub"),
        ("/usr/local/cuda-12.8/compat/libcublas.so.12", "compat"),
        (f"{S}/nvidia/cublas/lib/libcublas.so.12", "wheel"),
        ("/usr/local/cuda-12.8/lib64/libcublas.so.12", "toolkit"),
        ("/root/miniconda3/envs/x/lib/libcublas.so.12", "conda"),
        ("/usr/lib/x86_64-linux-gnu/libcublas.so.12", "system"),
    ],
)
def test_kinds(tmp_path: Path, path: str, kind: str) -> None:
    _, target = env(tmp_path, {})
    assert libraries.kind_of(path, path, target) == kind


def test_where_there_is_nothing_to_follow(tmp_path: Path) -> None:
    absent = dict(libraries.probe(*env(tmp_path / "a", {})))["library_picks"]
    assert isinstance(absent, Unavailable) and absent.reason is Reason.NOT_PRESENT
    cpu = dict(libraries.probe(*env(tmp_path / "b", torch_files(S, cuda=None))))[
        "torch_libraries_missing"
    ]
    assert isinstance(cpu, Unavailable) and cpu.reason is Reason.NOT_APPLICABLE


def test_expand() -> None:
    assert expand(("$ORIGIN/../x", "${ORIGIN}", "/a//b", "rel", "/$LIB/y"), "/o/lib") == (
        "/o/x",
        "/o/lib",
        "/a/b",
    )
