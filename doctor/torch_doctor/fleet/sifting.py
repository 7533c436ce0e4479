"""Sift large files of JSON lines in several processes: which lines are twins is told by their digests alone.

Nothing is judged there, and no text comes back: a digest that is new is read again by who judges.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise

from torch_doctor.core.startup import TYPE_CHECKING, BinaryIO
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fleet.canonical import digest, host_text
from torch_doctor.matrix.source.regular import regular

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

# What one process is given at a time; smaller parts are more often waited for, larger ones hold more names.
PART = 16 << 20
# Parts that may wait to be taken: while the first states are judged, the processes go on. One is some 100 KB of names.
AHEAD = 256


class Span(NamedTuple):
    """One line: where it begins in its file, how long it is, and which it is of those of its part, from 1.

    *key* is the digest of what is judged of it, *node* what it calls itself; both are empty where the line itself must
    be looked at: it is too long, no text, or tells that a node gave no answer.
    """

    offset: int
    length: int
    number: int
    node: str = ""
    key: bytes = b""


class Part(NamedTuple):
    """The lines of one part that are not empty, and how many there are in all."""

    spans: tuple[Span, ...]
    lines: int


def sift(path: str, start: int, end: int, limit: int) -> Part:
    """Sift the lines that begin from *start* to before *end*; one longer than *limit* is cut as a reader cuts it."""
    spans: list[Span] = []
    number = 0
    with open(path, "rb", opener=regular) as file:
        _to_a_line(file, start)
        while (offset := file.tell()) < end and (line := file.readline(limit + 1)):
            number += 1
            if line.strip():
                spans.append(_span(line, offset, number, limit))
            if not line.endswith(b"\n"):
                number = _rest(file, spans, number, limit)
    return Part(tuple(spans), number)


def parts(path: str, size: int, limit: int, processes: int) -> Iterator[Part]:
    """Yield the parts of a file in their order, sifted by as many processes; few wait to be taken."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A process that is made anew holds no thread of this one, and none of its streams.
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _quietly)
    try:
        yield from _in_order(pool, path, [*range(0, size, PART), size], limit)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_order(
    pool: ProcessPoolExecutor, path: str, bounds: Sequence[int], limit: int
) -> Iterator[Part]:
    waiting: deque[Future[Part]] = deque()
    for start, end in pairwise(bounds):
        waiting.append(pool.submit(sift, path, start, end, limit))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _span(line: bytes, offset: int, number: int, limit: int) -> Span:
    here = Span(offset, len(line), number)
    if len(line) > limit:
        return here
    try:
        host = host_text(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return here
    if host.judged.startswith('"no_answer"'):
        return here
    return here._replace(node=host.node, key=digest(host.judged))


def _rest(file: BinaryIO, spans: list[Span], number: int, limit: int) -> int:
    """Read the pieces of a line that is too long, which end with it, also behind the end of the part."""
    while True:
        offset = file.tell()
        piece = file.readline(limit + 1)
        if piece:
            number += 1
            if piece.strip():
                spans.append(_span(piece, offset, number, limit))
        if not piece or piece.endswith(b"\n"):
            return number


def _to_a_line(file: BinaryIO, start: int) -> None:
    """Go to the first line that begins at *start* or later."""
    if start:
        file.seek(start - 1)
        while (piece := file.readline(1 << 20)) and not piece.endswith(b"\n"):
            pass


def _quietly() -> None:
    """Leave Ctrl-C to the process that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
