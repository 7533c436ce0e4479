"""What a change brings: problems that are new, those that are mended, and what became of the least drivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.core.version import DriverRelease
    from torch_doctor.linter.evaluate.drivers import LeastDriver
    from torch_doctor.linter.record import Flaw


class DriverChange(NamedTuple):
    """Where an environment needs another driver than before; None where it was not there, or where it is unknown."""

    before: LeastDriver | None
    now: LeastDriver | None


class Since(NamedTuple):
    """A comparison with *revision*: what was *kept* is as it was before. *least* is of all files, before and now."""

    revision: str
    kept: tuple[Flaw, ...]
    mended: tuple[Flaw, ...]
    drivers: tuple[DriverChange, ...]
    least: tuple[DriverRelease | None, DriverRelease | None]

    @property
    def raises(self) -> bool:
        """Whether the files need a newer driver than before."""
        before, now = self.least
        return before is not None and now is not None and now > before


def compared(
    before: tuple[Flaw, ...], now: tuple[Flaw, ...], accepted: tuple[Flaw, ...]
) -> tuple[tuple[Flaw, ...], tuple[Flaw, ...], tuple[Flaw, ...]]:
    """Return what is new, what was kept and what is mended. Lines move, texts change a little, files are renamed.

    So a problem is looked for by its file and its line's text, then by its file, then by its text in any file.
    """
    left, new = list(before), list(now)
    kept: list[Flaw] = []
    keys: tuple[Callable[[Flaw], object], ...] = (
        lambda flaw: (flaw.problem, flaw.spot.file, flaw.text.strip()),
        lambda flaw: (flaw.problem, flaw.spot.file),
        lambda flaw: (flaw.problem, flaw.text.strip()),
    )
    for key in keys:
        new, left = _paired(new, left, key, kept)
    still = {(flaw.problem, flaw.spot.file) for flaw in accepted}
    mended = (flaw for flaw in left if (flaw.problem, flaw.spot.file) not in still)
    return tuple(new), tuple(kept), tuple(mended)


def _paired(
    new: list[Flaw], left: list[Flaw], key: Callable[[Flaw], object], kept: list[Flaw]
) -> tuple[list[Flaw], list[Flaw]]:
    """Move what both lists have into *kept*, and return what is left of both."""
    waiting: dict[object, list[Flaw]] = {}
    for flaw in left:
        waiting.setdefault(key(flaw), []).append(flaw)
    unmet = []
    for flaw in new:
        same = waiting.get(key(flaw))
        if same:
            same.pop(0)
            kept.append(flaw)
        else:
            unmet.append(flaw)
    return unmet, [flaw for flaws in waiting.values() for flaw in flaws]


def driver_changes(
    before: Mapping[tuple[str, str], LeastDriver], now: Mapping[tuple[str, str], LeastDriver]
) -> tuple[DriverChange, ...]:
    """Return where the least driver is another one, in the order of files."""
    found = [DriverChange(before.get(key), now.get(key)) for key in sorted({*before, *now})]
    return tuple(one for one in found if _release(one.before) != _release(one.now))


def _release(one: LeastDriver | None) -> object:
    return one.release if one is not None else ""


def highest(found: Iterable[LeastDriver]) -> DriverRelease | None:
    """Return the driver on which all of it runs; None where nothing needs one."""
    return max((one.release for one in found if one.release is not None), default=None)
