"""``torch-doctor matrix refresh --dry-run``: the rows beside the wheels of the package index. Goes online."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.parser import Parser, count
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.online.survey import Survey
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor matrix refresh --dry-run --torch 2.9
torch-doctor matrix refresh --dry-run --torch '>=2.14' --platform linux-aarch64
torch-doctor matrix refresh --dry-run --torch '>=1.12' --json > reality.json
torch-doctor matrix refresh --dry-run --companions vllm xformers
torch-doctor matrix refresh --diff --online > new-rows.diff"""
_EXITS = """exit codes:
  0  every row that was compared says what the wheels say
  1  a row says something else, or a release is not on record
  2  the index or a wheel could not be read, the input is wrong, or torch-doctor failed"""
_ABOUT = """Compare the rows with the wheels themselves, and propose rows for releases that are not on record.

This goes online: it asks the package index that pip uses here, and reads some 20 MB of each wheel with CUDA. Nothing
is written: the rows that it proposes are printed, to be reviewed and added by hand. With --companions it does so for
builds of companion packages instead of torch.

With --diff it looks at all that is new in one run (torch, every companion on record, and with --online the drivers that
NVIDIA lists) and prints a diff over matrix/ that git apply takes; what a person has to fill in is a comment in it."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    made = Parser("matrix refresh", _ABOUT, _EXAMPLES, _EXITS)
    made.add_argument(
        "--dry-run", action="store_true", help="say what would change; nothing else is possible"
    )
    _add_online(made)
    made.add_argument(
        "--torch",
        metavar="SPEC",
        action="append",
        help="releases: 2.9, 2.9.1 or '>=2.14' (default: the newest on record and newer)",
    )
    made.add_argument(
        "--platform",
        metavar="NAME",
        action="append",
        help="linux-x86_64, linux-aarch64, windows-x86_64 (default: all)",
    )
    made.add_argument(
        "--companions",
        metavar="NAME",
        nargs="*",
        help="builds of these companions instead of torch (without a name: of all that are on record)",
    )
    made.add_argument(
        "--gpu-code",
        action="store_true",
        help="read large wheels of companions whole, to compare their GPU code, too",
    )
    made.add_argument(
        "--gpu-code-up-to",
        metavar="MIB",
        type=count,
        default=0,
        help="the same for wheels whose modules take up to so many MiB to fetch (by default those that are small)",
    )
    made.add_argument(
        "-q", "--quiet", action="store_true", help="do not name each release while it is read"
    )
    return made


def _add_online(made: argparse.ArgumentParser) -> None:
    made.add_argument("--index-url", metavar="URL", help="another package index than pip's")
    made.add_argument(
        "--diff",
        metavar="DIR",
        nargs="?",
        const="",
        help="print rows for all that is new as a diff over the folder matrix/ of a checkout (default: this one's)",
    )
    made.add_argument(
        "--online",
        action="store_true",
        help="with --diff: read NVIDIA's list of driver releases, too (docs.nvidia.com)",
    )


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Read, compare, print, and return the exit code."""
    from torch_doctor.cli.matrix.command import matrix_of

    if arguments.diff is None and not arguments.dry_run:
        raise InputError(
            "refresh writes nothing: it only says what would change", "add --dry-run or --diff"
        )
    if arguments.diff is None and arguments.online:
        raise InputError("--online reads drivers for a diff", "add --diff")
    if arguments.diff is not None and arguments.json:
        raise InputError("--diff and --json: one form at a time", "leave one of them out")
    matrix = matrix_of(arguments)
    if arguments.diff is not None:
        from torch_doctor.cli.matrix.robot import propose_diff

        wanted = _wanted(arguments.torch, matrix)
        return propose_diff(arguments, matrix, wanted, _platforms(arguments.platform))
    if arguments.companions is not None:
        from torch_doctor.cli.matrix.refresh_builds import refresh_builds

        return refresh_builds(arguments, matrix)
    survey = _survey(arguments, matrix)
    if arguments.json:
        _say_json(survey, matrix)
    else:
        _say(survey, matrix)
    if survey.failed:
        return 2
    return 1 if survey.unknown or any(not found.explained for found in survey.differences) else 0


def _survey(arguments: argparse.Namespace, matrix: Matrix) -> Survey:
    from torch_doctor.cli.output.streams import notice
    from torch_doctor.online.index import PackageIndex, configured_index
    from torch_doctor.online.survey import survey
    from torch_doctor.online.web import OnlineError, Web, plain

    wanted = _wanted(arguments.torch, matrix)
    platforms = _platforms(arguments.platform)
    try:
        index = (
            PackageIndex(arguments.index_url)
            if arguments.index_url
            else configured_index(os.environ)
        )
        notice(f"goes online: reads torch wheels of {plain(index.url)}")
        with Web(index.url, verify=index.cert or True) as web:
            quiet: Callable[[str], None] = lambda _: None  # noqa: E731
            return survey(
                web, index, matrix, wanted, platforms, quiet if arguments.quiet else notice
            )
    except OnlineError as error:
        raise InputError(
            str(error), "see --index-url, and what pip config list says", "input"
        ) from error


def _wanted(asked: list[str] | None, matrix: Matrix) -> Callable[[str], bool]:
    from torch_doctor.matrix.filters import FilterError, version_test
    from torch_doctor.matrix.query import release_key

    if not asked:
        newest = max((release_key(row.version) for row in matrix.torch_releases), default=())
        return lambda version: release_key(version) >= newest
    try:
        tests = [version_test(text, "torch") for text in asked]
    except FilterError as error:
        raise InputError(str(error), error.cure) from error
    return lambda version: any(test(version) for test in tests)


def _platforms(asked: list[str] | None) -> tuple[str, ...]:
    from torch_doctor.online.wheels import PLATFORMS

    for name in asked or ():
        if name not in PLATFORMS:
            raise InputError(f"--platform: {name!r} is none of {', '.join(PLATFORMS)}")
    return tuple(asked or PLATFORMS)


def _say(survey: Survey, matrix: Matrix) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.core.text import plural
    from torch_doctor.matrix.measured.differences import worded

    unexplained = [found for found in survey.differences if not found.explained]
    lines = [worded(found) for found in survey.differences]
    lines += [f"{what}: could not be read: {why}" for what, why in survey.failed]
    lines += [f"torch {item.torch} for {item.platform}: no row" for item in survey.unknown]
    if rows := _proposed(survey, matrix):
        lines += ["", "# rows to review and add:", rows.rstrip(), ""]
    read = f"{plural(len(survey.measured), 'release')} read ({survey.bytes_read >> 20} MiB)"
    lines.append(
        f"{read}, {plural(len(unexplained), 'unexplained difference')}, {len(survey.unknown)} without a row"
    )
    emit("".join(f"{line}\n" for line in lines))


def _proposed(survey: Survey, matrix: Matrix) -> str:
    from datetime import date

    from torch_doctor.matrix.proposals.torch import proposed

    return proposed(survey.unknown, matrix, date.today().isoformat())


def _say_json(survey: Survey, matrix: Matrix) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    document = {
        **tool_head(),
        "matrix": {"version": matrix.version, "digest": matrix.digest},
        "measured": [
            {**item._asdict(), "pins": dict(item.pins), "unread": dict(item.unread)}
            for item in survey.measured
        ],
        "unknown": [f"{item.torch} {item.platform}" for item in survey.unknown],
        "differences": [found._asdict() for found in survey.differences],
        "failed": [{"what": what, "why": why} for what, why in survey.failed],
        "proposed": _proposed(survey, matrix),
        "bytes_read": survey.bytes_read,
    }
    emit(dump(document))
