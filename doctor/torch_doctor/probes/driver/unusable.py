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

OWNS = ("libraries_unusable", "cxx_runtime")
CXX = "libstdc++.so.6"
# What the user-mode driver loads by name; a container's runtime mounts each as a file of its own.
DRIVER_FILES = (SONAME, NVML_SONAME, "libnvidia-ptxjitcompiler.so.1", "libnvidia-nvvm.so.4")


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what cannot be loaded, by the headers of the files, and the C++ runtime that comes first."""
    source = Source("file", loader.CACHE)
    if os_family(host) != "linux":
        gap = Unavailable(Reason.NOT_APPLICABLE, "the loader of Linux is what is followed", source)
        yield from ((name, gap) for name in OWNS)
        return
    cache = loader.cache_entries(host, *DRIVER_FILES, CXX)
    first = {name: _first(host, name, cache) for name in (*DRIVER_FILES, CXX)}
    found = (f"{c.path} {fault}" for c in first.values() if c and (fault := fault_of(host, c.path)))
    yield "libraries_unusable", Known(tuple(map(one_line, found)), source)
    cxx = first[CXX]
    if cxx is None:
        detail = f"no {CXX} on the loader's path"
        yield "cxx_runtime", Unavailable(Reason.NOT_PRESENT, detail, source)
        return
    version = newest_version(host, cxx.path, "GLIBCXX_3.4.")
    described = LibraryFile(one_line(cxx.path), "system", version, cxx.via)
    yield "cxx_runtime", Known(described, Source("file", described.path))


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
