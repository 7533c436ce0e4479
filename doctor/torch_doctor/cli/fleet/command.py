"""``torch-doctor fleet``: many hosts, one answer."""

from __future__ import annotations

import argparse
from functools import partial
from importlib import import_module

from torch_doctor.cli.parser import Later, Parser
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor fleet judge hosts.jsonl
torch-doctor fleet judge reports/ --expected nodes.txt
torch-doctor fleet run --slurm | torch-doctor fleet judge -"""
EXITS = """exit codes:
  0  every node has a verdict, and none is broken
  1  a node is broken, or was expected and is silent
  2  a node has no verdict or cannot be read, the input is wrong, or torch-doctor failed"""
ACTIONS = {
    "run": "ask many nodes by Slurm, ssh or Ray, and write a line for each as it comes",
    "judge": "judge saved hosts: what is broken where, and what makes it whole",
    "drift": "say what changed between two looks, and which nodes differ from their kind",
    "plan": "say what a change breaks and unlocks on saved hosts, before it is made",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    about = "Ask and judge many hosts: groups by cause, the smallest changes that make each whole, one build for all."
    made = Parser("fleet", about, _EXAMPLES, EXITS)
    nested: Any = made.add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=Later
    )
    for name, words in ACTIONS.items():
        nested.add_parser(name, help=words, child=partial(_parser_of, name))
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001  saved hosts alone
    """Do what was asked and return the exit code."""
    return int(import_module(f"torch_doctor.cli.fleet.{arguments.action}").run(arguments))


def _parser_of(action: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = import_module(f"torch_doctor.cli.fleet.{action}").parser()
    return made
