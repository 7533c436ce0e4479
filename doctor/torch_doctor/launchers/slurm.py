"""Ask the nodes of a Slurm cluster by srun: a job step of its own for each, so that none waits for another.

One srun for all would be shorter, but it starts when the last node has room, and one node whose slurmd does not answer
aborts the step on all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fleet.labels import of_slurm
from torch_doctor.launchers.asking import Ask, NodeLine, Patience, Reply, silent

if TYPE_CHECKING:
    from torch_doctor.fleet.labels import LabelledNode

FORM = "%N|%T|%G|%E"
_BUSY = "Requested nodes are busy"


class Selection(NamedTuple):
    """Which nodes of the cluster are meant: all, those of a partition, those of a list, or what is given."""

    partition: str | None = None
    nodes: tuple[str, ...] | None = None


class SlurmNode(NamedTuple):
    """A node as sinfo tells of it; *aside* is why it takes no work."""

    name: str
    gpus: int
    aside: str


def sinfo(selection: Selection) -> tuple[str, ...]:
    """Return the command that lists the nodes."""
    partition = ("--partition", selection.partition) if selection.partition else ()
    nodes = ("--nodes", ",".join(selection.nodes)) if selection.nodes else ()
    return ("sinfo", "-h", "-N", "-o", FORM, *partition, *nodes)


def nodes_in(text: str) -> dict[str, SlurmNode]:
    """Return the nodes that sinfo printed; one of several partitions stands in several lines."""
    found: dict[str, SlurmNode] = {}
    for row in text.splitlines():
        try:
            node: LabelledNode = of_slurm(row)
        except ValueError:
            continue
        gres = re.findall(r"(?:^|,)gpu(?::[^:,(]+)?:(\d+)(?![\w.])", row.split("|")[2])
        found[node.node] = SlurmNode(node.node, sum(map(int, gres)), node.aside)
    return found


def parted(
    found: Mapping[str, SlurmNode], wanted: Sequence[str] | None
) -> tuple[list[SlurmNode], list[NodeLine]]:
    """Return the nodes to ask, and the lines of those that need no asking."""
    lines: list[NodeLine] = []
    asked: list[SlurmNode] = []
    for name in sorted(found) if wanted is None else dict.fromkeys(wanted):
        node = found.get(name)
        if node is None:
            lines.append(silent(name, "unknown", "sinfo knows no such node"))
        elif node.aside:
            lines.append(silent(name, "down", _out_of_service(node.aside)))
        else:
            asked.append(node)
    return asked, lines


def asks(
    nodes: Sequence[SlurmNode],
    command: Sequence[str],
    more: Sequence[str],
    name: str,
    patience: Patience,
    environ: Mapping[str, str],
) -> Iterator[Ask]:
    """Yield the srun of each node. All its GPUs are asked for: Slurm shows a job no others.

    *more* are the user's own options of srun, *name* is that of the jobs, *command* what is run on a node.
    """
    own_gpus = any(re.match(r"--(?:gres|gpus|gpus-per-\w+)\b|-G", word) for word in more)
    inside = ("--overlap",) if environ.get("SLURM_JOB_ID") else (f"--immediate={waits(patience)}",)
    limit = f"--time={int(patience.node_s // 60) + 1}"
    for node in nodes:
        gpus = () if own_gpus or not node.gpus else (f"--gres=gpu:{node.gpus}",)
        yield Ask(
            node.name,
            (
                "srun", "--nodes=1", "--ntasks=1", f"--nodelist={node.name}", "--quiet", "--input=none",
                "--kill-on-bad-exit=0", "--chdir=/", f"--job-name={name}", limit,
                *inside, *gpus, *more, *command, "--node", node.name,
            ),
        )  # fmt: skip


def _out_of_service(aside: str) -> str:
    dead = " (it does not respond)" if aside.partition(":")[0].endswith("*") else ""
    return f"Slurm says {aside}{dead}"


def waits(patience: Patience) -> int:
    """Return for how many seconds a node may have no room before it is called busy."""
    return max(1, int(patience.to_reach_s / 2))


def reason(reply: Reply) -> str:
    """Return why a node gave no facts: there was no room, it does not respond, or something failed.

    A newer Slurm takes back the job of a node that does not respond, and its srun ends without a word; where a command
    failed on the node, srun says so.
    """
    if _BUSY in reply.err:
        return "busy"
    taken_back = reply.code != 0 and not reply.out and not reply.err.strip()
    return "timeout" if taken_back else "failed"


def leftovers(name: str) -> tuple[str, ...]:
    """Return the command that cancels what srun could not: a job whose node does not answer."""
    return ("scancel", "--quiet", f"--name={name}")


def refused(err: str) -> str:
    """Return what Slurm said when it could not be asked, in one line."""
    rows = [row for row in err.splitlines() if row.strip()]
    return one_line(rows[-1] if rows else "it said nothing", 400)
