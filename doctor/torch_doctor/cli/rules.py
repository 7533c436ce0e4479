"""``torch-doctor rules``: list every rule."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.output.exits import PLAIN_EXIT_CODES
from torch_doctor.cli.parser import Parser, add_screen
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.core.rule import Rule
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor rules
torch-doctor rules --json | jq '.rules[] | select(.severity == "error") | .code'"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser(
        "rules",
        "List every rule: code, severity, name and what it finds.",
        _EXAMPLES,
        PLAIN_EXIT_CODES,
    )
    made.add_argument("--json", action="store_true", help="print JSON")
    add_screen(made)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Print the list."""
    from torch_doctor.cli.output.streams import emit, wants_colour, width
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import rule_document, rule_lines, tool_head
    from torch_doctor.render.text.screen import to_text
    from torch_doctor.rules import load_rules

    rules: tuple[Rule, ...] = load_rules()
    if arguments.json:
        emit(dump({**tool_head(), "rules": [rule_document(rule) for rule in rules]}))
    else:
        emit(to_text(rule_lines(rules), width=width(os.environ), colour=wants_colour(os.environ)))
    return 0
