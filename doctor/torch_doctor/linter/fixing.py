"""Mend what can be mended by an edit: what is proposed is read and judged again before anybody is shown it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.check import LintAnswer, Settled, lint_files, read_file
from torch_doctor.linter.find import FoundFile, concerns, content, find
from torch_doctor.linter.project import LintTarget
from torch_doctor.linter.record import Edit, FileRead, Flaw
from torch_doctor.linter.rewriting import edited, held_text
from torch_doctor.linter.since import compared
from torch_doctor.linter.text import decoded
from torch_doctor.matrix.store import Matrix

# What one edit mends may let another problem come to light, so it is looked for more than once; each look is bounded.
_ROUNDS, _TRIALS = 3, 60


class FileChange(NamedTuple):
    """A file that edits change: its name on disk, what the answer calls it, and what it holds before and after."""

    place: str
    name: str
    before: bytes
    after: bytes


class LintFixes(NamedTuple):
    """What edits mend: the files that they change, the problems that are gone, what was found before and is left."""

    changes: tuple[FileChange, ...]
    mended: tuple[Flaw, ...]
    before: LintAnswer
    left: LintAnswer


class _State(NamedTuple):
    """The files as they would be, and what lint says of them."""

    data: dict[str, bytes]
    read: dict[str, FileRead]
    answer: LintAnswer


class _Pick(NamedTuple):
    flaw: Flaw
    edits: tuple[Edit, ...]


def fixes_for(
    paths: tuple[str, ...], target: LintTarget, matrix: Matrix, settled: Settled
) -> LintFixes:
    """Return the edits that mend problems in the files under *paths*; nothing is written.

    An edit counts where the problem is gone afterwards, nothing new is found, and nothing more is unknown. Raise
    FileNotFoundError where there is no such path.
    """
    found = {one.name: one for one in find(paths)}
    held = ((name, content(one.place)) for name, one in found.items())
    data = {name: kept for name, kept in held if kept is not None}
    read = dict(_readings((found[name], kept) for name, kept in data.items()))
    begun = _State(data, read, lint_files(read, target, matrix, settled))
    mender = _Mender(target, matrix, settled)
    state, mended = mender.mend(begun)
    changes = tuple(
        FileChange(found[name].place, name, kept, state.data[name])
        for name, kept in data.items()
        if state.data[name] != kept
    )
    return LintFixes(changes, mended, begun.answer, state.answer)


def _readings(found: Iterator[tuple[FoundFile, bytes]]) -> Iterator[tuple[str, FileRead]]:
    for one, data in found:
        text = decoded(data) if concerns(one.kind, data) else None
        if text is not None:
            yield one.name, read_file(one.name, one.kind, text)


class _Mender:
    """Try edits against the same question that lint was asked."""

    def __init__(self, target: LintTarget, matrix: Matrix, settled: Settled) -> None:
        self._target, self._matrix, self._settled = target, matrix, settled
        self._trials = 0

    def mend(self, state: _State) -> tuple[_State, tuple[Flaw, ...]]:
        """Return the files with all edits that count, and the problems that they mend."""
        mended: list[Flaw] = []
        for _ in range(_ROUNDS):
            state, gone = self._round(state)
            mended += gone
            if not gone:
                break
        return state, tuple(mended)

    def _round(self, state: _State) -> tuple[_State, list[Flaw]]:
        """All at once where that does it, else one after the other."""
        todo = [flaw for flaw in state.answer.flaws if flaw.mends]
        if len(todo) > 1:
            picks = [_Pick(flaw, flaw.mends[0]) for flaw in todo]
            whole = self._tried(state, picks)
            if whole is not None:
                return whole, todo
        gone: list[Flaw] = []
        # from below, so that a line that is put in moves none of those that are still to come
        for flaw in reversed(todo):
            for edits in flaw.mends:
                one = self._tried(state, [_Pick(flaw, edits)])
                if one is not None:
                    state = one
                    gone.append(flaw)
                    break
        return state, gone[::-1]

    def _tried(self, state: _State, picks: Sequence[_Pick]) -> _State | None:
        """Return the files with these edits; None where one does not fit, or the judge is against it."""
        if self._trials >= _TRIALS:
            return None
        data, read = dict(state.data), dict(state.read)
        for name, edits in _by_file(picks).items():
            held = held_text(data[name]) if name in data and name in read else None
            made = edited(held, edits) if held is not None else None
            written = made.encoded() if made is not None else None
            text = decoded(written) if written is not None else None
            if written is None or text is None:
                return None
            data[name] = written
            read[name] = read_file(name, read[name].kind, text)
        self._trials += 1
        answer = lint_files(read, self._target, self._matrix, self._settled)
        sound = _is_better(state.answer, answer, [pick.flaw for pick in picks])
        return _State(data, read, answer) if sound else None


def _by_file(picks: Sequence[_Pick]) -> dict[str, list[Edit]]:
    """Several problems may be mended by one edit: it is made once."""
    found: dict[str, list[Edit]] = {}
    for edit in dict.fromkeys(edit for pick in picks for edit in pick.edits):
        found.setdefault(edit.spot.file, []).append(edit)
    return found


def _is_better(before: LintAnswer, now: LintAnswer, meant: Sequence[Flaw]) -> bool:
    """Whether the problems that are meant are gone, and nothing else came in their place, worse or unknown."""
    new, _, mended = compared(before.flaws, now.flaws, now.ignored)
    if new or any(flaw not in mended for flaw in meant) or len(now.unsure) > len(before.unsure):
        return False
    worst = (
        sorted((flaw.severity for flaw in answer.flaws), reverse=True) for answer in (now, before)
    )
    return all(one <= other for one, other in zip(*worst, strict=False))
