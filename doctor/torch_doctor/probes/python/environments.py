"""Which Python environment is judged: the one that is named, else the active one, the project's, the first on PATH."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import islice

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python import target as one_target
from torch_doctor.probes.python.installation import join, read_config
from torch_doctor.probes.python.target import Target, TargetError, has_torch, target_of, working_dir

OWNS = (*one_target.OWNS, "python_found_via", "torch_elsewhere")
_NAMES = ("python3", "python", "python3.exe", "python.exe")
# Where a project keeps its environment, in the order in which it is looked for.
_OF_PROJECT = (".venv", "venv", ".pixi/envs/default")
# Folders in which uv and pipx keep environments of tools that are run once.
_OF_TOOLS = regex(
    r"/(?:pipx/(?:venvs|\.cache)|uv/tools|archive-v\d+|environments-v\d+|builds-v\d+)/"
)
_FEW = 8
_RECEIPTS = ("uv-receipt.toml", "pipx_metadata.json")
_EXPECTED = (
    "expected an interpreter, a venv, a conda prefix or the folder of a project that has one"
)


class _Candidate(NamedTuple):
    """An environment that may be meant. One that *decides* is judged even where it has no torch."""

    target: Target
    decides: bool = False


def resolve_target(host: Host, python: str | None) -> Target:
    """Return the environment to judge; raise TargetError where *python* names none.

    Without *python*: the active one; else the first with torch of the project's in the working directory and of those
    on PATH; the one that torch-doctor runs in counts where a program asks from inside it, and otherwise last.
    """
    if python is not None:
        return _named(host, python)
    first: Target | None = None
    for candidate in _candidates(host):
        if candidate.decides or has_torch(host, candidate.target):
            return candidate.target
        first = first or candidate.target
    if first is None:
        msg = "no Python interpreter was found: name one with --python"
        raise TargetError(msg)
    return first._replace(chosen=f"{first.chosen}; no other has torch either")


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what is known of the environment itself, how it was found, and where else torch is."""
    yield from one_target.probe(host, target)
    yield "python_found_via", Known(one_line(target.chosen), Source("derived", target.found_via))
    if has_torch(host, target):
        here = Unavailable(Reason.NOT_APPLICABLE, "the judged environment has torch")
        yield "torch_elsewhere", here
        return
    others = (one.target for one in _candidates(host) if has_torch(host, one.target))
    found = {other.prefix: one_line(other.executable) for other in islice(others, _FEW)}
    yield "torch_elsewhere", Known(tuple(found.values()), Source("derived", "environments around"))


def _named(host: Host, python: str) -> Target:
    shown = one_line(python, 200) or "''"
    path = _absolute(host, python)
    if host.is_dir(path):
        executable = _interpreter_in(host, path) or _of_project(host, path)
        if executable is None:
            raise TargetError(f"{shown} holds no python ({_EXPECTED})")
    elif host.exists(path):
        executable = path
    else:
        raise TargetError(f"{shown}: there is no such file ({_EXPECTED})")
    target = target_of(host, executable, "--python", "as named")
    if target is None:
        raise TargetError(
            f"{shown} is no Python with its library beside it, lib/pythonX.Y/site-packages ({_EXPECTED})"
        )
    return target


def _candidates(host: Host) -> Iterator[_Candidate]:
    """Yield what may be meant, the likeliest first."""
    own, asked_from_inside = _own(host)
    if own and asked_from_inside and has_torch(host, own):
        yield _Candidate(own)
    active, base = _active(host)
    if active:
        yield _Candidate(active, decides=True)
    folder = working_dir(host) or "/"
    executable = _of_project(host, folder)
    if executable:
        chosen = "of the working directory, as none is active"
        yield from _given(target_of(host, executable, "project", chosen))
    tools = own is not None and _is_of_a_tool(host, own)
    if own and not tools:
        yield _Candidate(own)
    yield from _given(base)
    yield from _on_path(host)
    if own and tools:
        yield _Candidate(own)


def _given(target: Target | None) -> Iterator[_Candidate]:
    if target:
        yield _Candidate(target)


def _active(host: Host) -> tuple[Target | None, Target | None]:
    """Return the active environment, and conda's base: that one is often active without anybody's having asked."""
    base = None
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = host.environ.get(variable, "").replace("\\", "/").rstrip("/")
        prefix = _extended_by(host, prefix) if prefix else ""
        executable = _interpreter_in(host, prefix) if prefix else None
        found = executable and target_of(host, executable, variable, f"active by {variable}")
        if not found:
            continue
        if variable == "CONDA_PREFIX" and host.exists(f"{prefix}/condabin"):
            base = found._replace(chosen="conda's base, by CONDA_PREFIX")
        else:
            return found, base
    return None, base


def _extended_by(host: Host, prefix: str) -> str:
    """Return the environment that a passing one of ``uv run --with`` extends: what is installed is in there."""
    extended = read_config(host, f"{prefix}/pyvenv.cfg").get("extends-environment", "")
    return extended.replace("\\", "/").rstrip("/") or prefix


def _own(host: Host) -> tuple[Target | None, bool]:
    """Return the environment that torch-doctor runs in, and whether it is asked from inside of it."""
    own = host.call("own_python", _own_python)
    if not own:
        return None, False
    executable, chosen = own["executable"], "the one that torch-doctor runs in"
    target = target_of(host, executable, "own", chosen)
    if target and (outer := _extended_by(host, target.prefix)) != target.prefix:
        executable = _interpreter_in(host, outer) or executable
        target = target_of(host, executable, "own", chosen)
    if target and own.get("version", "").startswith(target.version):
        target = target._replace(version=own["version"])
    return target, bool(own.get("inside"))


def _own_python() -> dict[str, Any]:
    """Whoever runs the command torch-doctor has named no interpreter; ``python -m`` and programs have."""
    script = any(
        re.split(r"[/\\]", word)[-1].startswith("torch-doctor") for word in sys.orig_argv[:3]
    )
    version = sys.version.split()[0].rstrip("+")
    return {"executable": sys.executable, "version": version, "inside": not script}


def _is_of_a_tool(host: Host, target: Target) -> bool:
    """Whether pipx or uv made this environment for torch-doctor: nobody's programs run in it."""
    receipts = any(host.exists(f"{target.prefix}/{name}") for name in _RECEIPTS)
    return receipts or _OF_TOOLS.search(f"{target.prefix}/") is not None


def _of_project(host: Host, folder: str) -> str | None:
    """Return the interpreter of the environment that a project keeps in its folder."""
    prefixes = (f"{folder.rstrip('/')}/{name}" for name in _OF_PROJECT)
    return next((one for prefix in prefixes if (one := _interpreter_in(host, prefix))), None)


def _on_path(host: Host) -> Iterator[_Candidate]:
    for directory in _path_dirs(host):
        for name in _NAMES:
            path = f"{directory}/{name}"
            if host.exists(path):
                chosen = f"{name} on PATH, as none is active"
                yield from _given(target_of(host, path, "PATH", chosen))


def _absolute(host: Host, python: str) -> str:
    """Return *python* as an absolute path; a bare name is looked up on PATH when no such file is here."""
    cwd = working_dir(host) or "/"
    if python == "~" or python.startswith("~/"):
        python = host.environ.get("HOME", "~") + python[1:]
    path = join(cwd, python)
    if "/" not in python and "\\" not in python and not host.exists(path):
        for directory in _path_dirs(host):
            if python and host.exists(f"{directory}/{python}"):
                return f"{directory}/{python}"
    return path


def _interpreter_in(host: Host, prefix: str) -> str | None:
    places = [f"{prefix}/{folder}{name}" for folder in ("bin/", "Scripts/", "") for name in _NAMES]
    return next((p for p in places if host.exists(p) and not host.is_dir(p)), None)


def _path_dirs(host: Host) -> list[str]:
    value = host.environ.get("PATH", "")
    parts = value.split(";") if re.match(r"[A-Za-z]:\\", value) else value.split(":")
    return [part.replace("\\", "/").rstrip("/") for part in parts if part[:1] == "/" or ":" in part]
