"""Ask the nodes of a Ray cluster: one program beside Ray pins a task to each, and tells of each as it answers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from shutil import which
from sys import executable

from torch_doctor.core.startup import Any
from torch_doctor.launchers.asking import NodeLine, Patience, Reply, line_of, silent
from torch_doctor.launchers.children import Streamed

PAYLOAD = os.path.join(os.path.dirname(__file__), "_ray_payload.py")
# Ray's workers run this where nothing else is said: the environment that the jobs of the cluster use.
PROGRAM = ("{python}", "-m", "torch_doctor")
# How long before the end the program beside Ray begins to say who has not answered, in seconds.
_TELLING_S = 2.0


class RayError(Exception):
    """Ray cannot be asked; the words are its own."""


def interpreter(environ: Mapping[str, str]) -> str | None:
    """Return an interpreter that has Ray: this one, or the one that stands beside the command ray."""
    if find_spec("ray") is not None:
        return executable
    command = which("ray", path=environ.get("PATH"))
    beside = os.path.join(os.path.dirname(command), "python") if command else ""
    return beside if beside and os.access(beside, os.X_OK) else None


def lines(
    python: str,
    address: str,
    command: Sequence[str],
    patience: Patience,
    expected: Sequence[str] | None,
    environ: Mapping[str, str],
) -> Iterator[NodeLine]:
    """Yield a line for each node as it comes, then those that are expected and never joined; raise RayError."""
    until = time.monotonic() + max(1.0, patience.all_s - _TELLING_S)
    numbers = (patience.node_s, patience.at_once, until)
    words = (python, PAYLOAD, address, json.dumps(list(command)), *map(str, numbers))
    env = {**environ, "RAY_USAGE_STATS_ENABLED": "0"}
    child = Streamed(words, env, patience.all_s)
    joined: list[str] | None = None
    heard: set[str] = set()
    for row in child:
        document = _object(row)
        if isinstance(document.get("nodes"), list):
            joined = [str(name) for name in document["nodes"]]
        elif document.get("node") and (expected is None or document["node"] in expected):
            heard.add(str(document["node"]))
            yield _line(document)
    if joined is None:
        raise RayError(child.words or "it does not answer")
    for name in joined if expected is None else dict.fromkeys(expected):
        if name not in heard:
            yield _untold(name, joined, child)


def _untold(name: str, joined: Sequence[str], child: Streamed) -> NodeLine:
    if name not in joined:
        return silent(name, "unknown", "it never joined the cluster")
    if child.late:
        return silent(name, "timeout", "no answer before the time was up")
    return silent(name, "failed", f"Ray's program ended: {child.words}")


def _line(document: Mapping[str, Any]) -> NodeLine:
    node, ended = str(document["node"]), str(document.get("ended"))
    if ended == "dead":
        return silent(node, "down", "Ray says that it is dead")
    reply = Reply(
        node,
        ended,
        str(document.get("out", "")).encode(),
        str(document.get("err", "")),
        int(document.get("code", 0)),
        float(document.get("seconds", 0.0)),
    )
    return line_of(reply)


def _object(row: bytes) -> dict[str, Any]:
    try:
        document = json.loads(row)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
