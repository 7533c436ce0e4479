"""``torch-doctor fleet plan``: what an upgrade breaks and unlocks, before it happens."""

from __future__ import annotations

import argparse

from torch_doctor.cli.fleet.delivery import Forms, add_form, deliver_change
from torch_doctor.cli.input.assume import Assumption, assuming, read_assumption
from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import add_judging, options_of, overlay_of
from torch_doctor.cli.parser import Parser, add_verbosity
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.core.fact import Facts
    from torch_doctor.fleet.planning import FleetPlan

_ABOUT = """Say what a change does to saved hosts: which nodes it breaks, which it unlocks, which it leaves as they are.

What is assumed is laid over the facts of each node, as check --assume does, and judged by the same rules. What was
observed of a node counts for how it is now; with the change nobody has seen it, and the rules predict."""
_EXAMPLES = """
torch-doctor fleet plan hosts.jsonl --assume driver=580.65.06
torch-doctor fleet plan hosts.jsonl --assume torch=2.9.1+cu130 --json"""
_EXITS = """exit codes:
  0  nothing breaks
  1  a node that runs would be broken
  2  whether one would is not known, a line cannot be read, the input is wrong, or torch-doctor failed"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    made = Parser("fleet plan", _ABOUT, _EXAMPLES, _EXITS)
    made.add_argument(
        "sources", metavar="SOURCE", nargs="+", help="files, folders, or - for standard input"
    )
    made.add_argument(
        "--assume",
        metavar="WHAT",
        action="append",
        required=True,
        help="what every node would have: driver=580.65.06, torch=2.9.1+cu130, python=3.13 …",
    )
    add_form(made, "the plan")
    add_judging(made)
    add_verbosity(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Read, judge twice, print, and return the exit code."""
    from torch_doctor.fleet.planning import document
    from torch_doctor.render.fleet import changes, prometheus
    from torch_doctor.render.fleet.plan import lines

    forms = Forms(document, changes.plan, prometheus.plan, lines)
    return deliver_change(_plan(arguments), forms, arguments)


def _plan(arguments: argparse.Namespace) -> FleetPlan:
    from torch_doctor.cli.fleet.reading import count_hosts, decoded
    from torch_doctor.fleet.answer import Unreadable
    from torch_doctor.fleet.census import Census
    from torch_doctor.fleet.planning import Foreseen, fleet_plan
    from torch_doctor.matrix.load import load_matrix

    assumption = _assumption(arguments.assume)
    matrix, options = load_matrix(overlay_of(arguments.matrix)), options_of(arguments)
    before, after = Census(matrix, options), Census(matrix, options)
    foreseen = Foreseen(before, after, lambda facts: _changed(facts, assumption, arguments))
    faults: list[Unreadable] = []

    def both(text: str, place: str) -> Facts:
        """Called for each state that was not met before: the next of *before*."""
        facts = decoded(text, place)
        foreseen.meet(facts)
        return facts

    for fault in count_hosts(before, arguments.sources, quiet=arguments.quiet, decode=both):
        faults.append(Unreadable(fault.message, fault.cure))
    if not before.nodes and not faults:
        cure = "name files that torch-doctor collect wrote"
        raise InputError("there is no host in what was named", cure, "input")
    assumed = tuple("=".join(pair) for pair in assumption.values)
    return fleet_plan(foreseen, assumed, tuple(faults))


def _assumption(texts: list[str]) -> Assumption:
    """Return what is assumed; raise InputError on what means nothing, before anything is read."""
    found = read_assumption(texts)
    if found.host:
        raise InputError("--assume host starts from this machine", "a plan starts from saved hosts")
    return found


def _changed(facts: Facts, assumption: Assumption, arguments: argparse.Namespace) -> Facts:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.core.about import About

    return assuming(assumption, Given(facts, About()), overlay_of(arguments.matrix)).facts
