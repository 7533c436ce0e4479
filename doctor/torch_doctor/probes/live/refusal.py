"""What root would run of an environment, and whether another user can change it: then nothing of it is run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from threading import Lock
from weakref import WeakKeyDictionary

from torch_doctor.core.fact import Reason, Source, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.installation import with_pth
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.install import find_install

TRUST = "TORCH_DOCTOR_TRUST_ENVIRONMENT"
# The variables of the loader, and what parts their entries (ld.so(8)).
_OF_LOADER = {"LD_LIBRARY_PATH": "[:;]", "LD_PRELOAD": "[: ]"}
# The parts of the standard library that a script of ours imports, without site: with those beside them, all of it.
_IMPORTED = ("collections", "ctypes", "encodings", "importlib", "json", "lib-dynload", "re")
# The proof and the check of torch look at the same tens of thousands of files, and for one check once is enough.
_LOOKED: WeakKeyDictionary[Host, dict[str, _Shared]] = WeakKeyDictionary()
_LOOKING = Lock()


def refusal(host: Host, target: Target) -> Unavailable | None:
    """Return why nothing of the target is run, or None: there is no torch, or root would run what others can change."""
    found = find_install(host, target)
    if found is None:
        return Unavailable(
            Reason.NOT_APPLICABLE, "no torch is installed", Source("file", target.prefix)
        )
    sites = [path for site in target.site_dirs for path in with_pth(host, site)]
    own = interpreter_refusal(host, target)
    return own or foreign_to_root(host, (found.path, found.site, *sites))


def interpreter_refusal(host: Host, target: Target) -> Unavailable | None:
    """Return why root does not run the interpreter with its standard library alone (-I -S), or None."""
    places = (f"{target.prefix}/pyvenv.cfg", target.executable, target.stdlib)
    return _unknown_place(host) or foreign_to_root(host, places, _loaded(host))


def starting_refusal(host: Host, target: Target) -> Unavailable | None:
    """Return why root does not run a script of ours by an interpreter (-I -S), or None.

    Of the one that runs this program root has run the rest already: what the script imports is looked at.
    """
    here = host.real_path("/") == "/" and target.executable == sys.executable
    if not here or target.stdlib != os.path.dirname(os.__file__):
        return interpreter_refusal(host, target)
    folders = [target.stdlib, *(f"{target.stdlib}/{name}" for name in _IMPORTED)]
    flat = [*folders, *(f"{folder}/__pycache__" for folder in folders), *_loaded(host)]
    places = (f"{target.prefix}/pyvenv.cfg", target.executable)
    return _unknown_place(host) or foreign_to_root(host, places, flat)


def loader_refusal(host: Host) -> Unavailable | None:
    """Return why root loads no library by the variables of the loader, or None."""
    loaded = _loaded(host)
    return _unknown_place(host) or (foreign_to_root(host, (), loaded) if loaded else None)


def without_loader(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which the loader looks where the system says."""
    return {name: value for name, value in environ.items() if name not in _OF_LOADER}


def quiet_directory(host: Host) -> str | None:
    """Return a directory that root alone writes to: an empty entry in LD_LIBRARY_PATH means the working directory."""
    if os.name == "nt":
        return None
    return next((path for path in ("/var/empty", "/usr/empty") if host.is_dir(path)), "/")


def _loaded(host: Host) -> list[str]:
    """Return what the loader takes by its variables, in a child that works in the quiet directory."""
    folder = quiet_directory(host) or "/"
    named = (entry for _, entry in _entries(host) if entry.rstrip("/") != ".")
    return [os.path.join(folder, entry) for entry in named]


def _entries(host: Host) -> Iterator[tuple[str, str]]:
    """Yield each variable of the loader with each place that it names; an empty one is the quiet directory."""
    for name, parted in _OF_LOADER.items():
        yield from (
            (name, entry) for entry in re.split(parted, host.environ.get(name, "")) if entry
        )


def _unknown_place(host: Host) -> Unavailable | None:
    """Return why root loads nothing where a place is known to the loader alone: it stands for $ORIGIN, $LIB …"""
    unknown = next((found for found in _entries(host) if "$" in found[1]), None)
    if unknown is None or _is_trusted(host):
        return None
    name, entry = unknown
    detail = (
        f"{name} names {entry}, which the loader alone can resolve, and root loads only what it has looked at: "
        f"write the folder itself into {name}, or set {TRUST}=1"
    )
    return Unavailable(Reason.DENIED, one_line(detail), Source("env", name))


class _Shared:
    """One look at places of a machine, which all who ask for it share."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: list[Any] = []

    def at(self, host: Host, name: str, deep: list[str], shallow: list[str]) -> Any:
        """Return the first place that not root alone can change, and who else, or None."""
        from torch_doctor.probes.live import trust

        live = host.real_path("/") == "/"
        look = (
            partial(trust.changed_by_in_child, deep, shallow)
            if live
            else partial(trust.changed_by, deep, host.real_path, shallow)
        )
        with self._lock:
            if not self._found:
                self._found.append(host.call(name, look))
        return self._found[0]


def loading_refusal(host: Host, files: Iterable[str]) -> Unavailable | None:
    """Return why root does not load libraries, or None: the loader takes what they need from beside them, too."""
    found = sorted({place for path in files for place in (path, host.resolve(path))})
    return foreign_to_root(host, found, sorted({path.rpartition("/")[0] for path in found}))


def foreign_to_root(
    host: Host, paths: Iterable[str], flat: Iterable[str] = ()
) -> Unavailable | None:
    """Return why root does not run what lies in *paths* and *flat* folders; None where it is root's alone."""
    if _is_trusted(host):
        return None
    deep, shallow = list(dict.fromkeys(paths)), list(dict.fromkeys(flat))
    name = f"changed by others: {' '.join((*deep, *shallow))}"
    with _LOOKING:
        look = _LOOKED.setdefault(host, {}).setdefault(name, _Shared())
    foreign = look.at(host, name, deep, shallow)
    if not foreign:
        return None
    place, whose = foreign
    detail = (
        f"{place} {whose}, and root does not run what another user can change: "
        f"run torch-doctor as that user, or set {TRUST}=1"
    )
    return Unavailable(Reason.DENIED, one_line(detail), Source("file", place))


def _is_trusted(host: Host) -> bool:
    """Whether nothing is looked at: this is not root, or root said so."""
    return bool(host.call("effective_uid", _uid)) or host.environ.get(TRUST) == "1"


def _uid() -> int | None:
    return os.geteuid() if hasattr(os, "geteuid") else 1
