"""``torch-doctor fleet drift``: what changed between two looks at a fleet, and which nodes differ from their kind."""

from __future__ import annotations

import argparse

from torch_doctor.cli.fleet.delivery import Forms, add_form, deliver_change
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
    from torch_doctor.fleet.drift import document, fleet_drift
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.render.fleet import changes, prometheus
    from torch_doctor.render.fleet.drift import lines

    matrix = load_matrix(overlay_of(arguments.matrix))
    faults: list[Unreadable] = []
    old = _counted(arguments.before, matrix, arguments, faults)
    new = _counted(arguments.now, matrix, arguments, faults)
    drift = fleet_drift(old, new, tuple(faults))
    forms = Forms(document, changes.drift, prometheus.drift, lines)
    return deliver_change(drift, forms, arguments)


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
