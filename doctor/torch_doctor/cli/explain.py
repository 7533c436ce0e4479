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
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.core.about import About
    from torch_doctor.core.fact import Facts
    from torch_doctor.core.finding import Topic
    from torch_doctor.explained import Explained
    from torch_doctor.probes.host.port import Host
    from torch_doctor.render.text.line import Line

LIMIT = 1 << 20
_ABOUT = """Explain what torch-doctor or a GPU's software says: a rule, an error by its number, name or text, an Xid, an
exit code, a compute capability, a GPU, a build of torch, a CUDA release, a driver branch.

For an error's text: what it can come from, what tells the causes apart, and which of them it is on this machine,
where its files and its driver tell."""
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
    from torch_doctor.explained import named_by, text_explained

    words: list[str] = arguments.words
    found = named_by(words, own_exit_code) if words != ["-"] else None
    if found is not None:
        _print(found, as_json=arguments.json)
        return 0
    from torch_doctor.core.text import visible

    text = visible(_text(words), LIMIT)
    found = text_explained(text, lambda: _machine(arguments, host))
    if found.report is None:
        return _print_near(text, found.near, as_json=arguments.json)
    _print_text(found, arguments)
    return 0


def own_exit_code(words: str) -> tuple[Topic, ...]:
    """Return what an exit code of torch-doctor itself means, where *words* name one."""
    own = re.fullmatch(r"(?:exit |torch-doctor )(?:exit )?(?:code )?(\d)", words.strip().casefold())
    if not own or int(own[1]) not in MEANINGS:
        return ()
    from torch_doctor.core.finding import Said, Topic

    title = f"exit code {own[1]} of torch-doctor: {MEANINGS[int(own[1])]}"
    cure = "torch-doctor --json says which" if own[1] != "0" else "nothing to do"
    return (Topic("exit-code", title, (Said("next", cure),)),)


def _print(found: Explained, *, as_json: bool) -> None:
    from torch_doctor.render.text.pages import page_lines, topic_lines

    if as_json:
        from torch_doctor.cli.output.streams import emit
        from torch_doctor.render.laid_out import dump
        from torch_doctor.render.text.pages import rule_document, tool_head, topic_document

        known = {"rules": list(map(rule_document, found.rules))} if found.rules else {}
        more = {"topics": list(map(topic_document, found.topics))} if found.topics else {}
        emit(dump({**tool_head(), **known, **more}))
        return
    _show(line for rule in found.rules for line in page_lines(rule))
    _show(topic_lines(found.topics))


def _show(lines: Iterator[Line]) -> None:
    from torch_doctor.cli.output.streams import emit, takes_links, wants_colour, width
    from torch_doctor.render.text.screen import to_text

    shown = list(lines)
    if shown:
        colour, links = wants_colour(os.environ), takes_links(os.environ)
        emit(to_text(shown, width=width(os.environ), colour=colour, links=links))


def _print_text(found: Explained, arguments: argparse.Namespace) -> None:
    from torch_doctor.cli.output.streams import emit, takes_links, wants_colour, width
    from torch_doctor.render.formats.json import document
    from torch_doctor.render.formats.text import render
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import (
        machine_lines,
        signature_document,
        tool_head,
        topic_document,
        topic_lines,
    )

    report = found.report
    assert report is not None
    if arguments.json:
        known = [signature_document(row) for row in found.signatures]
        named = [topic_document(topic) for topic in found.topics]
        shown = {"signatures": known, "topics": named, "report": document(report)}
        emit(dump({**tool_head(), **shown}))
        return
    _show(topic_lines(found.topics))
    # where the machine at hand has no cause for the text, its report would be about something else
    if not found.speaks and arguments.facts is None:
        return
    _show(machine_lines(report.about, first=not found.topics))
    colour, links = wants_colour(os.environ), takes_links(os.environ)
    emit(render(report, width=width(os.environ), colour=colour, links=links))


def _print_near(text: str, near: tuple[str, ...], *, as_json: bool) -> int:
    """Say that nothing is known of *text*, and what is called much like it."""
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import near_lines, tool_head

    if as_json:
        emit(dump({**tool_head(), "signatures": [], "topics": [], "near": list(near)}))
    else:
        _show(near_lines(text, near))
    return 1


def _machine(arguments: argparse.Namespace, host: Host | None) -> tuple[Facts, About]:
    from torch_doctor.core.about import About

    if arguments.facts is not None:
        from torch_doctor.cli.input.facts_file import read_facts

        given = read_facts(arguments.facts)
        return given.facts, given.about
    from torch_doctor.probes.gather import gather
    from torch_doctor.probes.inquiry import Inquiry

    return gather(host, Inquiry(static=True)).facts, About()


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
