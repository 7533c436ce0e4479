"""Many static checks at once: do all answer, and is nothing left?

``python -m tests.bench.at_once [--checks 64]``. Printed are the exit codes, the longest and the median time, and what
of them still runs two seconds after the last has ended.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path


def running(sessions: set[int]) -> int:
    """Return how many processes belong to one of *sessions*."""
    found = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found += int(fields[3]) in sessions and fields[0] != "Z"
    return found


def main() -> None:
    """Start all, wait for all, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=64)
    count = parser.parse_args().checks
    command = [sys.executable, "-m", "torch_doctor", "--static", "--json"]
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder, str(number)) for number in range(count)]
        started = time.monotonic()
        children = [
            subprocess.Popen(command, stdout=path.open("wb"), start_new_session=True)
            for path in outputs
        ]
        ended: dict[int, float] = {}
        while len(ended) < count:
            for child in children:
                if child.pid not in ended and child.poll() is not None:
                    ended[child.pid] = time.monotonic() - started
            time.sleep(0.01)
        verdicts = Counter(json.loads(path.read_text())["verdict"] for path in outputs)
    codes = Counter(child.returncode for child in children)
    time.sleep(2)
    left = running({child.pid for child in children})
    median, longest = statistics.median(ended.values()), max(ended.values())
    print(f"{count} at once: exit codes {dict(codes)}, verdicts {dict(verdicts)}")
    print(f"median {median:.1f} s, longest {longest:.1f} s; {left} processes left")


if __name__ == "__main__":
    main()
