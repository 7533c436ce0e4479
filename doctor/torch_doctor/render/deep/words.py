"""Measurements in words: rates, shares, verdicts, what changed, and how GPUs are joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch_doctor.core.records import DeepResult, GpuLink
from torch_doctor.core.report import Measure, MeasureChange, Report
from torch_doctor.core.tuples import NamedTuple

FULL, EMPTY = "█", "░"
TOGETHER = "All GPUs"
_VERDICTS = {
    "behind": "behind its peers",
    "busy": "not judged: busy",
    "memory": "no room",
}
# The state whose mark and colour a verdict has.
_STATES = {
    "ok": "ok",
    "slow": "warning",
    "behind": "warning",
    "busy": "unknown",
    "memory": "unknown",
    "skipped": "absent",
}
_CHANGED = {"same": "ok", "faster": "note", "better": "note", "new": "absent"}
_LANES = {
    "PIX": "one PCIe switch",
    "PXB": "several PCIe switches",
    "PHB": "the host bridge",
    "NODE": "one NUMA node",
    "SYS": "between processors",
    "direct": "copied directly",
    "host": "copied through the host",
}


class MeasuredAt(NamedTuple):
    """Where stages ran: one GPU, or all of them together (*gpu* None)."""

    gpu: int | None
    title: str
    measures: tuple[Measure, ...]


def places(report: Report) -> tuple[MeasuredAt, ...]:
    """Return what was measured, GPU by GPU, and what all did together last."""
    found: dict[int | None, list[Measure]] = {}
    for measure in report.measured:
        found.setdefault(measure.gpu, []).append(measure)
    order = sorted(gpu for gpu in found if gpu is not None) + [None] * (None in found)
    return tuple(MeasuredAt(gpu, _title(gpu, found[gpu]), tuple(found[gpu])) for gpu in order)


def _title(gpu: int | None, measures: Sequence[Measure]) -> str:
    if gpu is None:
        return TOGETHER
    name = next((one.name for one in measures if one.name), None)
    return f"GPU {gpu}, {name}" if name else f"GPU {gpu}"


def rate(value: float | None, unit: str | None) -> str:
    """Return ``725 TFLOP/s``: three figures, and never a power of ten."""
    if value is None:
        return ""
    whole = value >= 100 or value == int(value)
    digits = 0 if whole else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit or ''}".rstrip()


def share(measure: Measure) -> str:
    """Return ``73 %``, or nothing where nothing says what should be reached."""
    return "" if measure.share is None else f"{100 * measure.share:.0f} %"


def bar(part: float | None, width: int) -> str:
    """Return a bar of *width* columns; nothing for nothing."""
    if part is None:
        return ""
    full = max(0, min(width, round(part * width)))
    return FULL * full + EMPTY * (width - full)


def verdict(measure: Measure) -> str:
    """Return the verdict on one stage, with why the clocks were held down where it is slow."""
    words = _VERDICTS.get(measure.verdict, measure.verdict)
    if measure.verdict in ("slow", "behind") and measure.reasons:
        words += f" ({', '.join(measure.reasons)})"
    return words


def state(measure: Measure) -> str:
    """Return the state of a verdict: ok, warning, error, unknown or absent."""
    return _STATES.get(measure.verdict, "error")


def state_of_change(change: MeasureChange) -> str:
    """Return the state of what changed."""
    return _CHANGED.get(change.verdict, "error" if change.verdict == "worse" else "warning")


def moved(change: MeasureChange) -> str:
    """Return ``-12 %``, of the time for what is measured in seconds; nothing where there are no two values."""
    if not change.before or change.now is None:
        return ""
    percent = 100 * (change.now / change.before - 1)
    return f"{percent:+.0f} %"


def links(results: Iterable[DeepResult]) -> tuple[GpuLink, ...]:
    """Return how GPUs are joined: what the driver says of each pair, and the rate where one was measured."""
    ways: dict[tuple[int, int], GpuLink] = {}
    for result in results:
        for link in result.links:
            pair = (min(link.a, link.b), max(link.a, link.b))
            known = ways.get(pair)
            way = known.way if known and result.stage != "topology" else link.way
            rates = [one for one in (known and known.rate, link.rate) if one]
            ways[pair] = GpuLink(*pair, way, max(rates, default=None))
    return tuple(ways[pair] for pair in sorted(ways))


def by_nvlink(link: GpuLink) -> bool:
    """Whether a pair is joined by NVLink."""
    return link.way.startswith("NV")


def way(link: GpuLink) -> str:
    """Return how a pair is joined, in words."""
    if by_nvlink(link):
        return f"{link.way.removeprefix('NV')} NVLinks"
    return _LANES.get(link.way, link.way)
