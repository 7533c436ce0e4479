"""What a driver, GPUs or an expectation say against the builds and images that files ask for."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Receipt, Severity
from torch_doctor.core.judgement import Kind, Status
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion
from torch_doctor.linter.evaluate.chosen import Chosen
from torch_doctor.linter.evaluate.systems import base_of
from torch_doctor.linter.mends import with_option
from torch_doctor.linter.problems.packages.companions import pairs
from torch_doctor.linter.project import LintProject, LintTarget, Setup
from torch_doctor.linter.record import AnyStep, EnvStep, Flaw, ImageUse, RunStep
from torch_doctor.linter.text import Spot
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.images.compat import compat_of
from torch_doctor.matrix.images.names import Base
from torch_doctor.matrix.images.requirement import gate_of, requirement_of
from torch_doctor.matrix.images.rows import ImageRequirement
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import driver_floor
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "driver-too-old": "A build of torch needs a newer driver than the target has.",
    "image-needs-newer-driver": "An image asks for a newer driver than the target has, and is not started.",
    "arch-unserved": "A build of torch has no code for a GPU of the target.",
    "cpu-build-on-gpu-target": "A build for the CPU is installed where GPUs are to be used.",
    "cuda-build-on-cpu-target": "A build for CUDA is installed where none is expected.",
}
_OF_IMAGES = frozenset({"dockerfile", "apptainer", "devcontainer", "gitlab", "image", "cog"})
_COMPAT = regex(r"compat|\.(?:ba)?sh\b|\bmake\b|\bansible")
_OF_ARCH = frozenset({Kind.GPU_NEWER_THAN_BUILD, Kind.GPU_OLDER_THAN_BUILD})
_OF_DRIVER = frozenset({
    Kind.DRIVER_BELOW_FLOOR, Kind.DRIVER_OLDER_THAN_GPU, Kind.DRIVER_DROPPED_GPU, Kind.PTX_NEWER_THAN_DRIVER,
})  # fmt: skip


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield what does not run on the target; without one, nothing."""
    target = project.target
    if target == LintTarget():
        return
    for setup in project.setups:
        for chosen in (*setup.chosen, *setup.implied):
            if any(
                flaw.severity is Severity.ERROR
                for flaw in pairs(chosen.step, setup, project.matrix)
            ):
                continue  # nothing of it is installed
            yield from _build(chosen, setup, target, project)
    if target.driver is not None or target.gpus:
        for use in project.images:
            base = base_of(use, project.matrix)
            if base is not None:
                yield from _image(use, base, target, project.matrix)


def _libcuda_of(setup: Setup, matrix: Matrix) -> str | None:
    """Return ``driver`` where nothing can put a cuda-compat library before the driver's; None where something may.

    An image with CUDA may bring one, and so may an image that is not known, a step that names one, and a script.
    """
    environment, base = setup.environment, setup.base
    in_image = environment.image is not None or environment.kind in _OF_IMAGES
    if in_image and (base is None or not _is_without_compat(base, matrix)):
        return None
    if any(_COMPAT.search(text) for step in environment.all_steps for text in _texts(step)):
        return None
    return "driver"


def _is_without_compat(base: Base, matrix: Matrix) -> bool:
    """Whether an image surely brings no cuda-compat: a plain system, or one of a kind that rows say so of."""
    if base.image is not None:
        row = compat_of(base.image.family, base.image.kind, base.image.torch, matrix)
        return row is not None and not row.brings
    return not base.cuda and (base.system is not None or bool(base.python))


def _texts(step: AnyStep) -> Iterator[str]:
    if isinstance(step, RunStep):
        yield " ".join(step.words)
    elif isinstance(step, EnvStep):
        yield step.value
    else:
        yield from (one.name for one in step.requirements)


def _build(
    chosen: Chosen, setup: Setup, target: LintTarget, project: LintProject
) -> Iterator[Flaw]:
    matrix = project.matrix
    spot = chosen.place.spot if chosen.place else chosen.requirement.spot
    wants_gpu = bool(target.gpus) or any(word.startswith("cu") for word in target.expect)
    if chosen.variant == "cpu" and wants_gpu:
        message = "this is a build for the CPU: it uses no GPU"
        because = (receipt("torch_builds", chosen.row),) if chosen.row else ()
        fix = "take a build for CUDA"
        yield Flaw("cpu-build-on-gpu-target", Severity.ERROR, spot, message, fix, because)
    elif chosen.variant.startswith("cu") and target.expect == ("cpu",):
        message = (
            f"this is a build for {chosen.variant}: it brings gigabytes of CUDA that are not used"
        )
        option = f"--index-url {index_of('cpu')}"
        because = (receipt("torch_builds", chosen.row),) if chosen.row else ()
        named = chosen.step.main_index or chosen.step.extra
        mends = () if named else with_option(chosen.requirement, option, project)
        yield Flaw(
            *(
                "cuda-build-on-cpu-target",
                Severity.WARNING,
                spot,
                message,
                f"add {option}",
                because,
            ),
            mends=mends,
        )
    if chosen.row is not None and chosen.row.cuda:
        libcuda = _libcuda_of(setup, matrix)
        yield from _judged(chosen.row, chosen.requirement.spot, target, matrix, libcuda)
    elif chosen.variant.startswith("cu"):
        yield from _floor(CudaVersion.from_tag(chosen.variant), spot, target, matrix)


def _judged(
    row: TorchBuild, spot: Spot, target: LintTarget, matrix: Matrix, libcuda: str | None = None
) -> Iterator[Flaw]:
    machine = Machine(
        arch=row.platform.rpartition("-")[2],
        driver=target.driver,
        gpus=target.gpus or None,
        libcuda_kind=libcuda,
    )
    judgement = judge(machine, build_of_row(row, matrix))
    if judgement.status is not Status.UNSUPPORTED:
        return
    for objection in judgement.objections:
        is_arch = objection.kind in _OF_ARCH
        if not is_arch and objection.kind not in _OF_DRIVER:
            continue
        problem = "arch-unserved" if is_arch else "driver-too-old"
        fix = (
            "take a build that has code for it"
            if is_arch
            else "take a build for an older CUDA, or a newer driver"
        )
        words = f"torch {row.torch}+{row.variant}: {objection.message}"
        yield Flaw(problem, Severity.ERROR, spot, words, fix, objection.because)


def _floor(
    cuda: CudaVersion,
    spot: Spot,
    target: LintTarget,
    matrix: Matrix,
    problem: str = "driver-too-old",
) -> Iterator[Flaw]:
    floor = driver_floor(matrix, cuda)
    if floor is None or target.driver is None or target.driver.release >= floor.driver:
        return
    message = (
        f"CUDA {cuda} needs driver {floor.driver} or newer, and the target has {target.driver}"
    )
    fix = "take an older CUDA, or a newer driver"
    yield Flaw(problem, Severity.ERROR, spot, message, fix, (receipt(floor.table, floor.row),))


def _image(use: ImageUse, base: Base, target: LintTarget, matrix: Matrix) -> Iterator[Flaw]:
    if (
        base.image is not None
        and base.image.torch
        and base.image.cuda
        and base.image.family == "pytorch"
    ):
        variant = CudaVersion.parse(base.image.cuda).tag
        rows = matrix.select(
            TorchBuild, torch=base.image.torch, variant=variant, platform="linux-x86_64"
        )
        libcuda = "driver" if _is_without_compat(base, matrix) else None
        for row in rows:
            yield from _judged(row, use.spot, target, matrix, libcuda)
        return
    if not base.cuda or target.driver is None:
        return
    cuda = CudaVersion.parse(base.cuda)
    if base.repository in ("nvidia/cuda", "nvcr.io/nvidia/cuda"):
        asked = next(iter(matrix.select(ImageRequirement, toolkit=base.cuda)), None)
        if asked is not None and _refused(asked, target, matrix):
            message = (
                f"this image asks for a driver of CUDA {asked.cuda} (NVIDIA_REQUIRE_CUDA), and {target.driver} is of "
                f"CUDA {target.driver.cuda or 'unknown'}: the container is not started"
            )
            fix = "start from an image of an older CUDA, or install a newer driver"
            because: tuple[Receipt, ...] = (receipt("image_requirements", asked),)
            yield Flaw("image-needs-newer-driver", Severity.ERROR, use.spot, message, fix, because)
            return
    yield from _floor(cuda, use.spot, target, matrix, "image-needs-newer-driver")


def _refused(asked: ImageRequirement, target: LintTarget, matrix: Matrix) -> bool:
    host = Machine(driver=target.driver, gpus=target.gpus or None)
    return gate_of((requirement_of(asked),), host, matrix).passes is False
