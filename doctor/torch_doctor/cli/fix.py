"""``lint --fix``: the edits that mend problems, as a diff; ``--write`` makes them."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Iterator

from torch_doctor.cli.input.errors import InputError
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing, plural, visible

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.fixing import FileChange, LintFixes


def run_fix(arguments: argparse.Namespace, fixes: LintFixes, paths: tuple[str, ...]) -> LintAnswer:
    """Show the edits, make them where that was asked for, and return what the exit code is about."""
    from torch_doctor.cli.output.streams import emit, notice

    emit("".join(line for change in fixes.changes for line in diff(change)))
    gone = plural(len(fixes.mended), "problem")
    files = plural(len(fixes.changes), "file")
    left = f"{plural(len(fixes.left.flaws), 'other')} left, which lint shows"
    if not fixes.changes:
        notice(f"nothing that edits mend was found: {left}")
        return fixes.left
    if not arguments.write:
        notice(f"these edits mend {gone} in {files} (--write makes them); {left}")
        return fixes.before
    _write(fixes.changes, paths)
    notice(f"mended {gone} in {files}; {left}")
    return fixes.left


def diff(change: FileChange) -> Iterator[str]:
    """Yield a change as a unified diff; logins and tokens of its lines are not shown."""
    from difflib import unified_diff

    from torch_doctor.core.redaction.facts import text_cleaner
    from torch_doctor.core.redaction.identity import Identity
    from torch_doctor.linter.text import decoded, source

    clean = text_cleaner(Identity())
    was, now = (
        source(change.name, decoded(data) or "").lines for data in (change.before, change.after)
    )
    name = visible(change.name)
    for line in unified_diff(was, now, f"a/{name}", f"b/{name}", lineterm=""):
        yield f"{visible(clean(line))}\n"


def _write(changes: tuple[FileChange, ...], paths: tuple[str, ...]) -> None:
    """Make the edits; raise InputError where a file is not below *paths*, or where one cannot be written."""
    for change in changes:
        place = os.path.realpath(change.place)
        if not any(_holds(os.path.realpath(path), place) for path in paths):
            message = (
                f"{change.name} is a link to {place}, outside of what is named: nothing was written"
            )
            raise InputError(message, "name that file itself", "input")
    for number, change in enumerate(changes):
        try:
            _replace(change)
        except InputError as error:
            done = listing([one.name for one in changes[:number]]) or "nothing"
            message = f"{error.message}; what was written before: {done}"
            raise InputError(message, error.cure, "input") from error


def _holds(path: str, place: str) -> bool:
    return place == path or place.startswith(path.rstrip(os.sep) + os.sep)


def _replace(change: FileChange) -> None:
    """Put the new content in the place of the old one, whole or not at all; the mode and what links to it stay."""
    place = os.path.realpath(change.place)
    unfinished, begun = f"{place}.{os.getpid()}.tmp", False
    try:
        with open(place, "rb") as file:
            if file.read() != change.before:
                raise InputError(
                    f"{change.name} changed while it was judged", "run it again", "input"
                )
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        with open(unfinished, "xb", opener=_private) as made:
            begun = True
            made.write(change.after)
            made.flush()
            os.fsync(made.fileno())
        os.chmod(unfinished, mode)
        os.replace(unfinished, place)
    except OSError as error:
        message = f"{change.name} cannot be written: {error.strerror or error}"
        raise InputError(message, "name files that you may write to", "input") from error
    finally:
        if begun and os.path.exists(unfinished):
            os.unlink(unfinished)


def _private(path: str, flags: int) -> int:
    """Open what nobody else may read before it has the mode of the file that it replaces."""
    return os.open(path, flags, 0o600)
