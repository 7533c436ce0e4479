"""How to judge and what to print: the options that commands share, and what they mean."""

from __future__ import annotations

import argparse

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.parser import add_verbosity, words
from torch_doctor.cli.settings.taking import add_config, mirrors_in
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch_doctor.engine.evaluate import Options


def add_judging(made: argparse.ArgumentParser) -> None:
    """Add --only, --ignore, --fail-on, --on-unknown and --matrix."""
    group = made.add_argument_group("how to judge")
    group.add_argument(
        "--only",
        metavar="CODES",
        type=words,
        action="append",
        help="run these rules or families alone",
    )
    group.add_argument(
        "--ignore",
        metavar="CODES",
        type=words,
        action="append",
        help="show these, but let them not count",
    )
    group.add_argument(
        "--fail-on",
        choices=("error", "warning", "note", "never"),
        default="error",
        help="the least severity for exit code 1 (default: error)",
    )
    group.add_argument(
        "--on-unknown",
        choices=("fail", "ignore"),
        default="fail",
        help="whether an undecided verdict is exit code 2 (default: fail)",
    )
    group.add_argument(
        "--matrix",
        metavar="DIR",
        help="a folder of YAML rows that add to the matrix or replace rows",
    )
    add_config(group)


def add_deep(group: argparse._ActionsContainer, lead: str) -> None:
    """Add --deep; *lead* are the first words of what it does."""
    group.add_argument(
        "--deep",
        metavar="STAGES",
        nargs="?",
        const=True,
        default=False,
        help=f"{lead} measure every GPU, check results, the compiler and NCCL, and wheels' files by hash "
        "(minutes); with STAGES, such as matmul,nccl, only these",
    )


def add_delivery(
    made: argparse.ArgumentParser, formats: Sequence[str], noun: str = "answer", also: str = ""
) -> None:
    """Add --format, --json, --output, --identify and the verbosity, for a *noun* that has these *formats*."""
    group = made.add_argument_group("what to print")
    group.add_argument(
        "--format",
        choices=formats,
        action="append",
        help=f"the form of the {noun} (default: text){also}",
    )
    group.add_argument(
        "--json",
        dest="format",
        action="append_const",
        const="json",
        help="the same as --format json",
    )
    group.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        action="append",
        help=f"where the {noun} goes; the first --output takes the first --format",
    )
    group.add_argument(
        "--identify",
        action="store_true",
        help="keep names of hosts and users, UUIDs, home paths, addresses",
    )
    add_verbosity(made)


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the options of the engine that the arguments ask for."""
    from torch_doctor.core.finding import Severity
    from torch_doctor.engine.evaluate import Options

    return Options(
        only=_known_rules("--only", arguments.only),
        ignore=_known_rules("--ignore", arguments.ignore),
        fail_on=None if arguments.fail_on == "never" else Severity.parse(arguments.fail_on),
        unknown_is_ok=arguments.on_unknown == "ignore",
        mirrors=mirrors_in(arguments),
    )


def overlay_of(folder: str | None) -> Path | None:
    """Return the folder of --matrix; raise InputError where there is none."""
    if folder is None:
        return None
    from pathlib import Path

    path = Path(folder)
    if not path.is_dir():
        raise InputError(
            f"--matrix {folder}: there is no such folder", "name a folder of YAML files", "input"
        )
    return path


def _known_rules(flag: str, lists: list[list[str]] | None) -> frozenset[str]:
    """Return codes, names and families as the rules write them; raise on one that no rule has."""
    asked = [word for found in lists or () for word in found]
    if not asked:
        return frozenset()
    from torch_doctor.rules import load_rules

    known = {
        name.casefold(): name
        for rule in load_rules()
        for name in (rule.code, rule.name, rule.family)
    }
    for word in asked:
        if word.casefold() not in known:
            cure = (
                did_you_mean(word, known.values()) or "torch-doctor rules lists every code and name"
            )
            raise InputError(f"{flag}: there is no rule {word!r}", cure)
    return frozenset(known[word.casefold()] for word in asked)
