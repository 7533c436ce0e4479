"""What is said while a check is still running, to somebody who waits for it."""

from __future__ import annotations

import argparse

from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.core.report import Report


def early(arguments: argparse.Namespace) -> Any:
    """Say the static verdict while PyTorch is still running, to somebody who waits at a terminal."""
    import sys

    from torch_doctor.cli.output.streams import is_terminal, notice

    if arguments.quiet or not is_terminal(sys.stderr):
        return None

    def say(report: Report) -> None:
        cause = f" ({report.primary.code} {report.primary.name})" if report.primary else ""
        notice(
            f"from files and driver: {report.verdict.value}{cause}; now running PyTorch, "
            f"for at most {arguments.timeout:.0f} s"
        )

    return say


def progress(arguments: argparse.Namespace) -> Any:
    """Say each stage of the deep check as it ends, to somebody who waits at a terminal or asked for it."""
    import sys

    from torch_doctor.cli.output.streams import is_terminal, notice

    if not arguments.deep or not (arguments.verbose or is_terminal(sys.stderr)):
        return None
    from torch_doctor.core.codec import describe_value

    return lambda result: notice(f"{describe_value(result)} ({result.seconds:.1f} s)")
