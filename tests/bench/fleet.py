"""How long a fleet takes, how the time grows, and how much memory it needs at most.

``python -m tests.bench.fleet [--hosts 100000 10000] [--kinds 400]``. Hosts are made from the recorded ones: each has its
own name, UUIDs, times and memory in use, as real ones have; *kinds* of them differ in what is judged, by state, driver
and kernel. The file is written first; what is measured is the command, its start included.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from torch_doctor.render.formats.json import facts_document

from tests.hosts.states import read

HOSTS = Path(__file__).parents[1] / "hosts"
DRIVERS = ("580.159.04", "570.86.15", "550.54.15", "535.161.08", "525.60.13")
_UUID = re.compile(r'"uuid": "(?:GPU-|MIG-)?([0-9a-f-]{36})"')


def kinds(count: int) -> list[str]:
    """Return the JSON of *count* hosts that differ in what is judged."""
    states = [read(path)[1] for path in sorted((HOSTS / "h200-states").glob("*.json"))]
    texts = [json.dumps(facts_document(facts, {})["facts"]) for facts in states]
    texts.append(
        json.dumps(json.loads((HOSTS / "h200x4-580-cu130" / "facts.json").read_text())["facts"])
    )
    made = []
    for number in range(count):
        text = texts[number % len(texts)]
        driver = DRIVERS[number // len(texts) % len(DRIVERS)]
        kernel = f"6.{number // len(texts) // len(DRIVERS)}.44"
        made.append(text.replace("580.159.04", driver).replace("6.18.44", kernel))
    return made


def host(facts: str, number: int, chance: random.Random) -> str:
    """Return one line: a host of a kind, with what no two hosts have in common."""
    uuids = {uuid: f"{chance.getrandbits(32):08x}{uuid[8:]}" for uuid in _UUID.findall(facts)}
    for old, new in uuids.items():
        facts = facts.replace(old, new)
    facts = re.sub(r'"seconds": [0-9.]+', f'"seconds": {chance.random():.4f}', facts)
    facts = re.sub(
        r'"memory_used_mib": 0\b', f'"memory_used_mib": {chance.randrange(90000)}', facts
    )
    return f'{{"node": "node{number:06d}", "schema_version": 2, "facts": {facts}, "timing": {{"a": {chance.random()}}}}}\n'


def hosts(count: int, many: int) -> Iterator[str]:
    """Yield the lines of a fleet; a tenth of the kinds have most of the hosts."""
    chance = random.Random(7)
    made = kinds(many)
    for number in range(count):
        usual = number >= many and chance.random() < 0.9
        yield host(made[number % max(1, many // 10) if usual else number % many], number, chance)


def measure(count: int, many: int) -> tuple[float, float]:
    """Write a fleet, judge it, and print; return the seconds and the MiB."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hosts.jsonl"
        with file.open("w") as out:
            out.writelines(hosts(count, many))
        command = [sys.executable, "-m", "torch_doctor", "fleet", "judge", str(file), "--json"]
        started, before = time.perf_counter(), _used()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        taken, spent = time.perf_counter() - started, _used() - before
        size = file.stat().st_size / (1 << 20)
    answer = json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{count:7} hosts  {size:6.0f} MiB  {answer['states']:5} states  {taken:6.1f} s  {spent:6.1f} s of processor  "
        f"peak {peak:4.0f} MiB  {count / taken:6.0f} hosts/s  {answer['states'] / count:.2%} judged",
        flush=True,
    )
    assert answer["nodes"] == count, answer["unreadable"]
    return taken, peak


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print, the small fleets first: a peak of memory is that of all before it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--kinds", type=int, default=400)
    arguments = parser.parse_args()
    times = [(count, measure(count, arguments.kinds)[0]) for count in sorted(arguments.hosts)]
    for (less, before), (more, after) in pairwise(times):
        print(f"x {more / less:.1f} hosts, x {after / before:.1f} seconds")


if __name__ == "__main__":
    main()
