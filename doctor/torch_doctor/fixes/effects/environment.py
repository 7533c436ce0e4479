"""What variables and the loader's path do to the facts of an environment."""

from __future__ import annotations

from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Unavailable
from torch_doctor.core.records import LibraryFile
from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.effects.observed import PLANNED, unobserved
from torch_doctor.fixes.kinds import HideGpus, OffLibraryPath, SetVariable, UnsetVariable
from torch_doctor.matrix.law.masks import BY_THE_BUS
from torch_doctor.matrix.query import driver_reports
from torch_doctor.matrix.store import Matrix

_UNSET = Unavailable(Reason.NOT_PRESENT, "", PLANNED)
_RUNTIMES = ("cxx_runtime", "gcc_runtime")
# What the driver offers depends on these as much as what a program sees.
_ASKED_OF_CUDA = ("cuda_init", "cuda_device_count")


def set_variable(action: SetVariable, facts: Facts, matrix: Matrix) -> Facts | None:
    """The variable has its value, where a fact knows it."""
    return _with(action.name, Known(action.value, PLANNED), facts)


def unset_variable(action: UnsetVariable, facts: Facts, matrix: Matrix) -> Facts | None:
    """The variable is not there any more; without LD_LIBRARY_PATH its folders are not searched."""
    if action.name == "LD_LIBRARY_PATH":
        path = facts.value("ld_library_path") or ""
        folders = {part.rstrip("/") for part in path.split(":") if part}
        return _with(action.name, _UNSET, _without_folders(facts, folders, matrix))
    if action.name == "LD_PRELOAD":
        facts = facts.without("library_picks", *_RUNTIMES, "libraries_unusable")
    if action.name == "PYTHONPATH":
        return None  # which packages are imported then, the facts of this one do not tell
    return _with(action.name, _UNSET, facts)


def hide_gpus(action: HideGpus, facts: Facts, matrix: Matrix) -> Facts | None:
    """Programs see the GPUs of these numbers alone, in the order of the bus."""
    ordered = _with("CUDA_DEVICE_ORDER", Known(BY_THE_BUS, PLANNED), facts)
    shown = ",".join(map(str, action.numbers))
    return ordered and _with("CUDA_VISIBLE_DEVICES", Known(shown, PLANNED), ordered)


def off_library_path(action: OffLibraryPath, facts: Facts, matrix: Matrix) -> Facts | None:
    """The loader does not find what lies in the folder; the next copy on its path is taken."""
    folder = action.folder.rstrip("/")
    done = _without_folders(unobserved(facts), {folder}, matrix)
    path: str | None = facts.value("ld_library_path")
    if path is not None:
        kept = ":".join(part for part in path.split(":") if part.rstrip("/") != folder)
        done = done.with_(ld_library_path=Known(kept, PLANNED) if kept else _UNSET)
    return done


def _with(name: str, fact: Fact[Any], facts: Facts) -> Facts | None:
    fact_name = "cuda_home" if name in ("CUDA_HOME", "CUDA_PATH") else name.lower()
    spec = FACTS.get(fact_name)
    if spec is None or spec.type != "str":
        return None
    return unobserved(facts).without(*_ASKED_OF_CUDA).with_(**{fact_name: fact})


def _without_folders(facts: Facts, folders: set[str], matrix: Matrix) -> Facts:
    done = facts.without("loaded_libraries", *_ASKED_OF_CUDA)
    picks: tuple[LibraryFile, ...] | None = facts.value("library_picks")
    if picks is not None:
        done = done.with_(library_picks=Known(_outside(picks, folders), PLANNED))
    unusable: tuple[str, ...] | None = facts.value("libraries_unusable")
    if unusable is not None:
        left_over = (f for f in unusable if f.partition(" ")[0].rpartition("/")[0] not in folders)
        done = done.with_(libraries_unusable=Known(tuple(left_over), PLANNED))
    for name in _RUNTIMES:
        runtime: LibraryFile | None = facts.value(name)
        if runtime is not None and _folder(runtime) in folders:
            done = done.without(name)
    copies: tuple[LibraryFile, ...] = facts.value("libcuda_copies", ())
    left = _outside(copies, folders)
    if copies:
        done = done.with_(libcuda_copies=Known(left, PLANNED))
    libcuda: LibraryFile | None = facts.value("libcuda")
    if libcuda is None or _folder(libcuda) not in folders:
        return done
    done = done.without("libcuda", "driver_cuda")
    if left:
        done = done.with_(libcuda=Known(left[0], PLANNED))
    driver: DriverRelease | None = facts.value("driver_release")
    reports = driver_reports(matrix, driver) if driver else None
    return done.with_(driver_cuda=Known(reports, PLANNED)) if reports else done


def _outside(files: tuple[LibraryFile, ...], folders: set[str]) -> tuple[LibraryFile, ...]:
    return tuple(file for file in files if _folder(file) not in folders)


def _folder(file: LibraryFile) -> str:
    return file.path.rpartition("/")[0]
