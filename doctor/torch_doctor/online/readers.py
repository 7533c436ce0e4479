"""Many wheels read at once: most of the time is spent waiting for a server to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from torch_doctor.core.startup import TypeVar
from torch_doctor.online.web import OnlineError

# As many connections as an installer opens at most.
_READERS = 8
_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


def read_each(
    items: Iterable[_Item], read: Callable[[_Item], _Found]
) -> Iterator[tuple[_Item, _Found | OnlineError]]:
    """Yield each item in order with what *read* finds, or with the error that it ended with.

    *read* runs in several threads at once. What raises another error ends it all.
    """
    pool = ThreadPoolExecutor(_READERS, "torch-doctor-online")
    try:
        pending = [(item, pool.submit(read, item)) for item in items]
        for item, future in pending:
            try:
                yield item, future.result()
            except OnlineError as error:
                yield item, error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def found_and_failed(
    read: Iterable[tuple[_Item, _Found | OnlineError]], named: Callable[[_Item], str]
) -> tuple[tuple[_Found, ...], tuple[tuple[str, str], ...]]:
    """Return what was found, and of each item where nothing was its name and why."""
    found, failed = [], []
    for item, got in read:
        if isinstance(got, OnlineError):
            failed.append((named(item), str(got)))
        else:
            found.append(got)
    return tuple(found), tuple(failed)
