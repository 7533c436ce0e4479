"""Text and bytes that nobody wrote, given to every reader: does one raise, or take long?

``python -m tests.bench.fuzz [--seconds 60 | --inputs 50000] [--seed 1] [reports] [lint] [facts] [settings] [overlay]``. Each reader that is
named, or all, gets as many inputs as fit into the time, or its share of so many: pieces of what it is made for, cut,
doubled, joined, and with bytes changed; settings and rows of an overlay also get odd values in sound forms. Printed are the number of inputs, what raised and the longest time of one.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.input.facts_file import read_facts
from torch_doctor.linter.check import READERS, read_file
from torch_doctor.linter.text import decoded
from torch_doctor.pastes.read import read_bytes

from tests.bench import hostile, torture
from tests.bench.pastes import paste

MOST = 6_000  # bytes of one input
_WHOLE = 0.5
_FACTS = b'{"schema_version": 2, "facts": {"gpus": {"value": [{"index": 0, "name": "x"}], "source": {"kind": "nvml"}}}}'
_FILES = (
    b"FROM nvidia/cuda:12.4.1-base\nRUN pip install torch==2.6.0 --index-url https://x/whl/cu124\n",
    b'[project]\ndependencies = ["torch==2.6.0"]\n[tool.uv.sources]\ntorch = { index = "a" }\n',
    b"services:\n  a:\n    image: pytorch/pytorch:2.6.0\n    deploy: {resources: {}}\n",
    b"torch==2.6.0+cu124 ; python_version < '3.12' --hash=sha256:00\n-r other.txt\n",
    b'{"cells": [{"cell_type": "code", "source": ["!pip install torch"]}]}',
)


_CHANGES = (b"\0", b"\n", b'"', b"{", b"\xff", b"9" * 30, b"\\", b"\x1b[", b"\r")


def made(luck: random.Random, seeds: list[bytes], words: tuple[bytes, ...] = ()) -> bytes:
    """Return one input: pieces of seeds, changed in a few places."""
    data = bytearray()
    for _ in range(luck.randint(1, 4)):
        seed = luck.choice(seeds)
        start = luck.randrange(len(seed)) if luck.random() < 0.5 else 0
        data += seed[start : start + luck.randint(1, MOST // 3)]
    for _ in range(luck.choice((0, 1, 3, 20))):
        place = luck.randrange(len(data))
        change = luck.randrange(4)
        if change == 0:
            data[place] = luck.randrange(256)
        elif change == 1:
            del data[place : place + luck.randint(1, 40)]
        elif change == 2:
            data[place:place] = luck.choice((*_CHANGES, *words))
        else:
            data[place:place] = data[place : place + luck.randint(1, 200)] * luck.randint(1, 3)
        data = data or bytearray(b"x")
    return bytes(data[:MOST])


class Reader(NamedTuple):
    """What is given inputs: *read* of bytes that are made of *seeds*. *share* is its part of a hundred inputs.

    *words* are put in, too; of two inputs one is made by *whole*, where there is one.
    """

    read: Callable[[bytes], object]
    seeds: list[bytes]
    share: int
    words: tuple[bytes, ...] = ()
    whole: Callable[[random.Random], bytes] | None = None

    def input(self, luck: random.Random) -> bytes:
        """Return one input."""
        if self.whole and luck.random() < _WHOLE:
            return self.whole(luck)
        return made(luck, self.seeds, self.words)


class Found(NamedTuple):
    """How many inputs there were, how many raised, and the longest time of one in CPU seconds."""

    count: int
    raised: int
    longest_s: float


def run(
    name: str, reader: Reader, seed: int, *, seconds: float = 1e9, most: int = 1 << 60
) -> Found:
    """Give one reader inputs for so long, or so many, and print what raised."""
    luck, count, raised, longest = random.Random(f"{seed} {name}"), 0, 0, 0.0
    until = time.monotonic() + seconds
    while time.monotonic() < until and count < most:
        data = reader.input(luck)
        started = time.process_time()
        try:
            reader.read(data)
        except Exception as error:  # noqa: BLE001  that is what is looked for
            raised += 1
            print(f"{name}: {type(error).__name__}: {error} for {data[:200]!r}", flush=True)
        longest = max(longest, time.process_time() - started)
        count += 1
    return Found(count, raised, longest)


def readers(folder: Path, seed: int) -> dict[str, Reader]:
    """Return the readers by name; those of files write their inputs into *folder*."""
    kinds, luck, place = sorted(READERS), random.Random(seed), folder / "facts.json"
    reports = [torture.text(kind, 3000) for kind in torture.UNITS]
    reports += [paste(number, 3000).encode() for number in range(20)]

    def linted(data: bytes) -> object:
        kind = luck.choice(kinds)
        return read_file(f"x.{kind}", kind, decoded(data) or "")

    def facts(data: bytes) -> None:
        place.write_bytes(data)
        with suppress(InputError):
            read_facts(str(place))

    return {
        "reports": Reader(lambda data: read_bytes(data, "fuzz"), reports, 4),
        "lint": Reader(linted, list(_FILES), 79),
        "facts": Reader(facts, [_FACTS, *reports[:3]], 11),
        "settings": Reader(
            *(partial(hostile.settings, folder), hostile.SETTINGS, 4),
            *(hostile.WORDS, hostile.made_settings),
        ),
        "overlay": Reader(
            *(partial(hostile.overlay, folder), hostile.ROWS, 2),
            *(hostile.WORDS, hostile.made_rows),
        ),
    }


def main() -> int:
    """Fuzz the readers that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="reports, lint, facts, settings or overlay")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each reader")
    parser.add_argument("--inputs", type=int, help="of all together, whatever time they take")
    parser.add_argument("--seed", type=int, default=1)
    asked, raised = parser.parse_args(), 0
    with tempfile.TemporaryDirectory() as folder:
        every = readers(Path(folder), asked.seed)
        chosen = {name: every[name] for name in asked.names or every}
        shares = sum(reader.share for reader in chosen.values())
        for name, reader in chosen.items():
            begun = time.monotonic()
            if asked.inputs is None:
                found = run(name, reader, asked.seed, seconds=asked.seconds)
            else:
                found = run(name, reader, asked.seed, most=asked.inputs * reader.share // shares)
            words = f"{found.count} inputs, {found.raised} raised, longest {found.longest_s:.2f} s"
            print(f"{name}: {words}, {time.monotonic() - begun:.0f} s in all", flush=True)
            raised += found.raised
    return int(raised > 0)


if __name__ == "__main__":
    raise SystemExit(main())
