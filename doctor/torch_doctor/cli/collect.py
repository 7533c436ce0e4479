"""``torch-doctor collect``: save the facts of this machine, to be judged here or elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import add_deep
from torch_doctor.cli.output.exits import PLAIN_EXIT_CODES
from torch_doctor.cli.parser import Parser, seconds
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_ABOUT = """Save what is known about this machine and one Python environment of it. Nothing is judged.

The file holds no host name, UUID, serial, user name, home path or address unless --identify is given, and never a
login or a token."""
_EXAMPLES = """
torch-doctor collect -o host.json
torch-doctor collect --deep --node $(hostname) >> /shared/hosts.jsonl
torch-doctor collect --static | ssh laptop torch-doctor check --facts -
torch-doctor check --facts host.json
torch-doctor collect --node $(hostname) >> /shared/hosts.jsonl"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("collect", _ABOUT, _EXAMPLES, PLAIN_EXIT_CODES)
    made.add_argument(
        "-o", "--output", metavar="FILE", help="where to write the facts (default: standard output)"
    )
    made.add_argument(
        "--node",
        metavar="NAME",
        help="write one line of JSON that names the node NAME, for torch-doctor fleet judge",
    )
    made.add_argument(
        "--static", action="store_true", help="run nothing of PyTorch and no CUDA call"
    )
    add_deep(made, "also")
    made.add_argument(
        "--python",
        metavar="PATH",
        help="an interpreter, a venv or a conda prefix (default: this one)",
    )
    made.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=60.0,
        help="seconds that PyTorch may take (default: 60)",
    )
    made.add_argument(
        "--identify",
        action="store_true",
        help="keep names of hosts and users, UUIDs, home paths, addresses",
    )
    made.add_argument(
        "--json", action="store_true", help="facts are always JSON; accepted for uniformity"
    )
    made.add_argument(
        "-v", "--verbose", action="store_true", help="with --deep: say each stage as it ends"
    )
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:
    """Gather, write, and return 0."""
    from torch_doctor.cli.comparing.deep import settle_saved
    from torch_doctor.cli.output import progress
    from torch_doctor.cli.output.streams import emit, notice, write_file
    from torch_doctor.core.redaction.facts import without_sensitive
    from torch_doctor.probes.gather import gather
    from torch_doctor.probes.host.watched import hear_of_ends
    from torch_doctor.probes.inquiry import Inquiry, Listeners
    from torch_doctor.probes.python.target import TargetError
    from torch_doctor.render.formats.json import facts_document

    settle_saved(arguments)
    if host is None:
        hear_of_ends()
    try:
        asked = Inquiry(
            arguments.python,
            arguments.static,
            deep=arguments.deep,
            live_timeout_s=arguments.timeout,
        )
        heard = Listeners(deep=progress.deep(arguments))
        found = gather(host, asked, heard, identify=arguments.identify)
    except TargetError as error:
        raise InputError(f"--python {error}", kind="input") from error
    facts = found.facts if arguments.identify else without_sensitive(found.facts)
    text = _text(facts_document(facts, dict(found.timing)), arguments.node)
    if arguments.output in (None, "-"):
        emit(text)
    else:
        write_file(Path(arguments.output), text)
        notice(
            f"{len(facts)} facts are in {arguments.output}; torch-doctor check --facts {arguments.output} judges them"
        )
    return 0


def _text(document: dict[str, Any], node: str | None) -> str:
    """Return the file: laid out for people, or with the name of a node one line of many."""
    from torch_doctor.core.text import one_line
    from torch_doctor.render.laid_out import dump

    if node is None:
        return dump(document)
    return dump({"node": one_line(node, 200), **document}, indent=None)
