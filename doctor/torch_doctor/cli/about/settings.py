"""``torch-doctor settings``: which settings are in force here, and from where."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from torch_doctor.cli.output.exits import PLAIN_EXIT_CODES
from torch_doctor.cli.parser import Parser, add_screen
from torch_doctor.cli.settings.taking import SYSTEM_FILE, add_config
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.cli.settings.files import Config
    from torch_doctor.probes.host.port import Host
    from torch_doctor.render.text.line import Line

_ABOUT = """Print which settings are in force in this folder, from which file and line, and what holds without them.

Settings are [tool.torch-doctor] of ./pyproject.toml, or a file of --config in its place, over /etc/torch-doctor.toml.
What is typed wins over both."""
_EXAMPLES = """
torch-doctor settings
torch-doctor settings --config ci/torch-doctor.toml
torch-doctor settings --json | jq '.settings[] | select(.file)'"""
# What the environment decides: what is printed and how, what is read, and what root runs.
VARIABLES = {
    "COLUMNS": "the width of what is printed",
    "NO_COLOR": "print without colour",
    "FORCE_COLOR": "print with colour also where there is no terminal",
    "TORCH_DOCTOR_DEBUG": "print the traceback where torch-doctor itself fails",
    "TORCH_DOCTOR_DATA": "the folder of the matrix that matrix update takes, in place of the user's data folder",
    "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1: root runs also what other users can change",
    "DOCKER_CONFIG": "the folder of docker's config.json, from which image takes logins (default: ~/.docker)",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("settings", _ABOUT, _EXAMPLES, PLAIN_EXIT_CODES)
    made.add_argument("--json", action="store_true", help="print JSON")
    add_config(made)
    add_screen(made)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Print the settings and return the exit code."""
    from torch_doctor.cli.output.streams import emit, wants_colour, width
    from torch_doctor.cli.settings.taking import in_force
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head
    from torch_doctor.render.text.screen import to_text

    config = in_force(arguments.config)
    files = list(_files(arguments.config))
    if arguments.json:
        variables = [{"name": name, "value": os.environ[name]} for name in _set()]
        document = {"files": files, "settings": list(_rows(config)), "environment": variables}
        emit(dump({**tool_head(), **document}))
        return 0
    lines = _lines(config, files)
    emit(to_text(lines, width=width(os.environ), colour=wants_colour(os.environ)))
    return 0


def _rows(config: Config) -> Iterator[dict[str, Any]]:
    from torch_doctor.cli.settings.keys import KEYS

    for name, key in KEYS.items():
        found = config.settings.get(name)
        yield {
            "key": name,
            "value": _plain(found.written) if found else None,
            "file": found.file if found else None,
            "line": found.line if found else None,
            "default": key.default,
            "about": key.about,
        }


def _files(config: str | None) -> Iterator[dict[str, str]]:
    """Say of each file where settings may stand what became of it."""
    from torch_doctor.cli.settings.files import has_table

    yield {"file": SYSTEM_FILE, "state": "read" if Path(SYSTEM_FILE).is_file() else "not there"}
    local = Path("pyproject.toml")
    if config is not None:
        yield {"file": config, "state": "read"}
        state = f"not read: {config} takes its place"
    elif not local.is_file():
        state = "not there"
    elif not has_table(local):
        state = "has no [tool.torch-doctor]"
    elif hasattr(os, "geteuid") and os.geteuid() == 0:
        state = f"not obeyed as root, but by lint; --config {local} uses it"
    else:
        state = "read"
    yield {"file": str(local), "state": state}


def _lines(config: Config, files: list[dict[str, str]]) -> Iterator[Line]:
    from torch_doctor.core.text import one_line
    from torch_doctor.render.text.line import Segment, labelled, text

    yield text(Segment("files", "bold"))
    for file in files:
        yield labelled(
            (Segment(one_line(file["file"])),), f": {one_line(file['state'])}", indent=2, hang=4
        )
    rows = list(_rows(config))
    for heading, wanted in (("set", True), ("not set", False)):
        chosen = [row for row in rows if (row["file"] is not None) is wanted]
        if chosen:
            yield text(Segment(heading, "bold"))
        for row in chosen:
            lead = (
                Segment(f"{row['key']} =" if wanted else row["key"], "bold" if wanted else "plain"),
            )
            words = f" {_words(row)}" if wanted else _words(row)
            yield text(*lead, words, indent=2, hang=4)
    if names := _set():
        yield text(Segment("environment", "bold"))
        for name in names:
            words = f" {one_line(os.environ[name], 100)}: {VARIABLES[name]}"
            yield text(f"{name} =", words, indent=2, hang=4)


def _words(row: dict[str, Any]) -> str:
    from torch_doctor.core.text import one_line
    from torch_doctor.render.laid_out import dump

    if row["file"] is None:
        return f": {row['about']} (without it: {row['default']})"
    value = " ".join(dump(row["value"]).split())
    return one_line(f"{value} from {row['file']}:{row['line']}: {row['about']}", 1000)


def _set() -> list[str]:
    return [name for name in VARIABLES if os.environ.get(name)]


def _plain(value: Any) -> Any:
    """Return a value of TOML as JSON has it: a day as text."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool)) else str(value)
