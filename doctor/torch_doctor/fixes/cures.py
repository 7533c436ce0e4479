"""Cures that depend on the host: which build runs here, which driver to install, what goes with the torch here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.core.records import ExtensionBuild, Package
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.actions import ask_fact, in_turn
from torch_doctor.fixes.builds.wishes import built_for, last_of_channel, named_in_commands
from torch_doctor.fixes.drivers import Drivers, is_unnamed
from torch_doctor.fixes.kinds import InstallPackages, InstallTorch, RemovePackages
from torch_doctor.fixes.two_torches import TwoTorches
from torch_doctor.matrix.builds.conda import channels_with, nearest
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.builds.systems import index_of, names_variant
from torch_doctor.matrix.law.companions import companion_beside, companion_version
from torch_doctor.matrix.law.from_facts import machine_of
from torch_doctor.matrix.law.machine import UNREAD, GpuTraits, Machine
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

# Packages that torch's own index serves beside it, and that are made for one torch: they move along, or they break.
FAMILY = ("torchvision", "torchaudio", "xformers", "torchao", "torchcodec", "torchtext")
# What most people install beside torch; so many packages are a list, and not what somebody happened to name.
PAIR = ("torchvision", "torchaudio")
_A_LIST = 8
# The environments of programs that make pictures: each of them has torchvision.
_OF_A_WEB_UI = regex(
    r"(?i)^venv$|python_embed|(?:stable-?diffusion|webui|comfyui|sd\.?next|forge|fooocus|invokeai|swarmui)[^\\/]*[\\/]"
)
WHICH_GPU = ask_fact(
    "see which GPU it is, and what this torch has code for",
    'python -c "import torch as t; print(t.__version__, t.cuda.get_arch_list(), '
    '*map(t.cuda.get_device_properties, range(t.cuda.device_count())))"',
)


class Cures(Drivers):
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
        """The host as the law sees it; what was observed of the installed build says nothing of another one.

        Which kernel modules are loaded is no build's matter, unless they are known to be the wrong ones.
        """
        machine = self._seen or machine_of(self._facts, self._matrix)
        gpus = machine.gpus and tuple(gpu._replace(ran=None) for gpu in machine.gpus)
        return _flavour_aside(machine._replace(cuda_available=None, gpus=gpus))

    def another_build(
        self, driver_serves: CudaVersion | None = None, *, failing: bool = False
    ) -> tuple[Action, ...]:
        """Return the install that changes least: the same torch for another CUDA, else the nearest release.

        What is not known of the host is reckoned with, and the cure says for which GPUs and drivers it serves.
        *driver_serves* is the CUDA of the driver, where an error text alone tells it. *failing*: the installed build
        has no code for a GPU; where nobody names that, it is asked for.
        """
        if not self._proposes:
            return ()
        from torch_doctor.fixes.builds.choice import Builds
        from torch_doctor.fixes.builds.divided import divided
        from torch_doctor.fixes.builds.held import held
        from torch_doctor.fixes.builds.left import left

        machine = _flavour_aside(self._seen or machine_of(self._facts, self._matrix))
        if driver_serves is not None and machine.driver is None and machine.driver_reports is None:
            machine = machine._replace(driver_reports=driver_serves)
        unnamed = failing and all(map(is_unnamed, machine.gpus or ()))
        builds = Builds(self._facts, self._matrix, machine, failing=unnamed)
        found = tuple(self.install(row, condition) for row, condition in builds.proposed)
        if unnamed:
            return (in_turn(WHICH_GPU, *found) if found else WHICH_GPU,)
        apart = () if found else tuple(divided(self._facts, self._matrix, machine, self.install))
        if found or apart:
            return (*found, *held(self._facts, found)) or apart
        return left(self._facts, self._matrix, machine, self.install)

    def without_gpus(self, numbers: Iterable[int | None]) -> Action:
        """Return how PyTorch runs on the other GPUs, with those of these *numbers* hidden."""
        from torch_doctor.fixes.builds.divided import hidden

        aside, gpus = set(numbers), self.machine.gpus or ()
        left = [gpu for gpu in gpus if gpu.index in aside]
        taken = [gpu for gpu in gpus if gpu.index not in aside]
        return hidden(taken, left, "it has no code for that one")

    def one_of(self, rows: Iterable[TorchBuild]) -> tuple[Action, ...]:
        """Return the install of the best of *rows*: it runs here, keeps the installed release, is the newest."""
        from torch_doctor.fixes.builds.choice import Builds

        builds = Builds(self._facts, self._matrix, self.machine)
        best = builds.best_of(rows) if self._proposes else None
        return (self.install(best),) if best else ()

    def install(self, row: TorchBuild, condition: str = "") -> InstallTorch:
        """Return the install of one build into the target environment, its companions with it."""
        installed: TorchVersion | None = self._facts.value("torch_version")
        channel, tagged = self._channel(row), names_variant(row.platform, row.torch)
        same = installed is not None and installed.public == row.torch
        return InstallTorch(
            row.torch,
            row.variant,
            row.index_url,
            companions=tuple(self._companions(row)),
            beside=tuple(self._unlisted(row)),
            replace=same and not (row.index_url and tagged),
            condition=condition,
            there=not self._facts.is_absent("torch_version"),
            channel=channel,
            conda=self._of_conda_forge(row) if channel == "conda-forge" else None,
            tagged=tagged,
        )

    def _of_conda_forge(self, row: TorchBuild) -> tuple[str, str] | None:
        """For who installs with conda: the torch and CUDA that conda-forge, which builds for few, has for the GPUs."""
        from torch_doctor.fixes.person import person_of

        if person_of(self._facts).installer not in ("conda", "pixi"):
            return None
        build = nearest(row, self.machine.gpus or (), self._matrix)
        return (build.torch, build.cuda) if build else None

    def _channel(self, row: TorchBuild) -> str:
        """The conda channel that has a release: pytorch's own ended, conda-forge goes on, and is all that pixi asks."""
        from torch_doctor.fixes.person import person_of

        last = last_of_channel(self._matrix)
        ended = last is None or release_key(row.torch) > release_key(last)
        forged = self._facts.value("torch_origin") == "conda-forge"
        pixi = person_of(self._facts).installer == "pixi"
        return "conda-forge" if ended or forged or pixi else "pytorch"

    def extension(
        self,
        gpu: GpuTraits,
        built: Iterable[ExtensionBuild] = (),
        named: str | None = None,
    ) -> tuple[Action, ...]:
        """Return what gives an extension (the *named* one, or the likeliest of the installed) code for *gpu*."""
        if not self._proposes:
            return ()
        from torch_doctor.fixes.extensions import for_gpu, published
        from torch_doctor.matrix.topics.extensions import failing_in

        packages: tuple[Package, ...] = self._facts.value("packages", ())
        failing = named or failing_in(self._facts.value("traceback_packages", ()), self._matrix)
        torch: TorchVersion | None = self._facts.value("torch_version")
        cuda: CudaVersion | None = self._facts.value("torch_cuda")
        ready = published(failing, torch, cuda, self._matrix, packages) if failing and cuda else ()
        return (*ready, *for_gpu(gpu, packages, self._matrix, built, failing))

    def same_torch_for(self, cuda: CudaVersion) -> tuple[Action, ...]:
        """Return the install of the same release of torch for another *cuda*, where there is one that runs here."""
        torch: TorchVersion | None = self._facts.value("torch_version")
        if torch is None or not self._proposes:
            return ()
        from torch_doctor.fixes.builds.choice import Builds
        from torch_doctor.matrix.law.search import candidates, runs

        machine = Builds(self._facts, self._matrix, self.machine).machine or self.machine
        wanted = (torch.public, str(cuda))
        rows = candidates(machine.wheel_platform, self._matrix)
        fitting = (row for row in rows if (row.torch, row.cuda) == wanted)
        why = f", which nvcc of CUDA {cuda} compiles for"
        return tuple(self.install(row, why) for row in fitting if runs(row, machine, self._matrix))

    def for_cuda(self, package: str, major: int) -> tuple[Action, ...]:
        """Return the release of *package* that is linked to CUDA *major* and goes with the torch here."""
        from torch_doctor.fixes.extensions import for_cuda

        torch: TorchVersion | None = self._facts.value("torch_version")
        return tuple(for_cuda(package, major, torch, self._matrix)) if self._proposes else ()

    @property
    def wheel_index(self) -> str | None:
        """The index of the torch here: of its CUDA, of ROCm or XPU; None where it came from the default one."""
        cuda: CudaVersion | None = self._facts.value("torch_cuda")
        version: TorchVersion | None = self._facts.value("torch_version")
        local = version.local.split(".git")[0] if version else ""
        variant = self._facts.value("torch_variant")
        if cuda is not None:
            return index_of(cuda.tag)
        if local.startswith(("cu", "rocm")) or local in ("xpu", "cpu"):
            return index_of(local)
        indexes = (url for url in self._facts.value("install_indexes", ()) if "/whl/" in url)
        if variant in ("rocm", "xpu"):
            return next((url for url in indexes if variant in url), None)
        return index_of("cpu") if variant == "cpu" else None

    def keep_conda(self, both: TwoTorches) -> Action:
        """Return how conda's torch stays, of two in one environment."""
        return both.keep_conda(self._matrix)

    def companion(self, name: str) -> tuple[Action, ...]:
        """Return the install that puts the *name* that goes with the installed torch beside it."""
        torch: TorchVersion | None = self._facts.value("torch_version")
        version = companion_version(self._matrix, name, torch.public) if torch else None
        if torch is not None and version is None:
            from torch_doctor.fixes.extensions import pinned_to

            version = pinned_to(torch.public, name, self._facts.value("torch_cuda"), self._matrix)
        if torch is None or version is None:
            return ()
        text = f"install {name} {version}, which goes with torch {torch.public}"
        own = name in FAMILY or name == "triton"
        index = self.wheel_index if own else None  # others are of the default index
        if name in self._facts.value("refused_together", ()):
            text = f"install both in one command: {name} {version} goes with torch {torch.public}"
            specs = (f"torch=={torch.public}", f"{name}=={version}")
            return (InstallPackages(text, specs, index, deps=True, anew=False),)
        channels = channels_with(name, self._facts.value("packages", ()), self._matrix)
        return (InstallPackages(text, (f"{name}=={version}",), index, not own, channels=channels),)

    def put(self, text: str, *specs: str, index: str | None = None, deps: bool = False) -> Action:
        """Return the install of *specs* over what is there, with *deps* their dependencies too."""
        return InstallPackages(text, specs, index, deps)

    def remove(self, text: str, *names: str) -> Action:
        """Return the removal of *names* from the target environment."""
        return RemovePackages(text, names)

    def torch_again(self, why: str = "") -> Action:
        """Return the install of the same torch again, with its dependencies; *why* ends its sentence."""
        torch: TorchVersion | None = self._facts.value("torch_version")
        spec = f"torch=={torch}" if torch and torch.is_release else "torch"
        tagged = torch is not None and bool(torch.local)
        windows = self._facts.value("os_family") == "windows"
        index = self.wheel_index if tagged or windows else None
        text = f"install the same torch again, with its dependencies{why}"
        again = InstallPackages(text, (spec,), index, deps=True)
        if not (windows and torch is None and index is None):
            return again
        from torch_doctor.fixes.questions.which_build import of_torch

        return again._replace(asking=of_torch("windows", self._matrix))

    def of_unknown_build(self, name: str, text: str) -> Action:
        """Return the install of the *name* that goes with a torch whose CUDA, or release, nobody tells."""
        from torch_doctor.fixes.questions.which_build import of_companion

        platform = "windows" if self._facts.value("os_family") == "windows" else "linux"
        asking = of_companion(name, self._facts.value("torch_version"), platform, self._matrix)
        return InstallPackages(text, (name,), asking=asking)

    def _companions(self, row: TorchBuild) -> Iterator[str]:
        """Installed packages of torch's family move along with torch, or they break."""
        own = built_for(self._facts)
        stays = own is not None and (own.public, own.local) == (row.torch, row.variant)
        kept = frozenset({"xformers"} if stays else ())
        return self._fitting(row, (name for name in FAMILY if name in self._named - kept))

    def _unlisted(self, row: TorchBuild) -> Iterator[str]:
        """What is mostly installed beside torch, where no list of packages says whether it is."""
        listed = len(self._named) >= _A_LIST or {"torch", "numpy"} <= self._named
        if listed or self._facts.is_absent("torch_version"):
            return iter(())
        return self._fitting(row, (name for name in PAIR if name not in self._named))

    def _fitting(self, row: TorchBuild, names: Iterable[str]) -> Iterator[str]:
        installed: tuple[Package, ...] = self._facts.value("packages", ())
        for name in names:
            version = companion_beside(self._matrix, name, row.torch, installed)
            if version:
                yield f"{name}=={version}"

    @cached_property
    def _named(self) -> frozenset[str]:
        """The packages that are installed, and those of torch's family that a command installs."""
        installed: tuple[Package, ...] = self._facts.value("packages", ())
        where = (self._facts.value("portable_python"), self._facts.value("torch_location"))
        brought = {"torchvision"} if any(_OF_A_WEB_UI.search(one or "") for one in where) else set()
        asked = brought | named_in_commands(FAMILY, self._facts.value("install_commands", ()))
        return frozenset(package.name for package in installed) | asked


def _flavour_aside(machine: Machine) -> Machine:
    return machine._replace(module_flavour=None) if machine.module_flavour == UNREAD else machine
