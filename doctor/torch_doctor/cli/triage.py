"""``torch-doctor triage``: judge what people paste into bug reports, one report or thousands."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import add_delivery, add_judging, options_of, overlay_of
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.render.formats import names

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_ABOUT = """Judge a pasted bug report by the same rules as a machine.

A report may hold the output of any collect_env, nvidia-smi, pip, conda, a traceback, or plain words; what it does not
mention is unknown. A folder, a pattern, several files or --jsonl judge many reports: a table on a terminal or
with --format text, else one line of JSON for each, and a summary by cause on standard error. Nothing in a report is
run, opened or looked up."""
_EXAMPLES = """
torch-doctor triage report.txt
gh issue view 123 --comments | torch-doctor triage -
torch-doctor triage report.txt --format markdown
torch-doctor triage issues/ --format text
torch-doctor triage issues/ --output verdicts.jsonl
torch-doctor triage --jsonl issues.jsonl | jq -c .primary"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("triage", _ABOUT, _EXAMPLES)
    made.add_argument(
        "reports",
        metavar="FILE",
        nargs="*",
        help="a report, - for standard input; a folder, a pattern or several files are a batch",
    )
    made.add_argument(
        "--jsonl",
        metavar="FILE",
        help="a batch of reports, one JSON string or object (its title and body) a line; - is standard input",
    )
    add_judging(made)
    add_delivery(made, names(), also="; markdown is a comment that can be posted")
    made.set_defaults(static=False, facts=None, assume=None, pasted=None)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001  no machine is looked at
    """Judge one report or a batch; return the exit code."""
    if arguments.jsonl is not None or _is_batch(arguments.reports):
        from torch_doctor.cli.batch import run_batch

        return run_batch(arguments)
    if not arguments.reports:
        raise InputError("triage needs a report", "name a file, or - for standard input")
    return _one(arguments)


def _is_batch(names: list[str]) -> bool:
    return len(names) > 1 or any(
        name != "-" and (os.path.isdir(name) or (_is_pattern(name) and not os.path.exists(name)))
        for name in names
    )


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _one(arguments: argparse.Namespace) -> int:
    from torch_doctor.api import triage
    from torch_doctor.cli.input.report_file import read_report
    from torch_doctor.cli.output.reporting import deliver, destinations, remind

    targets = destinations(arguments.format, arguments.output)
    data, where = read_report(arguments.reports[0])
    matrix = overlay_of(arguments.matrix)
    report = triage(
        data,
        name=where,
        options=options_of(arguments),
        overlay=matrix,
        identify=arguments.identify,
    )

    def comment() -> str:
        from torch_doctor.cli.output.quotes import quotes
        from torch_doctor.matrix.load import load_matrix
        from torch_doctor.render.comment import render

        quoted = quotes(report, data, where, load_matrix(matrix), identify=arguments.identify)
        return render(report, quoted)

    deliver(report, targets, arguments, markdown=comment)
    remind(report, arguments)
    return report.exit_code
