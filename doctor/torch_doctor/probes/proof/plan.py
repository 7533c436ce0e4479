"""What the driver is asked to take: some containers of GPU code from the installed wheels, and torch's libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.elf_answers import Silence, loadable_code
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import names
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.install import Install, find_install
from torch_doctor.probes.torch.resolution import follow

TORCH_PARTS, COMPANION_PARTS = 12, 6
LARGEST = (
    512 << 10
)  # bytes: the driver takes most in a few milliseconds, and may have to compile PTX
_TORCH_LIBRARIES = ("libtorch_cuda.so", "libtorch_cuda_cpp.so", "libtorch_cuda_cu.so")


class _Extension(NamedTuple):
    """Where a package keeps its kernels: folders beneath site-packages, and how the file begins."""

    package: str
    folders: tuple[str, ...]
    begins: str


_EXTENSIONS = (
    _Extension("flash-attn", ("",), "flash_attn_2_cuda."),
    _Extension("xformers", ("xformers",), "_C"),
    _Extension("vllm", ("vllm",), "_C."),
    _Extension("bitsandbytes", ("bitsandbytes",), "libbitsandbytes_cuda{cuda}."),
    _Extension("torchvision", ("torchvision",), "_C."),
    _Extension("sgl-kernel", ("sgl_kernel", "sgl_kernel/sm90", "sgl_kernel/sm100"), "common_ops"),
)
# What is opened for each library: what it needs first, in the loader's order, and itself last.
_LIBRARIES = {
    "cublas": ("libcudart.so", "libcublasLt.so", "libcublas.so"),
    "cudnn": ("libcudart.so", "libnvrtc.so", "libcublasLt.so", "libcublas.so", "libcudnn.so"),
    "nccl": ("libcudart.so", "libnccl.so"),
}


def plan(host: Host, target: Target) -> Iterator[Mapping[str, Any]]:
    """Yield the plan in two parts, as plain values: ``libraries``, which take long to map, then ``code``.

    Where no torch with CUDA is installed there is none.
    """
    found = find_install(host, target)
    if found is None or target.windows:
        return
    yield {"libraries": list(_libraries(host, target, found))}
    yield {"code": [*_of_torch(host, found), *_of_companions(host, target, found)]}


def files_of(made: Mapping[str, Any]) -> list[str]:
    """Return the files that a part of a plan has opened."""
    libraries = [path for library in made.get("libraries", ()) for path in library["paths"]]
    return [*libraries, *(part["path"] for part in made.get("code", ()))]


def _of_torch(host: Host, found: Install) -> Iterator[dict[str, Any]]:
    for name in _TORCH_LIBRARIES:
        parts = list(_parts(host, "torch", f"{found.path}/lib/{name}", TORCH_PARTS))
        if parts:
            yield from parts
            return


def _of_companions(host: Host, target: Target, found: Install) -> Iterator[dict[str, Any]]:
    cuda = re.sub(r"\D", "", str(found.words.get("cuda") or ""))
    for extension in _EXTENSIONS:
        begins = extension.begins.format(cuda=cuda)
        files = [
            f"{site}/{folder}/{name}".replace("//", "/")
            for site in target.search_path
            for folder in extension.folders
            for name in names(host, f"{site}/{folder}" if folder else site)
            if name.startswith(begins) and name.endswith(".so")
        ]
        for path in files[: len(extension.folders)]:
            wanted = COMPANION_PARTS // len(extension.folders)
            yield from _parts(host, extension.package, path, wanted)


def _parts(host: Host, of: str, path: str, wanted: int) -> Iterator[dict[str, Any]]:
    code = loadable_code(host, path, wanted, LARGEST)
    for offset, size in () if isinstance(code, Silence) else code:
        yield {"of": of, "path": path, "offset": offset, "size": size}


def _libraries(host: Host, target: Target, found: Install) -> Iterator[dict[str, Any]]:
    """Yield which files torch would get: the loader's own way is followed, RPATH, environment and preloads."""
    picks = follow(host, target, found.path).picks
    for of, begins in _LIBRARIES.items():
        paths = [
            pick.path for start in begins for pick in picks if pick.name.startswith(start + ".")
        ]
        if any(path.rpartition("/")[2].startswith(begins[-1]) for path in paths):
            yield {"of": of, "paths": paths}
