"""What a machine must have to pass: ``--require-gpu``, ``--expect-gpus``, ``--expect-gpu`` and ``--expect``."""

from __future__ import annotations

import argparse

from torch_doctor.cli.input.errors import InputError
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.api import Expectations


def expectations_of(arguments: argparse.Namespace, overlay: Path | None) -> Expectations:
    """Return what the options expect; raise InputError on a name that is no model of NVIDIA's, or no build of torch."""
    from torch_doctor.api import Expectations

    names = tuple(arguments.expect_gpu or ())
    if names:
        from torch_doctor.matrix.gpus.choice import objection_to
        from torch_doctor.matrix.load import load_matrix

        matrix = load_matrix(overlay)
        for name in names:
            unfit = objection_to(name, matrix)
            if unfit:
                raise InputError(f"{_place(arguments, 'expect_gpu')}: {unfit.problem}", unfit.cure)
    builds = tuple(arguments.expect or ())
    if builds:
        _check_builds(builds, overlay, _place(arguments, "expect"))
    gpus = arguments.expect_gpus
    if arguments.require_gpu:
        gpus = max(1, gpus or 0)
    return Expectations(gpus, names, builds)


def _place(arguments: argparse.Namespace, key: str) -> str:
    """Return where an expectation is said: on the command line, or in a line of a settings file."""
    places: dict[str, str] = getattr(arguments, "places", {})
    return places.get(key, f"--{key.replace('_', '-')}")


def _check_builds(builds: tuple[str, ...], overlay: Path | None, place: str) -> None:
    from torch_doctor.matrix.expected_build import NoBuildError, read_expected
    from torch_doctor.matrix.load import load_matrix

    matrix = load_matrix(overlay)
    for text in builds:
        try:
            read_expected(text, matrix)
        except NoBuildError as error:
            raise InputError(f"{place}: {error}", error.cure) from error
