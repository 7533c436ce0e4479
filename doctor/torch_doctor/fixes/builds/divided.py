"""GPUs so far apart that no build serves them all: some are hidden, or get an environment of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.actions import by_hand, hide_gpus, in_turn
from torch_doctor.fixes.builds.choice import Builds
from torch_doctor.fixes.kinds import InstallTorch
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.search import candidates, runs
from torch_doctor.matrix.store import Matrix


class Served(NamedTuple):
    """A build, and the GPUs that it serves."""

    row: TorchBuild
    gpus: tuple[GpuTraits, ...]


def divided(
    facts: Facts, matrix: Matrix, machine: Machine, install: Callable[[TorchBuild], InstallTorch]
) -> Iterator[Action]:
    """Yield how to use GPUs that no one build serves: those that one serves alone, and the others beside them."""
    gpus = tuple(gpu._replace(ran=None) for gpu in machine.gpus or () if gpu.capability)
    machine = machine._replace(gpus=gpus, cuda_available=None)
    here = _installed(facts, matrix, machine)
    taken = here or _serving_most(facts, matrix, machine)
    if taken is None or len(taken.gpus) in (0, len(gpus)):
        return
    left = tuple(gpu for gpu in gpus if gpu not in taken.gpus)
    hide = hidden(taken.gpus, left, "no published build has code for all of them")
    yield hide if here else in_turn(install(taken.row)._replace(condition=_why(taken, facts)), hide)
    beside = _serving_most(facts, matrix, machine._replace(gpus=left))
    if beside is not None and beside.gpus:
        yield _own_environment(beside)


def _why(part: Served, facts: Facts) -> str:
    """Why another release than the installed one is proposed; nothing where it is that one."""
    version: TorchVersion | None = facts.value("torch_version")
    own = version is None or version.public == part.row.torch
    return "" if own else f", the nearest release with code for {_names(part.gpus)}"


def _installed(facts: Facts, matrix: Matrix, machine: Machine) -> Served | None:
    """The build that is there, where it serves some of the GPUs."""
    version: TorchVersion | None = facts.value("torch_version")
    cuda: CudaVersion | None = facts.value("torch_cuda")
    if version is None or cuda is None:
        return None
    own = (version.public, str(cuda))
    rows = [r for r in candidates(machine.wheel_platform, matrix) if (r.torch, r.cuda) == own]
    part = _part(rows[0], matrix, machine) if rows else None
    return part if part and part.gpus else None


def _serving_most(facts: Facts, matrix: Matrix, machine: Machine) -> Served | None:
    """The build that is nearest for one of the GPUs and serves the most of them."""
    parts = []
    for gpu in {gpu.capability: gpu for gpu in machine.gpus or ()}.values():
        alone = Builds(facts, matrix, machine._replace(gpus=(gpu,)))
        parts += [_part(choice.row, matrix, machine) for choice in alone.proposed]
    return max(parts, key=lambda part: len(part.gpus), default=None)


def _part(row: TorchBuild, matrix: Matrix, machine: Machine) -> Served:
    gpus = machine.gpus or ()
    return Served(row, tuple(g for g in gpus if runs(row, machine._replace(gpus=(g,)), matrix)))


def hidden(taken: Sequence[GpuTraits], left: Sequence[GpuTraits], why: str) -> Action:
    """Return how GPUs that are *left* are kept from PyTorch, so that it runs on those *taken*."""
    text = f"hide {_names(left)} from PyTorch and run on {_names(taken)}: {why}"
    return hide_gpus(text, *(gpu.index for gpu in taken))


def _own_environment(part: Served) -> Action:
    row = part.row
    spec = f"torch=={row.torch}+{row.variant} from {row.index_url}"
    spec = spec if row.index_url else f"torch=={row.torch}"
    return by_hand(f"give {_names(part.gpus)} an environment of its own, with {spec}")


def _names(gpus: Sequence[GpuTraits]) -> str:
    return listing(list(dict.fromkeys(gpu.name for gpu in gpus)))
