"""Text that people paste becomes facts; any text, any bytes, and never an exception."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Facts, Reason, Source, Unavailable
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.matrix.store import Matrix
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.merge import merge
from torch_doctor.pastes.own_json import read as read_own_json
from torch_doctor.pastes.prose import versions as prose
from torch_doctor.pastes.readers._index import readers
from torch_doctor.pastes.text.paste import Paste, decode

LARGEST = 20 * 1024 * 1024  # bytes


def read_text(text: str, where: str = "report", matrix: Matrix | None = None) -> Facts:
    """Return what *text* says, each fact with its line; what it does not say is not in the result.

    *matrix* knows the names of GPUs; without one, the installed matrix does.
    """
    facts = read_own_json(text)
    return facts if facts is not None else _merged(Paste(text, matrix), where)


def read_bytes(data: bytes, where: str = "report", matrix: Matrix | None = None) -> Facts:
    """Return what *data* says, whatever its encoding. Beyond 20 MB the rest is not read, and that is said."""
    facts = read_text(decode(data[:LARGEST]), where, matrix)
    if len(data) <= LARGEST:
        return facts
    cut = Unavailable(
        Reason.UNPARSED, f"only the first {LARGEST} bytes were read", Source("report", where)
    )
    return facts if "remarks" in facts else facts.with_(remarks=cut)


def named_in(report: str | bytes) -> Identity:
    """Return the names of users and machines that a report gives away, in lines that are no fact, too."""
    text = decode(report[:LARGEST]) if isinstance(report, bytes) else report
    return Identity().and_of((text,))


def _merged(paste: Paste, where: str) -> Facts:
    return merge(_claims(paste), where, lambda: paste.matrix)


def _claims(paste: Paste) -> Iterator[Claim]:
    known = set()
    for read in readers():
        for claim in read(paste):
            if claim.seen > Seen.COMMAND:
                known.add(claim.name)
            yield claim
    yield from prose.read(paste, known)
