"""``torch-doctor explain``: what a rule means, or what an error text means on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.output.exits import PLAIN_EXIT_CODES
from torch_doctor.cli.parser import Parser

if TYPE_CHECKING:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.core.report import Report
    from torch_doctor.core.rule import Rule
    from torch_doctor.probes.host.port import Host

LIMIT = 1 << 20
_ABOUT = """Explain rules: what each checks, why it matters, how to fix it, and where that is documented.

Or explain an error text: what it can come from, what tells the causes apart, and which of them it is on this
machine, read from files and the driver alone."""
_EXAMPLES = """
torch-doctor explain TD202
torch-doctor explain gpu-older-than-build
torch-doctor explain "CUDA error: no kernel image is available for execution on the device"
python train.py 2>&1 | tail -n 40 | torch-doctor explain -
torch-doctor explain TD110 TD120 --json"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("explain", _ABOUT, _EXAMPLES, PLAIN_EXIT_CODES)
    made.add_argument(
        "words",
        metavar="CODE|TEXT",
        nargs="+",
        help="codes such as TD202 or names of rules; an error text; or - for text on standard input",
    )
    made.add_argument(
        "--facts",
        metavar="FILE",
        help="the machine on which the error was seen, as collect saved it",
    )
    made.add_argument("--json", action="store_true", help="print JSON")
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:
    """Print the pages of the rules, or what is known of the error."""
    words: list[str] = arguments.words
    found = [_rule(word) for word in words]
    if words != ["-"] and None not in found:
        _print_rules([rule for rule in found if rule], as_json=arguments.json)
        return 0
    if words == ["-"] or len(" ".join(words).split()) > 2:
        return _explain_text(arguments, host)
    raise _unknown(next(word for word, rule in zip(words, found, strict=True) if rule is None))


def _print_rules(rules: list[Rule], *, as_json: bool) -> None:
    from torch_doctor.cli.output.streams import emit, wants_colour, width
    from torch_doctor.render.formats.json import dump
    from torch_doctor.render.text.pages import page_lines, rule_document, tool_head
    from torch_doctor.render.text.screen import to_text

    if as_json:
        emit(dump({**tool_head(), "rules": [rule_document(rule) for rule in rules]}))
        return
    lines = [line for rule in rules for line in page_lines(rule)]
    emit(to_text(lines, width=width(os.environ), colour=wants_colour(os.environ)))


def _explain_text(arguments: argparse.Namespace, host: Host | None) -> int:
    from torch_doctor.cli.output.streams import emit, wants_colour, width
    from torch_doctor.core.text import visible
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.matrix.signatures import recognise
    from torch_doctor.render.formats.json import document, dump
    from torch_doctor.render.formats.terminal import render
    from torch_doctor.render.text.pages import signature_document, signature_lines, tool_head
    from torch_doctor.render.text.screen import to_text

    text = visible(_text(arguments.words), LIMIT)
    rows = tuple(recognise(text, load_matrix()))
    report = _judged(text, _machine(arguments, host))
    if arguments.json:
        known = [signature_document(row) for row in rows]
        emit(dump({**tool_head(), "signatures": known, "report": document(report)}))
        return 0
    columns, colour = width(os.environ), wants_colour(os.environ)
    emit(to_text(signature_lines(rows, report.about), width=columns, colour=colour))
    emit(render(report, width=columns, colour=colour))
    return 0


def _judged(text: str, given: Given) -> Report:
    from torch_doctor.api import check
    from torch_doctor.core.fact import Known, Source
    from torch_doctor.core.records import ErrorSeen

    seen = (*given.facts.value("errors_seen", ()), ErrorSeen(text))
    told = Known(seen, Source("user", "the text to explain"))
    return check(facts=given.facts.with_(errors_seen=told), about=given.about)


def _machine(arguments: argparse.Namespace, host: Host | None) -> Given:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.core.report import About

    if arguments.facts is not None:
        from torch_doctor.cli.input.facts_file import read_facts

        return read_facts(arguments.facts)
    from torch_doctor.probes.gather import gather

    return Given(gather(host, static=True).facts, About())


def _text(words: list[str]) -> str:
    if words != ["-"]:
        return " ".join(words)
    source = getattr(sys.stdin, "buffer", None)
    data = source.read(LIMIT) if source else sys.stdin.read(LIMIT).encode()
    text = bytes(data).decode("utf-8", "replace")
    if not text.strip():
        raise InputError(
            "explain -: standard input is empty", "pipe the error text into it", "input"
        )
    return text


def _rule(word: str) -> Rule | None:
    from torch_doctor.rules import load_rules

    rules = {key.casefold(): rule for rule in load_rules() for key in (rule.code, rule.name)}
    return rules.get(word.casefold())


def _unknown(word: str) -> InputError:
    from torch_doctor.rules import load_rules

    names = [key for rule in load_rules() for key in (rule.code, rule.name)]
    cure = did_you_mean(word, names) or "torch-doctor rules lists every code and name"
    return InputError(f"there is no rule {word!r}", cure)
