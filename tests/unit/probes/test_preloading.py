"""What a torch loads before the loader's own order comes into play: read from its source, and followed in a tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.probes.torch.preloading import Lookup, preloading

from tests.unit.probes.env_trees import elf_bytes, torch_files, wheel
from tests.unit.probes.test_libraries import S, picks

PLACES = """
def _get_cuda_dep_paths(path, lib_folder, lib_name):
    found = glob.glob(os.path.join(path, "nvidia", lib_folder, "lib", lib_name))
    major = cuda_version.split(".")[0]
    found += glob.glob(os.path.join(path, "nvidia", f"cu{major}", "lib", lib_name))
    return found + glob.glob(os.path.join(path, lib_folder, "lib", lib_name))
"""
ONLY_WHERE_THE_LOADER_FAILED = """
def _preload_cuda_deps(lib_folder, lib_name):
    ctypes.CDLL(glob.glob(os.path.join('nvidia', lib_folder, 'lib', lib_name))[0])


def _load_global_deps() -> None:
    try:
        ctypes.CDLL(place)
    except OSError as err:
        wanted = {
            'cusparse': 'libcusparse.so.*[0-9]',
            'nvjitlink': 'libnvJitLink.so.*[0-9]',
        }
        for lib_folder, lib_name in wanted.items():
            _preload_cuda_deps(lib_folder, lib_name)

_load_global_deps()
"""
TWO_OF_THE_WHEELS = ONLY_WHERE_THE_LOADER_FAILED.replace(
    "        ctypes.CDLL(place)\n",
    """        ctypes.CDLL(place)
        if "nvidia/cuda_runtime/lib/libcudart.so" not in maps:
            return
        _preload_cuda_deps("cuda_nvrtc", "libnvrtc.so.*[0-9]")
        _preload_cuda_deps("nvjitlink", "libnvJitLink.so.*[0-9]")
""",
)
ALL_OF_THEM = f"""{PLACES}

def _preload_cuda_deps(
    err: OSError | None = None,
    required: bool = True,
) -> None:
    wanted = [
        # ("cufft", "libcufft.so.*[0-9]") comes later
        ("cublas", "libcublasLt.so.*[0-9]"),
        ("cublas", "libcublas.so.*[0-9]"),
        ("cudnn", "libcudnn.so.*[0-9]"),
    ]
    for lib_folder, lib_name in wanted:
        _preload_cuda_lib(lib_folder, lib_name, required=required)
    _preload_cuda_lib("nvtx", "libnvToolsExt.so.*[0-9]", required=False)


def _load_global_deps() -> None:
    try:
        ctypes.CDLL(place)
        # without _preload_cuda_deps("cufile", "libcufile.so.*[0-9]")
        if "libcudart.so" not in maps:
            return
        _preload_cuda_deps()
    except OSError as err:
        _preload_cuda_deps(err)
"""
WHAT_IS_THERE = ALL_OF_THEM.replace("_preload_cuda_deps()", "_preload_cuda_deps(required=False)")
TABLE = (
    Lookup("cublas", "libcublasLt.so.*[0-9]", True),
    Lookup("cublas", "libcublas.so.*[0-9]", True),
    Lookup("cudnn", "libcudnn.so.*[0-9]", True),
    Lookup("nvtx", "libnvToolsExt.so.*[0-9]", False),
)
CUDART = "nvidia/cuda_runtime/lib/libcudart.so.12"
LT, BLAS, DNN = (
    "nvidia/cublas/lib/libcublasLt.so.12",
    "nvidia/cublas/lib/libcublas.so.12",
    "nvidia/cudnn/lib/libcudnn.so.9",
)


def test_a_torch_that_looks_only_where_the_loader_failed() -> None:
    says = preloading(ONLY_WHERE_THE_LOADER_FAILED)

    assert says.early == ()
    assert [one.folder for one in says.late] == ["cusparse", "nvjitlink"]
    assert says.places("cudnn", 13) == ("nvidia/cudnn/lib",)


def test_a_torch_that_looks_two_up_where_the_runtime_is_a_wheels() -> None:
    says = preloading(TWO_OF_THE_WHEELS)

    assert says.early == (
        Lookup("cuda_nvrtc", "libnvrtc.so.*[0-9]", True),
        Lookup("nvjitlink", "libnvJitLink.so.*[0-9]", True),
    )
    assert says.condition == "nvidia/cuda_runtime/lib/libcudart.so"
    assert [one.folder for one in says.late] == ["cusparse", "nvjitlink"]


def test_a_torch_that_looks_all_of_a_table_up() -> None:
    says = preloading(ALL_OF_THEM)

    assert says.early == says.late == TABLE
    assert says.condition == "libcudart.so"
    assert says.places("cudnn", 13) == ("nvidia/cudnn/lib", "nvidia/cu13/lib", "cudnn/lib")
    assert says.places("cudnn", None) == ("nvidia/cudnn/lib", "cudnn/lib")


def test_a_torch_that_goes_on_without_what_is_absent() -> None:
    says = preloading(WHAT_IS_THERE)

    assert not any(one.required for one in says.early)
    assert says.late == TABLE


@pytest.mark.parametrize(
    "source", ["", "raise ImportError\n", "\0" * 4000, "def _load_global_deps("]
)
def test_a_source_that_says_nothing(source: str) -> None:
    assert preloading(source)[:3] == ((), (), "")


def test_a_pattern_is_that_of_the_shell() -> None:
    older = Lookup("cuda_runtime", "libcudart.so.*[0-9].*[0-9]", True)

    assert TABLE[1].is_of("libcublas.so.12")
    assert not TABLE[1].is_of("libcublasLt.so.12")
    assert not TABLE[1].is_of("libcublas.so.12.bak")
    assert older.is_of("libcudart.so.11.0") and not older.is_of("libcudart.so.12")


def _shadowed(source: str, *wheels: str) -> dict[str, str | bytes]:
    """Write a torch that needs cuBLAS of a folder on LD_LIBRARY_PATH unless it loads that of its wheel by itself."""
    files: dict[str, str | bytes] = {
        **torch_files(
            S,
            needed=["libcudart.so.12", "libcublas.so.12"],
            rpath="$ORIGIN/../../nvidia/cuda_runtime/lib:$ORIGIN",
        ),
        "/shadow/libcublas.so.12": elf_bytes(needed=["libcublasLt.so.12"]),
        "/shadow/libcublasLt.so.12": elf_bytes(),
        "/shadow/libnvJitLink.so.12": elf_bytes(),
        f"{S}/torch/__init__.py": source,
    }
    for number, path in enumerate((CUDART, *wheels)):
        files |= wheel(S, f"nvidia-part{number}-cu12", "12.8", path)
    return files


def _from(root: Path, files: dict[str, str | bytes]) -> dict[str, str]:
    found, missing = picks(root, files, LD_LIBRARY_PATH="/shadow")
    assert missing == ()
    return {name: pick.path.removeprefix(f"{S}/") for name, pick in found.items()}


def test_what_torch_looks_up_goes_before_the_environment(tmp_path: Path) -> None:
    files = _shadowed(ALL_OF_THEM, LT, BLAS, DNN)
    found, _ = picks(tmp_path, files, LD_LIBRARY_PATH="/shadow")

    assert {found[name].found_via for name in ("libcublas.so.12", "libcublasLt.so.12")} == {
        "torch preload"
    }
    assert found["libcublasLt.so.12"].path == f"{S}/{LT}"


def test_an_absent_wheel_ends_the_search_or_does_not(tmp_path: Path) -> None:
    """The same files: cuBLASLt is not there, and cuBLAS comes after it."""
    ended = _from(tmp_path / "ended", _shadowed(ALL_OF_THEM, BLAS, DNN))
    went_on = _from(tmp_path / "on", _shadowed(WHAT_IS_THERE, BLAS, DNN))

    assert ended["libcublas.so.12"] == "/shadow/libcublas.so.12"
    assert "libcudnn.so.9" not in ended
    assert (went_on["libcublas.so.12"], went_on["libcudnn.so.9"]) == (BLAS, DNN)


def test_a_runtime_from_elsewhere_leaves_the_two_to_the_loader(tmp_path: Path) -> None:
    jit = "nvidia/nvjitlink/lib/libnvJitLink.so.12"
    rtc = "nvidia/cuda_nvrtc/lib/libnvrtc.so.12"
    files = _shadowed(TWO_OF_THE_WHEELS, jit, rtc)
    needs = elf_bytes(needed=["libnvJitLink.so.12"])
    own = _from(tmp_path / "own", {**files, "/shadow/libcublas.so.12": needs})
    torch = f"{S}/torch/lib/libtorch_global_deps.so"
    files[torch] = elf_bytes(needed=["libcudart.so.12"])  # without its RPATH
    files |= {"/shadow/libcudart.so.12": elf_bytes(), "/shadow/libcublas.so.12": needs}
    strange = _from(tmp_path / "strange", files)

    assert own["libnvJitLink.so.12"] == jit
    assert strange["libnvJitLink.so.12"] == "/shadow/libnvJitLink.so.12"


def test_a_library_that_cannot_be_loaded_ends_the_search(tmp_path: Path) -> None:
    files = _shadowed(WHAT_IS_THERE, LT, BLAS, DNN)
    files[f"{S}/{LT}"] = elf_bytes(needed=["libnvrtc.so.12"])
    found = _from(tmp_path, files)

    assert found["libcublas.so.12"] == "/shadow/libcublas.so.12"
    assert "libnvrtc.so.12" not in found


def test_where_the_loader_failed_torch_looks_by_its_own_table(tmp_path: Path) -> None:
    """The runtime is in no RPATH: the table of this torch finds it, that of the other does not know it."""
    knows = ALL_OF_THEM.replace(
        '("cudnn", "libcudnn',
        '("cuda_runtime", "libcudart.so.*[0-9]"),\n        ("cudnn", "libcudnn',
    )
    bare = elf_bytes(needed=["libcudart.so.12"])
    for number, (source, lost) in enumerate(((knows, ()), (ALL_OF_THEM, ("libcudart.so.12",)))):
        files = {**_shadowed(source, LT, BLAS), f"{S}/torch/lib/libtorch_global_deps.so": bare}
        for library in ("libtorch_cuda.so", "libtorch_python.so"):
            files[f"{S}/torch/lib/{library}"] = bare
        _, missing = picks(tmp_path / str(number), files)
        assert missing == lost


def test_a_folder_of_another_release_of_cuda_is_none(tmp_path: Path) -> None:
    thirteen = ("nvidia/cu13/lib/libcublasLt.so.13", "nvidia/cu13/lib/libcublas.so.13")
    found = _from(tmp_path, _shadowed(WHAT_IS_THERE, *thirteen))

    assert not [name for name in found if name.endswith(".13")]
