"""Mend what can be mended by an edit: what is proposed is read and judged again before anybody is shown it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

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
_ROUNDS, _TRIALS = 3, 40


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
        self._refused: set[tuple[object, ...]] = set()

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
        # from below, so that a line that is put in moves none of those that are still to come
        todo = (self._sound(state, flaw) for flaw in reversed(state.answer.flaws) if flaw.mends)
        state, gone = self._mended(state, [pick for pick in todo if pick is not None])
        return state, gone[::-1]

    def _sound(self, state: _State, flaw: Flaw) -> _Pick | None:
        """Return the first way to mend a problem that the files around it have nothing against: few are soon judged."""
        near = _around(state.read, flaw.spot.file)
        key = (flaw, *(file.text.text for file in near.values()))
        if key in self._refused:
            return None
        before = lint_files(near, self._target, self._matrix, self._settled)
        if flaw not in before.flaws:
            return _Pick(flaw, flaw.mends[0])  # it hangs on other files, too: all of them will tell
        for edits in flaw.mends:
            made = _with_edits(state.data, near, [_Pick(flaw, edits)])
            if made is not None:
                now = lint_files(made[1], self._target, self._matrix, self._settled)
                if _is_better(before, now, [flaw]):
                    return _Pick(flaw, edits)
        self._refused.add(key)
        return None

    def _mended(self, state: _State, picks: Sequence[_Pick]) -> tuple[_State, list[Flaw]]:
        """All at once where all files have nothing against it, else one half after the other."""
        whole = self._tried(state, picks) if picks else None
        if whole is not None:
            return whole, [pick.flaw for pick in picks]
        if len(picks) < 2:
            return state, []
        half = len(picks) // 2
        state, first = self._mended(state, picks[:half])
        state, second = self._mended(state, picks[half:])
        return state, [*first, *second]

    def _tried(self, state: _State, picks: Sequence[_Pick]) -> _State | None:
        """Return the files with these edits; None where one does not fit, or the judge is against it."""
        made = _with_edits(state.data, state.read, picks) if self._trials < _TRIALS else None
        if made is None:
            return None
        self._trials += 1
        answer = lint_files(made[1], self._target, self._matrix, self._settled)
        sound = _is_better(state.answer, answer, [pick.flaw for pick in picks])
        return _State(*made, answer) if sound else None


def _with_edits(
    data: Mapping[str, bytes], read: Mapping[str, FileRead], picks: Sequence[_Pick]
) -> tuple[dict[str, bytes], dict[str, FileRead]] | None:
    """Return files with edits; None where one of them does not fit what stands there."""
    changed, again = dict(data), dict(read)
    for name, edits in _by_file(picks).items():
        held = held_text(data[name]) if name in data and name in read else None
        made = edited(held, edits) if held is not None else None
        written = made.encoded() if made is not None else None
        text = decoded(written) if written is not None else None
        if written is None or text is None:
            return None
        changed[name] = written
        again[name] = read_file(name, read[name].kind, text)
    return changed, again


def _around(read: Mapping[str, FileRead], name: str) -> dict[str, FileRead]:
    """Return a file with those beside it, those that name it and those that it names."""
    folder, base = posixpath.split(name)
    own = read[name].text.text
    return {
        other: file
        for other, file in read.items()
        if posixpath.dirname(other) == folder
        or base in file.text.text
        or posixpath.basename(other) in own
    }


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
