"""Claims of ``key : value`` lines: every key has a handler that knows what its value says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from torch_doctor.pastes.claims.claim import Claim
from torch_doctor.pastes.text.paste import Paste

Handler = Callable[[str, int], Iterator[Claim]]


def from_pairs(paste: Paste, handlers: Mapping[str, Handler]) -> Iterator[Claim]:
    """Give every pair to the handler of its key."""
    for pair in paste.pairs.of(handlers.keys()):
        yield from handlers[pair.key](pair.value, paste.number(pair.at))


def beheaded(handlers: Mapping[str, Handler]) -> dict[str, Handler]:
    """Return *handlers* with keys added that lost their first letter, as happens in copying."""
    return {**{key[1:]: handler for key, handler in handlers.items() if len(key) > 9}, **handlers}
