"""``torch-doctor [check]``: gather facts, have them judged, print the report."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import add_deep, add_delivery, add_judging, options_of, overlay_of
from torch_doctor.cli.parser import Parser, count, seconds
from torch_doctor.core.startup import TYPE_CHECKING, TypeVar
from torch_doctor.render.formats import names

if TYPE_CHECKING:
    from torch_doctor.cli.input.given import Given
    from torch_doctor.core.report import Report
    from torch_doctor.probes.host.beside import Ahead
    from torch_doctor.probes.host.port import Host

_Seen = TypeVar("_Seen")
_ABOUT = """Judge this machine and one Python environment of it.

By default everything is read from files and from the driver, the driver is asked to take the installed code, and
PyTorch is run, in child processes. --proof says how far to go: static runs nothing, driver leaves PyTorch out, and
deep also measures every GPU."""
_EXAMPLES = """
torch-doctor
torch-doctor -v
torch-doctor ./venv
torch-doctor --deep
torch-doctor --deep matmul,nccl
torch-doctor --deep --compare before.json
torch-doctor --proof driver --json
torch-doctor --json | jq .verdict
torch-doctor --format sarif --output torch.sarif --format github
torch-doctor --expect-gpus 8 --expect-gpu H100 --fail-on warning
torch-doctor --expect cu128 --expect 2.9
torch-doctor check --facts host.json --ignore TD130
torch-doctor --assume gpu=V100,driver=550,torch=2.9.1+cu128
torch-doctor --assume host,driver=580
torch-doctor --static --assume gpu=A100,driver=570 --expect cu128
torch-doctor check --against torch.lock.json"""

_ELSEWHERE = ("--nodes", "--hosts", "--slurm")


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("check", _ABOUT, _EXAMPLES, elsewhere=_meant)
    _add_input(made)
    _add_expectations(made)
    _add_depth(made)
    add_judging(made)
    add_delivery(made, names(), "report")
    return made


def _meant(option: str, found: argparse.Namespace) -> str | None:
    """Return what asks many nodes, where an option as other tools call it asks for that."""
    if option not in _ELSEWHERE:
        return None
    return f"torch-doctor fleet run{' --deep' if getattr(found, 'deep', False) else ''}"


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:
    """Check, print, and return the exit code of the report."""
    _settle_proof(arguments)
    if arguments.path is not None:
        if arguments.python is not None:
            raise InputError("PATH and --python name the same thing", "leave one of them out")
        arguments.python = arguments.path
    if arguments.against is not None:
        return _compared(arguments, host)
    earlier = _earlier(arguments)
    ahead = _started(arguments, host)
    from torch_doctor.cli.output.reporting import deliver, destinations, remind

    targets = destinations(arguments.format, arguments.output)
    report = _report(arguments, host, ahead)
    if earlier is not None:
        report = earlier(report)
    deliver(report, targets, arguments)
    remind(report, arguments)
    return report.exit_code


def _settle_proof(arguments: argparse.Namespace) -> None:
    """Take --static and --deep for two of the proofs. A word behind --deep that names no stage may be the PATH."""
    proof = arguments.proof
    if isinstance(arguments.deep, str):
        from torch_doctor.cli.comparing.deep import settle

        settle(arguments)
    if proof and (arguments.static, arguments.deep) != (False, False):
        raise InputError("--proof, --static and --deep all say how far to go", "leave one out")
    arguments.static = arguments.static or proof == "static"
    arguments.deep = arguments.deep or proof == "deep"
    if arguments.deep and arguments.deadline is not None:
        raise InputError(
            "--deadline ends what --deep measures, which takes minutes", "leave one out"
        )


def _earlier(arguments: argparse.Namespace) -> Callable[[Report], Report] | None:
    """Read the report to compare with, before minutes are spent; return what lays it beside the new one."""
    if arguments.compare is None:
        return None
    from torch_doctor.cli.comparing.deep import comparing

    return comparing(arguments)


def _started(arguments: argparse.Namespace, host: Host | None) -> Ahead | None:
    """Let the static probes of this machine run while the rest of the program is loaded."""
    elsewhere = arguments.facts or arguments.assume or arguments.pasted is not None
    if elsewhere or host is not None:
        return None
    from torch_doctor.probes.host.watched import hear_of_ends

    hear_of_ends()
    if not arguments.static or arguments.deep:
        return None
    from torch_doctor.probes.host.beside import start

    return start(arguments.python, arguments.deadline)


def _compared(arguments: argparse.Namespace, host: Host | None) -> int:
    """Hold what is there, or what is given or assumed, against a lock."""
    from torch_doctor.cli.comparing.against import refuse_others, run
    from torch_doctor.cli.input.sources import given_of, read_first

    refuse_others(arguments)
    return run(
        arguments,
        _there(arguments, lambda: given_of(arguments, host) or read_first(arguments, host)),
    )


def _report(arguments: argparse.Namespace, host: Host | None, ahead: Ahead | None) -> Report:
    from torch_doctor.cli.input.sources import given_of

    return _there(arguments, lambda: _judged(arguments, host, given_of(arguments, host), ahead))


def _there(arguments: argparse.Namespace, look: Callable[[], _Seen]) -> _Seen:
    """Return what *look* finds; where the environment that was named is none, say so."""
    try:
        return look()
    except ValueError as error:
        from torch_doctor.probes.python.target import TargetError

        if not isinstance(error, TargetError):
            raise
        option = "" if arguments.path is not None else "--python "
        raise InputError(f"{option}{error}", kind="input") from error


def _judged(
    arguments: argparse.Namespace, host: Host | None, given: Given | None, ahead: Ahead | None
) -> Report:
    from torch_doctor.api import check
    from torch_doctor.cli.input.expectations import expectations_of
    from torch_doctor.cli.output import progress

    overlay = overlay_of(arguments.matrix)
    return check(
        host=host,
        facts=given and given.facts,
        about=given and given.about,
        python=arguments.python,
        static=arguments.static,
        timeout_s=arguments.timeout,
        options=options_of(arguments),
        overlay=overlay,
        on_static=progress.early(arguments),
        identify=arguments.identify,
        expectations=expectations_of(arguments, overlay),
        torch=arguments.proof != "driver",
        on_proof=progress.proof(arguments),
        deep=arguments.deep,
        on_deep=progress.deep(arguments),
        ahead=ahead,
        deadline_s=arguments.deadline,
    )


def _add_depth(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("how much to run")
    group.add_argument(
        "--proof",
        choices=("static", "driver", "torch", "deep"),
        help="read files and NVML; ask the driver to run a kernel and to take the installed code; run "
        "PyTorch, too (the default); measure every GPU (minutes). The exit code is that of what was asked",
    )
    group.add_argument(
        "--static",
        action="store_true",
        help="--proof static: run nothing of PyTorch and no CUDA call",
    )
    add_deep(group, "--proof deep: also")
    group.add_argument(
        "--compare",
        metavar="FILE",
        help="with --deep: say what changed since the report that --deep --json wrote into a file; exit code 1 where "
        "something is slower or worse",
    )
    _add_limits(group)


def _add_limits(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=60.0,
        help="seconds that PyTorch may take (default: 60)",
    )
    group.add_argument(
        "--deadline",
        metavar="S",
        type=seconds,
        help="seconds that the whole check may take; what was not reached by then is unknown, and said",
    )


def _add_input(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("what to judge")
    group.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        help="an interpreter, a venv, a conda prefix or the folder of a project that has one "
        "(default: the active environment, else ./.venv, else the first on PATH that has torch)",
    )
    group.add_argument("--python", metavar="PATH", help="the same as PATH")
    group.add_argument(
        "--facts", metavar="FILE", help="judge facts that collect has saved; - is standard input"
    )
    group.add_argument(
        "--from",
        dest="pasted",
        metavar="FILE",
        help="judge a pasted bug report, as triage does; - is standard input",
    )
    group.add_argument(
        "--assume",
        metavar="WHAT",
        action="append",
        help="judge what would be, from nothing: gpu=V100,driver=550,torch=2.9.1+cu128 (also cuda, platform, os, "
        "python, glibc, compute-capability); with the word host, an environment or --static, or after --facts, laid "
        "over what is there",
    )


def _add_expectations(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("what is expected")
    group.add_argument("--require-gpu", action="store_true", help="no usable NVIDIA GPU is a fault")
    group.add_argument(
        "--expect-gpus", metavar="N", type=count, help="fewer usable GPUs than N are a fault"
    )
    group.add_argument(
        "--expect-gpu", metavar="NAME", action="append", help="no GPU of this model is a fault"
    )
    group.add_argument(
        "--expect",
        metavar="BUILD",
        action="append",
        help="another build of torch is a fault: cu128, cu12, cpu, 2.9, 2.9.1+cu128, '>=2.8'",
    )
    group.add_argument(
        "--against",
        metavar="FILE",
        help="say what drifted from the plan that recommend --lock wrote into a file: exit code 0 nothing, 1 something",
    )
