"""One Python environment: its interpreter, its kind and where it looks for packages. Nothing of it is executed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any, regex
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
_PYTHON = regex(r"(?:python|pythonw)(?:\d(?:\.\d{1,2})?t?)?(?:\.exe)?", re.IGNORECASE)

_TORCH_RECORD = regex(r"torch-\d[^-]*\.dist-info")


class TargetError(ValueError):
    """The environment that the user named cannot be used; the message is one line."""


class Target(NamedTuple):
    """The environment that is judged.

    *site_dirs* are its site directories in sys.path order; *search_path* is all that an import would search,
    PYTHONPATH and .pth additions included, the standard library left out. *found_via* is ``--python``, VIRTUAL_ENV,
    CONDA_PREFIX, project, PATH or own, and *chosen* says it in words.
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


def has_torch(host: Host, target: Target) -> bool:
    """Whether a torch package lies on the target's search path."""
    return any(holds_torch(host, place) for place in target.search_path)


def holds_torch(host: Host, site: str) -> bool:
    """Whether a torch lies in *site*: by its version.py, or where that is lost by a library of it and its record."""
    if host.exists(f"{site}/torch/version.py"):
        return True
    if not host.exists(f"{site}/torch/lib"):
        return False
    try:
        return any(_TORCH_RECORD.fullmatch(name) for name in host.listdir(site))
    except OSError:
        return False


def working_dir(host: Host) -> str | None:
    """Return the directory in which the program was started, or None where it is gone."""
    folder: str | None = host.call("cwd", _cwd)
    return folder


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what is known of the interpreter itself."""
    source = Source("file", target.prefix)
    unparsed = Unavailable(Reason.UNPARSED, "no file of this environment names its version", source)
    yield "python_version", Known(target.version, source) if target.version else unparsed
    yield "python_tag", Known(target.tag, source) if target.version else unparsed
    yield "python_environment", Known(target.kind, source)
    yield (
        "python_executable",
        Known(one_line(target.executable), Source("derived", target.found_via)),
    )
    marker = f"{target.stdlib}/EXTERNALLY-MANAGED"
    managed = target.kind != "venv" and host.exists(marker)
    yield "externally_managed", Known(managed, Source("file", marker))


def target_of(host: Host, executable: str, found_via: str, chosen: str) -> Target | None:
    """Return the environment of an interpreter, or None where no CPython with a library lies around it."""
    if parent(executable).endswith("/shims"):
        shimmed = _behind_shim(host, executable)
        if shimmed is None:
            return None
        executable, chosen = shimmed, f"{chosen}, through a pyenv shim"
    if not _PYTHON.fullmatch(executable.rpartition("/")[2]):
        return None
    layout = read_layout(host, executable)
    return _from_layout(host, layout, executable, found_via, chosen) if layout else None


def _from_layout(
    host: Host, layout: Layout, executable: str, found_via: str, chosen: str
) -> Target:
    user = user_site(host, layout)
    sites = _in_order(layout, user)
    cwd = working_dir(host)
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
    folder = working_dir(host) or "/"
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
