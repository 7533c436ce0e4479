"""``torch-doctor matrix query``: would this torch run on this GPU under this driver? Does an image exist."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.parser import Parser, add_screen
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.core.finding import Receipt
    from torch_doctor.matrix.images.answers import ImageAnswer
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.probes.host.port import Host
    from torch_doctor.recommendation.would_run import WouldRun
    from torch_doctor.render.text.line import Line

_EXAMPLES = """
torch-doctor matrix query --torch 2.8.0 --cuda 12.8 --gpu V100 --driver 535
torch-doctor matrix query --torch 2.9 --gpu "RTX 5090"
torch-doctor matrix query --torch 2.6.0+cu124 --gpu B200 --driver 570 --json
torch-doctor matrix query --torch 2.14.0+cu126 --gpu A100 --with vllm==0.33.0
torch-doctor matrix query --torch 2.13 --compute-capability 12.1 --platform linux-aarch64
torch-doctor matrix query --image pytorch/pytorch:2.9.0-cuda11.8-devel"""
_EXITS = """exit codes:
  0  yes: a kernel runs with at least one of the builds that are meant; the image exists
  1  no, and every reason is named
  2  not known, the input is wrong, or torch-doctor failed"""
_EXIT_OF = {"yes": 0, "no": 1, "unknown": 2}


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    about = (
        "Would this torch run on this GPU under this driver? The answer, the reasons and the rows."
    )
    made = Parser("matrix query", about, _EXAMPLES, _EXITS)
    many: dict[str, Any] = {"action": "append", "default": []}
    made.add_argument("--torch", metavar="SPEC", help="torch: 2.8.0, 2.8 or 2.8.0+cu128")
    made.add_argument("--cuda", metavar="SPEC", help="the CUDA that torch is built for: 12.8")
    made.add_argument("--variant", metavar="TAG", help="the same as a tag: cu128")
    made.add_argument(
        "--gpu", metavar="NAME", **many, help="a GPU as people call it; repeat for a mixed host"
    )
    made.add_argument("--compute-capability", metavar="X.Y", **many, help="a GPU by its capability")
    made.add_argument(
        "--driver",
        metavar="R",
        help="release or branch of the driver; without it: the least that serves",
    )
    made.add_argument(
        "--platform",
        metavar="NAME",
        help="linux-x86_64 (default: this one), linux-aarch64, windows, wsl, jetson",
    )
    made.add_argument("--python", metavar="V", help="Python version: 3.12")
    made.add_argument("--glibc", metavar="V", help="glibc version: 2.28")
    made.add_argument(
        "--with",
        dest="with_",
        metavar="PACKAGE",
        **many,
        help="a package that must work beside it: vllm==0.33.0",
    )
    made.add_argument(
        "--image", metavar="REFERENCE", help="instead: whether this container image exists"
    )
    add_screen(made)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Answer, print, and return the exit code."""
    if arguments.image:
        return run_image(arguments, arguments.image)
    from torch_doctor.cli.matrix.command import matrix_of
    from torch_doctor.consult import here
    from torch_doctor.recommendation.question.asked import QuestionError
    from torch_doctor.recommendation.would_run import would_run

    matrix = matrix_of(arguments)
    try:
        answer = would_run(_asked(arguments), here(), matrix)
    except QuestionError as error:
        raise InputError(str(error)) from error
    if arguments.json:
        _dump(matrix, _document(answer))
    else:
        _print(_lines(answer))
    return answer.exit_code


def run_image(arguments: argparse.Namespace, reference: str) -> int:
    """Say whether an image exists, and return the exit code."""
    from torch_doctor.cli.matrix.command import matrix_of
    from torch_doctor.matrix.images.tags import image_named

    matrix = matrix_of(arguments)
    answer = image_named(matrix, reference)
    if arguments.json:
        _dump(matrix, {"image": _image_document(answer)})
    else:
        _print(_image_lines(answer))
    return _EXIT_OF[answer.exists]


def _asked(arguments: argparse.Namespace) -> Any:
    from torch_doctor.recommendation.question.asked import Asked

    torch = arguments.torch
    if arguments.variant:
        if torch is None or "+" in torch or arguments.cuda:
            raise InputError(
                "--variant goes with a plain --torch", "write --torch 2.8.0 --variant cu128"
            )
        torch = f"{torch}+{arguments.variant}"
    names = ("cuda", "driver", "platform", "python", "glibc")
    return Asked(
        torch=torch,
        gpu=tuple(arguments.gpu),
        compute_capability=tuple(arguments.compute_capability),
        with_=tuple(arguments.with_),
        **{name: getattr(arguments, name) for name in names},
    )


def _lines(answer: WouldRun) -> Iterator[Line]:
    from torch_doctor.render.text.line import Segment, labelled, text

    styles = {"yes": "ok", "no": "error", "unknown": "unknown"}
    yield text(Segment(answer.runs, styles[answer.runs]), _headline(answer), hang=2)
    for words in (*answer.reasons, *answer.notes):
        yield labelled((Segment("-"),), words, indent=2, hang=4)
    for build in answer.builds:
        floor = f"runs from driver {build.min_driver} on" if build.min_driver else "runs"
        lead = (Segment(f"{build.label}", "bold"),)
        runs = build.runs if build.reasons else f"yes, {floor}"
        yield labelled(lead, f": {runs}", indent=0, hang=len(build.label))
        for words in build.reasons:
            yield labelled((Segment("-"),), words, indent=2, hang=4)
    of_builds = (one for build in answer.builds for one in build.because)
    every = dict.fromkeys((*of_builds, *answer.because))
    if every:
        yield text(Segment("rows", "dim"))
    yield from _receipts(tuple(every))


def _headline(answer: WouldRun) -> str:
    if len(answer.builds) < 2 or answer.runs != "yes":
        return ""
    good = sum(build.runs == "yes" for build in answer.builds)
    return f", with {good} of {len(answer.builds)} builds"


def _receipts(receipts: tuple[Receipt, ...]) -> Iterator[Line]:
    from torch_doctor.render.text.line import Segment, text

    for one in receipts:
        doubt = "" if one.confidence == "high" else f", confidence {one.confidence}"
        words = f"{one.row}: {one.source} ({one.how}, checked {one.checked}{doubt})"
        yield text(Segment(words, "dim"), indent=4, hang=6)


def _image_lines(answer: ImageAnswer) -> Iterator[Line]:
    from torch_doctor.render.text.line import Segment, labelled, text

    words = {"yes": "exists", "no": "does not exist", "unknown": "is not known"}[answer.exists]
    style = {"yes": "ok", "no": "error", "unknown": "unknown"}[answer.exists]
    yield text(
        Segment(answer.reference, "bold"), " ", Segment(words, style), f": {answer.why}", hang=2
    )
    for row in answer.nearest:
        about = ", ".join(
            filter(
                None,
                (row.torch and f"torch {row.torch}", row.cuda and f"CUDA {row.cuda}", row.status),
            )
        )
        yield labelled((Segment("-"),), f"{row.reference} ({about})", indent=2, hang=4)
    yield from _receipts(_image_receipts(answer))


def _image_receipts(answer: ImageAnswer) -> tuple[Receipt, ...]:
    from torch_doctor.matrix.store import receipt

    own = (receipt("images", answer.row),) if answer.row else ()
    return (*own, *(receipt("image_rules", rule) for rule in answer.rules))


def _image_document(answer: ImageAnswer) -> dict[str, Any]:
    row = answer.row
    cells = ("torch", "cuda", "cudnn", "python", "min_driver", "kind", "status")
    return {
        "reference": answer.reference,
        "exists": answer.exists,
        "why": answer.why,
        "nearest": [image.reference for image in answer.nearest],
        **{name: getattr(row, name) if row else None for name in cells},
        "because": [_receipt(one) for one in _image_receipts(answer)],
    }


def _document(answer: WouldRun) -> dict[str, Any]:
    host = answer.machine
    return {
        "runs": answer.runs,
        "reasons": list(answer.reasons),
        "notes": list(answer.notes),
        "because": [_receipt(one) for one in answer.because],
        "machine": {
            "platform": host.wheel_platform,
            "driver": str(host.driver) if host.driver else None,
            "gpus": [gpu.name for gpu in host.gpus or ()],
        },
        "builds": [
            {
                **build._asdict(),
                "reasons": list(build.reasons),
                "because": [_receipt(one) for one in build.because],
            }
            for build in answer.builds
        ],
        "exit_code": answer.exit_code,
    }


def _receipt(one: Receipt) -> dict[str, str]:
    names = ("row", "source", "checked", "how", "confidence")
    return {name: getattr(one, name) for name in names}


def _dump(matrix: Matrix, document: dict[str, Any]) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    head = {"version": matrix.version, "digest": matrix.digest}
    emit(dump({**tool_head(), "matrix": head, **document}))


def _print(lines: Iterator[Line]) -> None:
    from torch_doctor.cli.output.streams import emit, wants_colour, width
    from torch_doctor.render.text.screen import to_text

    emit(to_text(lines, width=width(os.environ), colour=wants_colour(os.environ)))
