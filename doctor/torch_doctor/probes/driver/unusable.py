"""Libraries that the loader takes before all others of their name, and what keeps them from being loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import LibraryFile
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.probes.driver.libcuda import NVML_SONAME, SONAME
from torch_doctor.probes.host.elf_answers import fault_of, newest_version
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.machine.system import os_family
from torch_doctor.probes.torch import loader

OWNS = ("libraries_unusable", "cxx_runtime", "gcc_runtime")
# What compilers link programs to: the fact, its file, and how the versions begin that it names.
RUNTIMES = {
    "cxx_runtime": ("libstdc++.so.6", "GLIBCXX_3.4."),
    "gcc_runtime": ("libgcc_s.so.1", "GCC_"),
}
# What the user-mode driver loads by name; a container's runtime mounts each as a file of its own.
DRIVER_FILES = (SONAME, NVML_SONAME, "libnvidia-ptxjitcompiler.so.1", "libnvidia-nvvm.so.4")


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what cannot be loaded, by the headers of the files, and the C++ runtime that comes first."""
    source = Source("file", loader.CACHE)
    if os_family(host) != "linux":
        gap = Unavailable(Reason.NOT_APPLICABLE, "the loader of Linux is what is followed", source)
        yield from ((name, gap) for name in OWNS)
        return
    names = [name for name, _ in RUNTIMES.values()]
    cache = loader.cache_entries(host, *DRIVER_FILES, *names)
    first = {name: _first(host, name, cache) for name in (*DRIVER_FILES, *names)}
    found = (f"{c.path} {fault}" for c in first.values() if c and (fault := fault_of(host, c.path)))
    yield "libraries_unusable", Known(tuple(map(one_line, found)), source)
    for fact, (name, begins) in RUNTIMES.items():
        yield fact, _described(host, name, first[name], begins)


def _described(
    host: Host, name: str, file: loader.LibraryCandidate | None, begins: str
) -> Fact[LibraryFile]:
    if file is None:
        detail = f"no {name} on the loader's path"
        return Unavailable(Reason.NOT_PRESENT, detail, Source("file", loader.CACHE))
    version = newest_version(host, file.path, begins)
    described = LibraryFile(one_line(file.path), "system", version, file.via)
    return Known(described, Source("file", described.path))


def _first(host: Host, name: str, cache: list[tuple[str, str]]) -> loader.LibraryCandidate | None:
    """Return what the loader takes: what LD_PRELOAD names, else the first on its path."""
    for path in re.split(r"[\s:]+", host.environ.get("LD_PRELOAD", "")):
        if path.startswith("/") and path.rpartition("/")[2] == name and host.exists(path):
            return loader.LibraryCandidate(path, "LD_PRELOAD")
    found = loader.candidates(host, name, cache=cache)
    return next((one for one in found if not _passed_over(host, one.path)), None)


def _passed_over(host: Host, path: str) -> bool:
    """Whether the loader looks further: at a library of 32 bits it does."""
    try:
        head = host.read_bytes(path, 5)
    except OSError:
        return False
    return head[:4] == b"\x7fELF" and head[4:5] == b"\x01"
