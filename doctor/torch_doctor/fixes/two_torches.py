"""A torch of conda's and a wheel in one environment: both write the same files, so one goes and one is put again."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.finding import Action
from torch_doctor.core.records import Package
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.actions import by_hand, in_turn
from torch_doctor.fixes.kinds import InstallPackages, RemovePackages
from torch_doctor.matrix.store import Matrix

_OF_TORCH = ("pytorch", "pytorch-gpu", "torch")
_OF_CONDA = (*_OF_TORCH, "torchvision", "torchaudio")
_WHEELS = ("torch", "torchvision", "torchaudio")
# Beside the build that has it, what conda keeps for it.
_MORE = ("pytorch-cuda", "pytorch-mutex", "cpuonly", "libtorch")


class TwoTorches(NamedTuple):
    """*conda* is conda's torch, *wheel* the one of pip or uv; *packages* are all of the environment."""

    conda: Package
    wheel: Package
    packages: tuple[Package, ...]

    @property
    def hides_cuda(self) -> bool:
        """Whether the wheel is a CPU build over conda's build for CUDA."""
        return self.wheel.version.endswith("+cpu") and self._has_cuda

    @property
    def _has_cuda(self) -> bool:
        build = self.conda.build or ""
        return "cuda" in build or build.startswith("gpu")

    def keep_conda(self, matrix: Matrix) -> Action:
        """Return how the wheels go, and conda's own packages, whose files they were written over, are put again."""
        names = self._names(_WHEELS, conda=False)
        text = f"remove the wheel of torch {self.wheel.version}, which was put over conda's torch {self.conda.version}"
        own = self._of(_OF_CONDA, conda=True)
        lost = [name for name in names if name not in (*_OF_TORCH, *(one.name for one in own))]
        again = [*map(_pinned, own), *lost]
        rows = (row for row in matrix.conda_channels if self._build.startswith(row.begins))
        channels = [f" -c {channel}" for row in rows for channel in row.channels]
        command = f"conda install --force-reinstall{''.join(channels)} {' '.join(again)}"
        put = by_hand("put conda's own packages again, whose files the wheel replaced", command)
        return in_turn(RemovePackages(text, names, wheels=True), put)

    def keep_wheel(self, index: str | None) -> Action:
        """Return how conda's packages go, and the wheels, with whose files they went, are put again from *index*."""
        names = " ".join(self._names((*_OF_CONDA, *_MORE), conda=True))
        gone = by_hand(f"remove conda's torch {self.conda.version}", f"conda remove {names}")
        specs = tuple(f"{one.name}=={one.version}" for one in self._of(_WHEELS, conda=False))
        again = "put the wheel again, some of whose files went with it"
        return in_turn(gone, InstallPackages(again, specs, index))

    @property
    def _build(self) -> str:
        return self.conda.build or ""

    def _names(self, wanted: tuple[str, ...], *, conda: bool) -> tuple[str, ...]:
        return tuple(one.name for one in self._of(wanted, conda=conda))

    def _of(self, wanted: tuple[str, ...], *, conda: bool) -> list[Package]:
        here = {one.name: one for one in self.packages if _by_conda(one) is conda}
        return [here[name] for name in wanted if name in here]


def two_torches(packages: Iterable[Package]) -> TwoTorches | None:
    """Return the torches of conda and of pip in one environment; None where it has one, or both are the same."""
    every = tuple(packages)
    torches = [one for one in every if one.name in ("torch", "pytorch")]
    conda = next((one for one in torches if _by_conda(one)), None)
    wheel = next((one for one in torches if one.installer in ("pip", "uv")), None)
    if conda is None or wheel is None or conda.version == wheel.version:
        return None
    return TwoTorches(conda, wheel, every)


def _by_conda(package: Package) -> bool:
    return package.installer == "conda"


def _pinned(package: Package) -> str:
    spec = f"{package.name}={package.version}"
    return f'"{spec}={package.build}"' if package.build else f'"{spec}"'
