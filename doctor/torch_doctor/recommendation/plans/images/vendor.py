"""NVIDIA's own images: for a Jetson Orin, which no wheel has code for, and where no image of a wheel's build exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.judgement import Status
from torch_doctor.core.startup import regex
from torch_doctor.core.text import listing
from torch_doctor.core.version import ComputeCapability, CudaVersion, TorchVersion
from torch_doctor.matrix.images.capabilities import unserved
from torch_doctor.matrix.law.default_arch import assumed
from torch_doctor.matrix.law.machine import Build, Machine
from torch_doctor.matrix.query import driver_floors
from torch_doctor.matrix.rows import Image
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.emit import commands
from torch_doctor.recommendation.plans.images.tags import REAL
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.solving.drivers import judged_with_least_driver
from torch_doctor.recommendation.solving.offer import Offer
from torch_doctor.recommendation.solving.requirements import unmet

_SERVER = regex(r"nvcr\.io/nvidia/pytorch:\d\d\.\d\d-py3")
# The -igpu images came with JetPack 6, which is for Orin: older Jetsons ended with JetPack 5 and 4.
_ORIN = ComputeCapability(8, 7)
_WHERE = (
    "which image goes with which JetPack: "
    "https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform-release-notes/"
    "pytorch-jetson-rel.html"
)


def vendor_plans(
    machines: Sequence[Machine], constraints: Constraints, matrix: Matrix
) -> Iterator[Plan]:
    """Yield a plan for each image on record that fits, newest first; none where a machine is no Orin."""
    if not all(_is_own_stack(machine) for machine in machines):
        return
    rows = [row for row in matrix.images if _is_for_jetson(row)]
    for row in sorted(rows, key=lambda row: row.reference, reverse=True):
        torch = TorchVersion(row.torch or "")
        offer = Offer(
            ".".join(map(str, torch.release)), "", row.cuda, (), (receipt("images", row),)
        )
        if _python_differs(row, machines) or any(unmet(offer, machines, constraints, matrix)):
            continue
        plan = Plan(
            torch=str(torch),
            variant="",
            cuda=row.cuda,
            platform="jetson",
            python=tuple(_tag(row)),
            image=row.reference,
            image_kind=row.kind,
            image_status=row.status,
            cudnn=row.cudnn,
            origin="jetson",
            why="NVIDIA's own build for a Jetson; no wheel of an index has code for it",
            notes=(*_beside(constraints), *([row.origin.note] if row.origin.note else ()), _WHERE),
            because=(
                receipt("images", row),
                *(r for m in machines for g in m.gpus or () for r in g.because),
            ),
            confidence=row.origin.confidence,
        )
        yield plan._replace(commands=commands(plan))


def _beside(constraints: Constraints) -> Iterator[str]:
    """What is on record of companions holds beside builds of torch's own, not beside NVIDIA's."""
    names = [companion.package for companion in constraints.companions]
    if names:
        yield f"whether {listing(names)} can be had beside NVIDIA's own build is not on record"


def ngc_plans(machines: Sequence[Machine], matrix: Matrix) -> Iterator[Plan]:
    """Yield a plan for each of NVIDIA's images for servers that runs on *machines*, newest first."""
    rows = [
        row
        for row in matrix.select(Image, family="ngc")
        if row.status in REAL and row.kind == "framework" and _SERVER.fullmatch(row.reference)
    ]
    for row in sorted(rows, key=lambda row: str(row.reference), reverse=True):
        cuda = CudaVersion.parse(".".join((row.cuda or "").split(".")[:2])) if row.cuda else None
        inside = Build(
            row.torch or "", "", cuda, None, floors=driver_floors(matrix, cuda), origin="ngc"
        )
        build = assumed(inside, matrix)
        judged = [judged_with_least_driver(machine, build, matrix) for machine in machines]
        gpus = tuple(gpu for machine in machines for gpu in machine.gpus or ())
        if any(unserved(row, gpus, matrix)):
            continue
        if any(least.judgement.status is not Status.SUPPORTED for least in judged):
            continue
        plan = Plan(
            torch=row.torch or "",
            variant="",
            cuda=str(cuda),
            platform=machines[0].wheel_platform or "",
            python=tuple(_tag(row)),
            min_driver=str(max(least.driver for least in judged if least.driver)),
            image=row.reference,
            image_kind=row.kind,
            image_status=row.status,
            cudnn=row.cudnn,
            origin="ngc",
            notes=("the torch inside is NVIDIA's own build: no wheel of an index is the same",),
            because=(receipt("images", row), *_on_arm(machines, matrix)),
            confidence="medium",
        )
        yield plan._replace(commands=commands(plan))


def _on_arm(machines: Sequence[Machine], matrix: Matrix) -> Iterator[Receipt]:
    for rule in matrix.image_rules:
        if rule.family == "ngc" and "arm64" in rule.fact and machines[0].arch == "aarch64":
            yield receipt("image_rules", rule)


def _is_own_stack(machine: Machine) -> bool:
    gpus = machine.gpus or ()
    return bool(gpus) and all(gpu.tegra and gpu.capability == _ORIN for gpu in gpus)


def _is_for_jetson(row: Image) -> bool:
    return (
        row.family == "ngc"
        and row.reference.endswith("-igpu")
        and row.status in REAL
        and row.torch is not None
    )


def _python_differs(row: Image, machines: Sequence[Machine]) -> bool:
    own = set(_tag(row))
    return bool(own) and any(
        machine.python_tag and machine.python_tag not in own for machine in machines
    )


def _tag(row: Image) -> Iterator[str]:
    match = re.match(r"3\.(\d+)", row.python or "")
    if match:
        yield f"cp3{match[1]}"
