"""Which published build would serve a host: the one that changes least, with the conditions under which it does."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from itertools import groupby

from torch_doctor.core.fact import Facts
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    SmTarget,
    TorchVersion,
)
from torch_doctor.fixes.builds import likely
from torch_doctor.fixes.builds.beyond import beyond
from torch_doctor.fixes.builds.reasons import Reasons
from torch_doctor.fixes.builds.unnamed import lacking, served, without_code
from torch_doctor.fixes.builds.wishes import asked_for, that_fits, that_was_there
from torch_doctor.fixes.drivers import is_unnamed, likely_gpu
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.search import PUBLISHED, candidates, runs
from torch_doctor.matrix.law.support_end import covers, has_machine_code, may_cover
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

_MINOR = regex(r"\d+\.\d+")
_FIGURES = regex(r"\d+(?:\.\d+)*")


class Choice(NamedTuple):
    """A build to propose. *condition* says for whom it serves, or why this release, where that must be said."""

    row: TorchBuild
    condition: str = ""


class Builds:
    """The builds that would run on one host. What is not known of it is reckoned with, and said.

    *failing*: kernels of the installed build have no code for a GPU that nobody names.
    """

    def __init__(
        self, facts: Facts, matrix: Matrix, machine: Machine, *, failing: bool = False
    ) -> None:
        self._facts = facts
        self._matrix = matrix
        self._seen = machine
        self._lacking = (lacking(facts, matrix) or ()) if failing else None

    @cached_property
    def proposed(self) -> tuple[Choice, ...]:
        """The build of the installed release that runs here, else the nearest release that has one."""
        if self.machine is None:
            return ()
        found = self._choice()
        # what no likely driver serves, a newer one may
        if found is None and likely.is_unknown(self._seen):
            driver = likely.newest(self._seen.gpus or (), self._matrix)
            self.machine = self.machine._replace(driver=driver)
            found = self._choice()
        return () if found is None else (found,)

    def _choice(self) -> Choice | None:
        installed = self._installed
        commands = self._facts.value("install_commands", ())
        # a nightly comes before the release of its number
        named = (installed, installed and "".join(_FIGURES.findall(installed)[:1]))
        rows = [row for row in self._candidates if installed is None or row.torch in named]
        wanted = asked_for(commands, rows, self.machine, self._matrix)
        there = that_was_there(self._facts, rows, self.machine, self._matrix)
        fitting = that_fits(self._facts, rows, self.machine, self._matrix)
        first = wanted or there or fitting
        if first is not None:
            why = (
                ", the one that was there"
                if there
                else ", which the installed xformers is built for"
            )
            why = ", the CUDA that was asked for" if wanted else why
            return Choice(first, f"{why}{self._conditions(first)}")
        for native in (True, False):  # code for the GPU itself first, then what its driver compiles
            same = [row for row in self._candidates if row.torch == installed]
            row, why = self._best(same, native=native), ""
            if row is None:
                row, why = self._nearest(installed, native=native)
            if row is not None:
                return Choice(row, f"{why}{self._conditions(row)}")
        return None

    def best_of(self, rows: Iterable[TorchBuild]) -> TorchBuild | None:
        """Return the row of *rows* that runs here, keeps the installed release and CUDA, and is the newest."""
        machine, cuda = self.machine or self._seen, self._facts.value("torch_cuda")

        def rank(row: TorchBuild) -> tuple[object, ...]:
            kept = row.torch == self._installed, release_key(row.torch), row.cuda == str(cuda)
            return runs(row, machine, self._matrix), *kept, release_key(row.cuda or "0")

        return max(rows, key=rank, default=None)

    @property
    def serve_no_gpu(self) -> tuple[GpuTraits, bool] | None:
        """A GPU for which no published build is known to have code, whatever the driver is, and whether one may."""
        rows = [row for row in self._candidates if row.status == PUBLISHED]
        for gpu in self._seen.gpus or ():
            if gpu.capability is None or gpu.tegra:
                continue
            if not any(covers(row, gpu, self._matrix) for row in rows):
                return gpu, any(may_cover(row, gpu, self._matrix) for row in rows)
        return None

    @cached_property
    def machine(self) -> Machine | None:
        """The host as builds are judged on it; what was observed of the installed build says nothing of another one.

        A driver and a GPU that nobody names are the likeliest: a driver for CUDA 12, and an Ampere, for which every
        build of the last years has code. None where it is known that there is no GPU, or where nobody can tell which.
        """
        seen = self._seen
        if seen.gpus == ():
            return None
        stand_in = self._unnamed_gpu
        named = [gpu for gpu in seen.gpus or () if not is_unnamed(gpu)]
        unnamed = () if stand_in is None or len(named) == len(seen.gpus or (None,)) else (stand_in,)
        gpus = tuple(gpu._replace(ran=None) for gpu in (*named, *unnamed))
        if not gpus:
            return None
        return seen._replace(
            gpus=gpus,
            cuda_available=None,
            libcuda_kind="driver",
            libcuda_release=None,
            driver=likely.reckoned(seen, gpus, self._facts, self._matrix),
            driver_reports=None if seen.driver else seen.driver_reports,
        )

    @property
    def _reasons(self) -> Reasons:
        assert self.machine is not None
        return Reasons(self._seen, self.machine, self._candidates, self._matrix)

    @cached_property
    def _installed(self) -> str | None:
        """The release that is there; of "torch 2.9", which names no patch release, the last one."""
        version: TorchVersion | None = self._facts.value("torch_version")
        if version is None or not version.release:
            return None
        published = {row.torch for row in candidates(self._seen.wheel_platform, self._matrix)}
        if version.public in published or not _MINOR.fullmatch(version.public):
            return version.public
        patches = (torch for torch in published if torch.startswith(f"{version.public}."))
        return max(patches, key=release_key, default=version.public)

    @cached_property
    def _candidates(self) -> list[TorchBuild]:
        machine = self.machine or self._seen
        return candidates(machine.wheel_platform, self._matrix)

    def _best(self, rows: Iterable[TorchBuild], *, native: bool) -> TorchBuild | None:
        """Of one release the newest CUDA that the driver serves in full; else the oldest that it serves at all."""
        assert self.machine is not None
        driver = self.machine.driver
        reports = driver.cuda if driver else self.machine.driver_reports
        upward = sorted(rows, key=_cuda)
        whole = [row for row in upward if reports and _cuda(row) <= reports]
        for row in (*sorted(whole, key=_cuda, reverse=True), *upward[len(whole) :]):
            if (not native or self._is_native(row)) and runs(row, self.machine, self._matrix):
                return row
        return None

    def _is_native(self, row: TorchBuild) -> bool:
        """Whether a build has machine code for every GPU here."""
        assert self.machine is not None
        return has_machine_code(build_of_row(row, self._matrix), self.machine.gpus or ())

    def _nearest(self, installed: str | None, *, native: bool) -> tuple[TorchBuild | None, str]:
        """Return the build of the release that is nearest to the *installed* one, and why that one."""
        releases = [
            (torch, list(rows)) for torch, rows in groupby(self._candidates, key=lambda r: r.torch)
        ]
        if installed is None:
            return self._nearest_to_unknown(releases, native=native)
        here = _key("".join(_FIGURES.findall(installed)[:1]))
        # behind an alpha or a nightly comes the release of the same number
        newer = [item for item in reversed(releases) if _key(item[0]) >= here]
        older = [item for item in releases if _key(item[0]) < here]
        up = self._gpu_is_newer
        for direction in (newer, older) if up else (older, newer):
            found = self._first(direction, native=native)
            if found is not None:
                return found, self._reasons.of(found, installed)
        return None, ""

    def _nearest_to_unknown(
        self, releases: list[tuple[str, list[TorchBuild]]], *, native: bool
    ) -> tuple[TorchBuild | None, str]:
        """Where nobody names the release: the oldest that knows a new GPU is nearest to any, else the newest."""
        if self._gpu_is_newer:
            found = self._first(reversed(releases), native=native)
            return found, self._reasons.first(found) if found else ""
        return self._first(releases, native=native), ""

    def _first(
        self, releases: Iterable[tuple[str, list[TorchBuild]]], *, native: bool
    ) -> TorchBuild | None:
        """Return the best build of the first release that has one; of its last patch release, where it has some."""
        ordered = list(releases)
        for torch, rows in ordered:
            found = self._best(rows, native=native)
            if found is None:
                continue
            minor = _key(torch)[:2]
            patches = [item for item in ordered if _key(item[0])[:2] == minor]
            newest = max(patches, key=lambda item: _key(item[0]))
            return self._best(newest[1], native=native) or found
        return None

    @property
    def _gpu_is_newer(self) -> bool:
        """Whether a GPU is newer than what the installed build, or what it warns of, has code for."""
        targets: tuple[SmTarget, ...] = self._facts.value("arch_list", ())
        installed = self._installed
        if not targets and installed:
            rows = (row for row in self._candidates if row.torch == installed)
            targets = tuple(SmTarget.parse(text) for row in rows for text in row.archs or ())
        gpus = self._seen.gpus or ()
        if self._lacking is not None and self.machine and all(map(is_unnamed, gpus)):
            targets, gpus = self._lacking, self.machine.gpus or ()
        own = [gpu.capability for gpu in gpus if gpu.capability]
        if not own:
            return False
        if targets:
            return max(own) > max(target.capability for target in targets)
        return installed is None and max(own) >= _NEW and not self._facts.is_absent("torch_version")

    def _conditions(self, row: TorchBuild) -> str:
        """Say for which GPUs and drivers a build serves, where these are not known."""
        parts = []
        if all(map(is_unnamed, self._seen.gpus or ())) and row.archs:
            parts.append(served(row, self._lacking))
        parts.append(likely.condition(self._seen, _cuda(row), self._matrix))
        serves = "".join(f", {part}" for part in (" and ".join(filter(None, parts)),) if part)
        return serves + beyond(row, self._seen.gpus or (), self._candidates, self._matrix)

    @property
    def _unnamed_gpu(self) -> GpuTraits | None:
        """A GPU that stands for any that the driver drives and the installed release has code for."""
        reports = self._seen.driver.cuda if self._seen.driver else self._seen.driver_reports
        if self._lacking is not None:
            return without_code(self._lacking, reports, self._matrix)
        return likely_gpu(self._installed, reports, self._matrix)


@cache
def _key(torch: str) -> tuple[int, ...]:
    try:
        return release_key(torch)
    except ValueError:
        return ()


def _cuda(row: TorchBuild) -> CudaVersion:
    return _parsed(row.cuda or "0.0")


@cache
def _parsed(cuda: str) -> CudaVersion:
    return CudaVersion.parse(cuda)


# The first capability that came after most of the builds that are still about.
_NEW = ComputeCapability(10, 0)
