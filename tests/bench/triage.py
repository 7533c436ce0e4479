"""How many pasted reports a second are judged on one core, and how the time grows with hostile text.

``python -m tests.bench.triage [DIR …] [--megabytes 10 20] [--kind NAME …]``. Files of DIR are judged beside made-up
reports of two sizes: issues with collect_env, an error and its traceback (some 6,000 characters, as many as the issue in
the middle of 861 real ones), and large ones that have nvidia-smi, a list of packages and logs beside (24,000). Times are
of the processor, and include what a batch does: read, leave out what identifies somebody, judge, write a line of JSON.
The sizes that are printed are the median and the quartiles. Every round judges other made-up reports, so that nothing is
remembered of them; of a folder the first round is printed, too, which is the one that counts.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import quantiles

from torch_doctor.cli.batch import BatchItem, Judge, judge_of, line_of
from torch_doctor.render.laid_out import dump

from tests.bench import torture
from tests.bench.pastes import issue, paste

ROUNDS = 5


def seconds(pastes: Iterable[BatchItem], judge: Judge) -> float:
    """Judge every report once and return the processor's time."""
    started = time.process_time()
    for one in pastes:
        dump(line_of(one, judge), indent=None)
    return time.process_time() - started


def speed(name: str, rounds: list[list[BatchItem]], judge: Judge) -> None:
    """Print the best rate of several *rounds*, and that of the first."""
    gc.freeze()  # as a batch does when its first report is judged, and the command when it starts
    gc.set_threshold(50_000)
    taken = [seconds(pastes, judge) / len(pastes) for pastes in rounds]
    every = [len(one.data) for pastes in rounds for one in pastes]
    low, size, high = (one / 1000 for one in quantiles(every))
    sizes = f"{len(rounds[0])} of {size:.1f} kB ({low:.1f} to {high:.1f})"
    rates = f"{1 / min(taken):8.1f} reports/s, {1 / taken[0]:.1f} at first sight"
    print(f"{rates}  {sizes}  {name}", flush=True)


def made_up(make: Callable[[int], str], begin: int) -> list[list[BatchItem]]:
    """Return rounds of a hundred made-up reports, none of them twice."""
    seeds = range(begin, begin + 100 * ROUNDS)
    items = [BatchItem(str(seed), make(seed).encode()) for seed in seeds]
    return [items[at : at + 100] for at in range(0, len(items), 100)]


def growth(kind: str, megabytes: list[int], judge: Judge) -> None:
    """Print what one kind of hostile text costs at each size, and the last time as a multiple of the one before."""
    taken = [
        seconds([BatchItem(kind, torture.text(kind, size << 20))], judge) for size in megabytes
    ]
    shown = "  ".join(
        f"{size} MB {took:6.2f} s" for size, took in zip(megabytes, taken, strict=True)
    )
    ratio = f"  x {taken[-1] / max(taken[-2], 1e-3):.2f}" if len(taken) > 1 else ""
    print(f"{shown}{ratio}  {kind}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", metavar="DIR", nargs="*", type=Path, help="reports of your own")
    parser.add_argument(
        "--megabytes", type=int, nargs="*", default=[1, 2], help="sizes of hostile text"
    )
    parser.add_argument("--kind", nargs="*", default=torture.KINDS, help="kinds of hostile text")
    arguments = parser.parse_args()
    judge = judge_of()
    seconds(made_up(issue, 10_000)[0], judge)  # patterns are compiled, rules imported
    for name, make in (("made-up issues", issue), ("made-up large reports", paste)):
        speed(name, made_up(make, 0), judge)
    for folder in arguments.folders:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        items = [BatchItem(path.name, path.read_bytes()) for path in files]
        speed(str(folder), [items] * ROUNDS, judge)
    for kind in arguments.kind if arguments.megabytes else ():
        growth(kind, arguments.megabytes, judge)


if __name__ == "__main__":
    main()
