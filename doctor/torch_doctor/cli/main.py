"""Find the command, run it, and turn whatever goes wrong into one line and an exit code."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.output.english import import_argparse
from torch_doctor.cli.output.fitting import fitted
from torch_doctor.cli.overview import COMMANDS, overview
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

FAILED = 2
# Their reports say themselves how old the matrix is.
_TELL_ITS_AGE = ("check", "triage")


def run(argv: Sequence[str], host: Host | None = None) -> int:
    """Run one command line and return its exit code. Nothing that a user types ends in a traceback."""
    from torch_doctor.cli.output.streams import settle

    words = list(argv)
    settle(None, None)
    try:
        name, rest = _command(words)
        if name == "help":
            return _say(fitted(overview()))
        import_argparse()
        module = import_module(f"torch_doctor.cli.{COMMANDS[name].module}")
        arguments = _parse(module, rest)
        settle(getattr(arguments, "columns", None), getattr(arguments, "colour", None))
        code = int(module.run(arguments, host))
        knows_its_age = name in _TELL_ITS_AGE or getattr(arguments, "quiet", False)
    except InputError as error:
        return fail(words, error.kind, error.message, error.cure)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else FAILED
    except Exception as error:  # noqa: BLE001  the last resort: say it in one line, in the asked format
        return _crash(words, error)
    _say_of_the_matrix(age=not knows_its_age)
    return code


def _say_of_the_matrix(*, age: bool) -> None:
    """Say what limits the matrix, where one was asked: the one that was taken does not answer, or it is old."""
    loading = sys.modules.get("torch_doctor.matrix.load")
    found = loading.asked() if loading else None
    if found is None:
        return
    from torch_doctor.cli.output.streams import notice

    if found.unfit:
        notice(f"{found.unfit}; the packaged matrix answers")
    if age:
        from torch_doctor.matrix.age import OLD_DAYS, days_old

        days = days_old(found.matrix)
        if days > OLD_DAYS:
            notice(
                f"the matrix of {found.matrix.version} is {days} days old: drivers, GPUs and builds that came since "
                "are not in it"
            )


def _command(words: list[str]) -> tuple[str, list[str]]:
    """Return the command and its arguments; without one it is check."""
    if not words or words[0].startswith("-"):
        if words[:1] in (["-h"], ["--help"]):
            return "help", []
        return "check", words
    name, rest = words[0], words[1:]
    if name in COMMANDS:
        return name, rest
    if _is_a_place(name):
        return "check", words
    if name == "help":
        return (rest[0], ["--help"]) if rest and rest[0] in COMMANDS else ("help", [])
    message = f"there is no command {name!r}"
    cure = did_you_mean(name, (*COMMANDS, "--version")) or f"the commands are {', '.join(COMMANDS)}"
    raise InputError(message, cure)


def _is_a_place(word: str) -> bool:
    """Whether a first word is a path or an interpreter, which check takes, rather than a command."""
    if re.search(r"[/\\]", word) or word in (".", "..", "~"):
        return True
    return bool(re.fullmatch(r"python[\d.]*t?(\.exe)?", word)) or os.path.exists(word)


def _parse(module: Any, rest: list[str]) -> Any:
    from torch_doctor.cli.settings.taking import parsed

    parser = module.parser()
    misplaced = next((word for word in rest if word in COMMANDS), None)
    first = f"put the command first: torch-doctor {misplaced} …"
    try:
        found = parsed(parser, rest)
    except InputError as error:
        if misplaced and misplaced in error.message:
            raise InputError(error.message, first) from error
        raise
    if misplaced and getattr(found, "path", None) == misplaced:
        raise InputError(f"unknown argument {misplaced}", first)
    return found


def fail(words: list[str], kind: str, message: str, cure: str) -> int:
    """Say what went wrong in one line, and as JSON where that was asked for; return the exit code."""
    from torch_doctor.cli.output.streams import emit, notice

    notice(f"{message}; {cure}" if cure else message)
    if _wants_json(words):
        from torch_doctor.render.formats.json import failure
        from torch_doctor.render.laid_out import dump

        emit(dump(failure(kind, message, cure)))
    return FAILED


def _crash(words: list[str], error: Exception) -> int:
    """Name the place of a fault of our own; the whole traceback only where somebody debugs."""
    from torch_doctor.matrix.store import MatrixError

    if isinstance(error, MatrixError):
        return fail(words, "matrix", str(error), "torch-doctor matrix validate shows every fault")
    if os.environ.get("TORCH_DOCTOR_DEBUG"):
        import traceback

        traceback.print_exc()
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = (
        f" at {os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}"
        if place
        else ""
    )
    message = f"torch-doctor itself failed: {type(error).__name__}: {error}{where}"
    return fail(
        words, "internal", message, "please report it with the output of TORCH_DOCTOR_DEBUG=1"
    )


def _wants_json(words: list[str]) -> bool:
    """Whether JSON was asked for, told from the words themselves: they may not have been parsed."""
    asked = {"--json", "--format=json", "--format=jsonl"}
    named = {("--format", "json"), ("--format", "jsonl")}
    return bool(asked & set(words)) or bool(named & set(pairwise(words)))


def _say(text: str) -> int:
    from torch_doctor.cli.output.streams import emit

    emit(text)
    return 0
