"""``torch-doctor [check]``: gather facts, have them judged, print the report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.cli.errors import InputError, did_you_mean
from doctor.cli.parser import Parser, add_verbosity, count, seconds, words

if TYPE_CHECKING:
    from doctor.core.fact import Facts
    from doctor.core.report import Report
    from doctor.probes.host import Host

_ABOUT = """Judge this machine and one Python environment of it.

By default everything is read from files and from the driver, and PyTorch is run in a child process beside it.
With --static nothing of PyTorch is run."""
_EXAMPLES = """
torch-doctor
torch-doctor -v
torch-doctor --static --python ./venv
torch-doctor --json | jq .verdict
torch-doctor --format sarif --output torch.sarif --format github
torch-doctor --expect-gpus 8 --expect-gpu H100 --fail-on warning
torch-doctor check --facts host.json --ignore TD130
torch-doctor --assume driver=550,gpu=V100"""
FORMATS = ("text", "json", "markdown", "html", "github", "sarif", "junit", "prometheus", "jsonl")


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("check", _ABOUT, _EXAMPLES)
    _add_input(made)
    _add_judging(made)
    _add_output(made)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:
    """Check, print, and return the exit code of the report."""
    from doctor.cli.reporting import deliver, destinations, remind

    targets = destinations(arguments.format, arguments.output)
    report = _report(arguments, host)
    deliver(report, targets, arguments)
    remind(report, arguments)
    return report.exit_code


def _report(arguments: argparse.Namespace, host: Host | None) -> Report:
    facts = _facts(arguments, host)
    if facts is not None:
        return _judged(arguments, host, facts)
    from doctor.probes.target import TargetError

    try:
        return _judged(arguments, host, None)
    except TargetError as error:
        raise InputError(f"--python {arguments.python}: {error}", kind="input") from error


def _judged(arguments: argparse.Namespace, host: Host | None, facts: Facts | None) -> Report:
    from doctor.api import check

    return check(
        host=host,
        facts=facts,
        python=arguments.python,
        static=arguments.static,
        timeout_s=arguments.timeout,
        options=_options(arguments),
        overlay=_overlay(arguments.matrix),
        on_static=_early(arguments),
        identify=arguments.identify,
        expectations=_expectations(arguments),
    )


def _facts(arguments: argparse.Namespace, host: Host | None) -> Facts | None:
    """Return facts from a file or from an assumption; None leaves the machine to be asked."""
    if arguments.facts is None and not arguments.assume:
        return None
    if arguments.facts is not None:
        from doctor.cli.facts_file import read_facts

        if arguments.python:
            raise InputError("--python has no meaning beside --facts", "leave one of them out")
        facts = read_facts(arguments.facts)
    else:
        from doctor.api import gather

        facts = gather(
            host, python=arguments.python, static=True, identify=arguments.identify
        ).facts
    if arguments.assume:
        from doctor.cli.assume import assuming

        facts = assuming(facts, arguments.assume, _overlay(arguments.matrix))
    return facts


def _options(arguments: argparse.Namespace) -> Any:
    from doctor.core.engine import Options
    from doctor.core.finding import Severity

    return Options(
        only=_known_rules("--only", arguments.only),
        ignore=_known_rules("--ignore", arguments.ignore),
        fail_on=None if arguments.fail_on == "never" else Severity.parse(arguments.fail_on),
        unknown_is_ok=arguments.on_unknown == "ignore",
    )


def _known_rules(flag: str, lists: list[list[str]] | None) -> frozenset[str]:
    """Return codes, names and families as the rules write them; raise on one that no rule has."""
    asked = [word for found in lists or () for word in found]
    if not asked:
        return frozenset()
    from doctor.rules import load_rules

    known = {
        name.casefold(): name
        for rule in load_rules()
        for name in (rule.code, rule.name, rule.family)
    }
    for word in asked:
        if word.casefold() not in known:
            cure = (
                did_you_mean(word, known.values()) or "torch-doctor rules lists every code and name"
            )
            raise InputError(f"{flag}: there is no rule {word!r}", cure)
    return frozenset(known[word.casefold()] for word in asked)


def _overlay(folder: str | None) -> Path | None:
    if folder is None:
        return None
    path = Path(folder)
    if not path.is_dir():
        raise InputError(
            f"--matrix {folder}: there is no such folder", "name a folder of YAML files", "input"
        )
    return path


def _expectations(arguments: argparse.Namespace) -> Any:
    from doctor.api import Expectations

    gpus = arguments.expect_gpus
    if arguments.require_gpu:
        gpus = max(1, gpus or 0)
    return Expectations(gpus, tuple(arguments.expect_gpu or ()))


def _early(arguments: argparse.Namespace) -> Any:
    """Say the static verdict while PyTorch is still running, to somebody who waits at a terminal."""
    import sys

    from doctor.cli.output import is_terminal, notice

    if arguments.quiet or not is_terminal(sys.stderr):
        return None

    def say(report: Report) -> None:
        cause = f" ({report.primary.code} {report.primary.name})" if report.primary else ""
        notice(
            f"from files and driver: {report.verdict.value}{cause}; now running PyTorch, "
            f"for at most {arguments.timeout:.0f} s"
        )

    return say


def _add_input(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("what to judge")
    group.add_argument(
        "--static", action="store_true", help="run nothing of PyTorch and no CUDA call"
    )
    group.add_argument(
        "--python",
        metavar="PATH",
        help="an interpreter, a venv or a conda prefix (default: this one)",
    )
    group.add_argument(
        "--facts", metavar="FILE", help="judge facts that collect has saved; - is standard input"
    )
    group.add_argument(
        "--assume",
        metavar="WHAT",
        action="append",
        help="judge what would be: driver=550,gpu=V100,torch=2.9.1+cu128,python=3.12",
    )
    group.add_argument("--require-gpu", action="store_true", help="no usable NVIDIA GPU is a fault")
    group.add_argument(
        "--expect-gpus", metavar="N", type=count, help="fewer usable GPUs than N are a fault"
    )
    group.add_argument(
        "--expect-gpu", metavar="NAME", action="append", help="no GPU of this model is a fault"
    )
    group.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=60.0,
        help="seconds that PyTorch may take (default: 60)",
    )


def _add_judging(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("how to judge")
    group.add_argument(
        "--only",
        metavar="CODES",
        type=words,
        action="append",
        help="run these rules or families alone",
    )
    group.add_argument(
        "--ignore",
        metavar="CODES",
        type=words,
        action="append",
        help="show these, but let them not count",
    )
    group.add_argument(
        "--fail-on",
        choices=("error", "warning", "note", "never"),
        default="error",
        help="the least severity for exit code 1 (default: error)",
    )
    group.add_argument(
        "--on-unknown",
        choices=("fail", "ignore"),
        default="fail",
        help="whether an undecided verdict is exit code 2 (default: fail)",
    )
    group.add_argument(
        "--matrix",
        metavar="DIR",
        help="a folder of YAML rows that add to the matrix or replace rows",
    )


def _add_output(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("what to print")
    group.add_argument(
        "--format", choices=FORMATS, action="append", help="the form of the report (default: text)"
    )
    group.add_argument(
        "--json",
        dest="format",
        action="append_const",
        const="json",
        help="the same as --format json",
    )
    group.add_argument(
        "--output",
        metavar="FILE",
        action="append",
        help="where the report goes; the first --output takes the first --format",
    )
    group.add_argument(
        "--identify", action="store_true", help="keep host name, UUIDs, user names and home paths"
    )
    add_verbosity(made)
