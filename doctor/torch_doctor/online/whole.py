"""One whole file from an address, over https alone and within one limit of time: for what is kept afterwards."""

from __future__ import annotations

import threading

from torch_doctor.online.web import Limits, OnlineError, Web, origin, plain

SCHEMES, THREAD = ("https",), "whole file"
LIMITS = Limits(total_s=120.0, page_bytes=32 << 20)


def whole_file(url: str, limits: Limits | None = None) -> bytes:
    """Return the content of a file; raise OnlineError where it is too large or slow, or comes in the open.

    The time counts from the first packet to the last: a server that sends its headers one byte at a time is left, too.
    """
    limits = limits or LIMITS
    _encrypted(url)
    found: list[bytes | Exception] = []

    def fetch() -> None:
        try:
            with Web(url, limits) as web:
                page = web.page(url, "application/json")
                _encrypted(page.url)
                found.append(page.body)
        except Exception as error:  # noqa: BLE001  handed to the thread that waits
            found.append(error)

    asking = threading.Thread(target=fetch, name=THREAD, daemon=True)
    asking.start()
    asking.join(limits.total_s)
    if not found:
        raise OnlineError(f"{plain(url)}: the answer takes more than {limits.total_s:.0f} s")
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def _encrypted(url: str) -> None:
    scheme, host, _ = origin(url)
    if scheme not in SCHEMES or not host:
        raise OnlineError(f"{plain(url)}: a file is taken over https alone")
