"""What a program did to itself: an error text in which the environment has no part. Shared by rules of this folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding
from torch_doctor.matrix.signatures import Errors


def own_fault(
    errors: Errors,
    texts: str,
    results: Iterable[KernelResult],
    message: str,
    row: str,
    cure: Action,
) -> Iterator[Draft]:
    """Yield the note where an error reads like *texts* (a pattern) and no kernel of the check itself failed.

    *row* is the signature that the note rests on.
    """
    if errors.matching(texts) and all(result.ok for result in results):
        yield finding("program", message, because=errors.receipts(row), fixes=[cure])
