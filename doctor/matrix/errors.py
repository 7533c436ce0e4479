"""Error texts recognised by the signatures of the matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from doctor.core.fact import Facts
from doctor.core.finding import Receipt
from doctor.core.records import ErrorSeen
from doctor.matrix.load import Matrix, receipt
from doctor.matrix.model import Signature



class Errors:
    """The error texts of one host or report, by signature. Rules ask for it as the parameter ``errors``."""

    def __init__(self, facts: Facts, matrix: Matrix) -> None:
        self._matrix = matrix
        self._seen: tuple[ErrorSeen, ...] = facts.value("errors_seen", ())

    def of(self, *ids: str) -> tuple[ErrorSeen, ...]:
        """Return the texts that carry one of these signatures, in the order in which they were seen."""
        return tuple(error for error in self.all if error.signature in ids)

    def numbered(self, *codes: int) -> tuple[ErrorSeen, ...]:
        """Return the texts that carry one of these CUDA error numbers."""
        return tuple(error for error in self.all if error.code in codes)

    def matching(self, pattern: str) -> tuple[ErrorSeen, ...]:
        """Return the texts in which *pattern* (a regular expression) is found."""
        compiled = re.compile(pattern, re.IGNORECASE)
        return tuple(error for error in self._seen if compiled.search(error.text))

    @cached_property
    def all(self) -> tuple[ErrorSeen, ...]:
        """Every text once for each signature that it carries, and once without where it carries none."""
        return tuple(error for seen in self._seen for error in self._recognised(seen))

    def receipts(self, *ids: str) -> tuple[Receipt, ...]:
        """Return the rows of these signatures."""
        return tuple(receipt("signatures", row) for row in self._matrix.signatures if row.id in ids)

    def _recognised(self, seen: ErrorSeen) -> Iterator[ErrorSeen]:
        found = False
        for row in recognise(seen.text, self._matrix):
            found = True
            yield seen._replace(signature=row.id, code=row.code if seen.code is None else seen.code)
        if not found:
            yield seen


def recognise(text: str, matrix: Matrix) -> Iterator[Signature]:
    """Yield the signatures that *text* carries."""
    folded = text.lower()
    for row, probes in _probes(matrix):
        if any(hint in folded and pattern.search(text) for hint, pattern in probes):
            yield row


def _probes(matrix: Matrix) -> list[tuple[Signature, list[tuple[str, re.Pattern[str]]]]]:
    """Each signature's patterns behind a plain substring, so that most texts cost no regular expression."""
    probes = matrix.cache.get("probes")
    if probes is None:
        probes = [
            (row, [(_hint(pattern), re.compile(pattern, re.IGNORECASE)) for pattern in row.patterns])
            for row in matrix.signatures
        ]
        matrix.cache["probes"] = probes
    found: list[tuple[Signature, list[tuple[str, re.Pattern[str]]]]] = probes
    return found


def _hint(pattern: str) -> str:
    """Return the longest plain text that every match of *pattern* contains, in lower case; empty if unsure."""
    if "|" in pattern or "?" in pattern or "*" in pattern:
        return ""
    plain = re.sub(r"\\[dwsDWSbB]\+?|\[[^\]]*\]\+?|\.\+?|\([^)]*\)", "\0", pattern)
    pieces = [piece.replace("\\", "") for piece in plain.split("\0")]
    return max(pieces, key=len, default="").lower()
