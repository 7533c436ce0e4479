"""Several processes tell the same as one, wherever a file is parted."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from torch_doctor.cli.fleet import reading
from torch_doctor.fleet import sifting
from torch_doctor.fleet.census import Census
from torch_doctor.fleet.silence import NoAnswer, written
from torch_doctor.matrix.load import load_matrix
from torch_doctor.render.formats.json import facts_document

from tests.hosts.states import read

STATES = Path(__file__).parents[2] / "hosts" / "h200-states"


def mixed(file: Path) -> int:
    """Write hosts, twins, lines that tell of none, blank ones, and one that is too long; return how long one may be."""
    texts = [
        json.dumps(facts_document(read(STATES / f"{state}.json")[1], {}))
        for state in ("healthy", "cudart-empty")
    ]
    chance = random.Random(3)
    most = max(map(len, texts)) + 100
    rows: list[bytes] = []
    for number in range(30):
        text = texts[chance.randrange(2)]
        named = text.replace("{", f'{{"node": "n{number % 25}", ', 1)
        rows.append((named if chance.random() < 0.8 else text).encode())
    odd = [
        b"",
        b"   ",
        b'{"node": "x", "facts"',
        b"[1]",
        b'{"node": "y"}\xff\xfe',
        b"x" * (3 * most),
    ]
    odd += [written(NoAnswer("n3", "down", "by hand")).encode(), odd[2], b"\xef\xbb\xbf" + rows[0]]
    for row in odd:
        rows.insert(chance.randrange(len(rows)), row)
    file.write_bytes(b"\n".join(rows))
    return most


def taken(file: Path) -> tuple[object, ...]:
    census = Census(load_matrix())
    faults = [fault.message for fault in reading.count_hosts(census, [str(file)], quiet=True)]
    return census.nodes, census.states, census.unanswered, census.repeated, faults


@pytest.mark.parametrize("size", [1, 7919, 100_000, 1 << 30])
def test_parts_tell_the_same_as_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    file = tmp_path / "hosts.jsonl"
    monkeypatch.setattr(reading, "LIMIT", mixed(file))
    alone = taken(file)
    # Every part is sifted as another process does it, but for the process.
    monkeypatch.setattr(reading, "LARGE", 0)
    monkeypatch.setattr(reading, "_processors", lambda: 2)
    monkeypatch.setattr(sifting, "PART", size if size > 1 else 997)
    monkeypatch.setattr(
        sifting, "_in_order",
        lambda _, path, bounds, limit: (
            sifting.sift(path, start, end, limit) for start, end in pairwise(bounds)
        ),
    )  # fmt: skip

    assert taken(file) == alone
    nodes, _, unanswered, _, faults = alone
    assert nodes
    assert unanswered
    assert len(faults) >= 5  # type: ignore[arg-type]


def test_processes_tell_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hosts.jsonl"
    mixed(file)
    alone = taken(file)
    monkeypatch.setattr(reading, "LARGE", 0)
    monkeypatch.setattr(reading, "_processors", lambda: 2)
    monkeypatch.setattr(sifting, "PART", 200_000)

    assert taken(file) == alone


def test_a_file_of_documents_is_read_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hosts.json"
    document = facts_document(read(STATES / "healthy.json")[1], {})
    file.write_text(json.dumps({"node": "a", **document}, indent=2))
    monkeypatch.setattr(reading, "LARGE", 0)
    monkeypatch.setattr(reading, "_processors", lambda: 2)

    assert list(taken(file)[0]) == ["a"]  # type: ignore[call-overload]
