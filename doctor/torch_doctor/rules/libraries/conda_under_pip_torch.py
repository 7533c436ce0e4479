"""A torch of pip takes CUDA libraries of the conda environment.

What it checks
    Which of the libraries that the loader would take (or took) lie in conda's lib directory, beside a torch that was
    installed by pip with libraries of its own.
Why it matters
    conda updates them without regard to torch: the import breaks with the next conda install.
How to fix
    Keep CUDA libraries to one installer: remove conda's, or install torch from conda-forge.
References
    https://github.com/pytorch/pytorch/issues/138506
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult, LibraryFile, LoadedLibrary, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes


@rule("TD762", severity="warning", cause="cuda-libs-shadowed", about=("library_picks",))
def check(
    torch_origin: str,
    torch_installer: str,
    library_picks: tuple[LibraryFile, ...],
    loaded_libraries: tuple[LoadedLibrary, ...] = (),
    packages: tuple[Package, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    brings = any(package.name.startswith("nvidia-") for package in packages)
    if torch_origin != "pytorch" or torch_installer == "conda" or not brings:
        return
    mapped = {item.path for item in loaded_libraries}
    names = [
        pick.path.rpartition("/")[2]
        for pick in library_picks
        if pick.kind == "conda" and (not mapped or pick.path in mapped)
    ]
    if names:
        some = listing(names[:4])
        ran = kernel_results and all(result.ok and not result.error for result in kernel_results)
        message = f"torch of {torch_installer} takes {some} from the conda environment"
        text = "remove conda's CUDA libraries from this environment"
        yield finding(
            "libraries",
            message,
            severity=Severity.NOTE if ran else None,
            fixes=[fixes.by_hand(text, "conda remove --force cudatoolkit cudnn nccl")],
        )
