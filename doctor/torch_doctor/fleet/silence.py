"""A node that was asked and gave no facts: one line among those of the others, with the reason."""

from __future__ import annotations

import json

from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple

# timeout: it was asked and did not answer. failed: what was started there ended without facts. busy: the engine found
# no room for it. down: the engine says that it is out of service. unknown: the engine knows no such node. not-asked:
# the time was up before its turn.
REASONS = ("timeout", "failed", "busy", "down", "unknown", "not-asked")


class NoAnswer(NamedTuple):
    """The node, one of REASONS, and what is known of it in words."""

    node: str
    reason: str
    detail: str


def written(silence: NoAnswer) -> str:
    """Return the line, without its end."""
    answer = {"reason": silence.reason, "detail": silence.detail}
    return json.dumps({"node": silence.node, "no_answer": answer})


def silence_in(text: str) -> NoAnswer | None:
    """Read such a line; None where it is another."""
    if '"no_answer"' not in text[:1000]:
        return None
    try:
        document = json.loads(text)
        answer = document["no_answer"]
        node, reason, detail = document["node"], answer["reason"], answer["detail"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    if not all(isinstance(word, str) for word in (node, reason, detail)):
        return None
    known = reason if reason in REASONS else "failed"
    return NoAnswer(one_line(node, 200), known, one_line(detail, 400))
