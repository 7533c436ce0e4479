"""Which CUDA libraries torch would get: from which file, of which kind, in which version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import LibraryFile
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.cuda_libraries import components
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import Dist, answer, distributions, text
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.install import find_install
from torch_doctor.probes.torch.resolution import follow

OWNS = ("library_picks", "torch_libraries_missing")

_MARKS = ("libtorch_cuda.so", "libtorch_cuda_cpp.so", "libc10_cuda.so")
_SITE = regex(r"(.*/(?:site|dist)-packages)/(.+)")
_PART = regex(r"_(?:adv|cnn|engines|graph|heuristic|ops).*")
_CUDA_MAJOR = regex(r"-cu\d+$")
_FULL_VERSION = regex(r"\.so\.(\d+(?:\.\d+)+)$")


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the libraries that the loader would take for torch, and those that it would not find."""
    found = find_install(host, target)
    if found is None:
        absent = Unavailable(
            Reason.NOT_PRESENT, "no torch is installed", Source("file", target.prefix)
        )
        yield from ((name, absent) for name in OWNS)
        return
    source = Source("file", f"{found.path}/lib")
    if reason := _not_followed(host, target, found.path):
        yield from ((name, Unavailable(*reason, source)) for name in OWNS)
        return
    closure = follow(host, target, found.path)
    wheels = Wheels.of(host, target)
    picks = tuple(library_file(host, target, wheels, pick.path, pick.via) for pick in closure.picks)
    yield "library_picks", Known(picks, source)
    yield "torch_libraries_missing", Known(tuple(map(one_line, closure.missing)), source)


def _not_followed(host: Host, target: Target, torch: str) -> tuple[Reason, str] | None:
    if target.windows:
        return Reason.NOT_ASKED, "the library search of Windows is not followed"
    if not any(host.exists(f"{torch}/lib/{name}") for name in _MARKS):
        return Reason.NOT_APPLICABLE, "this torch has no CUDA library"
    return None


class Wheels(NamedTuple):
    """The wheels of NVIDIA's libraries in one environment, and which part of a wheel's name goes with which file."""

    dists: Sequence[Dist]
    components: Mapping[str, str]

    @classmethod
    def of(cls, host: Host, target: Target) -> Wheels:
        """Return those of *target*."""
        found = [dist for dist in distributions(host, target) if dist.name.startswith("nvidia-")]
        return cls(found, components())

    def with_file(self, stem: str) -> list[Dist]:
        """Return those that may bring a file which begins so."""
        component = self.components.get(_PART.sub("", stem))
        return [dist for dist in self.dists if component and _of(dist.name) == component]


def _of(name: str) -> str:
    """Return the component that a wheel's name says: ``cuda-runtime`` of ``nvidia-cuda-runtime-cu12``."""
    return _CUDA_MAJOR.sub("", name.removeprefix("nvidia-"))


def library_file(host: Host, target: Target, wheels: Wheels, path: str, via: str) -> LibraryFile:
    """Describe one library on disk: its kind by where it lies, its version by file name or owning wheel."""
    real = host.resolve(path)
    written = _FULL_VERSION.search(real)
    version = written[1] if written else owner_version(host, wheels, real)
    if version is None and (toolkit := re.search(r"/cuda-(\d+\.\d+)/.*/libcudart\.", real)):
        version = toolkit[1]
    return LibraryFile(one_line(path), kind_of(path, real, target), version, via)


def kind_of(path: str, real: str, target: Target) -> str:
    """Return wheel, toolkit, conda, system, compat or stub."""
    both = f"{path}\n{real}"
    for word, kind in (("/stubs/", "stub"), ("/compat/", "compat")):
        if word in both:
            return kind
    if _SITE.match(real):
        return "wheel"
    prefixes = (f"{target.prefix}/", f"{target.base_prefix}/")
    if (target.kind == "conda" and real.startswith(prefixes)) or "conda" in real.partition("/lib/")[
        0
    ]:
        return "conda"
    return "toolkit" if re.search(r"/cuda(?:-[\d.]+)?/|/hpc_sdk/", both) else "system"


def owner_version(host: Host, wheels: Wheels, real: str) -> str | None:
    """Return the version of the wheel that owns a library.

    Wheels for two CUDA majors may hold the same path, and the last one installed overwrote it: there the size in
    RECORD decides, and where that does not tell either, the version stays unknown.
    """
    place = _SITE.match(real)
    if not place:
        return None
    fitting = wheels.with_file(real.rpartition("/")[2].partition(".so")[0])
    fitting = [d for d in fitting if d.site == place[1] or host.resolve(d.site) == place[1]]
    owners = {d.version: _recorded_size(host, d, place[2]) for d in fitting}
    if len(owners) > 1:
        actual = host.size(real)
        owners = {version: size for version, size in owners.items() if size == actual}
    return next(iter(owners)) if len(owners) == 1 else None


def _recorded_size(host: Host, dist: Dist, path: str) -> int | None:
    def look() -> int | None:
        _, found, rest = f"\n{text(host, f'{dist.path}/RECORD')}".partition(f"\n{path},")
        size = rest.partition("\n")[0].rpartition(",")[2].strip()
        return int(size) if found and size.isdecimal() else None

    size: int | None = answer(host, f"recorded size {dist.path} {path}", look)
    return size
