"""The libraries that the loader would map for torch, followed from file to file as ld.so(8) says."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping

from torch_doctor.binaries.elf import Dynamic
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.cuda_libraries import preloaded
from torch_doctor.probes.host.elf_answers import Silence, dynamic
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import names, text
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.loader import cache_entries, candidates
from torch_doctor.probes.torch.static import is_cuda_library

_MAX_LIBRARIES = 200
_DRIVERS = ("libcuda.so", "libnvidia-", "libnvcuvid")
# What torch/__init__.py loads from nvidia/*/lib itself, before the loader gets to it: nvrtc and nvJitLink since 2.7,
# every library with a place in the rows where its source asks for more than that pair.
_PRELOAD_PAIR = ("libnvrtc.so.", "libnvJitLink.so.")


class Pick(NamedTuple):
    """The file that satisfies one NEEDED name, and how the loader came to it."""

    name: str
    path: str
    via: str


class Closure(NamedTuple):
    """What would be mapped by and after the import of torch, and what the import would not find."""

    picks: tuple[Pick, ...]
    missing: tuple[str, ...]


class _Wanted(NamedTuple):
    name: str
    rpaths: tuple[str, ...]
    runpath: tuple[str, ...]


def follow(host: Host, target: Target, torch: str) -> Closure:
    """Follow what importing the torch in directory *torch* would load."""
    walk = _Walk(host, target)
    walk.preloaded_by_environment()
    walk.load(f"{torch}/lib/libtorch_global_deps.so")
    bundled = _bundled(host, target)
    if walk.missing:
        walk.preload(bundled, preloaded())
        walk.missing.clear()
        walk.load(f"{torch}/lib/libtorch_global_deps.so")
    else:
        walk.preload(bundled, _preloads(text(host, f"{torch}/__init__.py"), walk.picks))
    walk.load(f"{torch}/lib/libtorch_python.so")
    missing = tuple(walk.missing)
    for late in ("libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so"):
        walk.load(f"{torch}/lib/{late}")
    cuda = tuple(pick for pick in walk.picks.values() if _counts(pick.name))
    return Closure(cuda, missing)


def expand(paths: tuple[str, ...], origin: str) -> tuple[str, ...]:
    """Expand $ORIGIN and fold ``..``; entries with another variable ($LIB) are left out."""
    found = []
    for written in paths:
        path = written.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
        parts: list[str] = []
        for part in path.split("/"):
            if part == ".." and parts:
                parts.pop()
            elif part not in ("", ".", ".."):
                parts.append(part)
        if path.startswith("/") and "$" not in path:
            found.append("/" + "/".join(parts))
    return tuple(dict.fromkeys(found))


class _Walk:
    """One simulated process: names that are loaded stay loaded, as the loader goes by soname."""

    def __init__(self, host: Host, target: Target) -> None:
        self._host = host
        self._cache = cache_entries(host)
        self.picks: dict[str, Pick] = {}
        self.missing: dict[str, None] = {}
        executable = self._dynamic(host.resolve(target.executable))
        origin = host.resolve(target.executable).rpartition("/")[0]
        usable = executable is not None and not executable.runpath
        self._base = expand(executable.rpath, origin) if executable and usable else ()

    def preloaded_by_environment(self) -> None:
        """Take LD_PRELOAD into account: its libraries are loaded before all others."""
        for path in re.split(r"[\s:]+", self._host.environ.get("LD_PRELOAD", "")):
            name = path.rpartition("/")[2]
            if path.startswith("/") and _counts(name) and self._host.exists(path):
                self.picks[name] = Pick(name, path, "LD_PRELOAD")

    def preload(self, bundled: Mapping[str, str], prefixes: tuple[str, ...]) -> None:
        """Load what torch itself looks up under nvidia/*/lib."""
        for prefix in prefixes:
            for name, path in bundled.items():
                if name.startswith(prefix) and name not in self.picks:
                    self.picks[name] = Pick(name, path, "torch preload")
                    self.load(path)

    def load(self, path: str) -> None:
        """Load the library at *path* and all it needs, breadth first."""
        queue = deque([(path, self._base)])
        while queue and len(self.picks) < _MAX_LIBRARIES:
            current, inherited = queue.popleft()
            found = self._dynamic(current)
            if found is None:
                continue
            origin = self._host.resolve(current).rpartition("/")[0]
            runpath = expand(found.runpath, origin)
            rpaths = inherited if runpath else (*expand(found.rpath, origin), *inherited)
            for name in found.needed:
                if name in self.picks or not (_counts(name) or _is_torchs(name)):
                    continue
                pick = self._find(_Wanted(name, rpaths, runpath))
                if pick is None:
                    self.missing.setdefault(name)
                    continue
                self.missing.pop(name, None)
                self.picks[name] = pick
                queue.append((pick.path, rpaths))

    def _find(self, wanted: _Wanted) -> Pick | None:
        found = candidates(
            self._host,
            wanted.name,
            rpath=wanted.rpaths,
            runpath=wanted.runpath,
            cache=self._cache,
        )
        best = next(found, None)
        return Pick(wanted.name, best.path, best.via) if best else None

    def _dynamic(self, path: str) -> Dynamic | None:
        entries = dynamic(self._host, path)
        return None if isinstance(entries, Silence) else entries


def _counts(name: str) -> bool:
    return is_cuda_library(name) and not name.startswith(_DRIVERS)


def _is_torchs(name: str) -> bool:
    return name.startswith(("libtorch", "libc10", "libshm"))


def _preloads(source: str, picks: Mapping[str, Pick]) -> tuple[str, ...]:
    """Return what this torch preloads, by the calls in its source and the cudart that it has by then."""
    cudart = next((pick for name, pick in picks.items() if name.startswith("libcudart")), None)
    if cudart is None:
        return ()
    if "_preload_cuda_deps(required=False)" in source:
        return preloaded()
    from_wheel = "/nvidia/cuda_runtime/lib/" in cudart.path
    return _PRELOAD_PAIR if from_wheel and '_preload_cuda_deps("nvjitlink"' in source else ()


def _bundled(host: Host, target: Target) -> dict[str, str]:
    """Return the libraries under nvidia/*/lib of the search path, by file name; the first place wins."""
    found: dict[str, str] = {}
    for directory in bundle_dirs(host, target):
        for name in names(host, directory):
            if ".so." in name:
                found.setdefault(name, f"{directory}/{name}")
    return found


def bundle_dirs(host: Host, target: Target) -> Iterator[str]:
    """Yield the directories in which NVIDIA's wheels keep their libraries."""
    for site in target.search_path:
        for component in names(host, f"{site}/nvidia"):
            if host.is_dir(f"{site}/nvidia/{component}/lib"):
                yield f"{site}/nvidia/{component}/lib"
