"""Cures that depend on the host: which other build runs here, which driver to install, by which command."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import islice

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Fix
from torch_doctor.core.records import Package
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)
from torch_doctor.fixes import wording as fixes
from torch_doctor.matrix.law.companions import companion_version
from torch_doctor.matrix.law.from_facts import machine_of
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.search import runnable_builds
from torch_doctor.matrix.query import driver_floor
from torch_doctor.matrix.rows import TorchBuild
from torch_doctor.matrix.store import Matrix

_SPEC = re.compile(r"[\w.+\[\],<>=!~*@ :/-]+")


class Cures:
    """What would help on one host. Rules ask for it as the parameter ``cures``."""

    def __init__(self, facts: Facts, matrix: Matrix, machine: Machine | None = None) -> None:
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

    def another_build(self) -> tuple[Fix, ...]:
        """Return the installs that would run here: the same torch for another CUDA first, then the newest.

        Where nobody names the GPU, the driver decides, and the cure says for which GPUs the build has code.
        """
        unnamed = not self.machine.gpus
        return tuple(_say_for_whom(self.install(row), row, unnamed) for row in self._builds)

    @cached_property
    def _builds(self) -> tuple[TorchBuild, ...]:
        """The builds to propose: the newest of the same torch that runs here, then the newest of all."""
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

    def install(self, row: TorchBuild) -> Fix:
        """Return the command that puts one build into the target environment, its companions with it."""
        executable = self._python
        installer = self._facts.value("torch_installer") or "pip"
        installed: TorchVersion | None = self._facts.value("torch_version")
        return fixes.install_torch(
            f"torch=={row.torch}+{row.variant}" if row.index_url else f"torch=={row.torch}",
            row.index_url,
            python=executable,
            installer=installer,
            companions=tuple(self._companions(row)),
            replace=installed is not None and installed.public == row.torch and not row.index_url,
        )

    def driver(self, minimum: str, *, exact_branch: bool = False) -> Fix:
        """Return how to get a driver of at least *minimum* here (with *exact_branch*: of that branch)."""
        if self._facts.value("wsl"):
            return fixes.by_hand(
                f"update the NVIDIA driver of Windows to {minimum} or newer, then run wsl --shutdown",
                scope="host",
                root=True,
            )
        needs_closed = any(gpu.open_modules == "impossible" for gpu in self.machine.gpus or ())
        return fixes.update_driver(
            minimum,
            os_id=None if self._facts.value("container") else self._facts.value("os_id"),
            open_module=not needs_closed,
            exact_branch=exact_branch,
        )

    def current_driver(self) -> Fix:
        """Return how to get a driver for the newest CUDA here, or of the last branch that drives these GPUs."""
        newest = CudaVersion(max(row.major for row in self._matrix.cuda_majors), 0)
        floor = driver_floor(self._matrix, newest, self.machine.platform or "linux")
        last = self._last_branch()
        if floor is None or (last is not None and floor.driver.branch > last):
            return self.driver(str(last or newest), exact_branch=last is not None)
        return self.driver(str(floor.driver))

    def driver_for(self, cuda: CudaVersion, *, paired: bool = False) -> Fix:
        """Return how to get a driver that serves *cuda*; with *paired*, one as new as that toolkit."""
        floor = driver_floor(self._matrix, cuda, self.machine.platform or "linux")
        minimum = str(floor.driver) if floor else str(cuda)
        if paired:
            branches = [row.branch for row in self._matrix.drivers if row.cuda == str(cuda)]
            minimum = str(min(branches, default=minimum))
        last = self._last_branch()
        if last is not None and int(minimum.split(".")[0]) > last:
            return fixes.by_hand(f"no driver helps: R{last} is the last branch for this GPU")
        return self.driver(minimum)

    def driver_for_gpu(self, index: int | None) -> Fix:
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

    def companion(self, name: str) -> tuple[Fix, ...]:
        """Return the install that puts the *name* that goes with the installed torch beside it."""
        torch: TorchVersion | None = self._facts.value("torch_version")
        version = companion_version(self._matrix, name, torch.public) if torch else None
        if torch is None or version is None:
            return ()
        cuda: CudaVersion | None = self._facts.value("torch_cuda")
        index = f"https://download.pytorch.org/whl/{cuda.tag if cuda else 'cpu'}"
        executable = self._python
        command = f'{executable} -m pip install --force-reinstall --no-deps "{name}=={version}" --index-url {index}'
        return (
            fixes.by_hand(
                f"install {name} {version}, which goes with torch {torch.public}", command
            ),
        )

    def put(self, text: str, *specs: str, index: str | None = None, deps: bool = False) -> Fix:
        """Return the command that installs *specs* over what is there, with *deps* their dependencies too."""
        executable = self._python
        packages = " ".join(
            f'"{spec}"' if _SPEC.fullmatch(spec) else fixes.word(spec) for spec in specs
        )
        tail = f"{'' if deps else ' --no-deps'}{f' --index-url {index}' if index else ''}"
        command = f"{executable} -m pip install --force-reinstall{tail} {packages}"
        if self._facts.value("torch_installer") == "uv":
            command = f"uv pip install --python {executable} --reinstall{tail} {packages}"
        return fixes.by_hand(text, command)

    def remove(self, text: str, *names: str) -> Fix:
        """Return the command that uninstalls *names* from the target environment."""
        executable = self._python
        command = f"{executable} -m pip uninstall -y {' '.join(map(fixes.word, names))}"
        if self._facts.value("torch_installer") == "uv":
            command = f"uv pip uninstall --python {executable} {' '.join(map(fixes.word, names))}"
        return fixes.by_hand(text, command)

    def torch_again(self) -> Fix:
        """Return the command that installs the same torch again, with its dependencies."""
        torch: TorchVersion | None = self._facts.value("torch_version")
        local = torch.local if torch else ""
        index = f"https://download.pytorch.org/whl/{local}" if local.startswith("cu") else None
        spec = f"torch=={torch}" if torch and torch.is_release else "torch"
        return self.put(
            "install the same torch again, with its dependencies", spec, index=index, deps=True
        )

    @property
    def _python(self) -> str:
        return fixes.word(self._facts.value("python_executable") or "python")

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


def _say_for_whom(fix: Fix, row: TorchBuild, unnamed: bool) -> Fix:
    if not (unnamed and row.archs):
        return fix
    known = sorted(SmTarget.parse(arch).capability for arch in row.archs)
    return fix._replace(
        text=f"{fix.text}, for GPUs of compute capability {known[0]} to {known[-1]}"
    )


def _oldest_likely(machine: Machine) -> DriverRelease | None:
    """Return the oldest driver to reckon with where nobody says which: it drives these GPUs, and CUDA 12."""
    known = [gpu.first_driver for gpu in machine.gpus or () if gpu.first_driver]
    return max((_CUDA_12, *known)) if known else None


_CUDA_12 = DriverRelease.parse("525.60.13")
