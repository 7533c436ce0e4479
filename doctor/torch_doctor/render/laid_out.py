"""JSON as text, laid out by hand: the standard library has no C for an indent, and takes thrice as long.

The outcomes of all rules are more than half of a report and are all of one form, so they are written straight away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from json.encoder import encode_basestring_ascii as _text

from torch_doctor.core.report import Missing, Outcome
from torch_doctor.core.startup import Any

_WORDS = {None: "null", True: "true", False: "false"}
_Gap = tuple[str, str, str]  # the fact, the reason, the detail


class JsonText(str):
    """JSON that was written already, for one key of a document that ``dump`` writes with the same indent."""

    __slots__ = ()


def dump(value: Any, *, indent: int | None = 2) -> str:
    """Return a JSON document in ASCII, ended by a newline; raise ValueError for what JSON cannot say."""
    if not isinstance(value, dict) or not value:
        return (compact(value) if indent is None else _laid_out(value, "\n", " " * indent)) + "\n"
    opened, comma, closed = _signs(0, indent)
    if indent is None:
        items = [
            f"{_text(k)}: {v if type(v) is JsonText else compact(v)}" for k, v in value.items()
        ]
    else:
        items = [f"{_text(k)}: {_laid_out(v, opened, ' ' * indent)}" for k, v in value.items()]
    return "{" + opened + comma.join(items) + closed + "}\n"


def compact(value: Any) -> str:
    """Return one value on one line."""
    return json.dumps(value, allow_nan=False)


def outcomes(judged: Iterable[Outcome], indent: int | None) -> JsonText:
    """Return what became of the rules, for the key of a document."""
    opened, comma, closed = _signs(1, indent)
    texts = [
        _outcome((*one[:3], (), "", ""), indent)
        if not (one.missing or one.error or one.detail)
        else _outcome((*one[:3], _gaps(one.missing), one.error, one.detail), indent)
        for one in judged
    ]
    return JsonText("[" + opened + comma.join(texts) + closed + "]" if texts else "[]")


def _gaps(missing: Iterable[Missing]) -> tuple[_Gap, ...]:
    return tuple((fact, why.reason.value, why.detail) for fact, why in missing)


@cache
def _signs(depth: int, indent: int | None) -> tuple[str, str, str]:
    """Return what stands behind the bracket that opens a value at *depth*, between its items, and before its end."""
    if indent is None:
        return "", ", ", ""
    inner = "\n" + " " * (indent * (depth + 1))
    return inner, f",{inner}", "\n" + " " * (indent * depth)


@cache
def _outcome(fields: tuple[str, str, str, tuple[_Gap, ...], str, str], indent: int | None) -> str:
    code, name, status, missing, error, detail = fields
    opened, comma, closed = _signs(2, indent)
    return (
        f'{{{opened}"code": {_text(code)}{comma}"name": {_text(name)}{comma}"status": {_text(status)}'
        f'{comma}"missing": {_missing(missing, indent)}{comma}"error": {_text(error)}'
        f'{comma}"detail": {_text(detail)}{closed}}}'
    )


@cache
def _missing(gaps: tuple[_Gap, ...], indent: int | None) -> str:
    if not gaps:
        return "[]"
    opened, comma, closed = _signs(3, indent)
    begin, between, end = _signs(4, indent)
    texts = [
        f'{{{begin}"fact": {_text(fact)}{between}"reason": {_text(reason)}'
        f'{between}"detail": {_text(detail)}{end}}}'
        for fact, reason, detail in gaps
    ]
    return "[" + opened + comma.join(texts) + closed + "]"


def _laid_out(value: Any, newline: str, step: str) -> str:
    """Return *value* as ``json.dumps`` does with an indent."""
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind is JsonText:
        return str(value)
    if value is None or kind is bool:
        return _WORDS[value]
    if isinstance(value, dict) and value:
        inner = newline + step
        items = [f"{_text(key)}: {_laid_out(one, inner, step)}" for key, one in value.items()]
        return "{" + inner + f",{inner}".join(items) + newline + "}"
    if isinstance(value, (list, tuple)) and value:
        inner = newline + step
        items = [_laid_out(one, inner, step) for one in value]
        return "[" + inner + f",{inner}".join(items) + newline + "]"
    return _text(value) if isinstance(value, str) else compact(value)
