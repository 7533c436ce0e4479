"""Which wheel brings a CUDA library by its file name, for programs that look for it by that name. Shared here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.extensions import first_for
from torch_doctor.fixes.kinds import InstallPackages
from torch_doctor.matrix.builds.cuda_libraries import (
    component_with,
    is_for_each_cuda,
    was_published,
    wheel_of_major,
)
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.jetson._jetpack import jetpack_of

# From CUDA 13 on the wheels have no suffix, and the files of all lie in one folder.
_FOLDER_OF_13 = "cu13"
_USUAL = 12  # the CUDA of a program where nothing tells it
_NAME = regex(r"(?:lib)?([\w-]+?)\.so\.(\d+)")


def from_wheel(
    name: str,
    matrix: Matrix,
    lead: str = "",
    torch_cuda: CudaVersion | None = None,
    pins: Iterable[str] = (),
) -> Iterator[Action]:
    """Yield the install of the wheel that has the file *name*, and how the loader finds it there; *lead* begins it.

    *pins* are what torch requires: where one of them is that wheel, its release is taken.
    """
    match = _NAME.match(name)
    spec = _wheel(match[1], match[2], matrix, torch_cuda) if match else None
    if spec is None:
        return
    spec = _as_pinned(spec, pins)
    unsuffixed = not re.search(r"-cu\d+", spec)
    folder = re.split(r"-cu\d+", spec.removeprefix("nvidia-"))[0].replace("-", "_")
    folder = _FOLDER_OF_13 if unsuffixed else folder
    # cuDNN and NCCL of one name are published for each CUDA: the file does not say which the program takes.
    built = f" (where the program is built for CUDA {torch_cuda.major if torch_cuda else _USUAL})"
    condition = "" if match and _numbered(match[1], match[2], matrix) else built
    find = f"import nvidia.{folder}.lib as lib; print(list(lib.__path__)[0])"
    yield fixes.in_turn(
        InstallPackages(
            f"{lead}install {name} from its wheel, {spec}{condition}",
            (spec,),
            deps=True,
            anew=False,
        ),
        fixes.by_hand(
            "name its folder in LD_LIBRARY_PATH",
            f'export LD_LIBRARY_PATH=$(python -c "{find}"):$LD_LIBRARY_PATH',
        ),
    )


def _as_pinned(spec: str, pins: Iterable[str]) -> str:
    package, _, wanted = spec.partition("==")
    own = (pin for pin in pins if pin.startswith(f"{package}=={wanted.rstrip('*')}"))
    return next(own, spec)


def pins_of(torch: TorchVersion | None, cuda: CudaVersion | None, matrix: Matrix) -> Iterator[str]:
    """Yield what the builds of *torch* for *cuda* require, as ``nvidia-cudnn-cu12==9.1.0.70``."""
    for row in matrix.select(TorchBuild, torch=torch.public) if torch else ():
        if row.cuda and row.cuda == str(cuda):
            yield from (f"{name}=={version}" for name, version in row.pins)


def _wheel(
    library: str, major: str, matrix: Matrix, torch_cuda: CudaVersion | None = None
) -> str | None:
    component = component_with(f"lib{library}", matrix)
    if component is None or not is_for_each_cuda(component, matrix):
        return _numbered(library, major, matrix)
    package = f"nvidia-{component}-cu{torch_cuda.major if torch_cuda else _USUAL}"
    if component == "cudnn":
        return f"{package}=={major}.*" if was_published(package, major, matrix) else None
    return package if component == "nccl" else None


def _numbered(library: str, major: str, matrix: Matrix) -> str | None:
    """Return the wheel of a library whose major is of one CUDA alone."""
    component = component_with(f"lib{library}", matrix)
    package = wheel_of_major(component, major, matrix) if component else None
    suffixed = package is None or re.search(r"-cu\d+$", package)
    return package if suffixed else f"{package}=={major}.*"


def brought_by(name: str, torch_cuda: CudaVersion | None, matrix: Matrix) -> str:
    """Say which package that torch requires brings the file *name*; an empty string where that is not known."""
    match = _NAME.match(name)
    component = component_with(f"lib{match[1]}", matrix) if match else None
    if match is None or component is None:
        return ""
    if not is_for_each_cuda(component, matrix):
        numbered = _numbered(match[1], match[2], matrix)
        return f": {numbered} brings it" if numbered else ""
    if torch_cuda is not None:
        return f": nvidia-{component}-cu{torch_cuda.major} brings it"
    return f": nvidia-{component}-cu12 or -cu13 brings it, by the CUDA of torch"


def for_library(
    name: str, matrix: Matrix, torch_cuda: CudaVersion | None = None, pins: Iterable[str] = ()
) -> list[Action]:
    """Return what brings the file *name* to a program that does not find it, beside a torch that requires *pins*."""
    stem = name.partition(".")[0]
    if name.lower().endswith(".dll"):
        cuda = "".join(re.findall(r"64_(\d+)_?", name)[:1])
        return [
            fixes.by_hand(f"install the CUDA {cuda[:2]} toolkit, or put the file's folder on PATH"),
            fixes.by_hand("look whether Windows finds it", f"where {name}"),
        ]
    wheel = list(from_wheel(name, matrix, torch_cuda=torch_cuda, pins=pins))
    wanted = re.sub(r"\.so\.?$", "", re.sub(r"\.so\.(\d+).*", r" \1", name))
    text = f"install {wanted} for the package's CUDA, or name its directory in LD_LIBRARY_PATH"
    there = "where this finds one already, name its directory in LD_LIBRARY_PATH"
    look = fixes.by_hand(
        there, f"ldconfig -p | grep {stem}", f"find / -name '{stem}.so*' 2>/dev/null"
    )
    return [*(wheel or [fixes.by_hand(text)]), look]


def that_follows(
    package: str | None,
    name: str,
    torch: TorchVersion | None,
    cuda: CudaVersion | None,
    matrix: Matrix,
) -> Iterator[Action]:
    """Yield the update of a *package* that looks for *name* of another CUDA major than torch has, and knows torch's."""
    match = _NAME.match(name)
    if package is None or match is None or cuda is None or match[2] == str(cuda.major):
        return
    first = first_for(package, cuda, torch, matrix)
    if first is not None and _numbered(match[1], match[2], matrix):
        takes = f"which takes CUDA {cuda} as torch does"
        text = f"update {package} to {first} or newer, {takes}: {name} is of another major"
        yield fixes.by_hand(text, f'python -m pip install -U "{package}>={first}"')


_KEYRING = "cuda-keyring_1.1-1_all.deb"
_OF_NVIDIA = "https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2204/arm64"


def beside_jetpack(name: str, release: str, matrix: Matrix) -> list[Action]:
    """Return NVIDIA's package of a library that builds of torch for Jetsons load, and JetPack 6 does not bring."""
    row = next((r for r in matrix.library_packages if re.match(r.library, name)), None)
    board = jetpack_of(release, matrix)
    if row is None or not row.jetson or (board is not None and board.jetpack != "6"):
        return []
    text = f"install {row.jetson} from NVIDIA's repository: JetPack 6 does not bring {name.partition('.')[0]}"
    return [
        fixes.by_hand(
            text,
            f"wget {_OF_NVIDIA}/{_KEYRING}",
            f"sudo dpkg -i {_KEYRING}",
            f"sudo apt-get update && sudo apt-get install -y {row.jetson}",
            scope="host",
            root=True,
        )
    ]


def for_jetson(release: str, container: str | None) -> list[Action]:
    """Return what helps on a Jetson, whose CUDA libraries come with its JetPack, in containers too."""
    board = f"this board ({release})" if re.search(r"\d", release) else "this board"
    if container:
        text = (
            f"take a container that is made for the L4T of {board}, or update the board to the JetPack that the image "
            "is for: a Jetson's container takes CUDA from the board, so both must be of the same release"
        )
    else:
        text = (
            f"install NVIDIA's build of the package for the JetPack of {board}, or flash the JetPack whose CUDA the "
            "package was built with"
        )
    look = fixes.by_hand("see which release the board has", "cat /etc/nv_tegra_release")
    return [fixes.by_hand(text, scope="host" if container else "env"), look]


def file_of(fault: str) -> str:
    """Return the name of the file that a fault of a wheel begins with, ``nvidia/nccl/lib/libnccl.so.2 is missing``."""
    return fault.partition(" ")[0].rpartition("/")[2]


def part_of(fault: str) -> str:
    """Return the library that the file of a fault is a part of, ``cudnn`` for libcudnn_graph.so.9."""
    return re.split(r"Lt\b|[_.\d]", file_of(fault).removeprefix("lib"), maxsplit=1)[0].lower()


def nccl_again(
    torch: TorchVersion | None, cuda: CudaVersion | None, cures: Cures, matrix: Matrix
) -> Action:
    """Return the install of the NCCL that the builds of *torch* for *cuda* pin, or of the torch where none is known."""
    pins = pins_of(torch, cuda, matrix)
    own = next((pin for pin in pins if pin.startswith("nvidia-nccl-cu")), None)
    if own:
        return cures.put("install the NCCL that this torch pins", own)
    wheel = f"nvidia-nccl-cu{cuda.major}" if cuda else "nvidia-nccl"
    return cures.torch_again(f", {wheel} in the release that it pins among them")
