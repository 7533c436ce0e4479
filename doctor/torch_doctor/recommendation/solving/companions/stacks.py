"""Companions that work beside one build of torch and beside each other: newest first, with the reason where none do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, permutations

from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.beside import KINDS, Clash, traits_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import torch_release
from torch_doctor.matrix.store import Matrix, receipt, worked_out_once
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.solving.companions.beginnings import older_might_do
from torch_doctor.recommendation.solving.companions.pins import agree, clash_of, with_pins
from torch_doctor.recommendation.solving.companions.releases import fit
from torch_doctor.recommendation.solving.companions.shelf import Fit, Release, shelf
from torch_doctor.recommendation.solving.offer import Offer, Rejection


class Stack(NamedTuple):
    """The releases beside one build, in the order in which they were asked for, or why there are none."""

    fits: tuple[Fit, ...] = ()
    reasons: tuple[Rejection, ...] = ()


def stack(
    companions: Sequence[WantedCompanion], offer: Offer, machines: Sequence[Machine], matrix: Matrix
) -> Stack:
    """Return the newest releases of *companions* that work beside *offer* and beside each other.

    Packages about which rules of naming alone are on record speak against no torch, and are in no stack.
    """
    asked = (tuple(companions), tuple(machines))
    known = _stacks(matrix)
    before = known.get(id(offer))
    if before is None or before[0] is not offer or before[1] != asked:
        before = known[id(offer)] = (offer, asked, _stack(companions, offer, machines, matrix))
    return before[2]


@worked_out_once
def _stacks(matrix: Matrix) -> dict[int, tuple[Offer, object, Stack]]:  # noqa: ARG001
    """Return the last stack beside each offer: a question asks for it before a plan is made, and when one is."""
    return {}


def _stack(
    companions: Sequence[WantedCompanion], offer: Offer, machines: Sequence[Machine], matrix: Matrix
) -> Stack:
    known = shelf(matrix)
    pinned = dict(offer.pins)
    wanted = [
        one
        for one in companions
        if known.releases(one).every or one.spec is not None or one.package in pinned
    ]
    found = [_Options(companion, offer, machines, matrix) for companion in wanted]
    reasons = [
        older_might_do(options.companion, offer, machines, matrix)
        or _reason(options.companion, options.against, offer, matrix)
        for options in found
        if next(iter(options), None) is None
    ]
    if reasons:
        return Stack(reasons=tuple(reasons))
    chosen = next(_combinations(found), None)
    if chosen is None:
        return Stack(reasons=(_apart([next(iter(options)) for options in found], offer),))
    more = _asked_along(chosen, companions, matrix)
    if more:
        return _stack((*companions, *more), offer, machines, matrix)
    doubt = _over_each_other(chosen, offer, matrix) or _pins_off_record(chosen, offer, matrix)
    return Stack(reasons=(doubt,)) if doubt else Stack(chosen)


def _asked_along(
    chosen: Sequence[Fit], companions: Sequence[WantedCompanion], matrix: Matrix
) -> tuple[WantedCompanion, ...]:
    """Return the packages with GPU code that *chosen* ask for by a range: one release of each is chosen, too.

    An installer takes the newest of the range, which need not be one that works beside torch.
    """
    names = {one.package for one in companions}
    found: dict[str, WantedCompanion] = {}
    for fit_ in chosen:
        asker = traits_of(fit_.release.package, matrix)
        for name, spec in fit_.pins if asker is None or not asker.pins_more else ():
            traits = None if spec[:1].isdigit() or name in names else traits_of(name, matrix)
            if traits is None or traits.on_torch_index == "every":
                continue  # torch's own family follows torch
            if traits.without_runtime != "degrades":
                found[name] = WantedCompanion(name, None)
    return tuple(found.values())


def _over_each_other(chosen: Sequence[Fit], offer: Offer, matrix: Matrix) -> Rejection | None:
    """What one package pins may write the files of another that was chosen; another release of either might not."""
    rows = {row.package: row for row in matrix.same_files} if len(chosen) > 1 else {}
    for one, other in permutations(chosen, 2):
        have = rows.get(other.release.package)
        for row in (rows[name] for name, _ in one.pins if name in rows):
            if have is None or row.package == have.package or row.files != have.files:
                continue
            brief = (
                f"{one.release.name} pins {row.package}, which writes the same files as "
                f"{other.release.name} ({row.files}): whether other releases do is not on record"
            )
            message = f"torch {offer.torch}+{offer.variant}: {brief}"
            because = (*one.because, receipt("same_files", row), receipt("same_files", have))
            return Rejection("companion-missing", message, because, brief, decided=False)
    return None


def _pins_off_record(chosen: Sequence[Fit], offer: Offer, matrix: Matrix) -> Rejection | None:
    """Two packages that pin dozens of others exactly: the rows hold a part of these pins alone."""
    many = [
        fit
        for fit in chosen
        if (traits := traits_of(fit.release.package, matrix)) is not None and traits.pins_more
    ]
    if len(many) < 2:
        return None
    names = listing([fit.release.name for fit in many])
    brief = f"whether all that {names} pin goes together is not on record: ask a resolver"
    because = tuple(receipt for fit in many for receipt in fit.because)
    message = f"torch {offer.torch}+{offer.variant}: {brief}"
    return Rejection("companion-missing", message, because, brief, decided=False)


class _Options:
    """The releases of one companion that work beside a build, newest first, each looked at when it is asked for."""

    def __init__(
        self, companion: WantedCompanion, offer: Offer, machines: Sequence[Machine], matrix: Matrix
    ) -> None:
        self.companion = companion
        self.known = shelf(matrix).releases(WantedCompanion(companion.package, None))
        self.against: list[Clash] = []
        self._fits: list[Fit] = []
        self._rest = _fitting(companion, offer, machines, matrix)

    def __iter__(self) -> Iterator[Fit]:
        yield from self._fits
        for found in self._rest:
            if isinstance(found, Fit):
                self._fits.append(found)
                yield found
            else:
                self.against.append(found)


def _fitting(
    companion: WantedCompanion, offer: Offer, machines: Sequence[Machine], matrix: Matrix
) -> Iterator[Fit | Clash]:
    known = shelf(matrix).releases(companion)
    if not shelf(matrix).releases(WantedCompanion(companion.package, None)).every:
        yield _of_torch(companion, offer)
    doubted = False  # whether the newest release is in doubt, and nothing certain stands against it
    open_ones = []
    for release in known.paired(offer.torch):
        doubt = shelf(matrix).unsure_of(release, offer.torch)
        # An old release that leaves the torch open is not what a newer one with a pin is refused for.
        if doubt and release is not known.every[0] and not doubted:
            open_ones.append(release)
            continue
        found = fit(release, offer, machines, matrix)
        if isinstance(found, Fit):
            found = with_pins(found, offer, machines, matrix)
        if doubt:
            doubted = isinstance(found, Clash)
            if isinstance(found, Fit):
                message = f"{doubt} is not on record"
                found = Clash("companion-unknown", message, shelf(matrix).because(release))
        yield found
    yield from _perhaps(open_ones, offer, machines, matrix)


def _perhaps(
    releases: Sequence[Release], offer: Offer, machines: Sequence[Machine], matrix: Matrix
) -> Iterator[Clash]:
    """Yield the newest of releases that leave the torch open where nothing but that stands against it.

    What was out before the torch was is no way to have the two.
    """
    out = torch_release(matrix, offer.torch)
    for release in releases:
        if out is None or (release.released or "") < (out.released or "9"):
            continue
        found = fit(release, offer, machines, matrix)
        if isinstance(found, Fit):
            found = with_pins(found, offer, machines, matrix)
        if isinstance(found, Fit):
            doubt = shelf(matrix).unsure_of(release, offer.torch)
            because = shelf(matrix).because(release)
            yield Clash("companion-unknown", f"{doubt} is not on record", because)
            return


def _of_torch(companion: WantedCompanion, offer: Offer) -> Fit | Clash:
    """A package of which nothing is on record but that builds of torch pin it."""
    package, spec = companion
    version = dict(offer.pins).get(package)
    if version is None:
        what = f"which {package} {offer.label} goes with is not on record"
        return Clash("companion-unknown", what, offer.because)
    if spec is not None and not spec.allows(version):
        return Clash("companion-pin", f"torch pins {package} {version}", offer.because)
    release = Release(package, version, (), None, ())
    return Fit(release, "default", offer.python_tags or (), (), (), offer.because)


def _combinations(
    options: Sequence[_Options], before: tuple[Fit, ...] = ()
) -> Iterator[tuple[Fit, ...]]:
    """Yield what goes together, the newest of the first package first."""
    if not options:
        yield before
        return
    for one in chain(_pinned_off_record(options[0], before), options[0]):
        if all(agree(one, other) for other in before):
            yield from _combinations(options[1:], (*before, one))


def _pinned_off_record(options: _Options, before: Sequence[Fit]) -> Iterator[Fit]:
    """Yield the one release that another package pins where it is not on record: an installer takes it all the same."""
    companion = options.companion
    for one in before:
        version = dict(one.pins).get(companion.package, "")
        if not version[:1].isdigit() or options.known.named(version) is not None:
            continue
        if companion.spec is not None and not companion.spec.allows(version):
            continue
        name = f"{companion.package} {version}"
        release = Release(companion.package, version, (), None, ())
        note = f"{one.release.name} pins {name}, which is not on record by itself"
        yield Fit(release, "default", one.python, (), (note,), one.because)


def _reason(
    companion: WantedCompanion, against: Sequence[Clash], offer: Offer, matrix: Matrix
) -> Rejection:
    """Say what stands against the release that comes nearest; where there is none, which torch the newest goes with."""
    wanted = f"{companion.package} {companion.spec.text}" if companion.spec else companion.package
    label = f"torch {offer.torch}+{offer.variant}"
    if against:
        nearest = max(against, key=_stage)
        decided = not any(clash.kind == "companion-unknown" for clash in against)
        message = f"{label}: {nearest.message}"
        return Rejection("companion-missing", message, nearest.because, nearest.message, decided)
    newest = next(iter(shelf(matrix).releases(companion).every), None)
    needs = f": {newest.version} needs torch {' and '.join(newest.torch)}" if newest else ""
    because = shelf(matrix).because(newest) if newest else offer.because
    brief = f"no {wanted} on record goes with it{needs}"
    message = f"no {wanted} on record goes with torch {offer.torch}{needs}"
    return Rejection("companion-torch-missing", message, because, brief)


def _stage(clash: Clash) -> int:
    return KINDS.index(clash.kind) if clash.kind in KINDS else -1


def _apart(firsts: Sequence[Fit], offer: Offer) -> Rejection:
    """Each has a release beside this torch, but what they pin refuses the others."""
    for one, other in combinations(firsts, 2):
        brief = clash_of(one, other)
        if brief:
            message = f"torch {offer.torch}+{offer.variant}: {brief}"
            return Rejection("companion-missing", message, (*one.because, *other.because), brief)
    names = " and ".join(fit.release.package for fit in firsts)
    brief = f"no releases of {names} on record go together beside it"
    return Rejection("companion-missing", f"torch {offer.torch}: {brief}", offer.because, brief)
