"""What somebody at a terminal is told while a check is still running. It goes to stderr."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator

from torch_doctor.cli.output.streams import is_terminal, notice
from torch_doctor.core.startup import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch_doctor.core.records import DeepResult, ProofStep
    from torch_doctor.core.report import Report


_Item = TypeVar("_Item")


def early(arguments: argparse.Namespace) -> Callable[[Report], None] | None:
    """Say the static verdict while the driver is asked and PyTorch is running."""
    if not _watched(arguments):
        return None
    running = "" if arguments.proof == "driver" else " and running PyTorch"

    def say(report: Report) -> None:
        cause = f" ({report.primary.code} {report.primary.name})" if report.primary else ""
        notice(
            f"from files and NVML: {report.verdict.value}{cause}; now asking the driver{running}, "
            f"for at most {min(arguments.timeout, arguments.deadline or arguments.timeout):.0f} s"
        )

    return say


def proof(arguments: argparse.Namespace) -> Callable[[tuple[ProofStep, ...]], None] | None:
    """Say what the driver answered while PyTorch is running."""
    if not _watched(arguments):
        return None
    from torch_doctor.core.observed import proof_in_words

    return lambda steps: notice(f"from the driver: {proof_in_words(steps)}")


def deep(arguments: argparse.Namespace) -> Callable[[DeepResult], None] | None:
    """Say each stage of the deep check as it ends, to somebody who waits at a terminal or asked for it."""
    if not arguments.deep or not (arguments.verbose or is_terminal(sys.stderr)):
        return None
    from torch_doctor.core.codec import describe_value

    return lambda result: notice(f"{describe_value(result)} ({result.seconds:.1f} s)")


def counted(
    items: Iterable[_Item], what: str, *, quiet: bool, share: Callable[[], float | None]
) -> Iterator[_Item]:
    """Yield *items* with a bar on stderr where somebody watches: their number, and how far they are.

    *share* is how much of all is done, from 0 to 1; None where nobody knows.
    """
    if quiet or not is_terminal(sys.stderr):
        yield from items
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[number]} {task.description}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None if share() is None else 1.0, number=0)
        for number, item in enumerate(items, 1):
            yield item
            shown.update(task, completed=share() or 0.0, number=number)


def settled(items: Iterable[_Item]) -> Iterator[_Item]:
    """Spare the collector of garbage what the first of many made load: it stays until the last, and there is much."""
    import gc

    try:
        for number, item in enumerate(items):
            if number == 1:
                gc.freeze()
            yield item
    finally:
        gc.unfreeze()


def _watched(arguments: argparse.Namespace) -> bool:
    return not arguments.quiet and is_terminal(sys.stderr)
