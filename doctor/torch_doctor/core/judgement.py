"""What the law of compatibility says of one build on one machine."""

from __future__ import annotations

from torch_doctor.core.finding import Receipt
from torch_doctor.core.light.words import StrEnum
from torch_doctor.core.tuples import NamedTuple


class Status(StrEnum):
    """Whether a build runs: *unknown* is never taken for either."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class Kind(StrEnum):
    """Why a build does not run. Each kind has one rule that words it."""

    DRIVER_BELOW_FLOOR = "driver-below-floor"
    DRIVER_OLDER_THAN_GPU = "driver-older-than-gpu"
    DRIVER_DROPPED_GPU = "driver-dropped-gpu"
    OPEN_MODULE_REQUIRED = "open-module-required"
    OPEN_MODULE_IMPOSSIBLE = "open-module-impossible"
    COMPAT_INELIGIBLE = "compat-ineligible"
    COMPAT_OLDER_THAN_DRIVER = "compat-older-than-driver"
    GPU_NEWER_THAN_BUILD = "gpu-newer-than-build"
    GPU_OLDER_THAN_BUILD = "gpu-older-than-build"
    PTX_NEWER_THAN_DRIVER = "ptx-newer-than-driver"
    JETSON_NEEDS_OWN_BUILD = "jetson-needs-own-build"
    BUILD_WITHOUT_CUDA = "build-without-cuda"
    PYTHON_WITHOUT_WHEEL = "python-without-wheel"
    GLIBC_TOO_OLD = "glibc-too-old"
    WRONG_PLATFORM = "wrong-platform"


class Objection(NamedTuple):
    """One reason why a build does not run on a machine. *gpu* is the index of the GPU it concerns."""

    kind: Kind
    message: str
    because: tuple[Receipt, ...] = ()
    gpu: int | None = None
    confidence: str = "high"


class Doubt(NamedTuple):
    """Something that must be known before the answer can be yes, and the *fact* that would tell it, if one would."""

    what: str
    fact: str | None = None


class Judgement(NamedTuple):
    """The answer of the law: a status, the objections behind a no, what is missing behind an unknown.

    *because* are the rows that a yes rests on. *contradicted* are objections that an observation refuted:
    a kernel ran all the same. *served* are the indices of the GPUs for which the build has code that the driver
    need not be asked about: what finds no kernel there is another library. *aside* are objections to display cards
    beside a GPU on which a kernel ran.
    """

    status: Status
    objections: tuple[Objection, ...] = ()
    unknown: tuple[Doubt, ...] = ()
    because: tuple[Receipt, ...] = ()
    contradicted: tuple[Objection, ...] = ()
    observed: bool = False
    served: tuple[int, ...] = ()
    aside: tuple[Objection, ...] = ()

    @property
    def objects(self) -> bool:
        """Whether anything speaks against the build, though a kernel may have refuted it."""
        return bool(self.objections or self.contradicted or self.aside)

    def of(self, *kinds: Kind) -> tuple[Objection, ...]:
        """Return the objections of these kinds."""
        return tuple(objection for objection in self.objections if objection.kind in kinds)
