"""Deliver one report: in several formats, to several places; then what should be said beside it."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from importlib import import_module
from itertools import zip_longest

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.output.streams import (
    emit,
    notice,
    takes_links,
    wants_colour,
    width,
    write_file,
)
from torch_doctor.core.about import AboutKind
from torch_doctor.core.report import Verdict
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.render.formats import names

if TYPE_CHECKING:
    from torch_doctor.core.report import Report

# Files whose ending is not the name of their form.
ENDINGS = {".md": "markdown", ".xml": "junit", ".prom": "prometheus", ".txt": "text"}


class Destination(NamedTuple):
    """A format and where it goes; None is stdout."""

    format: str
    path: str | None


def destinations(formats: list[str] | None, outputs: list[str] | None) -> tuple[Destination, ...]:
    """Pair formats with files in order. A file without a format tells it by its ending; one format may use stdout."""
    made = []
    for form, output in zip_longest(formats or (), outputs or ()):
        path = output if output and output != "-" else None
        made.append(Destination(form or _form_of(path), path))
    if not made:
        return (Destination("text", None),)
    if sum(target.path is None for target in made) > 1:
        raise InputError(
            "only one format can go to standard output", "give the others an --output FILE each"
        )
    return tuple(made)


def _form_of(path: str | None) -> str:
    ending = os.path.splitext(path or "")[1].lower()
    form = ENDINGS.get(ending, ending[1:])
    return form if form in names() else "text"


def deliver(
    report: Report,
    targets: tuple[Destination, ...],
    arguments: argparse.Namespace,
    markdown: Callable[[], str] | None = None,
) -> None:
    """Render the report for each destination; files first, so that stdout ends with what was written.

    *markdown* makes the Markdown where it is another than that of a report on a machine.
    """
    for target in sorted(targets, key=lambda target: target.path is None):
        own = markdown if target.format == "markdown" else None
        text = own() if own else _rendered(report, target, arguments)
        if target.path is None:
            emit(text)
        else:
            from pathlib import Path

            write_file(Path(target.path), text)


def remind(report: Report, arguments: argparse.Namespace) -> None:
    """Say on stderr what limits this report: a prediction is none that was observed."""
    if arguments.quiet:
        return
    predicted = arguments.static and report.about.kind is AboutKind.THIS_MACHINE
    if predicted and report.verdict in (Verdict.HEALTHY, Verdict.DEGRADED):
        notice("--static ran nothing of PyTorch, so this verdict is a prediction")
    if arguments.assume and report.verdict is Verdict.UNDECIDED and _from_nothing(report):
        notice(
            "what is not assumed is unknown: name gpu, driver and torch, or start from this machine "
            "with --assume host"
        )


def _from_nothing(report: Report) -> bool:
    return not report.about.name and "host" not in report.about.assumed


def _rendered(report: Report, target: Destination, arguments: argparse.Namespace) -> str:
    module = import_module(f"torch_doctor.render.formats.{target.format}")
    if target.format == "html":
        from torch_doctor.rules import by_code

        day = time.strftime("%Y-%m-%d")
        return str(module.render(report, by_code(), day))
    if target.format != "text":
        return str(module.render(report))
    screen = target.path is None
    return str(
        module.render(
            report,
            width=width(os.environ) if screen else 100,
            colour=screen and wants_colour(os.environ),
            links=screen and takes_links(os.environ),
            verbose=arguments.verbose,
            quiet=arguments.quiet,
        )
    )
