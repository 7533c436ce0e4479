"""What is asked of one node, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable

from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fleet.silence import NoAnswer, written


class Ask(NamedTuple):
    """One node and the command that asks it; *given* is what the command reads on its standard input."""

    node: str
    argv: tuple[str, ...]


class Patience(NamedTuple):
    """How long all of it and one node may take, and how many are asked at a time.

    *reach_s* is what a node may take that only answers: by it, it is told how long may be waited for a connection or
    for room. None is *node_s*.
    """

    all_s: float = 600.0
    node_s: float = 120.0
    at_once: int = 64
    reach_s: float | None = None

    @property
    def to_reach_s(self) -> float:
        """The seconds of a node that only answers."""
        return self.node_s if self.reach_s is None else min(self.reach_s, self.node_s)


class Reply(NamedTuple):
    """What became of the command for one node.

    *ended* is exit (*code* says how), timeout, turn (the time was up before its turn) or not-started.
    """

    node: str
    ended: str
    out: bytes = b""
    err: str = ""
    code: int = 0
    seconds: float = 0.0


class NodeLine(NamedTuple):
    """The line that is kept of a node; *silence* is why it holds no facts, None where it does."""

    node: str
    text: str
    silence: NoAnswer | None = None


def silent(node: str, reason: str, detail: str) -> NodeLine:
    """Return the line of a node that gave no facts."""
    silence = NoAnswer(one_line(node, 200), reason, one_line(detail, 400))
    return NodeLine(silence.node, written(silence), silence)


def line_of(reply: Reply, reason: Callable[[Reply], str] = lambda _: "failed") -> NodeLine:
    """Return the line of a node that was asked; the engine's *reason* is why its command failed."""
    if reply.ended == "timeout":
        return silent(reply.node, "timeout", f"no answer within {reply.seconds:.0f} s")
    if reply.ended == "turn":
        return silent(reply.node, "not-asked", "the time was up before its turn")
    found = _facts(reply.out, reply.node) if reply.ended == "exit" else None
    if found is not None:
        return NodeLine(reply.node, found)
    last = [row.strip() for row in reply.err.splitlines() if row.strip()]
    ended = f"exit code {reply.code}" if reply.ended == "exit" else "it could not be started"
    why = reason(reply)
    silence = f" after {reply.seconds:.0f} s" if why == "timeout" else ""
    words = f"{ended}: {' '.join(last[-2:])}" if last else f"{ended}{silence}, and no facts"
    return silent(reply.node, why, words)


def _facts(out: bytes, node: str) -> str | None:
    """Return the last line that holds facts, under the name by which the node was asked."""
    for row in reversed(out.splitlines()):
        try:
            document = json.loads(row)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict) and isinstance(document.get("facts"), dict):
            return json.dumps(
                {**document, "node": node} if "node" in document else {"node": node, **document}
            )
    return None
