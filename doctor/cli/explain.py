"""``torch-doctor explain CODE``: what a rule checks, why it matters and what cures it."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from doctor.cli.errors import InputError, did_you_mean
from doctor.cli.exits import PLAIN_EXIT_CODES
from doctor.cli.parser import Parser

if TYPE_CHECKING:
    from doctor.core.rule import Rule
    from doctor.probes.host import Host

_EXAMPLES = """
torch-doctor explain TD202
torch-doctor explain gpu-older-than-build
torch-doctor explain TD110 TD120 --json"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    about = "Explain rules: what each checks, why it matters, how to fix it, and where that is documented."
    made = Parser("explain", about, _EXAMPLES, PLAIN_EXIT_CODES)
    made.add_argument(
        "rules", metavar="CODE", nargs="+", help="a code such as TD202, or a rule's name"
    )
    made.add_argument("--json", action="store_true", help="print JSON")
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Print the pages."""
    from doctor.cli.output import emit, wants_colour, width
    from doctor.render.json import dump
    from doctor.render.pages import page_lines, rule_document, tool_head
    from doctor.render.terminal import to_text

    found = [_rule(word) for word in arguments.rules]
    if arguments.json:
        emit(dump({**tool_head(), "rules": [rule_document(rule) for rule in found]}))
        return 0
    lines = [line for rule in found for line in page_lines(rule)]
    emit(to_text(lines, width=width(os.environ), colour=wants_colour(os.environ)))
    return 0


def _rule(word: str) -> Rule:
    """Return the rule of a code or a name; raise InputError with the nearest one where there is none."""
    from doctor.rules import load_rules

    rules = {key.casefold(): rule for rule in load_rules() for key in (rule.code, rule.name)}
    if word.casefold() in rules:
        return rules[word.casefold()]
    cure = did_you_mean(word, rules) or "torch-doctor rules lists every code and name"
    raise InputError(f"there is no rule {word!r}", cure)
