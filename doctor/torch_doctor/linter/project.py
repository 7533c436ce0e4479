"""All that was read, with what follows from it: what every problem is asked about."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion
from torch_doctor.linter.evaluate.chosen import Chosen, allows_version, choose
from torch_doctor.linter.evaluate.includes import completed
from torch_doctor.linter.evaluate.pythons import python_of, tag
from torch_doctor.linter.evaluate.systems import base_of
from torch_doctor.linter.readers import dockerfile
from torch_doctor.linter.readers.of_toml.uv_table import on_linux
from torch_doctor.linter.record import (
    UNKNOWN,
    Environment,
    FileRead,
    ImageUse,
    InstallStep,
    Requirement,
    RunStep,
    Workload,
    Written,
)
from torch_doctor.linter.shell.containers import images_of
from torch_doctor.matrix.builds.rows import Companion, TorchBuild
from torch_doctor.matrix.images.names import Base
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.query import Driver
from torch_doctor.matrix.store import Matrix

# With one of these an installer replaces what is there.
AGAIN = frozenset({"--upgrade", "--force-reinstall", "--reinstall", "--ignore-installed", "-I"})


class LintTarget(NamedTuple):
    """What the files are meant for: a driver, GPUs, and the builds of torch that are expected, such as cu128 or cpu."""

    driver: Driver | None = None
    gpus: tuple[GpuTraits, ...] = ()
    expect: tuple[str, ...] = ()


class Setup(NamedTuple):
    """An environment with what follows: what its image holds, its Python, and the torch of each of its steps.

    *python* is empty where it is not known; *platform* is that of wheels, linux-x86_64. *implied* is the torch that
    pinned packages bring where none is asked for.
    """

    environment: Environment
    base: Base | None
    python: str
    platform: str
    chosen: tuple[Chosen, ...]
    implied: tuple[Chosen, ...] = ()

    @property
    def steps(self) -> tuple[InstallStep, ...]:
        """What it installs itself, without what the stages before it installed."""
        return tuple(s for s in self.environment.steps if isinstance(s, InstallStep))

    @property
    def effective(self) -> Chosen | None:
        """The torch that is there in the end, as far as steps that are surely taken tell."""
        there: Chosen | None = None
        for one in self.chosen:
            pinned, again = one.requirement.pinned or one.requirement.url, AGAIN & one.step.flags
            if one.step.conditional:
                continue
            if there is None or again or (pinned and pinned != there.requirement.pinned):
                there = one
        return there

    @property
    def python_tag(self) -> str:
        """The tag of wheels for its Python, cp311."""
        return tag(self.python)

    def wanted(self, step: InstallStep) -> tuple[Requirement, ...]:
        """Return what a step asks for on this platform."""
        machine = self.platform.rpartition("-")[2]
        return tuple(
            one for one in step.requirements if on_linux(one.marker, machine, self.python or "3.12")
        )


class LintProject(NamedTuple):
    """Everything that problems look at."""

    files: Mapping[str, FileRead]
    setups: tuple[Setup, ...]
    workloads: tuple[Workload, ...]
    images: tuple[ImageUse, ...]
    target: LintTarget
    matrix: Matrix


def project(files: Mapping[str, FileRead], target: LintTarget, matrix: Matrix) -> LintProject:
    """Return what was read as one project."""
    built = tuple(_built(files))
    environments = list(_environments(files, built))
    included = {
        name
        for environment in environments
        for step in environment.all_steps
        if isinstance(step, InstallStep)
        for name in step.files
    }
    # A list that is installed as part of something else is judged there, with the options that it is installed with.
    alone = [e for e in environments if not (e.kind == "requirements" and e.spot.file in included)]
    return LintProject(
        files,
        tuple(setup_of(environment, matrix) for environment in alone),
        tuple(one for file in files.values() for one in file.written.workloads),
        (
            *_written_images(files),
            *(one for made in built for one in made.images),
            *_started(environments),
        ),
        target,
        matrix,
    )


def _written_images(files: Mapping[str, FileRead]) -> Iterator[ImageUse]:
    """Yield the images of all files, without those of objects where a kustomization puts another tag."""
    replaced = {name for file in files.values() for name in file.written.replaces}
    for file in files.values():
        for one in file.written.images:
            folders, slash, last = one.reference.partition("@")[0].rpartition("/")
            if file.kind != "yaml" or f"{folders}{slash}{last.partition(':')[0]}" not in replaced:
                yield one


def _started(environments: list[Environment]) -> Iterator[ImageUse]:
    """Yield the images that scripts start, wherever they stand."""
    for environment in environments:
        for step in environment.steps:
            if isinstance(step, RunStep):
                yield from images_of(step)


def may_be_there(chosen: Chosen, setup: Setup) -> bool:
    """Whether a step before may have installed the very build that is asked for: then nothing is looked for.

    It may where its version or its index is unknown, or where the two name this build together.
    """
    public, _, local = chosen.requirement.pinned.partition("+")
    if not public or AGAIN & chosen.step.flags:
        return False
    for one in setup.chosen[: setup.chosen.index(chosen)]:
        version, index = one.requirement.specifier, one.step.main_index
        same = UNKNOWN in version or one.requirement.pinned.partition("+")[0] == public
        where = index.url if index else ""
        if same and (UNKNOWN in where or (local and where.rstrip("/").endswith(f"/{local}"))):
            return True
    return False


def built_from(workload: Workload, files: Mapping[str, FileRead]) -> FileRead | None:
    """Return the Dockerfile that the image of a workload is built from."""
    if not workload.builds or UNKNOWN in workload.builds + workload.dockerfile:
        return None
    folder = posixpath.dirname(workload.spot.file)
    path = posixpath.join(folder, workload.builds, workload.dockerfile or "Dockerfile")
    return files.get(posixpath.normpath(path))


def built_by(workload: Workload, files: Mapping[str, FileRead]) -> Written | None:
    """Return what its Dockerfile says with the arguments of a workload; None where it is not among the files."""
    file = built_from(workload, files)
    if file is None or not workload.arguments:
        return file.written if file else None
    return dockerfile.read(file.text, dict(workload.arguments))


def _environments(
    files: Mapping[str, FileRead], built: tuple[Written, ...]
) -> Iterator[Environment]:
    for file in files.values():
        if file.kind == "requirements" and "constraint" in file.path.rpartition("/")[2].lower():
            continue  # it limits what others ask for, and asks for nothing
        for environment in file.written.environments:
            yield completed(environment, files)
    for made in built:
        for environment in made.environments:
            yield completed(environment, files)


def _built(files: Mapping[str, FileRead]) -> Iterator[Written]:
    """Yield each Dockerfile as it is built with arguments of a workload."""
    for file in files.values():
        for workload in file.written.workloads:
            if workload.arguments and (made := built_by(workload, files)) is not None:
                yield made


def setup_of(environment: Environment, matrix: Matrix) -> Setup:
    """Return an environment with what follows from it."""
    base = base_of(environment.image, matrix)
    python = python_of(environment, base)
    arch = environment.arch or "x86_64"
    platform = f"{'windows' if environment.system == 'windows' else 'linux'}-{arch}"
    made = Setup(environment, base, python, platform, ())
    if environment.system == "macos":
        return made
    chosen = tuple(
        _kept(choose(step, one, made.python_tag, platform, matrix), made, matrix)
        for step in made.steps
        for one in made.wanted(step)
        if one.name == "torch"
    )
    return made._replace(chosen=chosen, implied=tuple(_implied(made, matrix)))


def _kept(made: Chosen, setup: Setup, matrix: Matrix) -> Chosen:
    """Return the torch of the image where it is what a step asks for: an installer leaves it as it is."""
    image, wanted = setup.base.image if setup.base else None, made.requirement
    installs = made.step.tool in ("pip", "uv") and not AGAIN & made.step.flags
    if image is None or not image.torch or not image.cuda or not installs or wanted.url:
        return made
    variant = CudaVersion.parse(image.cuda).tag
    wants = wanted.specifier or ">=0"
    if not allows_version(wants, f"{image.torch}+{variant}"):
        return made
    rows = matrix.select(TorchBuild, torch=image.torch, variant=variant, platform=setup.platform)
    return Chosen(made.step, wanted, rows[0], variant=variant) if rows else made


def _implied(setup: Setup, matrix: Matrix) -> Iterator[Chosen]:
    """Yield the torch that a pinned package brings along where none is asked for beside it."""
    for step in setup.steps:
        wanted = setup.wanted(step)
        if step.tool not in ("pip", "uv") or any(one.name == "torch" for one in wanted):
            continue
        for one in wanted:
            rows = (
                matrix.select(Companion, package=one.name, version=one.pinned) if one.pinned else ()
            )
            for row in rows:
                if row.pinned and row.torch and row.torch.startswith("==") and "," not in row.torch:
                    torch = Requirement("torch", row.torch, one.spot)
                    yield choose(step, torch, setup.python_tag, setup.platform, matrix)
