"""Cures that depend on the host: which other build runs here, which driver to install."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import islice

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.core.records import Package
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)
from torch_doctor.fixes.actions import (
    InstallPackages,
    InstallTorch,
    RemovePackages,
    UpdateDriver,
    by_hand,
)
from torch_doctor.matrix.law.companions import companion_version
from torch_doctor.matrix.law.from_facts import machine_of
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.search import runnable_builds
from torch_doctor.matrix.query import driver_floor
from torch_doctor.matrix.rows import TorchBuild
from torch_doctor.matrix.store import Matrix


class Cures:
    """What would help on one host. Rules ask for it as the parameter ``cures``.

    One that does not *propose* searches no builds: where a cure is judged, nobody is shown another one.
    """

    def __init__(
        self,
        facts: Facts,
        matrix: Matrix,
        machine: Machine | None = None,
        *,
        proposes: bool = True,
    ) -> None:
        self._proposes = proposes
        self._facts = facts
        self._matrix = matrix
        self._seen = machine

    @cached_property
    def machine(self) -> Machine:
        """The host as the law sees it; what was observed of the installed build says nothing of another one."""
        machine = self._seen or machine_of(self._facts, self._matrix)
        gpus = machine.gpus and tuple(gpu._replace(ran=None) for gpu in machine.gpus)
        machine = machine._replace(cuda_available=None, gpus=gpus)
        silent = "driver_release" not in self._facts and "driver_cuda" not in self._facts
        return machine._replace(driver=_oldest_likely(machine)) if gpus and silent else machine

    def another_build(self) -> tuple[Action, ...]:
        """Return the installs that would run here: the same torch for another CUDA first, then the newest.

        Where nobody names the GPU, the driver decides, and the cure says for which GPUs the build has code.
        """
        unnamed = not self.machine.gpus
        return tuple(
            self.install(row)._replace(condition=_for_whom(row) if unnamed else "")
            for row in self._builds
        )

    @cached_property
    def _builds(self) -> tuple[TorchBuild, ...]:
        """The builds to propose: the newest of the same torch that runs here, then the newest of all."""
        if not self._proposes:
            return ()
        machine = self.machine if self.machine.gpus else self._with_an_ampere
        installed: TorchVersion | None = self._facts.value("torch_version")
        wanted = (installed.public, None) if installed else (None,)
        runs = (runnable_builds(machine, self._matrix, torch) for torch in wanted if machine)
        return tuple(dict.fromkeys(row for rows in runs for row in islice(rows, 1)))

    @cached_property
    def _with_an_ampere(self) -> Machine | None:
        """A GPU that stands for any: every build of the last years has code for compute capability 8.6."""
        gpu = GpuTraits(0, "a GPU", ComputeCapability(8, 6), listed=True)
        known = self.machine.gpus is None and self.machine.driver is not None
        return self.machine._replace(gpus=(gpu,)) if known else None

    def install(self, row: TorchBuild) -> InstallTorch:
        """Return the install of one build into the target environment, its companions with it."""
        installed: TorchVersion | None = self._facts.value("torch_version")
        return InstallTorch(
            row.torch,
            row.variant,
            row.index_url,
            companions=tuple(self._companions(row)),
            replace=installed is not None and installed.public == row.torch and not row.index_url,
        )

    def driver(self, minimum: str, *, exact_branch: bool = False) -> Action:
        """Return how to get a driver of at least *minimum* here (with *exact_branch*: of that branch)."""
        needs_closed = any(gpu.open_modules == "impossible" for gpu in self.machine.gpus or ())
        return UpdateDriver(minimum, exact_branch, open_module=not needs_closed)

    def current_driver(self) -> Action:
        """Return how to get a driver for the newest CUDA here, or of the last branch that drives these GPUs."""
        newest = CudaVersion(max(row.major for row in self._matrix.cuda_majors), 0)
        floor = driver_floor(self._matrix, newest, self.machine.platform or "linux")
        last = self._last_branch()
        if floor is None or (last is not None and floor.driver.branch > last):
            return self.driver(str(last or newest), exact_branch=last is not None)
        return self.driver(str(floor.driver))

    def driver_for(self, cuda: CudaVersion, *, paired: bool = False) -> Action:
        """Return how to get a driver that serves *cuda*; with *paired*, one as new as that toolkit."""
        floor = driver_floor(self._matrix, cuda, self.machine.platform or "linux")
        minimum = str(floor.driver) if floor else str(cuda)
        if paired:
            branches = [row.branch for row in self._matrix.drivers if row.cuda == str(cuda)]
            minimum = str(min(branches, default=minimum))
        last = self._last_branch()
        if last is not None and int(minimum.split(".")[0]) > last:
            return by_hand(f"no driver helps: R{last} is the last branch for this GPU")
        return self.driver(minimum)

    def driver_above(self, cuda: CudaVersion) -> Action | None:
        """Return how to get a driver that compiles PTX of a CUDA newer than *cuda*; None where none can."""
        newer = [
            row for row in self._matrix.drivers if row.cuda and CudaVersion.parse(row.cuda) > cuda
        ]
        last = self._last_branch()
        branches = [row.branch for row in newer if last is None or row.branch <= last]
        return self.driver(str(min(branches))) if branches else None

    @property
    def takes_compat(self) -> bool:
        """Whether every GPU here is known to be of the kinds that may run on a cuda-compat library."""
        gpus = self.machine.gpus or ()
        return bool(gpus) and all(gpu.eligible in ("yes", "some") for gpu in gpus)

    def driver_for_gpu(self, index: int | None) -> Action:
        """Return how to get a driver that drives one GPU."""
        for gpu in self.machine.gpus or ():
            if gpu.index != index:
                continue
            driver = self.machine.driver
            if gpu.last_branch and driver and driver.branch > gpu.last_branch:
                return self.driver(str(gpu.last_branch), exact_branch=True)
            if gpu.first_driver:
                return self.driver(str(gpu.first_driver))
        return self.current_driver()

    def companion(self, name: str) -> tuple[Action, ...]:
        """Return the install that puts the *name* that goes with the installed torch beside it."""
        torch: TorchVersion | None = self._facts.value("torch_version")
        version = companion_version(self._matrix, name, torch.public) if torch else None
        if torch is None or version is None:
            return ()
        cuda: CudaVersion | None = self._facts.value("torch_cuda")
        index = f"https://download.pytorch.org/whl/{cuda.tag if cuda else 'cpu'}"
        text = f"install {name} {version}, which goes with torch {torch.public}"
        return (InstallPackages(text, (f"{name}=={version}",), index),)

    def put(self, text: str, *specs: str, index: str | None = None, deps: bool = False) -> Action:
        """Return the install of *specs* over what is there, with *deps* their dependencies too."""
        return InstallPackages(text, specs, index, deps)

    def remove(self, text: str, *names: str) -> Action:
        """Return the removal of *names* from the target environment."""
        return RemovePackages(text, names)

    def torch_again(self) -> Action:
        """Return the install of the same torch again, with its dependencies."""
        torch: TorchVersion | None = self._facts.value("torch_version")
        local = torch.local if torch else ""
        index = f"https://download.pytorch.org/whl/{local}" if local.startswith("cu") else None
        spec = f"torch=={torch}" if torch and torch.is_release else "torch"
        return self.put(
            "install the same torch again, with its dependencies", spec, index=index, deps=True
        )

    def _last_branch(self) -> int | None:
        branches = [gpu.last_branch for gpu in self.machine.gpus or () if gpu.last_branch]
        return min(branches, default=None)

    def _companions(self, row: TorchBuild) -> Iterable[str]:
        """Installed torchvision and torchaudio move along with torch, or they break."""
        installed: tuple[Package, ...] = self._facts.value("packages", ())
        names = {package.name for package in installed}
        for name in ("torchvision", "torchaudio"):
            version = companion_version(self._matrix, name, row.torch) if name in names else None
            if version:
                yield f"{name}=={version}"


def _for_whom(row: TorchBuild) -> str:
    if not row.archs:
        return ""
    known = sorted(SmTarget.parse(arch).capability for arch in row.archs)
    return f", for GPUs of compute capability {known[0]} to {known[-1]}"


def _oldest_likely(machine: Machine) -> DriverRelease | None:
    """Return the oldest driver to reckon with where nobody says which: it drives these GPUs, and CUDA 12."""
    known = [gpu.first_driver for gpu in machine.gpus or () if gpu.first_driver]
    return max((_CUDA_12, *known)) if known else None


_CUDA_12 = DriverRelease.parse("525.60.13")
