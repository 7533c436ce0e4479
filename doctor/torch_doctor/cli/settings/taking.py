"""Lay the settings of files under the options of a command: what is typed wins."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.matrix.source.regular import regular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch_doctor.cli.settings.files import Config
    from torch_doctor.cli.settings.setting import Setting
    from torch_doctor.core.records import Mirror

SYSTEM_FILE = "/etc/torch-doctor.toml"
_NAME = b"torch-doctor"


def add_config(made: Any, **unset: Any) -> None:
    """Add --config."""
    words = "settings: a TOML file in place of ./pyproject.toml"
    made.add_argument("--config", metavar="FILE", help=words, **unset)


def parsed(parser: argparse.ArgumentParser, typed: list[str]) -> argparse.Namespace:
    """Parse *typed*, with the settings that hold here as defaults; raise InputError where a file is wrong."""
    config = _config(parser, typed)
    if config is None:
        return parser.parse_args(typed)
    from torch_doctor.cli.settings.mirrors import taken_from

    settings = {key.replace("-", "_"): setting for key, setting in config.settings.items()}
    lists = {key: settings.pop(key) for key in ("ignore", "only") if key in settings}
    words = {key: settings.pop(key) for key in ("expect_gpu", "expect") if key in settings}
    parser.set_defaults(mirrors=taken_from(settings), lint_ignore=settings.pop("lint_ignore", None))
    known = _options(parser)
    taken = {key: one.value for key, one in settings.items() if key in known}
    parser.set_defaults(**taken, settled=frozenset(taken))
    arguments = parser.parse_args(typed)
    for key, setting in lists.items():
        if key in known and getattr(arguments, key) is None:
            setattr(arguments, key, [_rules(key, setting)])
    places = {}
    for name, setting in words.items():
        if name in known and getattr(arguments, name) is None:
            setattr(arguments, name, list(setting.value))
            places[name] = f"{setting.file}:{setting.line}: {name.replace('_', '-')}"
    arguments.places = places
    return arguments


def in_force(config: str | None, *, obeys: bool = False) -> Config:
    """Return the settings that hold in the current folder, *config* being the file of --config; raise InputError.

    Root obeys the folder's own file only where a command *obeys* it: one that judges the files of the folder.
    """
    from datetime import date
    from pathlib import Path

    from torch_doctor.cli.settings.files import ConfigError, read_config

    root = hasattr(os, "geteuid") and os.geteuid() == 0 and not obeys
    named = None if config is None else Path(config)
    try:
        return read_config(Path(), named, root=root, today=date.today(), system=Path(SYSTEM_FILE))
    except ConfigError as error:
        raise InputError(error.message, error.cure, "input") from error


def mirrors_in(arguments: argparse.Namespace) -> tuple[Mirror, ...]:
    """Return what the settings name in place of package indexes and image registries."""
    found: tuple[Mirror, ...] = getattr(arguments, "mirrors", ())
    return found


def _config(parser: argparse.ArgumentParser, words: list[str]) -> Config | None:
    """Return the settings, or None where no file is there: then nothing of this is imported."""
    if "--help" in words or "-h" in words or "config" not in _options(parser):
        return None
    named = _named(words)
    if named is None and not _may_set("pyproject.toml") and not os.path.isfile(SYSTEM_FILE):
        return None
    from torch_doctor.cli.output.streams import notice

    # Where files of the folder are judged, whoever may write there may write comments that accept problems, too.
    config = in_force(named, obeys=bool(parser.get_default("judges_the_folder")))
    if "-q" not in words and "--quiet" not in words:
        for line in config.notices:
            notice(line)
    return config


def _may_set(path: str) -> bool:
    """Whether a line of a file may be the head of our table: most files have none, and cost no more than this."""
    try:
        with open(path, "rb", opener=regular) as file:
            data = file.read(1 << 20)
    except OSError:
        return False
    if _NAME not in data:
        return False
    return any(b"tool" in line for line in data.splitlines() if _NAME in line)


def _options(parser: argparse.ArgumentParser) -> set[str]:
    return {action.dest for action in parser._actions}  # noqa: SLF001  argparse has no other list of them


def _named(words: list[str]) -> str | None:
    """Return the file of --config before anything is parsed: it decides on the defaults of the parser."""
    for index, word in enumerate(words):
        if word == "--":
            break
        if word.startswith("--config="):
            return word.partition("=")[2]
        if word == "--config" and index + 1 < len(words):
            return words[index + 1]
    return None


def _rules(key: str, setting: Setting) -> list[str]:
    """Return the rules that a list means; one that no rule has is a fault of its line."""
    from torch_doctor.rules import load_rules

    listed: Iterable[str] = [getattr(one, "id", one) for one in setting.value]
    known = {
        name.casefold(): name
        for rule in load_rules()
        for name in (rule.code, rule.name, rule.family)
    }
    for word in listed:
        if word.casefold() not in known:
            cure = (
                did_you_mean(word, known.values()) or "torch-doctor rules lists every code and name"
            )
            where = f"{setting.file}:{setting.line}: {key}"
            raise InputError(f"{where}: there is no rule {one_line(word, 60)!r}", cure, "input")
    return list(listed)
