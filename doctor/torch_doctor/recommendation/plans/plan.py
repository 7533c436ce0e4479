"""A plan: one build of torch, how to get it, what it asks of the host and why it was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.systems import names_variant


class Change(NamedTuple):
    """One thing that the plan changes on a host. *scope* is env, container or host."""

    host: str
    text: str
    scope: str = "env"
    commands: tuple[str, ...] = ()
    needs_root: bool = False
    needs_reboot: bool = False


class PlannedPackage(NamedTuple):
    """A companion that goes along. *origin* is torch (torch's own index), default or source: built beside torch.

    *in_family* says that it is released with torch: images of torch and its channel have it. *rules* are what is on
    record about how its builds are named and paired. *extra* is the one that brings torch, or the CUDA
    libraries it uses.
    *address* is its source, where no index has it.
    """

    name: str
    version: str | None
    origin: str = "default"
    in_family: bool = False
    rules: tuple[str, ...] = ()
    extra: str | None = None
    address: str | None = None

    @property
    def requirement(self) -> str:
        """The package as a requirement, pinned where a version is on record."""
        name = f"{self.name}[{self.extra}]" if self.extra else self.name
        return f"{name}=={self.version}" if self.version else name


class Plan(NamedTuple):
    """What to install. *image* is None where no image of this build is on record; *min_driver* on a Jetson.

    *keeps* says that this is what the host has already. *origin* is pytorch for a wheel of an index, ngc or jetson for
    a build of NVIDIA's own, which comes in an image. *imaged* is the nearest plan that has an image, beside a plan that
    has none. *cudnn* and *nccl* are the releases that come with the build, *conda* is the channel
    that has it, *glibc* the oldest that all its wheels take.
    """

    torch: str
    variant: str
    cuda: str | None
    platform: str
    index_url: str | None = None
    python: tuple[str, ...] = ()
    min_driver: str | None = None
    image: str | None = None
    image_kind: str | None = None
    image_status: str | None = None
    imaged: Plan | None = None
    cudnn: str | None = None
    nccl: str | None = None
    origin: str = "pytorch"
    companions: tuple[PlannedPackage, ...] = ()
    gpus: int = 1
    conda: str | None = None
    glibc: str | None = None
    commands: Mapping[str, str] = MappingProxyType({})
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    why: str = ""
    because: tuple[Receipt, ...] = ()
    confidence: str = "high"
    keeps: bool = False

    @property
    def build(self) -> str:
        """The build as torch says it, ``2.8.0+cu128``."""
        return f"{self.torch}+{self.variant}" if self.variant else self.torch

    @property
    def label(self) -> str:
        """The build in words, ``torch 2.8.0+cu128``."""
        return f"torch {self.build}"

    @property
    def installable(self) -> bool:
        """Whether an index serves this build; NVIDIA's own builds come in images."""
        return self.origin == "pytorch"

    @property
    def requirements(self) -> tuple[str, ...]:
        """Torch and those companions that are installed with it, as exact requirements."""
        tagged = self.index_url and names_variant(self.platform, self.torch)
        tag = f"+{self.variant}" if tagged else ""
        along = (p.requirement for p in self.companions if p.origin != "source")
        return (f"torch=={self.torch}{tag}", *along)

    @property
    def not_in_image(self) -> tuple[str, ...]:
        """The companions that no image of torch brings, as exact requirements."""
        return tuple(p.requirement for p in self.companions if not p.in_family)

    @property
    def built(self) -> tuple[str, ...]:
        """The companions that are built against this torch once it is there, as exact requirements."""
        return tuple(
            f"{p.name} @ {p.address}" if p.address else p.requirement
            for p in self.companions
            if p.origin == "source"
        )

    @property
    def forces_cuda(self) -> bool:
        """Whether something is built that leaves CUDA out where it sees no GPU, as in the build of an image."""
        return any(package.address for package in self.companions)

    @property
    def needs_default_index(self) -> bool:
        """Whether a companion is not on torch's own index, so that the default one must be asked too."""
        return any(package.origin == "default" for package in self.companions)
