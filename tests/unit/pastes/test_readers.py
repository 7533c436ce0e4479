"""Readers are found by walking their folder, know nothing of each other, and each can be deleted alone."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from torch_doctor.core.codec import facts_to_json
from torch_doctor.pastes import read
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.readers import _index

from tests.unit.pastes.reports import ALL

READERS = _index.readers()


def test_every_module_of_the_folders_is_a_reader_of_a_paste() -> None:
    assert len(READERS) > 10
    for reader in READERS:
        assert [*inspect.signature(reader).parameters] == ["paste"], reader.__module__
        assert (inspect.getmodule(reader).__doc__ or "").strip()  # type: ignore[union-attr]


def test_the_order_of_readers_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: facts_to_json(read.read_text(text)) for name, text in ALL.items()}
    shuffled = list(READERS)
    random.Random(1).shuffle(shuffled)
    monkeypatch.setattr(read, "readers", lambda: tuple(shuffled))

    assert {name: facts_to_json(read.read_text(text)) for name, text in ALL.items()} == before


def test_a_new_reader_is_one_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "readers_of_tests").mkdir()
    (tmp_path / "readers_of_tests" / "one.py").write_text("def read(paste): return iter(())\n")
    (tmp_path / "readers_of_tests" / "_helper.py").write_text("")
    monkeypatch.setattr(_index, "_HERE", str(tmp_path))

    assert list(_index._names()) == ["readers_of_tests.one"]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__module__.rpartition(".")[2])
def test_the_others_read_on_without_one(
    reader: Callable[..., Iterator[Claim]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "readers", lambda: tuple(r for r in READERS if r is not reader))

    assert any(read.read_text(text) for text in ALL.values())


def test_how_directly_something_was_seen_is_a_small_list() -> None:
    assert [*Seen] == sorted(Seen)
    assert len(Seen) == 10
