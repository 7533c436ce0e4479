"""Does a check leave anything behind: many runs of ``--static``, live ones, and many checks in one process.

    python -m tests.bench.leaks --minutes 2.5
    python -m tests.bench.leaks --static 10000 --live 200 [--workers 8] [--python ENVIRONMENT]

Prints how many runs there were, and what each kind of thing was at the start and at the end: files in the temporary
folder and the home, processes of a run's own session, memory, open files, threads and time. Linux only. Ends with 1
where something was left or grew. A process that was killed takes a moment to go, longer on a busy machine: one is left
that is there after five seconds. A busy machine makes every program slower: beside the runs a bare interpreter is run,
and time is counted in its time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from torch_doctor.api import check

_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
# Noise of an allocator and of a busy machine; what leaks in each run passes it soon.
_MEMORY_MIB, _SHARE = 4.0, 1.5
_GOES_WITHIN_S = 5.0
# Numbers of processes begin again at some time: a much smaller one may be of a later process.
_NUMBERS_AGAIN = 20_000
_BARE = (sys.executable, "-c", "import argparse, json, subprocess")


class Run(NamedTuple):
    """One run: CPU time (its own, and of a bare interpreter beside it), the most memory, exit code, processes left.

    *late_s* is how long after its end the last of its processes was still there.
    """

    seconds: float
    bare_s: float
    memory_mib: float
    code: int
    left: int
    late_s: float

    @property
    def times_bare(self) -> float:
        """Its CPU time as a multiple of the bare interpreter's."""
        return self.seconds / self.bare_s


def once(folder: Path, *asked: str) -> Run:
    """Run a check in a session of its own, with *folder* for its home and temporary files."""
    bare_s, *_ = _timed(folder, _BARE)
    words = (sys.executable, "-m", "torch_doctor", "check", "--json", *asked)
    seconds, memory, code, session = _timed(folder, words)
    ended = time.monotonic()
    while left := _of_session(session):
        late_s = time.monotonic() - ended
        if late_s > _GOES_WITHIN_S:
            return Run(seconds, bare_s, memory, code, left, late_s)
        time.sleep(0.02)
    return Run(seconds, bare_s, memory, code, 0, time.monotonic() - ended)


def _timed(folder: Path, words: tuple[str, ...]) -> tuple[float, float, int, int]:
    """Run a command; return its CPU seconds, its memory in MiB, its exit code and its session."""
    environ = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder)}
    child = subprocess.Popen(
        words,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = usage.ru_utime + usage.ru_stime
    return seconds, usage.ru_maxrss / 1024, child.returncode, child.pid


def _of_session(leader: int) -> int:
    """Return how many living processes belong to the session of *leader*: what it started has a later number."""
    found = 0
    for name in os.listdir("/proc"):
        if not name.isdigit() or 0 < leader - int(name) < _NUMBERS_AGAIN:
            continue
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found += fields[0] != "Z" and int(fields[3]) == leader
    return found


def _inside() -> dict[str, float]:
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_MIB
    tasks = len(os.listdir("/proc/self/task"))
    return {"open files": len(os.listdir("/proc/self/fd")), "threads": tasks, "memory, MiB": memory}


def commands(
    folder: Path, *asked: str, limit_s: float = 1e9, most: int = 1 << 30, workers: int = 1
) -> bool:
    """Run a check until *limit_s* is over or *most* were run; return whether nothing was left and nothing grew."""
    runs = [once(folder, *asked) for _ in range(3)]
    files = sorted(folder.rglob("*"))
    ends = time.monotonic() + limit_s

    def work(_: int) -> None:
        while time.monotonic() < ends and len(runs) < most:
            runs.append(once(folder, *asked))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return is_steady(" ".join(("--json", *asked)), runs, files, sorted(folder.rglob("*")))


def is_steady(words: str, runs: list[Run], before: list[Path], after: list[Path]) -> bool:
    """Print what was left and what grew over some runs; return whether nothing was and nothing did."""
    tenth = max(3, len(runs) // 10)
    first, last = runs[:tenth], runs[-tenth:]
    new = [path for path in after if path not in before]
    grown = 0.0
    print(f"{len(runs)} runs of {words}, exit codes {sorted({run.code for run in runs})}")
    print(f"  files left in HOME and TMPDIR: {len(before)} after 3 runs, {len(after)} at the end")
    for path in new[:20]:
        print(f"    {path}")
    late_s = max(run.late_s for run in runs)
    print(
        f"  processes left: {sum(run.left for run in runs)} (the last went {late_s:.2f} s after its run)"
    )
    for what, value in (
        ("CPU time, in times of a bare interpreter", lambda run: run.times_bare),
        ("CPU seconds, of both", lambda run: run.seconds + run.bare_s),
        ("memory, MiB", lambda run: run.memory_mib),
    ):
        start, end = (statistics.median(map(value, part)) for part in (first, last))
        print(f"  {what} (median of {tenth}): {start:.3g} at the start, {end:.3g} at the end")
        if "of both" not in what:
            grown = max(grown, end / start)
    return not new and not any(run.left for run in runs) and grown < _SHARE


def calls(limit_s: float) -> bool:
    """Check in this process until *limit_s* is over; return whether nothing grew."""
    ends, number = time.monotonic() + limit_s, 0
    for _ in range(20):
        check(static=True)
    before = _inside()
    while time.monotonic() < ends:
        check(static=True)
        number += 1
    after = _inside()
    print(f"{number} static checks in one process, after 20 to warm up")
    for what, value in before.items():
        print(f"  {what}: {value:.4g} at the start, {after[what]:.4g} at the end")
    same = all(after[what] <= before[what] for what in ("open files", "threads"))
    return same and after["memory, MiB"] - before["memory, MiB"] < _MEMORY_MIB


def main() -> int:
    """Spend half the time on commands and half on calls, or run so many; return 1 where something was left or grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, help="of each kind, or of both halves (5)")
    parser.add_argument("--static", type=int, help="runs of --static, and no calls")
    parser.add_argument("--live", type=int, help="runs that ask the driver and torch, and no calls")
    parser.add_argument("--python", default=sys.executable, help="the environment of these")
    parser.add_argument("--workers", type=int, default=1, help="how many run side by side")
    asked = parser.parse_args()
    half, sound = (asked.minutes or 5.0) * 30, True
    limit_s = asked.minutes * 60 if asked.minutes else 1e9
    with tempfile.TemporaryDirectory() as folder:
        for most, words in (
            (asked.live, ("--python", asked.python)),
            (asked.static, ("--static",)),
        ):
            if most:
                sound &= commands(
                    Path(folder), *words, most=most, workers=asked.workers, limit_s=limit_s
                )
        if not (asked.live or asked.static):
            sound &= commands(Path(folder), "--static", limit_s=half) & calls(half)
    print("nothing was left and nothing grew" if sound else "SOMETHING WAS LEFT OR GREW")
    return 0 if sound else 1


if __name__ == "__main__":
    raise SystemExit(main())
