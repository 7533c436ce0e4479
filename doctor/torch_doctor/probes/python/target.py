"""Which Python environment is judged. Nothing of it is executed to find out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import Any

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.installation import (
    Layout,
    join,
    parent,
    read_layout,
    user_site,
    with_pth,
)

OWNS = (
    "python_version",
    "python_tag",
    "python_environment",
    "python_executable",
    "externally_managed",
)
_NAMES = ("python3", "python", "python3.exe", "python.exe")
_PYTHON = re.compile(r"(?:python|pythonw)(?:\d(?:\.\d{1,2})?t?)?(?:\.exe)?", re.IGNORECASE)


class TargetError(ValueError):
    """The environment that the user named cannot be used; the message is one line."""


class Target(NamedTuple):
    """The environment that is judged.

    *site_dirs* are its site directories in sys.path order; *search_path* is all that an import would search,
    PYTHONPATH and .pth additions included, the standard library left out. *found_via* is ``--python``, ``own``,
    VIRTUAL_ENV, CONDA_PREFIX or PATH, and *chosen* says it in a sentence.
    """

    executable: str
    prefix: str
    base_prefix: str
    site_dirs: tuple[str, ...]
    version: str
    tag: str
    kind: str
    found_via: str
    search_path: tuple[str, ...]
    chosen: str
    stdlib: str
    user_site: str | None
    windows: bool
    cwd: str | None


def resolve_target(host: Host, python: str | None) -> Target:
    """Return the environment to judge; raise TargetError where *python* names none."""
    if python is not None:
        return _explicit(host, python)
    own = _own(host)
    if own and has_torch(host, own):
        return own
    for target in _around(host):
        if has_torch(host, target):
            return target
    if own:
        return own._replace(
            chosen="the interpreter of torch-doctor, as no torch was found around it"
        )
    msg = "no Python interpreter with torch was found: name one with --python"
    raise TargetError(msg)


def has_torch(host: Host, target: Target) -> bool:
    """Whether a torch package lies on the target's search path."""
    return any(host.exists(f"{place}/torch/version.py") for place in target.search_path)


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what is known of the interpreter itself."""
    source = Source("file", target.prefix)
    unparsed = Unavailable(Reason.UNPARSED, "no file of this environment names its version", source)
    yield "python_version", Known(target.version, source) if target.version else unparsed
    yield "python_tag", Known(target.tag, source) if target.version else unparsed
    yield "python_environment", Known(target.kind, source)
    yield "python_executable", Known(one_line(target.executable), Source("derived", target.chosen))
    marker = f"{target.stdlib}/EXTERNALLY-MANAGED"
    managed = target.kind != "venv" and host.exists(marker)
    yield "externally_managed", Known(managed, Source("file", marker))


def _explicit(host: Host, python: str) -> Target:
    shown = one_line(python, 200)
    path = _absolute(host, python)
    if host.is_dir(path):
        executable = _interpreter_in(host, path)
        if executable is None:
            msg = f"--python {shown}: expected an interpreter, a venv or a conda prefix, and it holds no python"
            raise TargetError(msg)
    elif host.exists(path):
        executable = path
    else:
        msg = f"--python {shown}: there is no such file (expected an interpreter, a venv or a conda prefix)"
        raise TargetError(msg)
    target = _target(host, executable, "--python", f"--python {shown}")
    if target is None:
        msg = f"--python {shown}: expected a CPython with its library beside it (lib/pythonX.Y/site-packages)"
        raise TargetError(msg)
    return target


def _absolute(host: Host, python: str) -> str:
    """Return *python* as an absolute path; a bare name is looked up on PATH when no such file is here."""
    cwd = host.call("cwd", _cwd) or "/"
    if python.startswith("~/"):
        python = host.environ.get("HOME", "~") + python[1:]
    path = join(cwd, python)
    if "/" not in python and "\\" not in python and not host.exists(path):
        for directory in _path_dirs(host):
            if host.exists(f"{directory}/{python}"):
                return f"{directory}/{python}"
    return path


def _interpreter_in(host: Host, prefix: str) -> str | None:
    places = [f"{prefix}/{folder}{name}" for folder in ("bin/", "Scripts/", "") for name in _NAMES]
    return next((p for p in places if host.exists(p) and not host.is_dir(p)), None)


def _own(host: Host) -> Target | None:
    own = host.call("own_python", lambda: {"executable": sys.executable, "version": _own_version()})
    if not own:
        return None
    target = _target(host, own["executable"], "own", "the interpreter that torch-doctor runs in")
    fits = target and own.get("version", "").startswith(target.version)
    return target._replace(version=own["version"]) if target and fits else target


def _own_version() -> str:
    return sys.version.split()[0].rstrip("+")


def _around(host: Host) -> Iterator[Target]:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = host.environ.get(variable, "").replace("\\", "/").rstrip("/")
        executable = _interpreter_in(host, prefix) if prefix else None
        if executable and (
            target := _target(host, executable, variable, f"the environment of {variable}")
        ):
            yield target
    for directory in _path_dirs(host):
        for name in _NAMES:
            path = f"{directory}/{name}"
            if host.exists(path) and (
                target := _target(host, path, "PATH", f"the first {name} on PATH that has torch")
            ):
                yield target


def _path_dirs(host: Host) -> list[str]:
    value = host.environ.get("PATH", "")
    parts = value.split(";") if re.match(r"[A-Za-z]:\\", value) else value.split(":")
    return [part.replace("\\", "/").rstrip("/") for part in parts if part[:1] == "/" or ":" in part]


def _target(host: Host, executable: str, found_via: str, chosen: str) -> Target | None:
    if parent(executable).endswith("/shims"):
        shimmed = _behind_shim(host, executable)
        if shimmed is None:
            return None
        executable, chosen = shimmed, f"{chosen} (a pyenv shim for {shimmed})"
    if not _PYTHON.fullmatch(executable.rpartition("/")[2]):
        return None
    layout = read_layout(host, executable)
    return _from_layout(host, layout, executable, found_via, chosen) if layout else None


def _from_layout(
    host: Host, layout: Layout, executable: str, found_via: str, chosen: str
) -> Target:
    user = user_site(host, layout)
    sites = _in_order(layout, user)
    cwd = host.call("cwd", _cwd)
    pythonpath = host.environ.get("PYTHONPATH", "").split(";" if layout.windows else ":")
    path = [join(cwd or "/", entry) for entry in pythonpath if entry]
    for site in sites:
        path += with_pth(host, site)
    return Target(
        executable=executable,
        prefix=layout.prefix,
        base_prefix=layout.base_prefix,
        site_dirs=tuple(sites),
        version=layout.version,
        tag=layout.tag,
        kind=layout.kind,
        found_via=found_via,
        search_path=tuple(dict.fromkeys(path)),
        chosen=chosen,
        stdlib=layout.stdlib,
        user_site=user,
        windows=layout.windows,
        cwd=cwd,
    )


def _in_order(layout: Layout, user: str | None) -> list[str]:
    """Order the site directories as site.py does: a venv's own, the user's, then those of the system."""
    own = [
        p for p in layout.site_dirs if layout.kind == "venv" and p.startswith(f"{layout.prefix}/")
    ]
    rest = [p for p in layout.site_dirs if p not in own]
    return own + ([user] if user else []) + rest


def _behind_shim(host: Host, shim: str) -> str | None:
    """Return the interpreter that a pyenv shim would start, or None where that cannot be told from files."""
    root, name = parent(parent(shim)), shim.rpartition("/")[2]
    for version in _pyenv_versions(host, root):
        path = f"{root}/versions/{version}/bin/{name}"
        if host.exists(path):
            return path
    return None


def _pyenv_versions(host: Host, root: str) -> list[str]:
    """Return the versions that pyenv would try, from PYENV_VERSION, .python-version or the global file."""
    text = host.environ.get("PYENV_VERSION", "").replace(":", "\n")
    folder = host.call("cwd", _cwd) or "/"
    while not text.strip() and folder:
        text = _text(host, f"{folder}/.python-version")
        folder = folder.rpartition("/")[0]
    wanted = [
        word
        for line in (text or _text(host, f"{root}/version")).splitlines()
        for word in line.split()
    ]
    try:
        installed = host.listdir(f"{root}/versions")
    except OSError:
        return []
    found: list[str] = []
    for version in wanted:
        fitting = [name for name in installed if name.startswith(f"{version}.")]
        fitting.sort(key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
        found += [version] if version in installed else fitting[-1:]
    return found


def _text(host: Host, path: str) -> str:
    try:
        return host.read_text(path, 4096)
    except OSError:
        return ""


def _cwd() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None
