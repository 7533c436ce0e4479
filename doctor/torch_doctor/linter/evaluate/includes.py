"""Lists that a step includes, found among the files that were read: ``-r`` chains, also through COPY, and projects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from torch_doctor.linter.readers import requirements
from torch_doctor.linter.readers.of_toml.pyproject import index_step
from torch_doctor.linter.readers.of_toml.uv_table import with_source
from torch_doctor.linter.record import (
    UNKNOWN,
    AnyStep,
    Environment,
    FileRead,
    Include,
    InstallStep,
    ProjectTable,
    Requirement,
    RunStep,
)

_DEPTH = 6
_OF_PROJECTS = ("pyproject.toml", "setup.py", "setup.cfg")
Files = Mapping[str, FileRead]


def completed(environment: Environment, files: Files) -> Environment:
    """Return an environment whose steps ask for what the lists ask for that they include."""
    copies = _copies(environment.all_steps)
    folder = posixpath.dirname(environment.spot.file)
    return environment._replace(
        steps=_steps(environment.steps, folder, files, copies),
        parent=_steps(environment.parent, folder, files, copies),
    )


def _steps(
    steps: tuple[AnyStep, ...], folder: str, files: Files, copies: Mapping[str, str]
) -> tuple[AnyStep, ...]:
    return tuple(
        _complete(step, folder, files, copies) if isinstance(step, InstallStep) else step
        for step in steps
    )


def _copies(steps: tuple[AnyStep, ...]) -> dict[str, str]:
    """Return where a file that is copied into an image comes from, by the name that it has there."""
    found: dict[str, str] = {}
    for step in steps:
        if not isinstance(step, RunStep) or step.words[:1] not in (("COPY",), ("ADD",)):
            continue
        if any(word.startswith("--from") for word in step.words):
            continue
        words = [word for word in step.words[1:] if not word.startswith("--")]
        folder = len(words) == 2 and words[0].endswith("/")
        if len(words) > 1 and (folder or not words[-1].endswith("/")):
            found[posixpath.basename(words[-1].rstrip("/"))] = words[0]
        for word in words[:-1]:
            found.setdefault(posixpath.basename(word), word)
    return found


def _complete(
    step: InstallStep, folder: str, files: Files, copies: Mapping[str, str], depth: int = 0
) -> InstallStep:
    made = step._replace(includes=())
    for include in step.includes:
        found = _lookup(include, folder, files, copies)
        if found is None or depth > _DEPTH:
            made = made._replace(unread=(*made.unread, include.path))
            continue
        made = made._replace(files=(*made.files, found.path))
        if include.kind == "conda":
            made = _with_conda(made, found)
        elif include.kind == "project":
            made = _with_project(made, include, found)
        elif include.kind in ("requirements", "constraints") and found.kind != "pyproject":
            part, _ = requirements.parsed(found.text)
            inner = posixpath.dirname(found.path)
            made = _joined(made, include, _complete(part, inner, files, {}, depth + 1))
    return made


def _joined(step: InstallStep, include: Include, part: InstallStep) -> InstallStep:
    if include.kind == "constraints":
        return step._replace(constraints=(*step.constraints, *part.requirements))
    return step._replace(
        requirements=(*step.requirements, *part.requirements),
        files=(*step.files, *part.files),
        idle=(*step.idle, *part.idle),
        main_index=step.main_index or part.main_index,
        extra=(*step.extra, *part.extra),
        links=(*step.links, *part.links),
        unread=(*step.unread, *part.unread),
        constraints=(*step.constraints, *part.constraints),
        flags=step.flags | part.flags,
    )


def _with_conda(step: InstallStep, found: FileRead) -> InstallStep:
    """Add what an environment.yml asks conda for; its list for pip is a step of its own, and judged with the file."""
    for environment in found.written.environments:
        for one in environment.steps:
            if isinstance(one, InstallStep) and one.tool == "conda":
                step = step._replace(
                    requirements=(*step.requirements, *one.requirements),
                    channels=(*step.channels, *one.channels),
                )
    return step


def _with_project(step: InstallStep, include: Include, found: FileRead) -> InstallStep:
    """Add what a project asks for. Only its own tool takes packages from the indexes that it declares."""
    table = found.written.project
    if found.kind == "setup_file":
        if "CUDAExtension" in found.text.text or '.cu"' in found.text.text:
            step = step._replace(flags=step.flags | {"compiles-cuda"})
        parts = [
            s for e in found.written.environments for s in e.steps if isinstance(s, InstallStep)
        ]
        asked_ = tuple(r for s in parts for r in s.requirements if not r.group)
        return step._replace(requirements=(*step.requirements, *asked_))
    if table is None:
        return step._replace(unread=(*step.unread, include.path))
    own = step.tool == table.manager
    if own:
        one = index_step(table, found.path)
        step = step._replace(
            flags=step.flags | one.flags,
            main_index=step.main_index or one.main_index,
            extra=step.extra or one.extra,
        )
    if step.tool == "uv" and {"sync", "run"} & step.flags:
        step = step._replace(requires_python=table.requires_python)
    asked = tuple(dict.fromkeys(_asked(step, include, table, own=own)))
    return step._replace(requirements=(*step.requirements, *asked))


def _asked(
    step: InstallStep, include: Include, table: ProjectTable, *, own: bool
) -> Iterator[Requirement]:
    """Yield what a project asks for with the extras and groups of a step, each from the index that is its then."""
    wanted = {f"{kind}:{name}" for name in include.extras for kind in ("extra", "group")}
    if own and not {"--no-default-groups", "--no-dev"} & step.flags:
        wanted |= {f"group:{name}" for name in table.default_groups}
    for one in table.requirements:
        every = "--all-extras" in step.flags and one.group.startswith("extra:")
        if one.group and one.group not in wanted and not every:
            continue
        sourced = (with_source(one, table, group) for group in (*sorted(wanted), one.group))
        yield next((r for r in sourced if r.source), one) if own else one._replace(source="")


def _lookup(
    include: Include, folder: str, files: Files, copies: Mapping[str, str]
) -> FileRead | None:
    """Return the file that a path in an image, or beside a file, stands for."""
    path = include.path.strip("\"'")
    if UNKNOWN in path or "://" in path:
        return None
    name = posixpath.basename(path)
    if name in copies and name != "." and include.kind == "project" and copies[name] not in files:
        return _copied(copies[name], folder, files)
    candidates = [path]
    if name in copies:
        candidates.insert(0, copies[name])
    for one in candidates:
        plain = posixpath.normpath(one.lstrip("/") or ".")
        names = [plain]
        if include.kind == "project" and not plain.endswith((".toml", ".py")):
            names = [posixpath.normpath(posixpath.join(plain, one)) for one in _OF_PROJECTS]
        for one_name in names:
            if (found := _at(one_name, folder, files)) is not None:
                return found
    return _alone(name, include.kind, files)


def _copied(folder: str, beside: str, files: Files) -> FileRead | None:
    """Return the project of a folder that was copied: no other one stands at its place."""
    for base in ("", beside):
        for name in _OF_PROJECTS:
            path = posixpath.normpath(posixpath.join(base, folder.lstrip("/"), name))
            if path in files:
                return files[path]
    return None


def _alone(name: str, kind: str, files: Files) -> FileRead | None:
    """Return the only list of its name: what moves files before it installs them is not followed."""
    if kind not in ("requirements", "constraints"):
        return None
    named = [path for path in files if posixpath.basename(path) == name]
    return files[named[0]] if len(named) == 1 else None


def _at(path: str, folder: str, files: Files) -> FileRead | None:
    """Return the file that a path ends in, beside the file that names it, a folder above, or at the top."""
    parts = path.split("/")
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        for base in dict.fromkeys((folder, posixpath.dirname(folder), "")):
            found = files.get(posixpath.normpath(posixpath.join(base, tail)))
            if found is not None:
                return found
    return None
