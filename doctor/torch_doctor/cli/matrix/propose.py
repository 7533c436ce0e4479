"""``torch-doctor matrix propose``: what a host proved and the matrix lacks, as rows to be reviewed."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.matrix.proposals.host import HostProof
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor collect -o host.json && torch-doctor matrix propose --from host.json
torch-doctor matrix propose --from host.json > rows/new.yaml
torch-doctor matrix propose --from host.json --json | jq .differences"""
_EXITS = """exit codes:
  0  the matrix holds all that the host proved
  1  there are rows to review, or rows that say something else than the host
  2  no kernel was seen to run there, the input is wrong, or torch-doctor failed"""
_ABOUT = """Print what a host proved and the matrix lacks, as YAML in the form of matrix/.

A kernel must have run there: in the driver's own proof, in torch, or in --deep. Then its GPUs and their compute
capability, its driver and the CUDA that it reports, the targets of its torch, and the cuDNN and NCCL that were loaded
are held against the rows. What a host cannot say stands in a comment, to be filled in. Nothing
names the host, its user or a device, and nothing is written or sent."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    made = Parser("matrix propose", _ABOUT, _EXAMPLES, _EXITS)
    made.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        required=True,
        help="what collect -o FILE or check --json wrote; - is standard input",
    )
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Read, compare, print, and return the exit code."""
    from torch_doctor.cli.input.facts_file import read_facts
    from torch_doctor.cli.matrix.command import matrix_of
    from torch_doctor.core.redaction.facts import redact
    from torch_doctor.matrix.proposals.host import proved_by

    matrix = matrix_of(arguments)
    facts = redact(read_facts(arguments.source, "--from").facts)
    found = proved_by(facts, matrix)
    if found is None:
        cure = "torch-doctor collect -o FILE on the host runs some"
        raise InputError(
            "no kernel was seen to run on that host, so it proves nothing", cure, "input"
        )
    if arguments.json:
        _say_json(found, arguments.source, matrix)
    else:
        _say(found, arguments.source)
    return 1 if found.rows or found.differences else 0


def _day(source: str) -> str:
    """Return the day on which the file was written, which is when the host was looked at; of a stream, today."""
    from datetime import date, datetime, timezone

    try:
        written = os.stat(source).st_mtime
    except OSError:
        return date.today().isoformat()
    return min(datetime.fromtimestamp(written, timezone.utc).date(), date.today()).isoformat()


def _rows(found: HostProof, source: str) -> str:
    from torch_doctor.matrix.proposals.rows import as_yaml

    return as_yaml(found.rows, found.source, _day(source), "measured")


def _say(found: HostProof, source: str) -> None:
    from torch_doctor.cli.output.streams import emit, notice

    rows = _rows(found, source)
    differences = [
        f"# {one.row} {one.field}: the row says {one.recorded}; the host says {one.found}"
        + (" (the row's note says so)" if one.explained else "")
        for one in found.differences
    ]
    emit(rows + "".join(f"{line}\n" for line in differences))
    for line in found.left:
        notice(line)
    if not rows and not differences:
        notice(f"the matrix holds what this host proved ({found.source})")


def _say_json(found: HostProof, source: str, matrix: Matrix) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    rows = [
        {
            "table": row.table,
            "row": row.key,
            "cells": dict(row.cells),
            "unfilled": dict(row.unfilled),
        }
        for row in found.rows
    ]
    document = {
        **tool_head(),
        "matrix": {"version": matrix.version, "digest": matrix.digest},
        "source": found.source,
        "checked": _day(source),
        "rows": rows,
        "differences": [one._asdict() for one in found.differences],
        "left": list(found.left),
        "proposed": _rows(found, source),
    }
    emit(dump(document))
