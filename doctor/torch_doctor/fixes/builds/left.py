"""What is left where no published build serves a host as it is: another Python, another GPU, or a fact to find out."""

from __future__ import annotations

from collections.abc import Callable

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.core.startup import regex
from torch_doctor.core.version import SmTarget
from torch_doctor.fixes.actions import ask_fact, by_hand, in_turn, make_environment
from torch_doctor.fixes.builds.choice import Builds
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix

_MINOR = regex(r"cp3(\d+)")
# Of a build's Pythons the newest lack most packages beside torch, the oldest end soonest.
_YOUNGER = 2


def left(
    facts: Facts, matrix: Matrix, machine: Machine, install: Callable[[TorchBuild, str], Action]
) -> tuple[Action, ...]:
    """Return what helps on *machine*, for which no build was found; nothing where that is not known."""
    builds = Builds(facts, matrix, machine)
    if machine.platform == "jetson":  # its own builds are on no index
        return ()
    unserved = builds.serve_no_gpu
    if unserved is not None:
        gpu, may_be = unserved
        has = "is known to have" if may_be else "has"
        return (
            by_hand(f"no published torch {has} code for {gpu.name}: use another GPU, or the CPU"),
        )
    if machine.python_tag is not None:
        anew = Builds(facts, matrix, machine._replace(python_tag=None)).proposed
        python = anew and _python_for(anew[0].row, machine.python_tag)
        if python:
            row, condition = anew[0]
            text = f"make an environment with Python {python}, since no torch for this GPU has wheels for its own"
            return (in_turn(make_environment(text, python), install(row, condition)),)
    unread = [one for one in machine.gpus or () if one.capability is None]
    return (_which(unread[0].name, matrix),) if unread else ()


def _which(name: str, matrix: Matrix) -> Action:
    archs = {arch for row in matrix.torch_builds for arch in row.archs or ()}
    oldest = min(SmTarget.parse(arch).capability for arch in archs)
    text = (
        f"see the compute capability of {name}: no published torch has code below {oldest}, and another GPU or the CPU "
        "is left there"
    )
    return ask_fact(text, "nvidia-smi --query-gpu=name,compute_cap --format=csv")


def _python_for(row: TorchBuild, tag: str) -> str | None:
    """Return a Python that a build has wheels for, where it has none for *tag*."""
    minors = {int(match[1]) for each in row.python_tags or () if (match := _MINOR.match(each))}
    if not minors or tag in (row.python_tags or ()):
        return None
    return f"3.{max(min(minors), max(minors) - _YOUNGER)}"
