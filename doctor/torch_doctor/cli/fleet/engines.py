"""The engines of ``fleet run``: whom each of them asks, and what is said of nodes that need no asking."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from torch_doctor.cli.input.errors import InputError
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.launchers import slurm
    from torch_doctor.launchers.asking import NodeLine, Patience


class Rollcall(NamedTuple):
    """The lines of the nodes, as they come, and how many there will be; None where nobody knows yet."""

    lines: Iterator[NodeLine]
    nodes: int | None = None


# For how long an engine may take to list its nodes, or to cancel what is left.
_ENGINE_S = 30.0


def wanted(arguments: argparse.Namespace) -> tuple[str, ...] | None:
    """Return the nodes that were named; None where all of the engine are meant."""
    from torch_doctor.cli.fleet.reading import expected_in
    from torch_doctor.fleet.hostlist import unfolded

    if arguments.nodelist is not None and arguments.expected is not None:
        raise InputError("--nodelist and --expected both name the nodes", "leave one of them out")
    if arguments.expected is not None:
        return tuple(dict.fromkeys(expected_in(arguments.expected)))
    if arguments.nodelist is None:
        return None
    try:
        found = tuple(dict.fromkeys(unfolded(arguments.nodelist)))
    except ValueError as error:
        raise InputError(f"--nodelist: {error}", "write node1,node[2-8]") from error
    if not found:
        raise InputError("--nodelist names no node", "write node1,node[2-8]")
    return found


def by_slurm(arguments: argparse.Namespace, limits: Patience, command: tuple[str, ...]) -> Rollcall:
    """Ask each node of the cluster; raise InputError where Slurm does not answer."""
    from torch_doctor.launchers import slurm
    from torch_doctor.launchers.children import reply_to

    names = wanted(arguments) or _of_the_job()
    listed = reply_to(
        slurm.sinfo(slurm.Selection(arguments.partition, names)), os.environ, _ENGINE_S
    )
    if listed.ended != "exit" or listed.code:
        words = slurm.refused(listed.err) if listed.err else "sinfo does not answer"
        raise InputError(
            f"Slurm cannot be asked: {words}",
            "run it where sinfo and srun work, or ask by --ssh",
            "input",
        )
    found = slurm.nodes_in(listed.out.decode("utf-8", "replace"))
    asked, known = slurm.parted(found, names)
    if not asked and not known:
        raise InputError("Slurm has no such node", "sinfo -N shows the nodes", "input")
    lines = _asked_by_slurm(asked, known, arguments, limits, command)
    return Rollcall(lines, len(asked) + len(known))


def _asked_by_slurm(
    asked: list[slurm.SlurmNode],
    known: list[NodeLine],
    arguments: argparse.Namespace,
    limits: Patience,
    command: tuple[str, ...],
) -> Iterator[NodeLine]:
    from torch_doctor.launchers import slurm as engine
    from torch_doctor.launchers.asking import line_of
    from torch_doctor.launchers.children import Crowd, reply_to

    yield from known
    name = f"torch-doctor-{os.getpid()}-{os.urandom(4).hex()}"
    crowd = Crowd(limits, os.environ)
    asks = engine.asks(asked, command, arguments.more, name, limits, os.environ)
    try:
        for reply in crowd.replies(list(asks)):
            yield line_of(reply, engine.reason)
    finally:
        if crowd.forced:
            reply_to(engine.leftovers(name), os.environ, _ENGINE_S)


def by_ssh(arguments: argparse.Namespace, patience: Patience, command: tuple[str, ...]) -> Rollcall:
    """Ask each host by ssh."""
    from torch_doctor.launchers import ssh
    from torch_doctor.launchers.asking import line_of
    from torch_doctor.launchers.children import Crowd

    hosts = _hosts(arguments)
    asks = ssh.asks(hosts, command, arguments.more, patience)
    replies = Crowd(patience, os.environ).replies(list(asks))
    return Rollcall((line_of(reply, ssh.reason) for reply in replies), len(hosts))


def by_ray(arguments: argparse.Namespace, patience: Patience, command: tuple[str, ...]) -> Rollcall:
    """Ask each node of a Ray cluster; its first line raises InputError where Ray does not answer."""
    names = wanted(arguments)
    return Rollcall(
        _asked_by_ray(arguments, patience, command, names), len(names) if names else None
    )


def _asked_by_ray(
    arguments: argparse.Namespace,
    patience: Patience,
    command: tuple[str, ...],
    names: tuple[str, ...] | None,
) -> Iterator[NodeLine]:
    from torch_doctor.launchers import ray

    python = ray.interpreter(os.environ)
    if python is None:
        raise InputError(
            "there is no Ray beside torch-doctor",
            "install torch-doctor into the environment of Ray, or put its ray on PATH",
            "input",
        )
    try:
        yield from ray.lines(python, arguments.ray, command, patience, names, os.environ)
    except ray.RayError as error:
        raise InputError(
            f"Ray cannot be asked at {arguments.ray}: {error}",
            "name its address: host:6379, or auto on one of its nodes",
            "input",
        ) from error


def _hosts(arguments: argparse.Namespace) -> list[str]:
    """Return the hosts of --ssh, each once; raise InputError on what ssh would take for an option."""
    from torch_doctor.cli.fleet.reading import expected_in
    from torch_doctor.fleet.hostlist import unfolded

    given = arguments.ssh
    try:
        found = expected_in(given[1:], "--ssh") if given[:1] == "@" else list(unfolded(given))
    except ValueError as error:
        raise InputError(f"--ssh: {error}", "write node1,user@node[2-8], or @FILE") from error
    wrong = next((host for host in found if host.startswith("-") or host.endswith("@")), None)
    if wrong is not None or not found:
        words = f"{wrong} is no host" if wrong else "no host is named"
        raise InputError(f"--ssh: {words}", "write node1,user@node[2-8], or @FILE")
    return list(dict.fromkeys(found))


def _of_the_job() -> tuple[str, ...] | None:
    """Return the nodes of the job that this runs in, None outside of one."""
    from torch_doctor.fleet.hostlist import unfolded

    listed = os.environ.get("SLURM_JOB_NODELIST", "") if os.environ.get("SLURM_JOB_ID") else ""
    try:
        return tuple(unfolded(listed)) or None
    except ValueError:
        return None
