"""The script that lets fish complete commands, actions, options and their values, made of the parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.cli.overview import COMMANDS

_KEY = """\
# completion of torch-doctor {version}
function __torch_doctor_key
    set -l words (commandline -opc)
    set -l key check
    if contains -- "$words[2]" {commands}
        set key "$words[2]"
        if contains -- "$key $words[3]" {keys}
            set key "$key $words[3]"
        end
    end
    test "$key" = "$argv[1]"
end
function __torch_doctor_first
    test (count (commandline -opc)) -eq 1
end
function __torch_doctor_second
    set -l words (commandline -opc)
    test (count $words) -eq 2; and test "$words[2]" = "$argv[1]"
end
complete -c torch-doctor -e
"""


def script(known: dict[str, argparse.ArgumentParser]) -> str:
    """Return the script for *known*: commands and actions such as ``matrix query`` with their parsers."""
    return "\n".join(_lines(known)) + "\n"


def _lines(known: dict[str, argparse.ArgumentParser]) -> Iterator[str]:
    keys = [key for key in known if " " in key]
    head = {"commands": " ".join(COMMANDS), "keys": " ".join(map(_quoted, keys))}
    yield _KEY.format(version=__version__, **head).rstrip()
    for name, command in COMMANDS.items():
        yield f"complete -c torch-doctor -n __torch_doctor_first -a {name} -d {_quoted(command.about)}"
    yield "complete -c torch-doctor -n __torch_doctor_first -a help"
    for key in keys:
        command_name, _, action = key.partition(" ")
        yield f"complete -c torch-doctor -n '__torch_doctor_second {command_name}' -a {action}"
    for key, parser in known.items():
        for one in parser._actions:  # noqa: SLF001  argparse has no other list of them
            yield from _option(key, one)


def _option(key: str, one: argparse.Action) -> Iterator[str]:
    for flag in (flag for flag in one.option_strings if flag.startswith("--")):
        words = ["complete -c torch-doctor", f"-n '__torch_doctor_key \"{key}\"'", f"-l {flag[2:]}"]
        if one.choices is not None:
            words.append(f"-x -a {_quoted(' '.join(map(str, one.choices)))}")
        elif one.nargs is None:
            words.append("-r")
        words.append(f"-d {_quoted(_brief(one.help or ''))}")
        yield " ".join(words)


def _brief(text: str) -> str:
    """Return the first words of a help: fish shows one line."""
    return " ".join(text.split()).partition(";")[0].partition(" (")[0][:80]


def _quoted(text: str) -> str:
    """Return a word for fish, which knows two escapes within single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
