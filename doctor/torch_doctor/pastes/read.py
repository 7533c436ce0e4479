"""Text that people paste becomes facts; any text, any bytes, and never an exception."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Facts, Reason, Source, Unavailable
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.merge import merge
from torch_doctor.pastes.prose import hints as prose
from torch_doctor.pastes.readers.driver import kernel_log, smi_banner, smi_query
from torch_doctor.pastes.readers.driver import nvcc as toolkit
from torch_doctor.pastes.readers.installs import packages, resolver
from torch_doctor.pastes.readers.programs import (
    applications,
    containers,
    loader,
    sessions,
)
from torch_doctor.pastes.readers.programs import (
    failures as errors,
)
from torch_doctor.pastes.readers.reports import collect_env, detectron, own_json, summaries
from torch_doctor.pastes.text.pairs import Pairs
from torch_doctor.pastes.text.paste import Paste, decode

LARGEST = 20 * 1024 * 1024  # bytes


def read_text(text: str, where: str = "report") -> Facts:
    """Return what *text* says, each fact with its line; what it does not say is not in the result."""
    facts = own_json.read(text)
    return facts if facts is not None else merge(_claims(Paste(text)), where)


def read_bytes(data: bytes, where: str = "report") -> Facts:
    """Return what *data* says, whatever its encoding. Beyond 20 MB the rest is not read, and that is said."""
    facts = read_text(decode(data[:LARGEST]), where)
    if len(data) <= LARGEST:
        return facts
    cut = Unavailable(
        Reason.UNPARSED, f"only the first {LARGEST} bytes were read", Source("report", where)
    )
    return facts if "remarks" in facts else facts.with_(remarks=cut)


def _claims(paste: Paste) -> Iterator[Claim]:
    known = set()
    for claim in _readers(paste):
        if claim.seen > Seen.COMMAND:
            known.add(claim.name)
        yield claim
    yield from prose.read(paste, known)


def _readers(paste: Paste) -> Iterator[Claim]:
    found = Pairs(paste)
    yield from collect_env.read(paste, found)
    yield from summaries.read(paste, found)
    yield from smi_query.read(paste, found)
    for reader in (
        detectron,
        smi_banner,
        toolkit,
        packages,
        resolver,
        containers,
        loader,
        kernel_log,
        applications,
        errors,
        sessions,
    ):
        yield from reader.read(paste)
