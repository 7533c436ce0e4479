"""Error texts recognised by the signatures of the matrix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Receipt
from torch_doctor.core.records import ErrorSeen, ImportFailure
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.from_texts.loader import refused
from torch_doctor.matrix.from_texts.memory import FORMS, Exhausted, read
from torch_doctor.matrix.pattern import compiled, needles
from torch_doctor.matrix.rows import Signature
from torch_doctor.matrix.store import Matrix, receipt, worked_out_once

# The facts that error texts are read from.
READ_BY_ERRORS = frozenset(
    ("errors_seen", "import_failures", "torch_import_error", "live_stages", "kernel_results")
)


class Errors:
    """The error texts of one host or report, by signature. Rules ask for it as the parameter ``errors``."""

    def __init__(self, facts: Facts, matrix: Matrix | None) -> None:
        self._matrix = matrix
        self._seen: tuple[ErrorSeen, ...] = tuple(_texts(facts))
        self._failures: tuple[ImportFailure, ...] = facts.value("import_failures", ())

    def __bool__(self) -> bool:
        """Whether any error was seen."""
        return bool(self._seen or self._failures)

    def of(self, *ids: str) -> tuple[ErrorSeen, ...]:
        """Return the texts that carry one of these signatures, in the order in which they were seen."""
        if self._signatures.isdisjoint(ids):
            return ()  # most are in no text
        return tuple(error for error in self.all if error.signature in ids)

    def numbered(self, *codes: int) -> tuple[ErrorSeen, ...]:
        """Return the texts that carry one of these CUDA error numbers."""
        if self._codes.isdisjoint(codes):
            return ()
        return tuple(error for error in self.all if error.code in codes)

    def at(self, *stages: str) -> tuple[ErrorSeen, ...]:
        """Return the texts whose CUDA error number proves that one of these steps failed: start, launch or memory."""
        rows = self._matrix.error_codes if self._matrix and self._seen else ()
        codes = {row.code for row in rows if row.stage in stages}
        return tuple(
            dict.fromkeys(
                error._replace(signature=None)
                for error in self.all
                if error.code in codes and "nvml" not in error.text.lower()
            )
        )

    def matching(self, pattern: str, *words: str) -> tuple[ErrorSeen, ...]:
        """Return the texts in which *pattern* (a regular expression) is found; every match contains one of *words*."""
        if not self._seen:
            return ()
        likely = words or needles(pattern)
        if likely and not _holds(self._folded, likely):
            return ()  # most patterns are in no text: one look tells
        form = compiled(pattern)
        return tuple(
            error
            for error, low in zip(self._seen, self._each_folded, strict=True)
            if (not likely or _holds(low, likely)) and form.search(error.text)
        )

    @cached_property
    def _signatures(self) -> frozenset[str | None]:
        return frozenset(error.signature for error in self.all)

    @cached_property
    def _codes(self) -> frozenset[int | None]:
        return frozenset(error.code for error in self.all)

    @cached_property
    def _each_folded(self) -> list[str]:
        return [error.text.lower() for error in self._seen]

    @cached_property
    def _folded(self) -> str:
        return "\n".join(self._each_folded)

    @cached_property
    def _likely(self) -> list[Wording]:
        """The wordings whose plain text is in any of the texts: mostly a handful."""
        if not self._matrix:
            return []
        folded = self._folded
        there = {text for text in plain_texts(self._matrix) if text in folded}
        return [
            wording
            for wording in wordings(self._matrix)
            if not (wording.needles and there.isdisjoint(wording.needles))
        ]

    @cached_property
    def all(self) -> tuple[ErrorSeen, ...]:
        """Every text once for each signature that it carries, and once without where it carries none."""
        return tuple(error for seen in self._seen for error in self._recognised(seen))

    @cached_property
    def failures(self) -> tuple[tuple[ErrorSeen, Receipt], ...]:
        """The texts that prove a failure by themselves, each with the row that says so."""
        proofs = _proofs(self._matrix) if self._matrix and self._seen else {}
        return tuple((e, proofs[e.signature]) for e in self.all if e.signature in proofs)

    def receipts(self, *ids: str) -> tuple[Receipt, ...]:
        """Return the rows of these signatures."""
        rows = self._matrix.signatures if self._matrix else ()
        return tuple(receipt("signatures", row) for row in rows if row.id in ids)

    def receipts_for(self, code: int) -> tuple[Receipt, ...]:
        """Return the rows of the signatures that carry this number of a CUDA error."""
        rows = self._matrix.signatures if self._matrix else ()
        return tuple(receipt("signatures", row) for row in rows if row.code == code)

    @cached_property
    def refusals(self) -> tuple[ImportFailure, ...]:
        """What the loader refused, from the fact and from the texts: missing files, symbols and versions."""
        in_texts = [failure for seen in self._seen for failure in refused(seen)]
        return tuple(dict.fromkeys((*self._failures, *in_texts)))

    @cached_property
    def exhausted(self) -> tuple[Exhausted, ...]:
        """What the texts say of GPUs whose memory ran out, with sizes."""
        read_in = ((form, seen.text) for form in FORMS for seen in self.matching(form))
        return tuple(memory for form, text in read_in if (memory := read(form, text)))

    def missing(self, pattern: str) -> tuple[ImportFailure, ...]:
        """Return the refusals where a library is missing whose file name matches *pattern*."""
        return tuple(f for f in self.refusals if f.missing and re.match(pattern, f.missing))

    def undefined(self, pattern: str) -> tuple[ImportFailure, ...]:
        """Return the refusals where a symbol is missing that matches *pattern*."""
        return tuple(f for f in self.refusals if f.symbol and re.match(pattern, f.symbol))

    def _recognised(self, seen: ErrorSeen) -> Iterator[ErrorSeen]:
        # a reader of words may have recognised what no pattern does
        found = seen.signature is not None
        if found:
            yield seen
        for row in _carried(seen.text, self._likely):
            if row.id == seen.signature:
                continue
            found = True
            yield seen._replace(signature=row.id, code=row.code if seen.code is None else seen.code)
        if not found:
            yield seen


def _texts(facts: Facts) -> Iterator[ErrorSeen]:
    """Yield every error text once: those that were seen, then those that other facts carry."""
    seen: tuple[ErrorSeen, ...] = facts.value("errors_seen", ())
    yield from seen
    elsewhere = [facts.value("torch_import_error")]
    elsewhere += [stage.error for stage in facts.value("live_stages", ()) if not stage.ok]
    elsewhere += [result.error for result in facts.value("kernel_results", ()) if not result.ok]
    known = "\n".join(error.text for error in seen)
    for text in dict.fromkeys(elsewhere):
        if text and text not in known:
            yield ErrorSeen(text)


def _holds(text: str, needles: Iterable[str]) -> bool:
    # a loop: a generator of its own would take longer than the search, and this is asked very often
    for needle in needles:  # noqa: SIM110
        if needle in text:
            return True
    return False


class Wording(NamedTuple):
    """One pattern of a signature, and plain texts of which every match of it contains one."""

    needles: tuple[str, ...]
    pattern: str
    row: Signature

    def is_likely(self, folded: str) -> bool:
        """Whether a text, given in lower case, may carry the pattern."""
        return not self.needles or _holds(folded, self.needles)


def recognise(text: str, matrix: Matrix) -> Iterator[Signature]:
    """Yield the signatures that *text* carries."""
    return _carried(text, wordings(matrix))


def _carried(text: str, wordings: Iterable[Wording]) -> Iterator[Signature]:
    folded = text.lower()
    found = None
    for wording in wordings:
        if (
            wording.row is not found
            and wording.is_likely(folded)
            and compiled(wording.pattern).search(text)
        ):
            found = wording.row
            yield found


@worked_out_once
def wordings(matrix: Matrix) -> list[Wording]:
    """Return the patterns of all signatures; those of one signature stand together."""
    return [
        Wording(needles(pattern), pattern, row)
        for row in matrix.signatures
        for pattern in row.patterns
    ]


@worked_out_once
def plain_texts(matrix: Matrix) -> tuple[str, ...]:
    """Return the plain texts, in lower case, by which the patterns of all signatures are looked for, each once."""
    return tuple(dict.fromkeys(needle for one in wordings(matrix) for needle in one.needles))


@worked_out_once
def _proofs(matrix: Matrix) -> dict[str, Receipt]:
    """Return the receipt of each signature that proves a failure, by its name."""
    return {row.id: receipt("signatures", row) for row in matrix.signatures if row.harmless is None}


# For rules that can say something without an error text: the default of their parameter ``errors``.
NONE_SEEN = Errors(Facts({}), None)
