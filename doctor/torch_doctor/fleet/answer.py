"""The answer for a fleet: groups of nodes, what makes each whole, the builds that serve all, and who said nothing."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.kinds import InstallTorch, UpdateDriver
from torch_doctor.fleet.measured.answer import DeepLook, FleetMeasured

# From the worst on.
VERDICTS = ("broken", "undecided", "degraded", "cpu-only", "healthy")


class Way(NamedTuple):
    """Steps that make a host whole, in their order; *size* is what they touch, *verdict* what is said afterwards.

    *change* is the only step, where it may be what others need, too: a driver of some release or newer, or a build.
    """

    steps: tuple[Fix, ...]
    size: int
    verdict: str
    change: UpdateDriver | InstallTorch | None = None

    @property
    def key(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What makes two ways the same."""
        return tuple((fix.text, fix.commands) for fix in self.steps)


class State(NamedTuple):
    """What was judged of all hosts that have the same facts. *ways* make it whole; *next_step* is what else is known.

    *traits* are what nodes of one kind have alike, by what it is; None is not known. *hardware* are driver, GPUs and
    torch in words; *machine* numbers the hosts that are the same to the law, None where no build is to be chosen.
    *look* is what they measured.
    """

    verdict: str
    code: str | None
    name: str
    cause: str | None
    message: str
    ways: tuple[Way, ...]
    next_step: Fix | None
    hardware: str
    machine: int | None
    exit_code: int
    traits: tuple[tuple[str, str | None], ...] = ()
    look: DeepLook = DeepLook()


class Cure(NamedTuple):
    """What makes some nodes of a group whole."""

    way: Way
    nodes: tuple[str, ...]


class Group(NamedTuple):
    """The nodes with one verdict and cause. *states* counts how many different hosts they are.

    *cures* are as few as make all whole of which that is known; of *rest* nobody knows, and *next_step* is next.
    """

    verdict: str
    code: str | None
    name: str
    cause: str | None
    message: str
    hardware: tuple[str, ...]
    nodes: tuple[str, ...]
    states: int
    cures: tuple[Cure, ...] = ()
    rest: tuple[str, ...] = ()
    next_step: Fix | None = None


class Serving(NamedTuple):
    """One build and the nodes that it serves once their driver, container and the like are whole.

    *min_driver* is None where drivers that are there do for it although GPUs of other nodes need newer ones.
    """

    label: str
    torch: str
    variant: str
    image: str | None
    min_driver: str | None
    commands: tuple[tuple[str, str], ...]
    nodes: tuple[str, ...]


class Unreadable(NamedTuple):
    """A line or file that tells of no host: the place with what is wrong, and the cure."""

    message: str
    cure: str


class Unanswered(NamedTuple):
    """Nodes that were asked and gave no facts, for one reason (fleet/silence.py)."""

    reason: str
    detail: str
    nodes: tuple[str, ...]


class FleetAnswer(NamedTuple):
    """Everything that is said of a fleet. *nodes* are those that answered, *silent* those that should have.

    *exit_codes* are those of the nodes' reports, *candidate* is the build or image that was assumed on every node,
    *unanswered* is what is known of silent nodes that were asked, *measured* what the deep check found, if it was run.
    """

    nodes: int
    states: int
    groups: tuple[Group, ...]
    builds: tuple[Serving, ...]
    unserved: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]
    unreadable_count: int
    repeated: tuple[str, ...]
    silent: tuple[str, ...]
    unexpected: tuple[str, ...]
    expected: int | None
    matrix_version: str
    matrix_digest: str
    exit_codes: frozenset[int] = frozenset()
    candidate: str = ""
    unanswered: tuple[Unanswered, ...] = ()
    measured: FleetMeasured | None = None

    @property
    def verdict(self) -> str:
        """The worst of all nodes; one that was expected and is silent, or cannot be read, leaves it undecided."""
        found = {group.verdict for group in self.groups}
        if self.silent or self.unreadable_count or not found:
            found.add("undecided")
        return next(verdict for verdict in VERDICTS if verdict in found)

    @property
    def exit_code(self) -> int:
        """1 where a node is broken or silent, 2 where one has no verdict or cannot be read, else 0."""
        if self.silent or 1 in self.exit_codes:
            return 1
        return 2 if self.unreadable_count or not self.nodes or 2 in self.exit_codes else 0
