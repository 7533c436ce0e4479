"""Why another release is proposed, in words that the law bears out for every release that they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from torch_doctor.core.judgement import Status
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.builds import likely
from torch_doctor.fixes.drivers import is_unnamed
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.search import PUBLISHED, runs
from torch_doctor.matrix.law.support_end import may_cover, may_have_machine_code
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

_KNOWN = "which is known to serve"


class _Ground(NamedTuple):
    """What is held against releases: a machine, and what of it is *named* in words."""

    machine: Machine
    named: tuple[str, ...]

    @property
    def words(self) -> str:
        """What a release serves: "this driver and GPU"."""
        return f"this {listing(self.named)}" if self.named else "such a machine"


class Reasons:
    """Why one of *rows* is proposed for a host.

    *reckoned* is the machine that builds were tried on, *seen* what is known of it.
    """

    def __init__(
        self, seen: Machine, reckoned: Machine, rows: Sequence[TorchBuild], matrix: Matrix
    ) -> None:
        self._seen = seen
        self._reckoned = reckoned
        self._rows = rows
        self._matrix = matrix

    def of(self, found: TorchBuild, installed: str) -> str:
        """Say why *found* takes the place of the release that is *installed*."""
        own = [row for row in self._rows if row.torch == installed]
        listed = any(row.version == installed for row in self._matrix.torch_releases)
        for ground in self._grounds if listed else ():
            if self._all_refuse(own, ground.machine):
                place = self._place(found, installed, ground.machine)
                return f", {place} {ground.words} (no build of {installed} does)"
        ground = self._grounds[-1]
        return f", {_KNOWN} {ground.words}{self._aside(installed, own, ground.machine)}"

    def _aside(self, installed: str, own: Sequence[TorchBuild], machine: Machine) -> str:
        """Say what speaks against the builds of the release that is *installed*, its *own*, where one may serve."""
        by_ptx = next((row for row in own if runs(row, self._reckoned, self._matrix)), None)
        if by_ptx is not None:
            return f" with machine code ({by_ptx.torch}+{by_ptx.variant} has PTX alone for it)"
        if any(runs(row, machine, self._matrix) for row in own):
            return f" (those of {installed} ask for a newer driver)"
        return f" (whether a build of {installed} does is not known)"

    def first(self, found: TorchBuild) -> str:
        """Say why *found* is proposed to who has a new GPU and names no release."""
        newer = (row for row in self._rows if row.cuda == found.cuda and _after(row, found))
        published = [row for row in newer if row.status == PUBLISHED]
        every = all(runs(row, self._reckoned, self._matrix) for row in published)
        aside = " (any newer one for this CUDA serves it)" if every and published else ""
        gpus = self._grounds[-1].machine.gpus or ()
        minor = release_key(found.torch)[:2]
        before = (row for row in self._rows if release_key(row.torch)[:2] < minor)
        if not gpus or any(may_have_machine_code(row, gpus, self._matrix) for row in before):
            return f", {_KNOWN} {self._grounds[-1].words}{aside}"
        return f", since {_number(minor)} is the first release with machine code for the {_word(gpus)}{aside}"

    @cached_property
    def _grounds(self) -> tuple[_Ground, ...]:
        """The driver and the GPUs that are known; then the Python and the C library beside them."""
        gpus = tuple(gpu._replace(ran=None) for gpu in self._seen.gpus or () if not is_unnamed(gpu))
        whole = self._reckoned._replace(gpus=gpus)
        unknown = likely.is_unknown(self._seen)
        if unknown:  # what the newest driver does not serve, none does
            whole = whole._replace(driver=likely.newest(gpus, self._matrix))
        named: tuple[str, ...] = () if unknown else ("driver",)
        named += (_word(gpus),) if gpus else ()
        python = ("Python",) if whole.python_tag else ()
        library = ("C library",) if whole.glibc else ()
        bare = _Ground(whole._replace(python_tag=None, glibc=None), named)
        grounds = (bare, _Ground(whole, (*named, *python, *library)))
        return grounds if python or library else (bare,)

    def _place(self, found: TorchBuild, installed: str, machine: Machine) -> str:
        """Say which place *found* has among the releases that serve."""
        after = [row for row in self._rows if _after(row, found)]
        if release_key(found.torch) < release_key(installed):
            between = [row for row in after if release_key(row.torch) < release_key(installed)]
            if self._all_refuse(after, machine):
                return "the last release that serves"
            before = f"the last release before {installed} that serves"
            return before if self._all_refuse(between, machine) else _KNOWN
        own, minor = release_key(installed), release_key(found.torch)[:2]
        between = [row for row in self._rows if own < release_key(row.torch) and _after(found, row)]
        earlier = (row for row in between if release_key(row.torch)[:2] != minor)
        if self._all_refuse(between, machine):
            return "the next release that serves"
        if own[:2] != minor and self._all_refuse(earlier, machine):
            return f"since {_number(minor)} is the next release that serves"
        return _KNOWN

    def _all_refuse(self, rows: Iterable[TorchBuild], machine: Machine) -> bool:
        return all(self._refuses(row, machine) for row in rows)

    def _refuses(self, row: TorchBuild, machine: Machine) -> bool:
        """Whether a build is known not to run: what is not known of it may serve."""
        judgement = judge(machine, build_of_row(row, self._matrix))
        gpus = machine.gpus or ()
        return judgement.status is Status.UNSUPPORTED or not all(
            may_cover(row, gpu, self._matrix) for gpu in gpus
        )


def _number(minor: tuple[int, ...]) -> str:
    return ".".join(map(str, minor))


def _word(gpus: Sequence[GpuTraits]) -> str:
    return "GPU" if len({gpu.name for gpu in gpus}) == 1 else "GPUs"


def _after(row: TorchBuild, other: TorchBuild) -> bool:
    return release_key(row.torch) > release_key(other.torch)
