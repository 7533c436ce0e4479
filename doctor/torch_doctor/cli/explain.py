"""``torch-doctor explain``: what a rule, an error, a code, a GPU, a build or a driver is."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.output.exits import EXPLAIN_EXIT_CODES, MEANINGS
from torch_doctor.cli.parser import Parser, add_screen
from torch_doctor.core.startup import TYPE_CHECKING, Any, regex

if TYPE_CHECKING:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.core.finding import Topic
    from torch_doctor.core.report import Report
    from torch_doctor.core.rule import Rule
    from torch_doctor.probes.host.port import Host
    from torch_doctor.render.text.line import Line

LIMIT = 1 << 20
_TOLD = "the text to explain"
# What most people ask first, in the words of their program.
_UNAVAILABLE = regex(
    r"(?:torch\.cuda\.)?is_available(?:\(\))?(?:\W|is|returns|gives)*False\W*", re.IGNORECASE
)
# A library by its name alone, or with what the loader says of it: an ImportError of Python carries more.
_LIBRARY = regex(
    r"(lib[\w.+-]*\.so(?:\.\d+)*)(?:: cannot open shared object file.*)?", re.IGNORECASE
)
_MISSING = "ImportError: {}: cannot open shared object file: No such file or directory"
_A_SENTENCE = 3  # words: from here on it may be a text that only rules know
_ABOUT = """Explain what torch-doctor or a GPU's software says: a rule, an error by its number, name or text, an Xid, an
exit code, a compute capability, a GPU, a build of torch, a CUDA release, a driver branch.

For an error's text: what it can come from, what tells the causes apart, and which of them it is on this machine,
read from files and the driver alone."""
_EXAMPLES = """
torch-doctor explain TD202
torch-doctor explain gpu-older-than-build
torch-doctor explain 803
torch-doctor explain Xid 79
torch-doctor explain sm_120 cu128 "RTX 5090" R570
torch-doctor explain "CUDA error: no kernel image is available for execution on the device"
python train.py 2>&1 | tail -n 40 | torch-doctor explain -
torch-doctor explain TD110 TD120 --json"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("explain", _ABOUT, _EXAMPLES, EXPLAIN_EXIT_CODES)
    made.add_argument(
        "words",
        metavar="CODE|TEXT",
        nargs="+",
        help="codes such as TD202 or names of rules; a number or name such as 803, Xid 79, sm_120; an error text; "
        "or - for text on standard input",
    )
    made.add_argument(
        "--facts",
        metavar="FILE",
        help="the machine on which the error was seen, as collect saved it",
    )
    made.add_argument("--json", action="store_true", help="print JSON")
    add_screen(made)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:
    """Print the pages of rules, what is known of codes and names, or what an error text means."""
    words: list[str] = arguments.words
    if words != ["-"]:
        found = _each(words)
        if found is not None:
            _print(*found, as_json=arguments.json)
            return 0
    return _explain_text(arguments, host)


def _each(words: list[str]) -> tuple[list[Rule], list[Topic]] | None:
    """Return the rules and topics that the words name, together or each by itself; None for an error's text."""
    rule = _rule(" ".join(words))
    whole = rule, () if rule else _topics(" ".join(words))
    if any(whole):
        named = [(whole[0], whole[1])]
    else:
        named = [(_rule(word), () if _rule(word) else _topics(word)) for word in words]
    topics = [topic for _, found in named for topic in found]
    if not all(rule or found for rule, found in named) or _is_text(topics):
        return None
    return [rule for rule, _ in named if rule], topics


def _is_text(topics: list[Topic]) -> bool:
    return any(topic.kind == "error-text" for topic in topics)


def _print(rules: list[Rule], topics: list[Topic], *, as_json: bool) -> None:
    from torch_doctor.render.text.pages import page_lines, topic_lines

    if as_json:
        from torch_doctor.cli.output.streams import emit
        from torch_doctor.render.formats.json import dump
        from torch_doctor.render.text.pages import rule_document, tool_head, topic_document

        known = {"rules": list(map(rule_document, rules))} if rules else {}
        more = {"topics": list(map(topic_document, topics))} if topics else {}
        emit(dump({**tool_head(), **known, **more}))
        return
    _show(line for rule in rules for line in page_lines(rule))
    _show(topic_lines(topics))


def _show(lines: Iterator[Line]) -> None:
    from torch_doctor.cli.output.streams import emit, takes_links, wants_colour, width
    from torch_doctor.render.text.screen import to_text

    shown = list(lines)
    if shown:
        colour, links = wants_colour(os.environ), takes_links(os.environ)
        emit(to_text(shown, width=width(os.environ), colour=colour, links=links))


def _explain_text(arguments: argparse.Namespace, host: Host | None) -> int:
    from torch_doctor.core.text import unquoted, visible
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.matrix.signatures import recognise
    from torch_doctor.matrix.topics.find import mentioned_in, worded_in
    from torch_doctor.matrix.topics.texts import texts_in

    text, matrix = visible(_text(arguments.words), LIMIT), load_matrix()
    library = _LIBRARY.fullmatch(unquoted(text))
    text = _MISSING.format(library[1]) if library else text
    topics = list(dict.fromkeys((*texts_in(unquoted(text), matrix), *mentioned_in(text, matrix))))
    topics = topics or list(worded_in(unquoted(text), matrix))
    if not topics and len(text.split()) < _A_SENTENCE:
        return _print_near(text, as_json=arguments.json)
    given = _machine(arguments, host)
    report = _judged(text, given)
    if not topics and not _is_known_to_rules(report, given):
        return _print_near(text, as_json=arguments.json)
    _print_text(topics, list(recognise(text, matrix)), report, as_json=arguments.json)
    return 0


def _print_text(topics: list[Topic], rows: list[Any], report: Report, *, as_json: bool) -> None:
    from torch_doctor.cli.output.streams import emit, takes_links, wants_colour, width
    from torch_doctor.render.formats.json import document, dump
    from torch_doctor.render.formats.terminal import render
    from torch_doctor.render.text.pages import (
        machine_lines,
        signature_document,
        tool_head,
        topic_document,
        topic_lines,
    )

    if as_json:
        known = [signature_document(row) for row in rows]
        named = [topic_document(topic) for topic in topics]
        shown = {"signatures": known, "topics": named, "report": document(report)}
        emit(dump({**tool_head(), **shown}))
        return
    _show(topic_lines(topics))
    _show(machine_lines(report.about, first=not topics))
    colour, links = wants_colour(os.environ), takes_links(os.environ)
    emit(render(report, width=width(os.environ), colour=colour, links=links))


def _print_near(text: str, *, as_json: bool) -> int:
    """Say that nothing is known of *text*, and what is called much like it."""
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.matrix.topics.find import near
    from torch_doctor.render.formats.json import dump
    from torch_doctor.render.text.pages import near_lines, tool_head
    from torch_doctor.rules import load_rules

    rules = {key: key for rule in load_rules() for key in (rule.code, rule.name)}
    found = near(text, load_matrix(), rules)
    if as_json:
        emit(dump({**tool_head(), "signatures": [], "topics": [], "near": found}))
    else:
        _show(near_lines(text, found))
    return 1


def _is_known_to_rules(report: Report, given: Given) -> bool:
    """Whether a rule that names a cause speaks because of the text alone."""
    from torch_doctor.api import check

    without = {(one.code, one.message) for one in check(facts=given.facts).findings}
    named = [one for one in report.findings if one.cause not in (None, "unexplained")]
    return any((one.code, one.message) not in without for one in named)


def _judged(text: str, given: Given) -> Report:
    from torch_doctor.api import check
    from torch_doctor.core.fact import Known, Source
    from torch_doctor.core.records import ErrorSeen

    seen = (*given.facts.value("errors_seen", ()), ErrorSeen(text))
    told = Known(seen, Source("user", _TOLD))
    return check(facts=given.facts.with_(errors_seen=told), about=given.about)


def _machine(arguments: argparse.Namespace, host: Host | None) -> Given:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.core.about import About

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
    from torch_doctor.cli.input.binary import binary_kind
    from torch_doctor.pastes.text.paste import decode

    binary = binary_kind(bytes(data))
    if binary:
        raise InputError(f"explain -: standard input is {binary.what}", binary.cure, "input")
    text = decode(bytes(data))
    if not text.strip():
        raise InputError(
            "explain -: standard input is empty", "pipe the error text into it", "input"
        )
    return text


def _rule(word: str) -> Rule | None:
    """Return the rule of a code or a name: ``td202``, ``TD-202``, ``gpu older than build``."""
    from torch_doctor.core.text import unquoted
    from torch_doctor.rules import load_rules

    typed = re.sub(r"[\s_]+", "-", unquoted(word).casefold())
    typed = re.sub(r"^td-?(\d+)$", r"td\1", typed)
    if _UNAVAILABLE.fullmatch(unquoted(word)):
        typed = "torch-cuda-unavailable"
    rules = {key.casefold(): rule for rule in load_rules() for key in (rule.code, rule.name)}
    return rules.get(typed)


def _topics(words: str) -> tuple[Topic, ...]:
    from torch_doctor.core.finding import Said, Topic
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.matrix.topics.find import topics_of

    own = re.fullmatch(r"(?:exit |torch-doctor )(?:exit )?(?:code )?(\d)", words.strip().casefold())
    if own and int(own[1]) in MEANINGS:
        title = f"exit code {own[1]} of torch-doctor: {MEANINGS[int(own[1])]}"
        cure = "torch-doctor --json says which" if own[1] != "0" else "nothing to do"
        return (Topic("exit-code", title, (Said("next", cure),)),)
    return tuple(map(_with_rules, topics_of(words, load_matrix())))


def _with_rules(topic: Topic) -> Topic:
    """Return an error of CUDA of which no row tells a cause with the rules that speak of its text."""
    from torch_doctor.api import check
    from torch_doctor.core.fact import Facts, Known, Source
    from torch_doctor.core.finding import Said
    from torch_doctor.core.records import ErrorSeen

    if topic.kind != "cuda-error" or any(line.label in ("can be", "cure") for line in topic.lines):
        return topic
    seen = (ErrorSeen(f"CUDA error: {topic.title.partition(': ')[2]}"),)
    found = check(facts=Facts({"errors_seen": Known(seen, Source("user", _TOLD))})).findings
    spoken = [
        f"{one.code} {one.name}: {one.message}" for one in found if one.cause != "unexplained"
    ]
    return topic._replace(lines=(*topic.lines, *(Said("rule", words) for words in spoken)))
