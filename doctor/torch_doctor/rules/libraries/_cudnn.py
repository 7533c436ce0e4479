"""Which cuDNN a program beside torch was made for. Shared by the rules of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen, Gpu, LibraryFile, Package
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.kinds import InstallPackages
from torch_doctor.matrix.builds import spans
from torch_doctor.matrix.builds.notices import cudnn_of
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.builds.spans import minor
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.libraries._wheels import from_wheel

_MAJOR = regex(r"(?:lib)?cudnn\w*?(?:64_|\.so\.)(\d+)")
_AT_IMPORT = regex(r"(?:Import|OS)Error:? [^\n]*cannot open shared object")
_RELEASE = regex(r"(?i)\bcudnn[ :=_-]{0,3}v?(\d{1,2}\.\d{1,2})(?![\d.]*-)")
# A file of cuDNN that lies where toolkits and packages of the system put it, and no environment.
_OF_SYSTEM = regex(
    r"(?<![\w.~/-])(/(?:usr|opt|lib|lib64|apps|software|cm|cvmfs)\b(?!\S*(?:site-packages|dist-packages|conda|/envs?/))\S{0,200}?)/libcudnn\w*\.so\S*:"
    r" (?:undefined )?symbol"
)
_LITTLE_MIB = 512
# torch's wheels hold cuDNN beside torch, or leave it to a wheel of its own.
_OWN_FOLDERS = (
    "import os, torch; lib = os.path.join(os.path.dirname(torch.__file__), 'lib'); "
    "print(os.path.join(lib, '../../nvidia/cudnn/lib') + ':' + lib)"
)
_LET_IT_BE_FOUND = fixes.by_hand(
    "let the loader find the cuDNN that torch brings: name its folder in LD_LIBRARY_PATH before Python starts (PATH is "
    "not read for libraries)",
    f'export LD_LIBRARY_PATH=$(python -c "{_OWN_FOLDERS}"):$LD_LIBRARY_PATH',
)


def that_fits(
    unloaded: Iterable[ErrorSeen],
    torch: TorchVersion | None,
    matrix: Matrix,
    path: str | None = None,
    program: str | None = None,
) -> Iterator[Action]:
    """Yield what helps where a *program* asks for a file of another cuDNN than the one that torch brings."""
    texts = [match for error in unloaded if (match := _MAJOR.search(error.text))]
    majors = {match[1] for match in texts}
    yield from _named_in_path(unloaded, path)
    if torch is None:
        for match in texts[:1]:
            yield from from_wheel(match[0] if ".so." in match[0] else "", matrix)
        if texts and of_windows(unloaded):
            yield _on_path(texts[0][1])
        for match in texts[:1]:
            yield from _pairs(match[1], matrix)
        return
    there = spans.of_cudnn(matrix)
    begun = [major for major, span in there.items() if span.begins_by(torch)]
    own = begun[-1] if begun else next(iter(there))
    for wanted in sorted(majors & there.keys() - {own}):
        yield from _program_for(wanted, own, torch, program, matrix)
        yield fixes.by_hand(_another(wanted, own, torch, matrix))
    if majors == {own} and any(".so." in match[0] for match in texts):
        yield _LET_IT_BE_FOUND


def _named_in_path(unloaded: Iterable[ErrorSeen], path: str | None) -> list[Action]:
    folders = [one for one in (path or "").split(":") if one.rstrip("/").endswith("/cudnn/lib")]
    if not (folders and any(".so." in error.text for error in unloaded)):
        return []
    text = (
        "export LD_LIBRARY_PATH in the shell that starts the program: a folder of cuDNN is in it, and what is assigned "
        "without export stays in the shell (PATH is not read for libraries); see that it holds the file asked for"
    )
    command = f"export LD_LIBRARY_PATH={folders[0]}:$LD_LIBRARY_PATH"
    return [fixes.by_hand(text, command, f"ls {folders[0]}")]


def _pairs(major: str, matrix: Matrix) -> Iterator[Action]:
    """Yield which releases of the programs on record ask for each *major* of cuDNN, where one is asked for."""
    programs = {row.package for row in spans.made_for("cudnn", major, matrix)}
    rows = [
        row for other in spans.of_cudnn(matrix) for row in spans.made_for("cudnn", other, matrix)
    ]
    words = [
        f"{row.package} {f'up to {minor(row.last)}' if row.last else f'from {minor(row.first)} on'} (cuDNN {row.major})"
        for row in rows
        if row.package in programs
    ]
    if words:
        yield fixes.by_hand(f"or take the release for the cuDNN that is there: {', '.join(words)}")


def program_in(
    unloaded: Iterable[ErrorSeen], packages: Iterable[Package], matrix: Matrix
) -> str | None:
    """Return the program on record as made for a cuDNN that is installed, or that a text names; None where none is."""
    rows = [
        row for major in spans.of_cudnn(matrix) for row in spans.made_for("cudnn", major, matrix)
    ]
    here = {package.name for package in packages}
    texts = "\n".join(error.text for error in unloaded)
    named = (row.package for row in rows if row.package in here or row.package in texts)
    return next(named, None) if _MAJOR.search(texts) else None


def _program_for(
    wanted: str, own: str, torch: TorchVersion, program: str | None, matrix: Matrix
) -> Iterator[Action]:
    """Yield the install of the release of *program* that goes with torch's *own* cuDNN, so that torch stays."""
    rows = (row for row in spans.made_for("cudnn", own, matrix) if row.package == program)
    row = next(rows, None)
    if row is None:
        return
    release = row.last if int(wanted) > int(own) else row.first
    spec = f"{program}=={release}" if row.last else f"{program}>={release}"
    text = f"install a {program} for cuDNN {own}, which torch {torch.public} brings: it wants cuDNN {wanted} now"
    yield InstallPackages(text, (spec,))


def _another(wanted: str, own: str, torch: TorchVersion, matrix: Matrix) -> str:
    """Say what helps a program that wants a major of cuDNN beside a torch that brings its *own*."""
    span = spans.of_cudnn(matrix)[wanted]
    met = f"the program wants cuDNN {wanted}, and torch {torch.public} brings cuDNN {own}: install"
    programs = spans.made_for("cudnn", own, matrix)
    if int(wanted) > int(own):
        known = ", ".join(f"{row.package} up to {minor(row.last)}" for row in programs if row.last)
        keep = f"keep the program that goes with cuDNN {own}{known and f' ({known})'}"
        return f"{met} a torch from {minor(span.first)} on, or {keep}"
    known = ", ".join(f"{row.package} from {minor(row.first)} on" for row in programs)
    other = f"the release of the program for cuDNN {own}{known and f' ({known})'}"
    return f"{met} {other}, or a torch up to {minor(span.last)}"


def _on_path(major: str) -> Action:
    """Return how a program on Windows finds the cuDNN that torch brings in its own folder, or one of its wheel."""
    brings = "from 2.4 on" if major == "9" else "up to 2.3"
    find = "import os, torch; print(os.path.join(os.path.dirname(torch.__file__), 'lib'))"
    return fixes.by_hand(
        f"let the program find a cuDNN {major}: a CUDA build of torch {brings} has it in its folder torch\\lib; put "
        f"that folder on PATH, or install nvidia-cudnn-cu12=={major}.* and put its bin folder there",
        f'python -c "{find}"',
    )


def names_file(unloaded: Iterable[ErrorSeen]) -> bool:
    """Whether a text names the file that did not load."""
    return any(_MAJOR.search(error.text) for error in unloaded)


def of_windows(unloaded: Iterable[ErrorSeen]) -> bool:
    """Whether what did not load is a DLL."""
    return any(".dll" in error.text.lower() for error in unloaded)


def own_of(torch: TorchVersion | None, cuda: CudaVersion | None, matrix: Matrix) -> str | None:
    """Return the wheel of cuDNN that a release of torch pins, as a requirement; None where none is on record."""
    rows = matrix.select(TorchBuild, torch=torch.public) if torch else ()
    same = [row for row in rows if row.cuda and (cuda is None or row.cuda == str(cuda))]
    pinned = [(row, cudnn) for row in same if (cudnn := cudnn_of(row))]
    if not pinned:
        return None
    row, cudnn = next((one for one in pinned if not one[0].index_url), pinned[0])
    return f"nvidia-cudnn-cu{CudaVersion.parse(row.cuda or '').major}=={cudnn}"


def ordered(
    first: list[Action], own: Action | None, system: str | None, errors: Iterable[ErrorSeen]
) -> list[Action]:
    """Return what helps a cuDNN to start: torch's *own* wheel before all where words name another release."""
    path = "PATH" if system == "windows" else "LD_LIBRARY_PATH and ld.so.conf"
    alone = fixes.by_hand(f"keep any other cuDNN off {path}")
    if own is None:
        return [*first, alone]
    return [own, alone, *first] if _is_beside(own, errors) else [*first, own, alone]


def _is_beside(own: Action, errors: Iterable[ErrorSeen]) -> bool:
    """Whether words name a cuDNN of another release than that of its wheel."""
    wheel = own.specs[0] if isinstance(own, InstallPackages) else ""
    release = wheel.rpartition("=")[2]
    releases = {match[1] for error in errors for match in _RELEASE.finditer(error.text)}
    return bool(release and releases) and not any(
        f"{release}.".startswith(f"{one}.") for one in releases
    )


def in_use(gpu: Gpu) -> str:
    """Return how much memory of a GPU is taken."""
    return f"{gpu.memory_used_mib} of {gpu.memory_mib} MiB"


def cause_of(unloaded: tuple[ErrorSeen, ...], there: frozenset[str]) -> str | None:
    """Return the cause where an import ends at a cuDNN that is not there, while none of another major is *there*."""
    imported = [error.text for error in unloaded if _AT_IMPORT.search(error.text)]
    wanted = {match[1] for text in imported if (match := _MAJOR.search(text))}
    other = bool(there) and wanted.isdisjoint(there)
    return "cuda-libs-missing" if imported and not other else None


def majors_of(picks: Iterable[LibraryFile], package: Package | None) -> frozenset[str]:
    """Return the majors of cuDNN that are there: of the files that the loader knows, and of torch's own wheel."""
    found = {match[1] for pick in picks if (match := _MAJOR.search(pick.path))}
    own = {package.version.partition(".")[0]} if package and package.version else set()
    return frozenset(found | own)


def is_full(gpu: Gpu) -> bool:
    """Whether so little memory is left that cuDNN cannot start."""
    if gpu.memory_mib is None or gpu.memory_used_mib is None:
        return False
    return gpu.memory_mib - gpu.memory_used_mib < _LITTLE_MIB


def folder_of_system(errors: Iterable[ErrorSeen]) -> str | None:
    """Return the folder of the system's from which the loader took a part of cuDNN that it then refused."""
    found = (_OF_SYSTEM.search(error.text) for error in errors)
    return next((match[1] for match in found if match), None)


def out_of_the_way(folder: str | None, library_path: str | None) -> Action:
    """Return how the cuDNN in *folder* gets off the loader's path, where nobody tells what put it there."""
    if folder is None:
        return fixes.by_hand(
            "remove the other cuDNN (system package, LD_LIBRARY_PATH, conda) from the loader's path"
        )
    if library_path is not None:
        return fixes.off_library_path(folder, library_path)
    text = (
        f"take {folder} out of LD_LIBRARY_PATH (a shell's start-up file or an environment module puts it there), or "
        "out of ld.so.conf, where that names it: torch brings a cuDNN of its own"
    )
    return fixes.by_hand(text, 'echo "$LD_LIBRARY_PATH"', f"grep -rn {folder} /etc/ld.so.conf*")


def folders_of(paths: list[str]) -> list[str]:
    """Return the folders that the parts of cuDNN among *paths* lie in."""
    own = [
        path for path in paths if re.fullmatch(r"libcudnn\w*\.so[\d.]*", path.rpartition("/")[2])
    ]
    return list(dict.fromkeys(path.rpartition("/")[0] for path in own))
