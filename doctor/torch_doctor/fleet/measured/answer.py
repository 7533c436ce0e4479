"""What is said of rates that many nodes measured: rows of equals, who lies below them, and who cannot be compared."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.core.report import Measure
from torch_doctor.core.tuples import NamedTuple


class DeepLook(NamedTuple):
    """What the deep check found on a node; *why* is the reason where it found nothing.

    *names* are those of its GPUs by torch's number; *ecc* says whether ECC is on, by name, where all of a name agree.
    """

    measures: tuple[Measure, ...] = ()
    names: tuple[tuple[int, str], ...] = ()
    torch: str | None = None
    ecc: tuple[tuple[str, bool], ...] = ()
    why: str = ""


class Equals(NamedTuple):
    """What must be the same for two rates to be compared; None is what the stage does not depend on.

    *model* is one GPU's or, where all of a node work together, that of all, and *gpus* their number; *gpu* is the
    number of a GPU whose place in its node counts.
    """

    stage: str
    model: str
    torch: str | None = None
    gpus: int | None = None
    gpu: int | None = None


class Behind(NamedTuple):
    """A rate well below that of its equals. *gpu* is None where all of the node worked; *ecc* None is not known."""

    node: str
    gpu: int | None
    value: float
    share: float
    words: str
    reasons: tuple[str, ...]
    ecc: bool | None


class NotCompared(NamedTuple):
    """A GPU (None: all of a node) of which there is no rate beside those of its equals, and why."""

    node: str
    gpu: int | None
    why: str


class PeerRow(NamedTuple):
    """One stage of all GPUs that are equal. *usual* is the median, *typical* what was noted where it was reached.

    *least* is the share of the median below which a rate is well below its equals, *ecc* that of most of them.
    """

    equals: Equals
    unit: str
    number: int
    nodes: int
    usual: float
    lowest: float
    highest: float
    least: float
    typical: str
    ecc: bool | None
    behind: tuple[Behind, ...]
    unknown: tuple[NotCompared, ...]


class StageFault(NamedTuple):
    """A stage that failed on a node, or was slow by what one host shows."""

    node: str
    measure: Measure


class Lagging(NamedTuple):
    """What is found where rates lie well below those of equals, and what to look at."""

    message: str
    cures: tuple[Fix, ...]


class FleetMeasured(NamedTuple):
    """All of it. *nodes* are how many measured, *unmeasured* those that did not, by the reason."""

    nodes: int
    rows: tuple[PeerRow, ...]
    faults: tuple[StageFault, ...]
    unmeasured: tuple[tuple[str, tuple[str, ...]], ...]
    lagging: Lagging | None = None
