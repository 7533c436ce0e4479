"""``check --deep``: which stages were asked for, and what changed since a saved report (``--compare``)."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.options import overlay_of
from torch_doctor.core.fact import Facts
from torch_doctor.core.report import Report

_MAKES_ONE = "torch-doctor --deep --json --output FILE"


def settle(arguments: argparse.Namespace) -> None:
    """Turn the word behind --deep into a tuple of stages, or into the PATH where it names none."""
    word: str = arguments.deep
    try:
        arguments.deep = _stages_of(word)
    except InputError:
        place = os.path.exists(word) or "/" in word or "\\" in word or word.startswith("python")
        if not place or arguments.path is not None:
            raise
        arguments.deep, arguments.path = True, word


def settle_saved(arguments: argparse.Namespace) -> None:
    """Do the same where facts are saved: no PATH may stand behind --deep, and --static leaves nothing to measure."""
    if isinstance(arguments.deep, str):
        arguments.deep = _stages_of(arguments.deep)
    if arguments.deep and arguments.static:
        raise InputError("--deep measures, with PyTorch running", "leave --static out")


def _stages_of(word: str) -> tuple[str, ...]:
    """Return the stages that *word* names; raise InputError where it names one that is not there, or none."""
    from torch_doctor.probes.live.deep_child import FILES, STAGES, is_asked

    known = (*STAGES, FILES)
    named = tuple(part.strip() for part in word.split(",") if part.strip())
    unknown = [one for one in named if not any(is_asked(stage, (one,)) for stage in known)]
    if named and not unknown:
        return named
    words = dict.fromkeys(stage.partition("-")[0] for stage in known)
    shown = unknown[0] if unknown else word
    cure = did_you_mean(shown, (*words, *known)) or f"the stages are {', '.join(words)}"
    raise InputError(f"--deep knows no stage {shown!r}", cure)


def comparing(arguments: argparse.Namespace) -> Callable[[Report], Report]:
    """Return what lays the report in the file of --compare beside a new one, and counts what is worse as a fault."""
    if not arguments.deep and arguments.facts is None:
        raise InputError("--compare needs something measured", "add --deep")
    earlier = _earlier(arguments.compare)
    if not earlier.value("deep_results"):
        raise InputError(
            "--compare: nothing was measured in that report",
            f"make it with {_MAKES_ONE}",
            "input",
        )

    def compare(report: Report) -> Report:
        from torch_doctor.matrix.load import load_matrix
        from torch_doctor.rules.deep._measures import compared, measures

        before = measures(earlier, load_matrix(overlay_of(arguments.matrix)))
        wanted = arguments.deep if isinstance(arguments.deep, tuple) else ()
        name = os.path.basename(arguments.compare)
        found = compared(report.measured, before, name, wanted)
        report = report._replace(compared=found)
        fails = bool(found.worse) and report.exit_code == 0 and arguments.fail_on != "never"
        return report._replace(exit_code=1) if fails else report

    return compare


def _earlier(name: str) -> Facts:
    """Return the facts of a saved report; raise InputError, whose cure is what measures one."""
    from torch_doctor.cli.input.facts_file import MAKES_ONE, read_facts

    try:
        return read_facts(name, "--compare").facts
    except InputError as fault:
        cure = fault.cure.replace(MAKES_ONE, _MAKES_ONE)
        raise InputError(fault.message, cure, fault.kind) from fault
