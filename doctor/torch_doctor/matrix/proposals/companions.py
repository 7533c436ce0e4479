"""Rows for builds of companions that are not on record, as YAML to be reviewed and added by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.matrix.measured.companions import MEASURED, MeasuredBuild
from torch_doctor.matrix.proposals.rows import Addition, quoted

_PLAIN = ("package", "platform", "abi", "extra")
# What a row leaves out where it is empty; elsewhere empty says "none" and nothing at all "not measured".
_NO_ROW = ("python_tags", "pins", "pins_on", "cudas")


def proposed_builds(found: Iterable[MeasuredBuild], day: str) -> str:
    """Return rows, one a line, in the order given; *day* is when they were read."""
    rows = [_row(item) for item in found]
    if not rows:
        return ""
    head = [f"defaults: {{checked: {day}, how: binary}}", "", "companion_builds:"]
    return "\n".join((*head, *rows)) + "\n"


def companion_additions(found: Iterable[MeasuredBuild]) -> Iterator[Addition]:
    """Yield the same rows one by one, for the files that hold them."""
    for item in found:
        line = _row(item)
        if item.needs is not None:
            body, _, rest = line.rpartition("}")
            line = f"{body}, how: binary}}{rest}"
        yield Addition(f"companion_builds/{item.package}.yaml", "companion_builds", (line,))


def _row(item: MeasuredBuild) -> str:
    cells = [f"{name}: {text}" for name, text in _cells(item)]
    cells.append(f'source: "pypi:{item.package}=={item.version}"')
    if item.needs is None:
        cells.append("how: metadata")
    unread = dict(item.unread).get("needs")
    return f"  - {{{', '.join(cells)}}}" + (f"  # {one_line(unread)}" if unread else "")


def _cells(item: MeasuredBuild) -> Iterator[tuple[str, str]]:
    for name in MEASURED:
        value = getattr(item, name)
        if value is not None and not (name in _NO_ROW and not value):
            yield name, _written(name, value)


def _written(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if name in ("pins", "pins_on", "cudas"):
        keys = quoted if name == "cudas" else str
        return "{" + ", ".join(f"{keys(key)}: {quoted(text)}" for key, text in value) + "}"
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value) if name in _PLAIN else quoted(value)
