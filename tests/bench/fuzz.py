"""Text and bytes that nobody wrote, given to every reader: does one raise, or take long?

``python -m tests.bench.fuzz [--seconds 60] [--seed 1]``. Each reader gets as many inputs as fit into the time: pieces
of what it is made for, cut, doubled, joined, and with bytes changed. Printed are the number of inputs, what raised and
the longest time of one.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.input.facts_file import read_facts
from torch_doctor.linter.check import READERS, read_file
from torch_doctor.linter.text import decoded
from torch_doctor.pastes.read import read_bytes

from tests.bench import torture
from tests.bench.pastes import paste

MOST = 6_000  # bytes of one input
_FACTS = b'{"schema_version": 2, "facts": {"gpus": {"value": [{"index": 0, "name": "x"}], "source": {"kind": "nvml"}}}}'
_FILES = (
    b"FROM nvidia/cuda:12.4.1-base\nRUN pip install torch==2.6.0 --index-url https://x/whl/cu124\n",
    b'[project]\ndependencies = ["torch==2.6.0"]\n[tool.uv.sources]\ntorch = { index = "a" }\n',
    b"services:\n  a:\n    image: pytorch/pytorch:2.6.0\n    deploy: {resources: {}}\n",
    b"torch==2.6.0+cu124 ; python_version < '3.12' --hash=sha256:00\n-r other.txt\n",
    b'{"cells": [{"cell_type": "code", "source": ["!pip install torch"]}]}',
)


def made(luck: random.Random, seeds: list[bytes]) -> bytes:
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
            data[place:place] = luck.choice(
                (b"\0", b"\n", b'"', b"{", b"\xff", b"9" * 30, b"\\", b"\x1b[", b"\r")
            )
        else:
            data[place:place] = data[place : place + luck.randint(1, 200)] * luck.randint(1, 3)
        data = data or bytearray(b"x")
    return bytes(data[:MOST])


def run(
    name: str, read: Callable[[bytes], object], seeds: list[bytes], seconds: float, seed: int
) -> int:
    """Give one reader inputs for so long; print and return how many raised."""
    luck, count, raised, longest = random.Random(f"{seed} {name}"), 0, 0, 0.0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = made(luck, seeds)
        started = time.process_time()
        try:
            read(data)
        except Exception as error:  # noqa: BLE001  that is what is looked for
            raised += 1
            print(f"{name}: {type(error).__name__}: {error} for {data[:200]!r}", flush=True)
        longest = max(longest, time.process_time() - started)
        count += 1
    print(f"{name}: {count} inputs, {raised} raised, longest {longest:.2f} s", flush=True)
    return raised


def main() -> int:
    """Fuzz all readers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kinds = sorted(READERS)
    reports = [torture.text(kind, 3000) for kind in torture.UNITS]
    reports += [paste(number, 3000).encode() for number in range(20)]
    luck = random.Random(asked.seed)

    def linted(data: bytes) -> object:
        kind = luck.choice(kinds)
        return read_file(f"x.{kind}", kind, decoded(data) or "")

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "facts.json")

        def facts(data: bytes) -> None:
            place.write_bytes(data)
            try:
                read_facts(str(place))
            except InputError:
                return

        found = run(
            "reports", lambda data: read_bytes(data, "fuzz"), reports, asked.seconds, asked.seed
        )
        found += run("linted files", linted, list(_FILES), asked.seconds, asked.seed)
        found += run("files of facts", facts, [_FACTS, *reports[:3]], asked.seconds, asked.seed)
    return int(found > 0)


if __name__ == "__main__":
    raise SystemExit(main())
