"""Where the answer for a fleet goes, and in which form."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.output.reporting import Destination, destinations
from torch_doctor.cli.output.streams import emit, wants_colour, width, write_file
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.fleet.answer import FleetAnswer
    from torch_doctor.render.text.line import Line


class Forms(NamedTuple):
    """What renders a drift or a plan, in each of its forms."""

    document: Callable[..., object]
    markdown: Callable[..., str]
    prometheus: Callable[..., str]
    lines: Callable[..., Iterable[Line]]


def add_form(made: argparse.ArgumentParser, noun: str) -> None:
    """Add --format and --json for what goes to standard output alone."""
    made.add_argument(
        "--format", choices=("text", "json", "markdown", "prometheus"), default="text",
        help=f"the form of {noun} (default: text)",
    )  # fmt: skip
    made.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="the same as --format json",
    )


def targets(arguments: argparse.Namespace, formats: tuple[str, ...]) -> tuple[Destination, ...]:
    """Return forms and places; raise InputError on a form that a fleet has not, before anything is read."""
    found = destinations(arguments.format, arguments.output)
    for target in found:
        if target.format not in formats:
            cure = did_you_mean(target.format, formats) or f"the forms are {', '.join(formats)}"
            raise InputError(f"a fleet is not written as {target.format}", cure)
    return found


def deliver(
    answers: list[FleetAnswer], places: tuple[Destination, ...], arguments: argparse.Namespace
) -> None:
    """Render for each place; files first, so that stdout ends with what was written."""
    for target in sorted(places, key=lambda target: target.path is None):
        words = _all_rendered(answers, target, arguments)
        if target.path is None:
            emit(words)
        else:
            from pathlib import Path

            write_file(Path(target.path), words)


def deliver_change(answer: Any, forms: Forms, arguments: argparse.Namespace) -> int:
    """Print what changed, or would, in the form that was asked for; return the exit code."""
    emit(_changed(answer, forms, arguments))
    code: int = answer.exit_code
    return code


def _changed(answer: Any, forms: Forms, arguments: argparse.Namespace) -> str:
    from torch_doctor.fleet.hostlist import folded

    if arguments.format == "json":
        from torch_doctor.render.laid_out import dump

        return dump(forms.document(answer))
    if arguments.format == "markdown":
        return forms.markdown(answer, folded)
    if arguments.format == "prometheus":
        return forms.prometheus(answer)
    from torch_doctor.render.text.screen import to_text

    laid_out = list(forms.lines(answer, folded, verbose=arguments.verbose))
    shown = laid_out[-1:] if arguments.quiet else laid_out
    return to_text(shown, width=width(os.environ), colour=wants_colour(os.environ))


def _all_rendered(
    answers: list[FleetAnswer], target: Destination, arguments: argparse.Namespace
) -> str:
    """Render one answer, or that for each build and image that was asked about."""
    if target.format == "json" and answers[0].candidate:
        from torch_doctor.cli.fleet.labelled import document

        return document(answers)
    if target.format in ("prometheus", "html") and len(answers) > 1:
        what = "metrics are" if target.format == "prometheus" else "a page is"
        raise InputError(f"{what} of one build or image", "ask for each in a call of its own")
    return "\n".join(_rendered(answer, target, arguments) for answer in answers)


def _rendered(answer: FleetAnswer, target: Destination, arguments: argparse.Namespace) -> str:
    from torch_doctor.fleet.hostlist import folded

    if target.format == "json":
        from torch_doctor.fleet.document import document
        from torch_doctor.render.laid_out import dump

        return dump(document(answer))
    if target.format == "markdown":
        from torch_doctor.render.fleet import markdown

        return markdown.render(answer, folded)
    if target.format == "html":
        from torch_doctor.render.fleet import html

        return html.render(answer, folded)
    if target.format == "prometheus":
        from torch_doctor.render.fleet import prometheus

        return prometheus.render(answer)
    from torch_doctor.render.fleet.terminal import lines
    from torch_doctor.render.text.screen import to_text

    screen = target.path is None
    columns = width(os.environ) if screen else 100
    laid_out = lines(answer, folded, columns, verbose=arguments.verbose, quiet=arguments.quiet)
    return to_text(laid_out, width=columns, colour=screen and wants_colour(os.environ))
