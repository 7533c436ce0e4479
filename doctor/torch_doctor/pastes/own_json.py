"""Our own JSON: a report or a facts file becomes the facts it holds, alone or inside a paste."""

from __future__ import annotations

import json

from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import facts_from_json
from torch_doctor.core.fact import Fact, Facts
from torch_doctor.core.startup import Any

_DEEPEST_START = 64
_MOST_READINGS = 3  # of the whole text: documents can begin inside of others that have no end


def read(text: str) -> Facts | None:
    """Return the facts of the first JSON document of ours in *text*; None where there is none.

    A fact that this version cannot read is left out: the others still stand.
    """
    if '"source"' not in text and '"facts"' not in text:
        return None
    read = 0
    for start in _starts(text):
        try:
            document, _ = json.JSONDecoder().raw_decode(text, start)
        except RecursionError:
            return None  # nothing of ours nests so deep
        except ValueError as error:
            read += getattr(error, "pos", len(text)) - start
            if read > _MOST_READINGS * len(text):
                return None
            continue
        facts = _facts(document)
        if facts is not None:
            return facts
    return None


def _starts(text: str) -> list[int]:
    """Return where a document may start: at the start of the text, or of a line that is a brace."""
    stripped = len(text) - len(text.lstrip("\ufeff \r\n\t"))
    starts = [stripped] if text.startswith("{", stripped) else []
    at = text.find("\n{")
    while at >= 0 and len(starts) < _DEEPEST_START:
        starts.append(at + 1)
        at = text.find("\n{", at + 1)
    return starts


def _facts(document: Any) -> Facts | None:
    if not isinstance(document, dict):
        return None
    inner = document.get("facts", document)
    if not isinstance(inner, dict) or not any(name in FACTS for name in inner):
        return None
    found: dict[str, Fact[Any]] = {}
    for name, raw in inner.items():
        try:
            found.update(facts_from_json({name: raw}))
        except (ValueError, RecursionError):
            continue
    return Facts(found) if found else None
