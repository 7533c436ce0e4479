"""The libraries that the loader would map for torch, followed from file to file as ld.so(8) says."""

from __future__ import annotations

import re
from collections import deque

from torch_doctor.binaries.elf import Dynamic
from torch_doctor.binaries.torch_texts import parse_version_py
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.elf_answers import Silence, dynamic
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import names, text
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.install import cuda_of
from torch_doctor.probes.torch.loader import cache_entries, candidates
from torch_doctor.probes.torch.preloading import Lookup, Preloading, preloading
from torch_doctor.probes.torch.static import is_cuda_library

_MAX_LIBRARIES = 200
_DRIVERS = ("libcuda.so", "libnvidia-", "libnvcuvid")


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
    own = _Own(host, target, torch)
    if walk.missing:
        walk.missing.clear()
        walk.look_up_late(own)
        walk.load(f"{torch}/lib/libtorch_global_deps.so")
    else:
        walk.look_up_early(own)
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

    def look_up_early(self, own: _Own) -> None:
        """Load what torch looks up before its libraries; what cannot be found or loaded ends this, and nothing else."""
        if not any(own.says.condition in self._host.resolve(p.path) for p in self.picks.values()):
            return
        for one in own.says.early:
            found, absent, path = dict(self.picks), dict(self.missing), own.file(one)
            if path is not None:
                self._take(path)
            elif one.required:
                return
            if len(self.missing) > len(absent):
                self.picks, self.missing = found, absent
                return

    def look_up_late(self, own: _Own) -> None:
        """Load what torch looks up where the loader did not find all."""
        for path in filter(None, map(own.file, own.says.late)):
            self._take(path)

    def _take(self, path: str) -> None:
        name = path.rpartition("/")[2]
        if name not in self.picks:
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


class _Own:
    """Where one torch looks libraries up by itself, as its own source says."""

    def __init__(self, host: Host, target: Target, torch: str) -> None:
        self._host = host
        self.says: Preloading = preloading(text(host, f"{torch}/__init__.py"))
        cuda = cuda_of(parse_version_py(text(host, f"{torch}/version.py")))
        self._major = cuda.major if cuda else None
        self._tops = {site: set(names(host, site)) for site in target.search_path}

    def file(self, one: Lookup) -> str | None:
        """Return the file that torch would load for *one*: the first in the first place that has it."""
        for site, tops in self._tops.items():
            for place in self.says.places(one.folder, self._major):
                if place.partition("/")[0] not in tops:
                    continue
                for name in sorted(names(self._host, f"{site}/{place}")):
                    if one.is_of(name):
                        return f"{site}/{place}/{name}"
        return None
