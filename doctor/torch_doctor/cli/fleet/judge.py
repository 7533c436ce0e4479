"""``torch-doctor fleet judge``: what is broken where, what makes it whole, and the one build that serves all."""

from __future__ import annotations

import argparse

from torch_doctor.cli.fleet.command import EXITS
from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import add_delivery, add_judging, options_of, overlay_of
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.cli.output.reporting import Destination
    from torch_doctor.fleet.answer import FleetAnswer

_ABOUT = """Judge many saved hosts. What they have in common is judged once, and said once.

SOURCE is a file of JSON lines (one host a line, as torch-doctor collect --node NAME writes it), a file that collect -o
wrote, a folder of such files, or - for standard input. A line that tells of no host is named, and the others count."""
_EXAMPLES = """
torch-doctor fleet judge hosts.jsonl
torch-doctor fleet judge reports/ more.jsonl --expected nodes.txt
torch-doctor fleet judge hosts.jsonl --output fleet.html
torch-doctor fleet judge hosts.jsonl --json | jq '.groups[] | {code, nodes: .nodes.names}'
kubectl get nodes -o json | torch-doctor fleet judge --from kubectl - --build 2.9.1+cu128
torch-doctor fleet judge - --format prometheus --output /var/lib/node_exporter/fleet.prom < hosts.jsonl"""
FORMATS = ("text", "json", "markdown", "html", "prometheus")


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    made = Parser("fleet judge", _ABOUT, _EXAMPLES, EXITS)
    made.add_argument(
        "sources", metavar="SOURCE", nargs="+", help="files, folders, or - for standard input"
    )
    made.add_argument(
        "--expected", metavar="FILE",
        help="the nodes that should answer, one a line or as node[001-128]; one that is silent is a finding",
    )  # fmt: skip
    add_judging(made)
    add_delivery(made, FORMATS)
    _add_labels(made)
    return made


def _add_labels(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("from labels alone, without anything on the nodes")
    group.add_argument(
        "--from",
        dest="engine",
        choices=("kubectl", "sinfo"),
        help="SOURCE is what kubectl get nodes -o json prints, or sinfo in the form that docs/fleet.md names",
    )
    group.add_argument(
        "--build",
        metavar="BUILD",
        action="append",
        default=[],
        help="with --from: does this torch run on the nodes? 2.9.1+cu128; repeat for several",
    )
    group.add_argument(
        "--image",
        metavar="REF",
        action="append",
        default=[],
        help="with --from: does the torch of this image run on the nodes? repeat for several",
    )

    group.add_argument(
        "--driver",
        metavar="R",
        help="with --from: the driver of nodes whose labels name none, as sinfo never does",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, judge, print, and return the exit code."""
    from torch_doctor.cli.fleet.delivery import deliver, targets
    from torch_doctor.cli.fleet.reading import expected_in

    places = targets(arguments, FORMATS)
    expected = None if arguments.expected is None else expected_in(arguments.expected)
    if arguments.engine is not None:
        return _from_labels(arguments, expected, places)
    if arguments.build or arguments.image or arguments.driver:
        raise InputError(
            "--build, --image and --driver are laid over labels",
            "name them: --from kubectl, or --from sinfo",
        )
    answer = _answer(arguments, expected)
    deliver([answer], places, arguments)
    return answer.exit_code


def _from_labels(
    arguments: argparse.Namespace, expected: list[str] | None, places: tuple[Destination, ...]
) -> int:
    from torch_doctor.cli.fleet.delivery import deliver
    from torch_doctor.cli.fleet.labelled import answers, exit_code

    made = answers(arguments, expected)
    deliver(made, places, arguments)
    return exit_code(made)


def _answer(arguments: argparse.Namespace, expected: list[str] | None) -> FleetAnswer:
    from torch_doctor.cli.fleet.reading import count_hosts
    from torch_doctor.fleet.answer import Unreadable
    from torch_doctor.fleet.answering import MOST_LISTED, fleet_answer
    from torch_doctor.fleet.census import Census
    from torch_doctor.matrix.load import load_matrix

    options = options_of(arguments)
    census = Census(load_matrix(overlay_of(arguments.matrix)), options, identify=arguments.identify)
    faults: list[Unreadable] = []
    number = 0
    for fault in count_hosts(census, arguments.sources, quiet=arguments.quiet):
        number += 1
        if len(faults) < MOST_LISTED:
            faults.append(Unreadable(fault.message, fault.cure))
    if not census.nodes and not number and not census.unanswered:
        raise InputError(
            "there is no host in what was named",
            "name files that torch-doctor collect wrote",
            "input",
        )
    return fleet_answer(census, faults, number, expected)
