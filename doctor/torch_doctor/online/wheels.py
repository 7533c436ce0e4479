"""One torch wheel as its own files describe it. Nothing is installed, imported or kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from torch_doctor.binaries.elf import Elf, ElfError
from torch_doctor.binaries.torch_texts import (
    compiled_arch_list,
    cxx11_abi,
    metadata_fields,
    newest_glibc,
    parse_version_py,
    search_gencode,
)
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, SmTarget
from torch_doctor.matrix.measured.torch import Measured
from torch_doctor.online.archive import Archive, open_wheel
from torch_doctor.online.index import Link, WheelName, wheel_name
from torch_doctor.online.requirements import REQUIREMENT, applies
from torch_doctor.online.web import OnlineError, Web

PLATFORMS = ("linux-x86_64", "linux-aarch64", "windows-x86_64")
_TEXT_BYTES, _LIBRARY_BYTES, _SCAN_BYTES = 4 << 20, 256 << 20, 512 << 20
# 1.13 split libtorch_cuda.so in two; the first part holds nvcc's flags.
_CUDA_LIBRARIES = ("torch/lib/libtorch_cuda_cpp.so", "torch/lib/libtorch_cuda.so")
_PINNED = re.compile(r"nvidia-|cuda-|triton$|pytorch-triton")
# The libraries that wheels bring along (libgomp …) are small, and ask for the newest glibc of all.
_SMALL_LIBRARY = 8 << 20
_LEGACY_GLIBC = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}


class Wheel(NamedTuple):
    """A file of the index and what its name says."""

    link: Link
    name: WheelName


def wheels_of(links: Iterable[Link], project: str = "torch") -> Iterator[Wheel]:
    """Yield the wheels of a project that are not withdrawn."""
    for link in links:
        name = wheel_name(link.filename)
        if name and re.sub(r"[-_.]+", "-", name.name).lower() == project and not link.yanked:
            yield Wheel(link, name)


def platform_of(name: WheelName) -> str | None:
    """Return the platform of a wheel as the matrix calls it, or None for one that it does not list."""
    for tag in name.platform_tags:
        if tag == "win_amd64":
            return "windows-x86_64"
        match = re.fullmatch(r"(?:many)?linux.*_(x86_64|aarch64)", tag)
        if match:
            return f"linux-{match[1]}"
    return None


def chosen(wheels: Iterable[Wheel]) -> Wheel:
    """Return the wheel to open: of Python 3.11 where there is one, as most releases have it, else the first by name."""
    return min(wheels, key=lambda wheel: (wheel.name.python_tag != "cp311", wheel.link.filename))


def measure(web: Web, wheels: Iterable[Wheel]) -> Measured:
    """Read the release that *wheels* (all of one version and platform) belong to; raise OnlineError."""
    every = tuple(wheels)
    wheel = chosen(every)
    platform = platform_of(wheel.name) or ""
    with open_wheel(web, wheel.link.url) as archive:
        words = parse_version_py(_text(archive, "torch/version.py"))
        metadata = _text(archive, ".dist-info/METADATA")
        tags = tuple(metadata_fields(_text(archive, ".dist-info/WHEEL"), "Tag"))
        cuda = words.get("cuda") if isinstance(words.get("cuda"), str) else None
        binary = _binary(archive, cuda is not None)
        glibc = glibc_of((*tags, *wheel.name.platform_tags), binary.pop("needed"))
    variant = CudaVersion.parse(cuda).tag if cuda else _other_variant(words)
    return Measured(
        torch=wheel.name.version.partition("+")[0],
        variant=variant,
        platform=platform,
        cuda=cuda,
        python_tags=tuple(sorted({w.name.python_tag for w in every}, key=tag_order)),
        glibc=glibc,
        pins=tuple(_pins(metadata_fields(metadata, "Requires-Dist"), platform)),
        requires_python=next(metadata_fields(metadata, "Requires-Python"), None),
        git_version=one_line(str(words["git_version"])) if words.get("git_version") else None,
        released=min((w.link.uploaded[:10] for w in every if w.link.uploaded), default=None),
        wheel=wheel.link.filename,
        **_undated(binary, every),
    )


def _undated(binary: dict[str, Any], wheels: tuple[Wheel, ...]) -> dict[str, Any]:
    if not any(wheel.link.uploaded for wheel in wheels):
        binary["unread"] += (("released", "the index gives no dates"),)
    return binary


def _binary(archive: Archive, cuda: bool) -> dict[str, Any]:
    """Return what the compiled libraries say; Windows wheels are judged by their name and texts alone."""
    found: dict[str, Any] = {
        "archs": (),
        "ptx": (),
        "cxx11_abi": None,
        "needed": None,
        "unread": (),
    }
    name = archive.find("torch/lib/libtorch_python.so")
    if name is None:
        return found
    try:
        elf = Elf(archive.read(name, _LIBRARY_BYTES))
        base = Elf(archive.read(archive.find("torch/lib/libc10.so") or name, _LIBRARY_BYTES))
        found["cxx11_abi"] = cxx11_abi(base)
        found["needed"] = newest_glibc(_needed_symbols(archive, elf))
        listed = compiled_arch_list(elf) if cuda else ()
    except ElfError as error:
        why = one_line(str(error))
        return {
            **found,
            "unread": tuple((field, why) for field in ("archs", "ptx", "cxx11_abi", "glibc")),
        }
    if not cuda:
        return found
    built = _gencode(archive)
    unread = [] if built else [("ptx", "no nvcc flags were found in libtorch_cuda.so")]
    unread += [] if listed else [("archs", "no arch list was found in libtorch_python.so")]
    ptx = {str(target) for target in (*listed, *built) if target.ptx}
    found["archs"] = tuple(str(target) for target in listed if not target.ptx)
    return {**found, "ptx": tuple(sorted(ptx)), "unread": tuple(unread)}


def _gencode(archive: Archive) -> tuple[SmTarget, ...]:
    for path in _CUDA_LIBRARIES:
        name = archive.find(path)
        found = archive.scan(name, search_gencode, _SCAN_BYTES) if name else None
        if found:
            return found
    return ()


def _text(archive: Archive, ending: str) -> str:
    name = archive.find(ending)
    if name is None:
        raise OnlineError(f"a wheel without {ending}")
    return archive.read(name, _TEXT_BYTES).decode("utf-8", "replace")


def _other_variant(words: dict[str, Any]) -> str:
    if words.get("hip"):
        return "rocm" + ".".join(str(words.get("rocm") or words["hip"]).split(".")[:2])
    return "xpu" if words.get("xpu") else "cpu"


def _pins(requirements: Iterable[str], platform: str) -> Iterator[tuple[str, str]]:
    """Yield the CUDA libraries and triton that the wheel asks for on *platform*, without extras."""
    for text in requirements:
        match = REQUIREMENT.fullmatch(text)
        if not match or not _PINNED.match(match[1].lower()):
            continue
        if match[3] and not applies(match[3], platform):
            continue
        spec = match[2].replace(" ", "")
        exact = re.fullmatch(r"==([^,*]+)", spec)
        yield one_line(match[1].lower().replace("_", "-")), one_line(exact[1] if exact else spec)


def glibc_of(tags: Iterable[str], needed: str | None) -> str | None:
    """Return the newest of what the wheel's tags promise and what its symbols need: early tags promised too little."""
    found = [
        ".".join(match) for tag in tags for match in re.findall(r"manylinux_(\d+)_(\d+)_", tag)
    ]
    found += [glibc for tag in tags for name, glibc in _LEGACY_GLIBC.items() if f"{name}_" in tag]
    found += [needed] if needed else []
    return max(found, key=lambda text: tuple(map(int, text.split("."))), default=None)


def _needed_symbols(archive: Archive, elf: Elf) -> Iterator[str]:
    yield from elf.dynamic().versions
    for name in archive.names:
        library = name.startswith("torch/lib/") and ".so" in name
        if library and 64 <= archive.size(name) <= _SMALL_LIBRARY:
            with suppress(ElfError):  # not every file of that name is a library
                yield from Elf(archive.read(name, _SMALL_LIBRARY)).dynamic().versions


def tag_order(tag: str) -> tuple[int, str]:
    """Order Python tags as the Pythons follow each other."""
    match = re.match(r"cp3(\d+)", tag)
    return (int(match[1]) if match else 0, tag)
