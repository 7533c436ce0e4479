"""The page of the command line: every command with its options, from the parsers themselves."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module

from torch_doctor.cli.overview import COMMANDS, overview


def pages() -> Iterator[tuple[str, str]]:
    """Yield the one page."""
    yield "cli.md", "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield from ("# Command line", "", "```text", overview().rstrip(), "```")
    for name, command in COMMANDS.items():
        parser: argparse.ArgumentParser = import_module(
            f"torch_doctor.cli.{command.module}"
        ).parser()
        yield from ("", f"## torch-doctor {name}", "", (parser.description or "").strip(), "")
        yield from _options(parser)
        yield from ("", "```text", (parser.epilog or "").strip(), "```")


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The options as a table: argparse's own layout changes from one Python to the next."""
    yield from ("| option | meaning |", "|---|---|")
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield f"| `{name}` | {_cell(sub.description or '')} |"
                yield from list(_options(sub))[2:]
            continue
        yield f"| {_flags(action)} | {_cell(action.help or '')} |"


def _flags(action: argparse.Action) -> str:
    if action.choices is not None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    else:
        value = str(action.metavar or action.dest.upper())
    if not action.option_strings:
        return f"`{value}`".replace("|", "\\|")
    takes = action.nargs != 0
    return ", ".join(f"`{flag}{f' {value}' if takes else ''}`" for flag in action.option_strings)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
