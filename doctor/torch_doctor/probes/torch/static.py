"""What the installed torch is, read from its files: nothing is imported and no library is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.binaries.torch_texts import newest_glibc
from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any, TypeVar
from torch_doctor.core.text import one_line
from torch_doctor.core.version import SmTarget, TorchVersion
from torch_doctor.probes.host.elf_answers import (
    Silence,
    arch_list,
    carried_targets,
    dynamic,
    nvcc_targets,
    uses_cxx11_abi,
    windows_arch_list,
)
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import names
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch import install as torch_install
from torch_doctor.probes.torch.install import (
    Install,
    cuda_of,
    find_install,
    key_sizes,
    probe_install,
)

_BUILD = (
    "torch_version",
    "torch_variant",
    "torch_cuda",
    "torch_hip",
    "torch_git",
    "torch_location",
)
_BINARY = ("arch_list", "torch_libraries", "cxx11_abi", "glibc_needed")
OWNS = (*_BUILD, *_BINARY, *torch_install.OWNS)

_CUDA_LIBRARIES = (
    "libtorch_cuda.so",
    "libtorch_cuda_cpp.so",
    "libtorch_cuda_cu.so",
    "libc10_cuda.so",
)
_GLIBC_LIBRARIES = ("libc10.so", "libtorch_python.so", "libtorch_cpu.so", "libtorch_cuda.so")
# Libraries of the CUDA toolkit and its companions, by how their file names begin.
CUDA_PREFIXES = ("libcu", "libnccl", "libnv", "libcaffe2_nvrtc", "libnpp")
_NOT_CUDA = ("libcurl", "libcups", "libnvme", "libcaffe2_nvrtc")
_T = TypeVar("_T")


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield every static fact about the torch that an import would take."""
    found = find_install(host, target)
    if found is None:
        absent = Unavailable(
            Reason.NOT_PRESENT, "no torch is installed", Source("file", target.prefix)
        )
        yield from ((name, absent) for name in _BUILD + _BINARY)
    else:
        variant = _variant(host, found)
        yield from _build_facts(found, variant)
        yield from _binary_facts(host, found, variant)
    yield from probe_install(host, target, found)


def is_cuda_library(name: str) -> bool:
    """Whether a NEEDED name is a library of CUDA or its companions."""
    return name.startswith(CUDA_PREFIXES) and not name.startswith(_NOT_CUDA)


def _build_facts(found: Install, variant: str) -> Iterator[tuple[str, Fact[Any]]]:
    source = Source("file", f"{found.path}/version.py")
    words = found.words
    yield "torch_version", _version(found, source)
    yield "torch_variant", Known(variant, source)
    cuda = cuda_of(words)
    other = Unavailable(Reason.NOT_APPLICABLE, f"this is a {variant} build", source)
    silent = Unavailable(
        Reason.UNPARSED, "version.py names no CUDA, yet the CUDA libraries are there", source
    )
    if variant == "cuda":
        yield "torch_cuda", Known(cuda, source) if cuda else silent
    else:
        yield "torch_cuda", other
    hip = words.get("hip") or words.get("rocm")
    yield "torch_hip", Known(one_line(str(hip)), source) if hip else other
    git = words.get("git_version")
    unnamed = Unavailable(Reason.NOT_PRESENT, "version.py names no commit", source)
    known = isinstance(git, str) and git not in ("", "Unknown")
    yield "torch_git", Known(one_line(str(git)), source) if known else unnamed
    yield "torch_location", Known(found.path, source)


def _version(found: Install, source: Source) -> Fact[TorchVersion]:
    written = found.words.get("__version__")
    places = [(written, source)] if isinstance(written, str) else []
    if found.dist:
        places.append((found.dist.version, Source("file", found.dist.path)))
    for text, place in places:
        try:
            return Known(TorchVersion.parse(one_line(text)), place)
        except ValueError:
            continue
    return Unavailable(Reason.UNPARSED, "version.py holds no version", source)


def _variant(host: Host, found: Install) -> str:
    """Return cuda, rocm, xpu or cpu; the libraries decide where version.py disagrees with them."""
    libraries = set(names(host, f"{found.path}/lib"))
    words = found.words
    answer = (
        "cuda"
        if words.get("cuda")
        else "rocm"
        if words.get("hip")
        else "xpu"
        if words.get("xpu")
        else "cpu"
    )
    seen = next((v for v in ("cuda", "hip", "xpu") if _has_library(libraries, f"torch_{v}")), "cpu")
    seen = "rocm" if seen == "hip" else seen
    if not words and seen == "cpu":  # an empty version.py says nothing: what its wheel brought does
        return next(
            (kind for kind in ("cuda", "xpu") if _is_recorded(host, found, f"torch_{kind}")), seen
        )
    if answer == seen or (words and not _has_library(libraries, "torch_cpu", "torch")):
        return answer
    lost = f"torch_{'hip' if answer == 'rocm' else answer}"
    if seen == "cpu" and _is_recorded(host, found, lost):
        return answer  # the library belongs here and was lost: that is damage, not another build
    return seen


def _has_library(libraries: set[str], *stems: str) -> bool:
    return any(
        name in libraries
        for stem in stems
        for name in (f"lib{stem}.so", f"{stem}.dll", f"lib{stem}.dylib")
    )


def _is_recorded(host: Host, found: Install, stem: str) -> bool:
    return found.dist is not None and any(stem in path for path in key_sizes(host, found.dist))


def _binary_facts(host: Host, found: Install, variant: str) -> Iterator[tuple[str, Fact[Any]]]:
    library = f"{found.path}/lib"
    if variant == "cuda":
        yield "arch_list", _arch_list(host, library)
        yield "torch_libraries", _libraries(host, library)
    else:
        detail = f"this is a {variant} build"
        absent = Unavailable(Reason.NOT_APPLICABLE, detail, Source("file", library))
        yield "arch_list", absent
        yield "torch_libraries", absent
    yield "cxx11_abi", _fact(uses_cxx11_abi(host, f"{library}/libc10.so"), f"{library}/libc10.so")
    yield "glibc_needed", _glibc(host, library)


def _arch_list(host: Host, library: str) -> Fact[tuple[SmTarget, ...]]:
    """Join the compiled arch list with nvcc's targets: the first names what kernels exist, the second adds PTX.

    Where a build has neither text, the headers of its GPU code say for which targets it is.
    """
    path = f"{library}/torch_python.dll"
    if host.exists(path):
        return _fact(windows_arch_list(host, path), path, "it holds no arch list")
    path = f"{library}/libtorch_python.so"
    facts = [_fact(arch_list(host, path), path, "it holds no arch list")]
    for name in _CUDA_LIBRARIES[:2]:
        if host.exists(path := f"{library}/{name}"):
            facts.append(_fact(nvcc_targets(host, path), path, "it holds no nvcc targets"))
    known = [fact for fact in facts if isinstance(fact, Known)]
    if not known:
        # neither text is there: the code itself says what it is for, though it takes longer to ask
        for name in _CUDA_LIBRARIES[:3]:
            if host.exists(path := f"{library}/{name}"):
                carried = _fact(carried_targets(host, path), path, "it holds no GPU code")
                known += [carried] if isinstance(carried, Known) else []
    if not known:
        return facts[0]
    joined = {target for fact in known for target in fact.value}
    return Known(tuple(sorted(joined, key=lambda t: (t.ptx, t))), known[0].source)


def _libraries(host: Host, library: str) -> Fact[tuple[str, ...]]:
    needed: dict[str, None] = {}
    source = Source("file", f"{library}/libtorch_cuda.so")
    failed: Fact[Any] = Unavailable(Reason.NOT_PRESENT, "no CUDA library of torch is there", source)
    for name in _CUDA_LIBRARIES:
        path = f"{library}/{name}"
        if not host.exists(path):
            continue
        entries = dynamic(host, path)
        if isinstance(entries, Silence):
            failed = _fact(entries, path)
            continue
        needed |= dict.fromkeys(entry for entry in entries.needed if is_cuda_library(entry))
    return Known(tuple(one_line(name) for name in needed), source) if needed else failed


def _glibc(host: Host, library: str) -> Fact[str]:
    source = Source("file", library)
    versions: list[str] = []
    for name in _GLIBC_LIBRARIES:
        entries = dynamic(host, f"{library}/{name}")
        versions += () if isinstance(entries, Silence) else entries.versions
    newest = newest_glibc(versions)
    return (
        Known(newest, source)
        if newest
        else Unavailable(Reason.UNPARSED, "no glibc versions found", source)
    )


def _fact(answer: _T | Silence, path: str, empty: str = "it says nothing") -> Fact[_T]:
    """Make a fact of a library's answer; an empty answer is none."""
    source = Source("file", path)
    if isinstance(answer, Silence):
        return Unavailable(answer.reason, answer.detail, source)
    return Unavailable(Reason.UNPARSED, empty, source) if answer == () else Known(answer, source)
