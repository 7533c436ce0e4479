"""``torch-doctor fleet drift``: what changed between two looks at a fleet, and which nodes differ from their kind."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.fleet.delivery import add_form
from torch_doctor.cli.options import add_judging, options_of, overlay_of
from torch_doctor.cli.parser import Parser, add_verbosity
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.fleet.answer import Unreadable
    from torch_doctor.fleet.census import Census
    from torch_doctor.matrix.store import Matrix

_ABOUT = """Compare two looks at a fleet: verdicts, GPUs, driver, torch, NCCL, cuDNN and Python, node by node.

Nodes of the later look that differ from most nodes with the same GPUs are named, too. What is not known is not
compared, and said."""
_EXAMPLES = """
torch-doctor fleet drift monday.jsonl tuesday.jsonl
torch-doctor fleet drift monday/ tuesday/ --json"""
_EXITS = """exit codes:
  0  nothing drifted
  1  something changed, or a node differs from most with the same GPUs
  2  not all could be compared, the input is wrong, or torch-doctor failed"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    made = Parser("fleet drift", _ABOUT, _EXAMPLES, _EXITS)
    made.add_argument("before", metavar="BEFORE", help="a file or folder of saved hosts")
    made.add_argument("now", metavar="NOW", help="a later one, or - for standard input")
    add_form(made, "what drifted")
    add_judging(made)
    add_verbosity(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Read both, compare, print, and return the exit code."""
    from torch_doctor.cli.output.streams import emit, wants_colour, width
    from torch_doctor.fleet.drift import document, fleet_drift
    from torch_doctor.fleet.hostlist import folded
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.render.fleet.drift import lines
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.screen import to_text

    matrix = load_matrix(overlay_of(arguments.matrix))
    faults: list[Unreadable] = []
    old = _counted(arguments.before, matrix, arguments, faults)
    new = _counted(arguments.now, matrix, arguments, faults)
    drift = fleet_drift(old, new, tuple(faults))
    if arguments.format == "json":
        emit(dump(document(drift)))
        return drift.exit_code
    if arguments.format == "markdown":
        from torch_doctor.render.fleet import changes

        emit(changes.drift(drift, folded))
        return drift.exit_code
    if arguments.format == "prometheus":
        from torch_doctor.render.fleet import prometheus

        emit(prometheus.drift(drift))
        return drift.exit_code
    laid_out = list(lines(drift, folded, verbose=arguments.verbose))
    shown = laid_out[-1:] if arguments.quiet else laid_out
    emit(to_text(shown, width=width(os.environ), colour=wants_colour(os.environ)))
    return drift.exit_code


def _counted(
    source: str, matrix: Matrix, arguments: argparse.Namespace, faults: list[Unreadable]
) -> Census:
    from torch_doctor.cli.fleet.reading import count_hosts
    from torch_doctor.fleet.answer import Unreadable
    from torch_doctor.fleet.census import Census

    census = Census(matrix, options_of(arguments))
    for fault in count_hosts(census, [source], quiet=arguments.quiet):
        faults.append(Unreadable(fault.message, fault.cure))
    return census
