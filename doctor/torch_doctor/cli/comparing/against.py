"""``check --against FILE``: what drifted on a host from the plan of a lock."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.input.json_file import Form, JsonFileError, read_json, wrong
from torch_doctor.cli.options import overlay_of
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.recommendation.locking.drift import Comparison
    from torch_doctor.recommendation.locking.reading import Lock

_FORM = Form(
    what="lock",
    cure="make it with torch-doctor recommend --lock FILE",
    name_one="name a file that torch-doctor recommend --lock FILE made",
    by_stdin="--against - reads standard input",
)
_FORMS = ("text", "json")


def run(arguments: argparse.Namespace, given: Given) -> int:
    """Compare, print, and return the exit code."""
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.recommendation.locking.cures import compare

    lock = lock_in(arguments.against)
    facts = given.facts
    matrix = load_matrix(overlay_of(arguments.matrix))
    file = "FILE" if arguments.against == "-" else arguments.against
    passes = arguments.on_unknown == "ignore"
    found = compare(lock, facts, matrix, file=file, unknown_is_ok=passes)
    if arguments.format == ["json"]:
        from torch_doctor.cli.output.streams import emit
        from torch_doctor.recommendation.locking.comparison import comparison_values
        from torch_doctor.render.laid_out import dump

        emit(dump(comparison_values(found, given.about, matrix, file)))
    else:
        _say(found, given, file)
    return found.exit_code


def refuse_others(arguments: argparse.Namespace) -> None:
    """Raise InputError on an option that a comparison has no use for, before anything is looked at."""
    if arguments.deep:
        raise InputError("--deep measures, and --against compares", "leave one out")
    if arguments.output:
        raise InputError("--output has no meaning beside --against", "send it there with >")
    formats = arguments.format or ["text"]
    if len(formats) > 1 or formats[0] not in _FORMS:
        raise InputError(
            "--against is printed as text or as JSON", "leave --format out, or use --json"
        )
    expected = (
        arguments.require_gpu,
        arguments.expect_gpus,
        arguments.expect_gpu,
        arguments.expect,
    )
    if any(one not in (None, False, []) for one in expected):
        raise InputError("--against says what is expected", "leave --expect and its like out")


def lock_in(name: str) -> Lock:
    """Return the lock in a file; raise InputError, which names the file, the line and the cure, where it is none."""
    from torch_doctor.recommendation.locking.reading import LockError, read_lock

    try:
        file = read_json(name, _FORM)
        try:
            return read_lock(file.document)
        except LockError as error:
            raise wrong(file.place(error.key), error.message, error.cure) from error
    except JsonFileError as fault:
        raise InputError(f"--against {fault.message}", fault.cure, "input") from fault


def _say(found: Comparison, given: Given, file: str) -> None:
    from torch_doctor.cli.output.streams import emit, wants_colour, width
    from torch_doctor.core.text import one_line
    from torch_doctor.render.text.drifts import lines
    from torch_doctor.render.text.screen import to_text

    names = {
        "this-machine": "compared with this machine",
        "hypothetical": f"compared with what is assumed: {', '.join(given.about.assumed)}",
    }
    beside = names.get(
        given.about.kind.value, f"compared with {given.about.name or 'what was given'}"
    )
    shown = one_line(os.path.basename(file), 300)
    colour = wants_colour(os.environ)
    emit(to_text(lines(found, shown, beside), width=width(os.environ), colour=colour))
