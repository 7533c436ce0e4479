"""``torch-doctor fleet run``: ask many nodes what collect asks one, by the engine that runs there."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import add_deep
from torch_doctor.cli.parser import Parser, count, seconds
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import listing, plural

if TYPE_CHECKING:
    from torch_doctor.cli.fleet.engines import Rollcall
    from torch_doctor.launchers.asking import NodeLine, Patience

_ABOUT = """Run torch-doctor collect on many nodes, and write one line of JSON for each as it comes.

A node that does not answer has a line, too, with the reason: it was asked and said nothing in time, what was started
there failed, it has no room, it is out of service, or nobody knows it. Feed the lines to torch-doctor fleet judge."""
_EXAMPLES = """
torch-doctor fleet run --slurm | torch-doctor fleet judge -
torch-doctor fleet run --slurm --partition gpu -o hosts.jsonl
torch-doctor fleet run --slurm --deep matmul,nccl | torch-doctor fleet judge -
torch-doctor fleet run --slurm --nodelist 'node[001-128]' --python /shared/venv -- --account=ops --mem=4G
torch-doctor fleet run --ssh 'gpu[1-8]' --command /opt/torch-doctor/bin/torch-doctor -o hosts.jsonl
torch-doctor fleet run --ray auto --expected nodes.txt -o hosts.jsonl"""
# Seconds for all of it, unless --deadline says otherwise.
_ALL_S = 600.0
_EXITS = """exit codes:
  0  every node answered
  1  a node did not
  2  the engine cannot be asked, the input is wrong, or torch-doctor failed"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    made = Parser("fleet run", _ABOUT, _EXAMPLES, _EXITS)
    _add_engines(made)
    _add_limits(made)
    _add_collecting(made)
    made.add_argument(
        "-o", "--output", metavar="FILE",
        help="add the lines to this file (default: standard output)",
    )  # fmt: skip
    made.add_argument("-q", "--quiet", action="store_true", help="say nothing on standard error")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Ask, write each line as it comes, and return the exit code."""
    from torch_doctor.cli.output.progress import counted
    from torch_doctor.cli.output.streams import notice
    from torch_doctor.launchers.journal import Journal

    asking = _asking(arguments)
    try:
        journal = Journal(arguments.output)
    except OSError as error:
        raise _unwritable(arguments.output, error) from error
    found: list[NodeLine] = []

    def share() -> float | None:
        return len(found) / asking.nodes if asking.nodes else None

    for line in counted(asking.lines, "nodes", quiet=arguments.quiet, share=share):
        try:
            journal.add(line.text)
        except OSError as error:
            raise _unwritable(arguments.output, error) from error
        found.append(line._replace(text=""))
    if not arguments.quiet:
        for words in _summary(found):
            notice(words)
    return 1 if any(line.silence for line in found) else 0


def _asking(arguments: argparse.Namespace) -> Rollcall:
    from torch_doctor.cli.comparing.deep import settle_saved
    from torch_doctor.cli.fleet.engines import by_ray, by_slurm, by_ssh

    settle_saved(arguments)
    patience = limits_of(arguments)
    if arguments.ssh is not None:
        for option in ("partition", "nodelist", "expected"):
            if getattr(arguments, option) is not None:
                raise InputError(f"--{option} and --ssh both say whom to ask", "leave one out")
        return by_ssh(arguments, patience, command_of(arguments, ("torch-doctor",)))
    if arguments.ray is not None:
        from torch_doctor.launchers.ray import PROGRAM

        if arguments.partition or arguments.more:
            raise InputError(
                "--partition and options behind -- are not for --ray", "leave them out"
            )
        return by_ray(arguments, patience, command_of(arguments, PROGRAM))
    return by_slurm(arguments, patience, command_of(arguments, own_command()))


def limits_of(arguments: argparse.Namespace) -> Patience:
    """Return how long all of it may take, and one node."""
    from torch_doctor.launchers.asking import Patience

    if arguments.at_once < 1:
        raise InputError("--at-once 0 asks nobody", "name a number such as 64")
    reach = arguments.node_timeout or arguments.timeout + 60
    more = _measuring_s(arguments)
    node = arguments.node_timeout or reach + more
    # Where nodes measure, all that are asked at a time may take as long as one of them.
    whole = arguments.deadline or _ALL_S + (node if more else 0.0)
    return Patience(whole, min(node, whole), arguments.at_once, reach)


def _measuring_s(arguments: argparse.Namespace) -> float:
    """Return how many seconds longer the deep check may take on a node."""
    if not arguments.deep:
        return 0.0
    from torch_doctor.probes.collect import deep_limits

    return sum(deep_limits(arguments.deep if isinstance(arguments.deep, tuple) else ()))


def command_of(arguments: argparse.Namespace, program: Sequence[str]) -> tuple[str, ...]:
    """Return what is run on a node, but for the node's name."""
    import shlex

    given = program if arguments.command is None else shlex.split(arguments.command)
    if not given:
        raise InputError("--command names no program", "name one: --command torch-doctor")
    words = [*given, "collect", f"--timeout={arguments.timeout:g}"]
    words += [f"--python={arguments.python}"] if arguments.python else []
    words += ["--deep"] if arguments.deep is True else []
    words += [f"--deep={','.join(arguments.deep)}"] if isinstance(arguments.deep, tuple) else []
    words += [f"--{name}" for name in ("static", "identify") if getattr(arguments, name)]
    return tuple(words)


def own_command() -> tuple[str, ...]:
    """Return how this program was started, for nodes that see the same files."""
    program = os.path.abspath(sys.argv[0])
    if os.path.basename(program).startswith("torch-doctor") and os.access(program, os.X_OK):
        return (program,)
    return (sys.executable, "-m", "torch_doctor")


def _summary(found: Sequence[NodeLine]) -> Iterator[str]:
    """Yield who did not answer and why, then how many did."""
    from torch_doctor.fleet.hostlist import folded

    groups: dict[tuple[str, str], list[str]] = {}
    for line in found:
        if line.silence:
            groups.setdefault((line.silence.reason, line.silence.detail), []).append(line.node)
    for (reason, detail), names in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield f"no answer ({reason}): {folded(names)}: {detail}"
    silent = sum(len(names) for names in groups.values())
    counts = [f"{len(found) - silent} answered"] + ([f"{silent} did not"] if silent else [])
    yield f"of {plural(len(found), 'node')} {listing(counts)}"


def _unwritable(path: str | None, error: OSError) -> InputError:
    where = f"--output {path}" if path else "standard output"
    message = f"{where} cannot be written: {error.strerror or error}"
    return InputError(message, "name a file in a folder that you may write to", "input")


def _add_engines(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("whom to ask")
    engines: Any = group.add_mutually_exclusive_group(required=True)
    engines.add_argument(
        "--slurm", action="store_true", help="the nodes of this Slurm cluster, each by an srun"
    )
    engines.add_argument(
        "--ssh", metavar="HOSTS",
        help="these hosts, each by ssh: node[1-8],user@gpu9; or @FILE, one a line",
    )  # fmt: skip
    engines.add_argument(
        "--ray", metavar="ADDRESS",
        help="the nodes of a Ray cluster, each by a task: host:6379, or auto on one of its nodes",
    )  # fmt: skip
    group.add_argument("--partition", metavar="NAME", help="with --slurm: those of this partition")
    group.add_argument(
        "--nodelist",
        metavar="NODES",
        help="with --slurm or --ray: these nodes alone, node[001-128],login1",
    )
    group.add_argument(
        "--expected", metavar="FILE",
        help="with --slurm or --ray: these nodes alone, from a file, one a line or as node[001-128]",
    )  # fmt: skip
    group.add_argument(
        "more", metavar="-- OPTION", nargs="*",
        help="behind --: more options of srun or ssh, such as --account=ops or -p 2222",
    )  # fmt: skip


def _add_limits(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("for how long")
    group.add_argument(
        "--deadline", metavar="S", type=seconds,
        help="seconds that all of it may take; nodes that have not answered by then are named (default: 600; with "
        "--deep longer by what a node may take)",
    )  # fmt: skip
    group.add_argument(
        "--node-timeout", metavar="S", type=seconds,
        help="seconds that one node may take (default: 60 more than --timeout; with --deep also what that may take, "
        "32 minutes)",
    )  # fmt: skip
    group.add_argument(
        "--at-once", metavar="N", type=count, default=64,
        help="how many nodes are asked at a time (default: 64)",
    )  # fmt: skip


def _add_collecting(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("what runs on a node")
    group.add_argument(
        "--command",
        metavar="WORDS",
        help="how torch-doctor is started there (default: as this one was; by ssh torch-doctor; by Ray "
        "python -m torch_doctor)",
    )
    group.add_argument(
        "--static", action="store_true", help="run nothing of PyTorch and no CUDA call"
    )
    add_deep(group, "also")
    group.add_argument(
        "--python", metavar="PATH", help="an interpreter, a venv or a conda prefix on the nodes"
    )
    group.add_argument(
        "--timeout", metavar="S", type=seconds, default=60.0,
        help="seconds that PyTorch may take on a node (default: 60)",
    )  # fmt: skip
    group.add_argument(
        "--identify", action="store_true",
        help="keep names of hosts and users, UUIDs, home paths, addresses",
    )  # fmt: skip
