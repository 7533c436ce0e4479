"""From the lines of the deep check to results. The child may lie: what does not fit is left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from torch_doctor.core.records import DeepResult, GpuLink
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, visible
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.driver.nvml_gpus import throttle_words

STATUSES = ("ok", "wrong", "failed", "memory", "hung", "crashed", "skipped")
# What only says that the child got going; it is no result of its own, unless it failed.
_SILENT = ("import", "init")


class DeepOutput(NamedTuple):
    """What one child told. *cut* is the stage that it was in when it ended; *ended* says that it came to its end."""

    results: tuple[DeepResult, ...]
    cut: tuple[str, int | None] | None
    ended: bool


def read_results(lines: Iterable[Mapping[str, Any]]) -> DeepOutput:
    """Read the lines of one child."""
    results: list[DeepResult] = []
    begun: tuple[str, int | None] | None = None
    ended = False
    for line in lines:
        if isinstance(line.get("begin"), str):
            begun = one_line(line["begin"], 40), _index(line.get("gpu"))
            continue
        ended = ended or line.get("end") is True
        result = result_of(line)
        if result is not None:
            begun = None
            if result.stage not in _SILENT or result.status != "ok":
                results.append(result)
    return DeepOutput(tuple(results), None if ended else begun, ended)


def result_of(line: Mapping[str, Any]) -> DeepResult | None:
    """Read the line of a finished stage, or return None where it is something else."""
    stage, status, seconds = line.get("stage"), line.get("status"), _number(line.get("seconds"))
    if not isinstance(stage, str) or status not in STATUSES or seconds is None:
        return None
    value, busy = _number(line.get("value")), line.get("busy")
    return DeepResult(
        one_line(stage, 40),
        str(status),
        seconds,
        _index(line.get("gpu")),
        value,
        _text(line.get("unit"), 20) if value is not None else None,
        _number(line.get("limit")),
        visible(line["error"], 4000) if isinstance(line.get("error"), str) else None,
        _detail(line),
        throttle_words(line.get("throttle")),
        busy if isinstance(busy, bool) else None,
        tuple(_links(line.get("links"))),
    )


def _links(raw: object) -> Iterator[GpuLink]:
    """Yield the pairs of GPUs of a line, with how they are joined."""
    for one in raw if isinstance(raw, list) else ():
        if not isinstance(one, dict):
            continue
        a, b, way = _index(one.get("a")), _index(one.get("b")), _text(one.get("way"), 20)
        if a is not None and b is not None and a != b and way:
            yield GpuLink(a, b, way, _number(one.get("rate")))


def _detail(line: Mapping[str, Any]) -> str | None:
    """Return the words of a result, with the link and the state of the GPU while it worked."""
    parts = [_text(line.get("detail"), 400), _text(line.get("link"), 100)]
    clock, most = _index(line.get("clock_mhz")), _index(line.get("most_mhz"))
    if clock and most:
        parts.append(f"SM clock {clock} of {most} MHz")
    if power := _index(line.get("power_mw")):
        parts.append(f"{power / 1000:.0f} W")
    return "; ".join(part for part in parts if part) or None


def _text(raw: object, limit: int) -> str | None:
    return one_line(raw, limit) if isinstance(raw, str) else None


def _number(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw):
        return None
    return float(raw)


def _index(raw: object) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0 else None
