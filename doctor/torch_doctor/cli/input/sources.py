"""Whose facts are judged: those of a file, a report or an assumption, or of the machine that is asked."""

from __future__ import annotations

import argparse

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import overlay_of
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.probes.host.port import Host


def given_of(arguments: argparse.Namespace, host: Host | None) -> Given | None:
    """Return facts from a file, a report or an assumption; None leaves the machine to be asked."""
    elsewhere = arguments.facts or arguments.assume or arguments.pasted is not None
    if arguments.deep and (arguments.static or elsewhere):
        raise InputError("--deep measures this machine, with PyTorch running", "leave it out")
    if elsewhere and arguments.proof in ("driver", "torch"):
        raise InputError(f"--proof {arguments.proof} asks this machine", "leave it out")
    if arguments.pasted is not None:
        return _pasted(arguments)
    if arguments.facts is None and not arguments.assume:
        return None
    if not arguments.assume:
        return read_first(arguments, host)
    from torch_doctor.cli.input.assume import assuming, read_assumption

    assumption = read_assumption(arguments.assume)
    if assumption.host and arguments.facts is not None:
        raise InputError(
            "--assume host starts from this machine, and --facts from another", "leave one out"
        )
    typed = arguments.static and "static" not in getattr(arguments, "settled", ())
    # An environment is one of this machine, and how far to look is said of it, too.
    if arguments.python or (typed and arguments.facts is None):
        assumption = assumption._replace(host=True)
    start = read_first(arguments, host) if assumption.host or arguments.facts is not None else None
    return assuming(assumption, start, overlay_of(arguments.matrix))


def read_first(arguments: argparse.Namespace, host: Host | None) -> Given:
    """Return the facts of a file, or those of this machine that an assumption starts from."""
    if arguments.facts is not None:
        from torch_doctor.cli.input.facts_file import read_facts

        if arguments.python:
            raise InputError(
                f"{named_by(arguments)} has no meaning beside --facts", "leave one out"
            )
        return read_facts(arguments.facts)
    from torch_doctor.cli.input.given import Given
    from torch_doctor.core.about import About
    from torch_doctor.probes.gather import gather
    from torch_doctor.probes.inquiry import Inquiry

    found = gather(host, Inquiry(arguments.python, static=True), identify=arguments.identify)
    return Given(found.facts, About())


def _pasted(arguments: argparse.Namespace) -> Given:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.cli.input.report_file import read_report
    from torch_doctor.core.about import About
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.pastes.read import read_bytes

    if arguments.facts is not None or arguments.assume or arguments.python:
        message = "--from judges a report alone"
        raise InputError(message, f"leave --facts, --assume and {named_by(arguments)} out")
    data, where = read_report(arguments.pasted)
    overlay = overlay_of(arguments.matrix)
    matrix = load_matrix(overlay) if overlay else None
    return Given(read_bytes(data, where, matrix), About.report(where))


def named_by(arguments: argparse.Namespace) -> str:
    """How the environment was named."""
    return "--python" if arguments.path is None else "PATH"
