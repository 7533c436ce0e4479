"""What is inside an image: from its row, from its name, and from its configuration where a registry told it."""

from __future__ import annotations

import re

from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, SmTarget
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.images.answers import ImageAnswer
from torch_doctor.matrix.images.config import ImageConfig, TorchLayers
from torch_doctor.matrix.images.names import base_named
from torch_doctor.matrix.images.requirement import (
    least_requirement,
    requirement_of,
    requirements_in,
)
from torch_doctor.matrix.images.rows import ImageRequirement
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.default_arch import assumed
from torch_doctor.matrix.law.machine import Build
from torch_doctor.matrix.query import driver_floors
from torch_doctor.matrix.rows import Image, ImageRule
from torch_doctor.matrix.store import Matrix, receipt

ARCHES = {"amd64": "x86_64", "arm64": "aarch64", "x86_64": "x86_64", "aarch64": "aarch64"}
_PLAIN = regex(r"\d+\.\d+(?:\.\d+)?(?:\+\w+)?")
_TARGET = regex(r"(\d+\.\d+[a-z]?)(\+PTX)?")
# What the makers of a family say of the variable in it, by the words with which the fact begins.
_GATES = {"ngc": "NVIDIA_REQUIRE_CUDA of the framework images is "}


class Inside(NamedTuple):
    """What an image holds; None is not known. *requirements* are what it asks before it starts, None where not known.

    *partial*: rows say only the condition with which its requirement begins, which is all that a GeForce can meet.
    *origin* is whose build of torch it is: pytorch, ngc, jetson or source. *toolkit* is the image of CUDA that it is
    made from.
    """

    torch: str | None = None
    cuda: str | None = None
    cudnn: str | None = None
    python: str | None = None
    system: str | None = None
    kind: str | None = None
    arches: tuple[str, ...] = ()
    targets: tuple[SmTarget, ...] | None = None
    requirements: tuple[str, ...] | None = None
    partial: bool = False
    origin: str = "pytorch"
    family: str = ""
    toolkit: str | None = None
    because: tuple[Receipt, ...] = ()

    def minor(self) -> CudaVersion | None:
        """Return its CUDA as major and minor."""
        tag = re.search(r"\+(cu\d{2,4})\b", self.torch or "")
        if tag is not None:
            return CudaVersion.from_tag(tag[1])
        match = re.match(r"\d+\.\d+", self.cuda or "")
        return CudaVersion.parse(match[0]) if match else None


def inside_of(answer: ImageAnswer, config: ImageConfig | None, matrix: Matrix) -> Inside:
    """Return what is known to be inside."""
    base = base_named(answer.reference, matrix)
    row = base.image if base.image is not None else answer.row
    family = row.family if row else "nvidia-cuda" if base.repository.endswith("nvidia/cuda") else ""
    found = Inside(
        cuda=base.cuda or None,
        python=base.python or None,
        system=base.system.name if base.system else None,
        kind=base.kind or None,
        family=family,
        toolkit=(base.cuda or None) if family == "nvidia-cuda" else None,
    )
    if row is not None:
        found = _recorded(found, row)
    found = _asking(_built(found, matrix), matrix)
    return found if config is None else _as_configured(found, config)


def _recorded(found: Inside, row: Image) -> Inside:
    own = row.family in ("ngc", "aws", "google")
    origin = "jetson" if row.reference.endswith("-igpu") else "ngc" if row.family == "ngc" else ""
    return found._replace(
        torch=row.torch,
        cudnn=row.cudnn,
        python=row.python or found.python,
        system=row.os or found.system,
        arches=tuple(ARCHES.get(arch, arch) for arch in row.arch),
        origin=origin or ("source" if own else "pytorch"),
        because=(receipt("images", row),),
    )


def _built(found: Inside, matrix: Matrix) -> Inside:
    """What the build of torch inside has machine code for, and the image of CUDA that its image is made from."""
    rows = rows_of(found, matrix)
    if not rows:
        return found
    texts = [[*(row.archs or ()), *(row.ptx or ())] for row in rows[:1]]
    targets = tuple(SmTarget.parse(text) for text in texts[0]) or None
    toolkit = rows[0].toolkit if found.family == "pytorch" and found.kind == "devel" else None
    cuda = found.cuda or rows[0].cuda
    return found._replace(targets=targets, toolkit=found.toolkit or toolkit, cuda=cuda)


def rows_of(found: Inside, matrix: Matrix, arch: str = "x86_64") -> tuple[TorchBuild, ...]:
    """Return the rows of the build of torch inside, where it is one of torch's own."""
    cuda = found.minor()
    if found.torch is None or found.origin != "pytorch" or not _PLAIN.fullmatch(found.torch):
        return ()
    variant = "cpu" if found.torch.endswith("+cpu") else cuda.tag if cuda else None
    release = found.torch.partition("+")[0]
    if variant is None:
        return ()
    return matrix.select(TorchBuild, torch=release, variant=variant, platform=f"linux-{arch}")


def _asking(found: Inside, matrix: Matrix) -> Inside:
    """What it asks before it starts, as far as rows say."""
    if found.toolkit is not None:
        row = next(iter(matrix.select(ImageRequirement, toolkit=found.toolkit)), None)
        if row is not None:
            because = (*found.because, receipt("image_requirements", row))
            return found._replace(requirements=(requirement_of(row),), because=because)
        least = least_requirement(found.toolkit, matrix)
        if least is None:
            return found
        found = _ruled(found, "NVIDIA_REQUIRE_CUDA: geforce", (least,), matrix)
        return found._replace(partial=True)
    if found.family == "pytorch" and found.kind == "runtime":
        return _ruled(found, "devel images are made from", (), matrix)
    if found.family in _GATES:
        words = _GATES[found.family]
        rule = _rule(found.family, words, matrix)
        asked = re.match(r"cuda>=\d+\.\d+", rule.fact.removeprefix(words)) if rule else None
        return _ruled(found, words, (asked[0],), matrix) if asked else found
    return found


def _ruled(found: Inside, begins: str, asked: tuple[str, ...], matrix: Matrix) -> Inside:
    rule = _rule(found.family, begins, matrix)
    if rule is None:
        return found
    because = (*found.because, receipt("image_rules", rule))
    return found._replace(requirements=asked, because=because)


def _rule(family: str, begins: str, matrix: Matrix) -> ImageRule | None:
    rules = matrix.select(ImageRule, family=family)
    return next((rule for rule in rules if rule.fact.startswith(begins)), None)


def _as_configured(found: Inside, config: ImageConfig) -> Inside:
    """What a registry tells stands before what rows say."""
    origin = "ngc" if config.is_of_nvidia and found.origin != "jetson" else found.origin
    inside = found._replace(
        torch=found.torch if _same_torch(found.torch, config.torch) else config.torch,
        cuda=config.cuda or found.cuda,
        cudnn=config.cudnn or found.cudnn,
        python=config.value("PYTHON_VERSION") or found.python,
        arches=tuple(ARCHES.get(one, one) for one in _arches(config)),
        requirements=requirements_in(config.environ),
        partial=False,
        origin=origin,
    )
    if config.inside is not None and (config.inside.version or config.inside.none):
        inside = _read(inside, config.inside)
    if origin == "ngc":
        inside = inside._replace(targets=_targets(config.value("TORCH_CUDA_ARCH_LIST") or ""))
    return inside


def _read(inside: Inside, layers: TorchLayers) -> Inside:
    """What the files in the layers say stands before what variables say."""
    if layers.none:
        return inside._replace(torch=None)
    same = _same_torch(inside.torch, layers.version) and inside.torch is not None
    torch = inside.torch if same else layers.version
    own = layers.cuda or inside.cuda
    return inside._replace(
        torch=torch,
        cuda=own if "+cu" not in (torch or "") else inside.cuda,
        python=inside.python or layers.python,
        targets=inside.targets if same else None,
    )


def _same_torch(recorded: str | None, configured: str | None) -> bool:
    """Whether a row says all that the image does, and more: 2.8.0+cu128 for 2.8.0."""
    return configured is None or (recorded is not None and recorded.startswith(configured))


def _arches(config: ImageConfig) -> tuple[str, ...]:
    found = [one.split("/")[1] for one in config.platforms if one.startswith("linux/")]
    return tuple(dict.fromkeys(found or ([config.arch] if config.arch else [])))


def _targets(text: str) -> tuple[SmTarget, ...] | None:
    """The targets of TORCH_CUDA_ARCH_LIST: 9.0 means machine code, 12.0+PTX that and PTX."""
    found = []
    for word in re.split(r"[\s;,]+", text.strip()):
        match = _TARGET.fullmatch(word)
        if match is None:
            return None
        number = match[1].replace(".", "")
        found.append(SmTarget.parse(f"sm_{number}"))
        found += [SmTarget.parse(f"compute_{number}")] if match[2] else []
    return tuple(found) or None


def build_inside(found: Inside, reference: str, arch: str, matrix: Matrix) -> Build | None:
    """Return what the law judges: the torch inside, or where there is none its CUDA; None where neither is known."""
    rows = rows_of(found, matrix, arch)
    if rows:
        return build_of_row(rows[0], matrix)._replace(python_tags=None, glibc=None)
    cuda = found.minor()
    if found.torch is None and cuda is None:
        return None
    local = (found.torch or "").partition("+")[2]
    build = Build(
        torch=found.torch or "",
        variant="cpu" if local == "cpu" else cuda.tag if cuda and not found.torch else "",
        cuda=None if local == "cpu" else cuda,
        targets=found.targets,
        floors=driver_floors(matrix, cuda),
        ptx_known=found.targets is not None,
        origin=found.origin,
        because=found.because,
        called="" if found.torch else reference,
    )
    return assumed(build, matrix, jetson=found.origin == "jetson")
