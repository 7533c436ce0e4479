"""What the deep check measured beside what it should be, and beside what it was: by the thresholds of its rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from torch_doctor.core.fact import Facts
from torch_doctor.core.records import DeepResult
from torch_doctor.core.report import Compared, Measure, MeasureChange
from torch_doctor.matrix.rates import rate_of
from torch_doctor.matrix.store import Matrix, row_key
from torch_doctor.rules.deep._reading import (
    LINK_SHARE,
    MEMORY_SHARE,
    behind_peers,
    names_of,
    share_expected,
)

# How far a rate may move between two looks at a healthy host before it counts (docs/deep.md says why).
ALLOWED, ALLOWED_OF_HOST = 0.10, 0.25
# What goes through processors, disks or other processes varies with what these do.
_OF_HOST = ("host-", "device-to-host", "p2p", "nccl", "workers", "compile", "model-")
_SECONDS = "s"


def measures(facts: Facts, matrix: Matrix) -> tuple[Measure, ...]:
    """Return what was measured, in the order in which it was; nothing where nothing was."""
    results: tuple[DeepResult, ...] = facts.value("deep_results", ())
    names = names_of(facts.value("kernel_results", ()))
    behind = {id(result) for result, _ in behind_peers(results, names)}
    return tuple(_measure(one, names, matrix, behind=id(one) in behind) for one in results)


def _measure(
    result: DeepResult, names: Mapping[int, str], matrix: Matrix, *, behind: bool
) -> Measure:
    name = None if result.gpu is None else names.get(result.gpu)
    kind = "memory" if result.stage == "copy" else result.stage.removeprefix("matmul-")
    row = rate_of(matrix, name, kind) if kind != result.stage else None
    of = "link" if result.unit == "GB/s" else "all"
    most, least = result.limit, None
    if row is not None:
        most, of = float(row.peak), "data sheet"
        least = MEMORY_SHARE if kind == "memory" else share_expected(result)
    elif result.unit == "GB/s" and result.limit:
        least = LINK_SHARE
    return Measure(
        result.stage,
        result.gpu,
        name,
        _verdict(result, most, least, behind=behind),
        result.seconds,
        result.value,
        result.unit,
        most,
        of if most else None,
        least,
        row and row_key("gpu_rates", row),
        result.error or result.detail,
        result.throttle_reasons,
    )


def _verdict(result: DeepResult, most: float | None, least: float | None, *, behind: bool) -> str:
    if result.status != "ok":
        return result.status
    if result.value is not None and result.busy:
        return "busy"
    if result.value is None or least is None or most is None:
        return "ok"
    if result.value < least * most:
        return "slow"
    return "behind" if behind else "ok"


def compared(
    now: Iterable[Measure], before: Iterable[Measure], name: str, wanted: tuple[str, ...] = ()
) -> Compared:
    """Return every stage of both looks; of stages that were not *wanted* this time nothing is said."""
    old = {(one.stage, one.gpu): one for one in before}
    new = {(one.stage, one.gpu): one for one in now}
    places = [place for place in dict.fromkeys((*old, *new)) if place in new or not wanted]
    return Compared(name, tuple(_changes(places, old, new)))


_Looks = Mapping["tuple[str, int | None]", Measure]


def _changes(
    places: Iterable[tuple[str, int | None]], old: _Looks, new: _Looks
) -> Iterator[MeasureChange]:
    for stage, gpu in places:
        then, now = old.get((stage, gpu)), new.get((stage, gpu))
        allowed = ALLOWED_OF_HOST if stage.startswith(_OF_HOST) else ALLOWED
        values = (then and then.value, now and now.value)
        unit = (now and now.unit) or (then and then.unit)
        verdict, words = _change(then, now, allowed)
        yield MeasureChange(stage, gpu, verdict, *values, unit, allowed, words)


def _change(then: Measure | None, now: Measure | None, allowed: float) -> tuple[str, str]:
    if now is None:
        return "gone", f"it was {then.verdict if then else 'there'}, and was not run"
    if then is None:
        return "new", ""
    if then.name != now.name:
        return "new", f"it was {then.name or 'another GPU'}"
    good = [one.verdict in _RAN for one in (then, now)]
    if good != [True, True]:
        words = f"{then.verdict}, now {now.verdict}"
        verdict = "same" if then.verdict == now.verdict else _TURN.get((good[0], good[1]), "same")
        if "skipped" in (then.verdict, now.verdict):  # nobody failed there
            verdict = "worse" if now.verdict not in (*_RAN, "skipped") else "same"
        return verdict, "" if then.verdict == now.verdict else words
    if "busy" in (then.verdict, now.verdict):
        return "same", "another program was computing"
    if not then.value or not now.value or then.unit != now.unit:
        return "same", ""
    ratio = then.value / now.value if now.unit == _SECONDS else now.value / then.value
    if ratio < 1 - allowed:
        return "slower", ""
    return ("faster" if ratio > 1 / (1 - allowed) else "same"), ""


_RAN = ("ok", "slow", "behind", "busy")
_TURN = {(True, False): "worse", (False, True): "better"}
