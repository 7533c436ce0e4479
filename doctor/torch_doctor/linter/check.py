"""Read files, work out what follows, ask every problem, and put the answers in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

from torch_doctor.core.finding import Severity
from torch_doctor.core.redaction.facts import text_cleaner
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.core.text import visible
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.accepting import AcceptedProblem, with_acceptance
from torch_doctor.linter.find import HeldFile, concerns, content, find
from torch_doctor.linter.problems import problem_finders
from torch_doctor.linter.project import LintProject, LintTarget, project
from torch_doctor.linter.record import FileRead, Flaw, Unsure, Written
from torch_doctor.linter.since import Since, compared, driver_changes, highest
from torch_doctor.linter.text import SourceText, Spot, decoded, source
from torch_doctor.matrix.store import Matrix

# Which reader a format has.
READERS = {
    **{name: name for name in ("dockerfile", "requirements", "script", "notebook", "devcontainer")},
    "setup_file": "setup_file",
    "yaml": "of_yaml.by_content",
    **{name: name for name in ("apptainer", "bake", "space")},
    "lock_blocks": "locks.blocks",
    **{name: f"locks.{name}" for name in ("pipfile_lock", "conda_lock")},
    **{
        name: f"of_yaml.{name}"
        for name in ("compose", "conda", "workflow", "gitlab", "cog", "kustomize")
    },
    **{name: f"of_toml.{name}" for name in ("pyproject", "uv_lock", "pixi", "pipfile", "pylock")},
}

# A file is shown to whoever reads the log of a build: logins, tokens and addresses stay in it.
_clean = text_cleaner(Identity())


class LintAnswer(NamedTuple):
    """What was found: *flaws* count, *ignored* are accepted with a reason, *unsure* is what nothing is said of.

    Where files were compared with an earlier state, *flaws* are what is new, and *since* holds the rest.
    """

    flaws: tuple[Flaw, ...]
    ignored: tuple[Flaw, ...]
    unsure: tuple[Unsure, ...]
    files: tuple[str, ...]
    matrix_version: str
    matrix_digest: str
    since: Since | None = None

    def worst(self) -> Severity | None:
        """Return the highest severity; None where there is nothing."""
        return max((flaw.severity for flaw in self.flaws), default=None)


class Settled(NamedTuple):
    """What settings accept, and the day that decides whether it still holds, 2027-01-31."""

    accepted: tuple[AcceptedProblem, ...] = ()
    today: str = ""


_NOTHING = Settled()


def lint_paths(
    paths: tuple[str, ...], target: LintTarget, matrix: Matrix, settled: Settled = _NOTHING
) -> LintAnswer:
    """Return what is wrong in the files under *paths*; raise FileNotFoundError where there is no such path."""
    return lint_files(_found(paths), target, matrix, settled)


def lint_since(
    since: str,
    paths: tuple[str, ...],
    target: LintTarget,
    matrix: Matrix,
    settled: Settled = _NOTHING,
) -> LintAnswer:
    """Return what is new in the files under *paths* since a revision, or since a folder; raise EarlierError, too."""
    from torch_doctor.linter.earlier import earlier_files
    from torch_doctor.linter.evaluate.drivers import least_drivers

    read = _found(paths)
    old = dict(_read(earlier_files(since, paths)))
    before, now = project(old, target, matrix), project(read, target, matrix)
    was, answer = _answer(before, settled), _answer(now, settled)
    new, kept, mended = compared(was.flaws, answer.flaws, answer.ignored)
    drivers = least_drivers(before), least_drivers(now)
    least = highest(drivers[0].values()), highest(drivers[1].values())
    changes = Since(since, kept, mended, driver_changes(*drivers), least)
    return answer._replace(flaws=new, since=changes)


def lint_files(
    files: dict[str, FileRead], target: LintTarget, matrix: Matrix, settled: Settled = _NOTHING
) -> LintAnswer:
    """Return what is wrong in files that were read."""
    return _answer(project(files, target, matrix), settled)


def _answer(asked: LintProject, settled: Settled) -> LintAnswer:
    files, matrix = asked.files, asked.matrix
    flaws = [flaw for file in files.values() for flaw in file.written.flaws]
    for finder in problem_finders():
        flaws += finder(asked)
    shown = [_completed(flaw, files, settled) for flaw in _distinct(flaws)]
    shown.sort(key=lambda flaw: (flaw.spot.file, flaw.spot.line, -flaw.severity, flaw.problem))
    return LintAnswer(
        tuple(flaw for flaw in shown if not flaw.reason),
        tuple(flaw for flaw in shown if flaw.reason),
        tuple(
            one._replace(what=_clean(one.what))
            for file in files.values()
            for one in file.written.unsure
        ),
        tuple(files),
        matrix.version,
        matrix.digest,
    )


def _found(paths: tuple[str, ...]) -> dict[str, FileRead]:
    held = ((file, content(file.place)) for file in find(paths))
    return dict(
        _read(HeldFile(file.name, file.kind, data) for file, data in held if data is not None)
    )


def _read(files: Iterable[HeldFile]) -> Iterator[tuple[str, FileRead]]:
    for name, kind, data in files:
        text = decoded(data) if concerns(kind, data) else None
        if text is not None:
            yield name, read_file(name, kind, text)


def read_file(name: str, kind: str, text: str) -> FileRead:
    """Return a file as its reader has it. A reader that fails is a line of the answer, and not its end."""
    lines = source(name, text)
    kind = _guessed(lines) if kind == "guess" else kind
    if not kind:
        return FileRead(name, kind, lines)
    try:
        reader = import_module(f"torch_doctor.linter.readers.{READERS[kind]}")
        written: Written = reader.read(lines)
    except Exception as error:  # noqa: BLE001  a fault of ours in one file
        spot = Spot(name, 1)
        written = Written(
            unsure=(Unsure(spot, f"the file ({type(error).__name__} in its reader)"),)
        )
    return FileRead(name, kind, lines, written)


def _guessed(lines: SourceText) -> str:
    """Return the format of a file that was named and whose name tells none."""
    if re.search(r"^\s*FROM\s+\S", lines.text, re.MULTILINE | re.IGNORECASE):
        return "dockerfile"
    first = lines.line(1)
    if first.startswith("#!") and re.search(r"\b(?:ba|da|z)?sh\b", first):
        return "script"
    return "requirements" if lines.path.endswith((".txt", ".in")) else ""


def _distinct(flaws: Iterable[Flaw]) -> Iterator[Flaw]:
    """Yield each problem once at one place: several environments share lines."""
    kept: dict[tuple[str, str, int], Flaw] = {}
    for flaw in flaws:
        key = (flaw.problem, flaw.spot.file, flaw.spot.line)
        if key not in kept or flaw.severity > kept[key].severity:
            kept[key] = flaw
    yield from kept.values()


def _completed(flaw: Flaw, files: Mapping[str, FileRead], settled: Settled) -> Flaw:
    """Add the line of the file, and the reason where somebody lives with it."""
    file = files.get(flaw.spot.file)
    if file is None:
        return flaw
    text = visible(_clean(file.text.line(flaw.spot.line)), 300)
    message, fix = visible(_clean(flaw.message)), visible(_clean(flaw.fix))
    made = flaw._replace(text=text, message=message, fix=fix)
    return with_acceptance(made, file, settled.accepted, settled.today)
