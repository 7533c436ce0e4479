"""Error texts: what each can come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Said, Topic, lines_of
from torch_doctor.matrix.rows import Signature
from torch_doctor.matrix.signatures import recognise
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.matrix.topics.readable import readable

_A_PART = 12  # letters: what is shorter is in too many texts


def title_of(row: Signature) -> str:
    """Return the text of an error as people see it: the first one that is whole, and in words."""
    texts = [readable(pattern) for pattern in row.patterns]
    whole = [text for text in texts if "…" not in text and " " in text]
    return (whole or texts)[0]


def texts_in(text: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield the errors that *text* carries, or of which it is a part."""
    rows = list(recognise(text, matrix))
    if not rows and len(text) >= _A_PART:
        part = _plain(text)
        rows = [
            row
            for row in matrix.signatures
            if any(part in _plain(readable(pattern)) for pattern in row.patterns)
        ]
    for row in dict.fromkeys(rows):
        yield topic_of(row)


def topic_of(row: Signature) -> Topic:
    """Return what is known of an error text."""
    number = lines_of(("number", f"CUDA error {row.code}" if row.code is not None else None))
    return Topic(
        "error-text", title_of(row), number + causes_of((row,)), (receipt("signatures", row),)
    )


def causes_of(rows: Iterable[Signature]) -> tuple[Said, ...]:
    """Return what an error can come from, what tells these apart, and the cure."""
    lines = []
    for row in rows:
        for slug, what, by in row.causes:
            lines += [Said("can be", what, slug), Said("told by", by)]
        lines.append(Said("cure", row.fix))
    return tuple(dict.fromkeys(lines))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()
