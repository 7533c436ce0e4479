"""Several items read at once: in order, each with what was found or why nothing was."""

from __future__ import annotations

import threading

import pytest
from torch_doctor.online.readers import read_each
from torch_doctor.online.web import OnlineError, Web

from tests.unit.online.server import Site


def test_items_come_in_order_with_what_was_found_or_why_not() -> None:
    second_done = threading.Event()

    def read(item: str) -> str:
        if item == "first":  # ends after the second, which only another thread can have begun
            assert second_done.wait(20)
        if item == "broken":
            raise OnlineError("no answer")
        second_done.set()
        return item.upper()

    found = dict(read_each(["first", "second", "broken"], read))
    assert list(found) == ["first", "second", "broken"]
    assert (found["first"], found["second"]) == ("FIRST", "SECOND")
    assert isinstance(found["broken"], OnlineError) and str(found["broken"]) == "no answer"


def test_a_fault_of_the_program_ends_it() -> None:
    with pytest.raises(ZeroDivisionError):
        list(read_each([0], lambda item: 1 // item))


def test_bytes_of_every_thread_are_counted(site: Site) -> None:
    site.files["/page"] = b"0123456789"
    with Web(site.url) as web:
        pages = [
            page for _, page in read_each(range(40), lambda _: web.page(f"{site.url}/page", "*/*"))
        ]
        assert not [page for page in pages if isinstance(page, OnlineError)]
        assert web.bytes_read == 400
