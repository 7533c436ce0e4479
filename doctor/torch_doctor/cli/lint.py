"""``torch-doctor lint``: what will not run, found in the files that a team writes, before it ships."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import overlay_of
from torch_doctor.cli.parser import Parser, add_verbosity, words
from torch_doctor.cli.settings.taking import add_config
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.probes.host.port import Host

_ABOUT = """Find what will not run in the files of a project: Dockerfiles, requirements, pyproject.toml and more.

A folder is searched for files by their names; a file that is named is read. Each problem has a file, a line, why it is
one by which row of the matrix, and what mends it. What is newer than the matrix, or depends on what only a build
knows, is not judged. A comment  # torch-doctor: ignore[PROBLEM] REASON  on the line or above it accepts one; so does
lint-ignore in [tool.torch-doctor] of pyproject.toml, up to a day."""
_EXAMPLES = """
torch-doctor lint                                 the files below this folder
torch-doctor lint Dockerfile requirements.txt     these files
torch-doctor lint --driver 535 --gpu V100         for the machines that they are meant for
torch-doctor lint --expect cu128                  the build of torch that is meant to come out
torch-doctor lint --fix                           the edits that mend problems, as a diff; --write makes them
torch-doctor lint --since origin/main             what this branch brings: problems, and a newer driver
torch-doctor lint --format sarif > lint.sarif     for code scanning"""
_EXIT_CODES = """exit codes:
  0  nothing at or above --fail-on was found
  1  a problem at or above --fail-on was found (default: an error)
  2  the input is wrong, or torch-doctor failed"""
FORMATS = ("text", "json", "github", "sarif", "junit", "gitlab", "markdown")


_TARGET: tuple[tuple[str, str, str], ...] = (
    ("--driver", "R", "release or branch of the NVIDIA driver: 580.65.06, 535"),
    ("--gpu", "NAME", "a GPU as people call it; repeat for several"),
    ("--expect", "BUILD", "the build that is meant: cu128, or cpu"),
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("lint", _ABOUT, _EXAMPLES, _EXIT_CODES)
    whole = "files and folders (default: this folder)"
    made.add_argument("paths", metavar="PATH", nargs="*", help=whole)
    since = "tell what is new since a revision of git, or since another folder, and which drivers it needs"
    made.add_argument("--since", metavar="REV", help=since)
    fix = "show the edits that mend problems as a diff; each was read and judged again"
    made.add_argument("--fix", action="store_true", help=fix)
    made.add_argument("--write", action="store_true", help="with --fix: make these edits")
    target = made.add_argument_group("what the files are meant for")
    for flag, metavar, meaning in _TARGET:
        more: dict[str, Any] = {} if flag == "--driver" else {"action": "append", "default": []}
        target.add_argument(flag, metavar=metavar, help=meaning, **more)
    out = made.add_argument_group("what to print")
    out.add_argument(
        "--format", choices=FORMATS, default="text", help="the form of the answer (default: text)"
    )
    same = "the same as --format json"
    out.add_argument("--json", dest="format", action="store_const", const="json", help=same)
    out.add_argument(
        "--fail-on", choices=("error", "warning", "note", "never"), default="error",
        help="the least severity for exit code 1 (default: error)",
    )  # fmt: skip
    rows = "a folder of YAML rows that add to the matrix or replace rows"
    out.add_argument("--matrix", metavar="DIR", help=rows)
    add_config(out)
    add_verbosity(out)  # type: ignore[arg-type]
    made.set_defaults(judges_the_folder=True)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001  no machine is looked at
    """Read, judge, print; return the exit code."""
    from torch_doctor.linter.earlier import EarlierError
    from torch_doctor.linter.find import UnreadableError
    from torch_doctor.linter.target import LintTargetError

    _check(arguments)
    try:
        answer = _fixed(arguments) if arguments.fix else _judged(arguments)
    except (LintTargetError, EarlierError) as error:
        raise InputError(str(error), error.cure) from error
    except UnreadableError as error:
        raise InputError(str(error), error.cure, "input") from error
    except FileNotFoundError as error:
        raise InputError(
            f"{error}: there is no such file or folder", "name one that is there", "input"
        ) from error
    code = _exit_code(answer, arguments.fail_on)
    if not arguments.fix:
        _say(answer, code, arguments)
    return code


def _check(arguments: argparse.Namespace) -> None:
    if arguments.write and not arguments.fix:
        raise InputError("--write goes with --fix", "write lint --fix --write")
    if arguments.fix and (arguments.since or arguments.format != "text"):
        raise InputError(
            "--fix shows a diff, of the files as they are", "leave --since and --format out"
        )


def _judged(arguments: argparse.Namespace) -> LintAnswer:
    from torch_doctor.api import lint
    from torch_doctor.cli.settings.lint_ignore import accepted_by

    return lint(
        arguments.paths or ["."],
        driver=arguments.driver,
        gpu=arguments.gpu,
        expect=[word for found in arguments.expect for word in words(found)],
        overlay=overlay_of(arguments.matrix),
        accepted=accepted_by(getattr(arguments, "lint_ignore", None)),
        since=arguments.since,
    )


def _fixed(arguments: argparse.Namespace) -> LintAnswer:
    from datetime import date

    from torch_doctor.cli.fix import run_fix
    from torch_doctor.cli.settings.lint_ignore import accepted_by
    from torch_doctor.linter.check import Settled
    from torch_doctor.linter.fixing import fixes_for
    from torch_doctor.linter.target import target_of
    from torch_doctor.matrix.load import load_matrix

    matrix = load_matrix(overlay_of(arguments.matrix))
    expect = tuple(word for found in arguments.expect for word in words(found))
    target = target_of(matrix, arguments.driver, tuple(arguments.gpu), expect)
    accepted = accepted_by(getattr(arguments, "lint_ignore", None))
    settled = Settled(tuple(accepted), date.today().isoformat())
    paths = tuple(arguments.paths or ["."])
    return run_fix(arguments, fixes_for(paths, target, matrix, settled), paths)


def _exit_code(answer: LintAnswer, fail_on: str) -> int:
    from torch_doctor.core.finding import Severity

    worst = answer.worst()
    if worst is None or fail_on == "never":
        return 0
    return int(worst >= Severity.parse(fail_on))


def _say(answer: LintAnswer, code: int, arguments: argparse.Namespace) -> None:
    from torch_doctor.cli.output.streams import emit, wants_colour, width

    if arguments.format == "json":
        from torch_doctor.linter.document import document
        from torch_doctor.render.laid_out import dump

        emit(dump(document(answer, code)))
    elif arguments.format == "text":
        from torch_doctor.render.lint.terminal import lines
        from torch_doctor.render.text.screen import to_text

        laid_out = lines(answer, verbose=arguments.verbose, quiet=arguments.quiet)
        emit(to_text(laid_out, width=width(os.environ), colour=wants_colour(os.environ)))
    else:
        from importlib import import_module

        module = import_module(f"torch_doctor.render.lint.{arguments.format}")
        emit(module.render(answer, code))
