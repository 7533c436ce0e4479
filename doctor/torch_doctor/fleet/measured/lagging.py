"""What is found where rates lie well below those of equals, in words, and what to look at on both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.finding import Fix
from torch_doctor.core.text import plural
from torch_doctor.fleet.measured.answer import Lagging, PeerRow

_NAMED = 6
_CLOCKS = Fix(
    "on a GPU that is named and on an equal, while both work, compare clocks and what holds them down, power limit, "
    "temperature, and ECC",
    ("nvidia-smi -q -d CLOCK,PERFORMANCE,POWER,TEMPERATURE,ECC",),
    scope="host",
    verified="torch-doctor fleet run --deep",
    action="by-hand",
)
_LINKS = Fix(
    "compare how the GPUs of both nodes are joined, the state of their NVLinks and the errors on them",
    ("nvidia-smi topo -m", "nvidia-smi nvlink -s", "nvidia-smi nvlink -e"),
    scope="host",
    verified="torch-doctor fleet run --deep=p2p,nccl",
    action="by-hand",
)
_LINK = (
    "nvidia-smi --query-gpu=index,pcie.link.gen.current,pcie.link.gen.max,pcie.link.width.current,"
    "pcie.link.width.max --format=csv"
)
_HOST = Fix(
    "compare width and generation of the PCIe link while it works, the processor that the GPU hangs on, how many "
    "processors the job had, and what else ran there",
    (_LINK, "nvidia-smi topo -m", "nproc"),
    scope="host",
    verified="torch-doctor fleet run --deep",
    action="by-hand",
)


def lagging(rows: Sequence[PeerRow]) -> Lagging | None:
    """Return what is found in *rows*; None where nobody lies well below its equals."""
    found: dict[tuple[str, int | None], list[str]] = {}
    for row in rows:
        for one in row.behind:
            words = f"{row.equals.stage} {100 * one.share:.0f} % of the median"
            found.setdefault((one.node, one.gpu), []).append(words)
    if not found:
        return None
    named = [
        f"{place(node, gpu)} ({', '.join(words)})"
        for (node, gpu), words in list(found.items())[:_NAMED]
    ]
    rest = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    gpus = sum(gpu is not None for _, gpu in found)
    who = [plural(gpus, "GPU")] if gpus else []
    who += [f"{plural(len(found) - gpus, 'node')} as a whole"] if len(found) > gpus else []
    verb = "lies well below its" if len(found) == 1 else "lie well below their"
    message = f"{' and '.join(who)} {verb} equals: {', '.join(named)}{rest}"
    return Lagging(message, tuple(_cures(rows)))


def place(node: str, gpu: int | None) -> str:
    """Return a node, or a GPU of it, in words."""
    return node if gpu is None else f"{node} GPU {gpu}"


def _cures(rows: Sequence[PeerRow]) -> Iterator[Fix]:
    stages = {row.equals.stage for row in rows if row.behind}
    own = {stage for stage in stages if stage == "copy" or stage.startswith("matmul-")}
    between = {stage for stage in stages if stage.startswith(("p2p", "nccl"))}
    if own:
        yield _CLOCKS
    if between:
        yield _LINKS
    if stages - own - between:
        yield _HOST
