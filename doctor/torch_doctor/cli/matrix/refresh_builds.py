"""``torch-doctor matrix refresh --dry-run --companions``: builds of companions beside their wheels. Goes online."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.input.errors import InputError
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.online.companion_survey import BuildSurvey


def refresh_builds(arguments: argparse.Namespace, matrix: Matrix) -> int:
    """Read, compare, print, and return the exit code."""
    found = _survey(arguments, matrix)
    if arguments.json:
        _say_json(found, matrix)
    else:
        _say(found)
    if found.failed:
        return 2
    return 1 if found.unknown or any(not item.explained for item in found.differences) else 0


def _survey(arguments: argparse.Namespace, matrix: Matrix) -> BuildSurvey:
    from torch_doctor.cli.output.streams import notice
    from torch_doctor.online.companion_survey import (
        Reach,
        served_packages,
        survey_package,
        survey_packages,
    )
    from torch_doctor.online.index import PackageIndex, configured_index
    from torch_doctor.online.web import OnlineError, Web, plain

    packages = arguments.companions or served_packages(matrix)
    try:
        index = (
            PackageIndex(arguments.index_url)
            if arguments.index_url
            else configured_index(os.environ)
        )
        notice(f"goes online: reads wheels of {', '.join(packages)} on {plain(index.url)}")
        with Web(index.url, verify=index.cert or True) as web:
            return survey_packages(
                packages,
                lambda package: survey_package(
                    web,
                    index,
                    matrix,
                    package.lower().replace("_", "-"),
                    Reach(arguments.gpu_code, arguments.gpu_code_up_to << 20),
                    progress=(lambda _: None) if arguments.quiet else notice,
                ),
            )
    except OnlineError as error:
        raise InputError(
            str(error), "see --index-url, and what pip config list says", "input"
        ) from error


def _say(found: BuildSurvey) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.core.text import plural
    from torch_doctor.matrix.measured.differences import worded

    unexplained = sum(not item.explained for item in found.differences)
    lines = [worded(item) for item in found.differences]
    lines += [f"{what}: could not be read: {why}" for what, why in found.failed]
    lines += [f"{' '.join(item.key)}: no row" for item in found.unknown]
    if rows := _proposed(found):
        lines += ["", "# rows to review and add:", rows.rstrip(), ""]
    if found.unread:
        lines += [f"{row}: GPU code {why}" for row, why in found.unread]
        count = plural(len(found.unread), "large build")
        lines.append(
            f"the GPU code of {count} was not compared: --gpu-code reads them, --gpu-code-up-to the smaller ones"
        )
    read = f"{plural(len(found.measured), 'build')} read ({found.bytes_read >> 20} MiB)"
    lines.append(
        f"{read}, {plural(unexplained, 'unexplained difference')}, {len(found.unknown)} without a row"
    )
    emit("".join(f"{line}\n" for line in lines))


def _proposed(found: BuildSurvey) -> str:
    from datetime import date

    from torch_doctor.matrix.proposals.companions import proposed_builds

    return proposed_builds(found.unknown, date.today().isoformat())


def _say_json(found: BuildSurvey, matrix: Matrix) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    document = {
        **tool_head(),
        "matrix": {"version": matrix.version, "digest": matrix.digest},
        "measured": [
            {**item._asdict(), "pins": dict(item.pins), "unread": dict(item.unread)}
            for item in found.measured
        ],
        "unknown": ["/".join(item.key) for item in found.unknown],
        "differences": [item._asdict() for item in found.differences],
        "failed": [{"what": what, "why": why} for what, why in found.failed],
        "not_compared": len(found.unread),
        "not_compared_rows": [{"row": row, "why": why} for row, why in found.unread],
        "proposed": _proposed(found),
        "bytes_read": found.bytes_read,
    }
    emit(dump(document))
