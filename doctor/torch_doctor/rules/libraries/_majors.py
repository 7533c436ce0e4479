"""What helps a package that wants libraries of another CUDA major than torch. Shared by the rules of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ImportFailure
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import distribution_of, named_in
from torch_doctor.rules.libraries._wheels import from_wheel

# The first CUDA major whose runtime is a wheel: nvidia-cuda-runtime-cu11.
_FIRST_AS_WHEEL = 11
# How Python names a module that was compiled for it.
_COMPILED = r"\.(?:cpython-|cp)\d|\.abi3\.|\.pyd$"


class Asking(NamedTuple):
    """Who asks for the library: the refusal of the loader, and the installed package that most likely is behind it."""

    failure: ImportFailure
    likely: str | None
    matrix: Matrix

    @property
    def package(self) -> str | None:
        """The package by name, where anything names it."""
        return distribution_of(self.failure.module, self.matrix) or self.likely


def cuda_of(file: str) -> str:
    """Return the CUDA of a library by its name: before CUDA 11 each minor had its own, ``libcudart.so.10.1``."""
    major, _, rest = file.partition(".so.")[2].partition(".")
    minor = rest.partition(".")[0]
    return f"{major}.{minor}" if minor and int(major) < _FIRST_AS_WHEEL else major


def cause_of(
    asks: Asking, major: int, torch_cuda: CudaVersion | None, toolkit: CudaVersion | None
) -> str | None:
    """Return the cause where a library of CUDA *major* is asked for, and torch's is another one or unknown.

    Who wants another CUDA than the one that is there was compiled beside that one, unless it is a package that is
    published with its CUDA.
    """
    if major < _FIRST_AS_WHEEL:
        return "extension-abi-mismatch"
    module = asks.failure.module or ""
    wheel = named_in((module, asks.likely or ""), asks.matrix)
    if torch_cuda is not None:
        compiled = re.search(_COMPILED, module) and not wheel
        return "extension-abi-mismatch" if compiled else "nvidia-pip-mismatch"
    other = toolkit is not None and toolkit.major != major and not wheel
    return "extension-abi-mismatch" if other else None


def cures_of(
    asks: Asking,
    major: int,
    torch_cuda: CudaVersion | None,
    container: str | None,
    cures: Cures,
) -> Iterator[Action]:
    """Yield what helps: the package follows torch; another torch only where nobody knows which one is there."""
    if torch_cuda is not None and torch_cuda.major == major:
        if cuda_of(asks.failure.missing or "") not in (str(major), str(torch_cuda)):
            yield _of_the_minor(asks, torch_cuda)
            return
        name = asks.failure.module or "it"
        text = f"import torch before {name}: torch loads {asks.failure.missing} from its own wheels"
        yield fixes.by_hand(text)
        return
    if container in ("apptainer", "singularity"):
        why = "the home directory is mounted: a package of ~/.local is taken before the image's"
        yield fixes.set_variable("PYTHONNOUSERSITE", "1", why)
    served = cures.machine.driver_cuda
    older = served if served and served.major < major else None
    cuda = torch_cuda or older
    if asks.package and cuda is not None:
        yield from cures.for_cuda(asks.package, cuda.major)
    yield fixes.by_hand(
        f"{_the_right_build(asks, major, torch_cuda)}; a link between majors does not help"
    )
    if torch_cuda is None and container is None and older is None:
        yield fixes.by_hand(f"install a torch for CUDA {major} (a +cu{major}x build)")
    if torch_cuda is None and asks.package is None:
        lead = "where it is no extension of torch, "
        yield from from_wheel(asks.failure.missing or "", asks.matrix, lead)


def _of_the_minor(asks: Asking, torch_cuda: CudaVersion) -> Action:
    package = asks.package or "the package that the traceback ends in"
    text = (
        f"install {package} for CUDA {torch_cuda}, which this torch has, or build it against this torch; take away a "
        "link that gives another minor's file that name"
    )
    return fixes.by_hand(text)


def _the_right_build(asks: Asking, major: int, torch_cuda: CudaVersion | None) -> str:
    wanted = f"CUDA {torch_cuda.major}" if torch_cuda else "the CUDA of your torch"
    if asks.package:
        return f"install {asks.package} for {wanted}"
    it = "the package that the traceback ends in"
    if torch_cuda:
        return f"install the build of it for {wanted}: it is {it}"
    return (
        f"reinstall {it}, which is built for CUDA {major}, for {wanted} (print(torch.version.cuda))"
    )
