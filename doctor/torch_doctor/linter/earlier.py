"""The same files as they were before: at a revision that git has, or in another folder. Nothing is written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

from torch_doctor.core.text import one_line
from torch_doctor.linter.find import (
    MOST_BYTES,
    MOST_FILES,
    HeldFile,
    called,
    content,
    find,
    is_skipped,
    kind_of,
)

_SECONDS = 60
# No question is asked, nothing is fetched, no lock is taken.
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


class EarlierError(ValueError):
    """An earlier state that cannot be read; *cure* says what would help."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


def earlier_files(since: str, paths: tuple[str, ...]) -> Iterator[HeldFile]:
    """Yield what *paths* held before: *since* is a folder or a file that holds it, or a revision of git.

    What looks like a path is one, else a revision comes first.
    """
    is_path = os.path.exists(since)
    if is_path and (os.sep in since or "/" in since or since in (".", "..")):
        return _of_place(since, paths)
    try:
        return iter(list(_of_revision(since, paths)))
    except EarlierError:
        if is_path:
            return _of_place(since, paths)
        raise


def _of_place(since: str, paths: tuple[str, ...]) -> Iterator[HeldFile]:
    if len(paths) != 1 or os.path.isdir(since) is not os.path.isdir(paths[0]):
        cure = "torch-doctor lint --since OLD-FOLDER NEW-FOLDER compares two"
        raise EarlierError(f"--since {since}: name one folder to compare it with", cure)
    for file in find((since,)):
        name = called(paths[0], "")
        if os.path.isdir(since):
            inside = os.path.relpath(file.place, since)
            name = called(os.path.join(paths[0], inside), paths[0])
        data = content(file.place)
        if data is not None:
            yield HeldFile(name, file.kind, data)


def _of_revision(revision: str, paths: tuple[str, ...]) -> Iterator[HeldFile]:
    met: set[str] = set()
    for path in paths:
        folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
        tree = _tree(folder, revision)
        wanted = dict[str, tuple[str, str]]()
        for inside, blob in _listed(folder, tree):
            place = os.path.join(folder, inside)
            if folder != path and os.path.basename(path) != inside:
                continue
            name = called(place, path if folder == path else "")
            kind = kind_of(name) or ("guess" if folder != path else "")
            if kind and name not in met and len(met) < MOST_FILES:
                met.add(name)
                wanted[name] = (kind, blob)
        contents = _contents(folder, [blob for _, blob in wanted.values()])
        for (name, (kind, _)), data in zip(wanted.items(), contents, strict=True):
            yield HeldFile(name, kind, data)


def _tree(folder: str, revision: str) -> str:
    """Return the tree of a revision by its number, so that a name can mean nothing else from here on."""
    cure = "name a revision that git log shows, or a folder"
    if revision.startswith("-") or not revision.strip():
        raise EarlierError(f"--since {one_line(revision)}: this is no revision", cure)
    try:
        tree = _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
    except EarlierError as error:
        reason = (
            f": {error}"
            if str(error)
            else ": git has no such revision, and there is no such folder"
        )
        raise EarlierError(f"--since {one_line(revision)}{reason}", cure) from None
    return tree.decode("ascii", "replace").strip()


def _listed(folder: str, tree: str) -> Iterator[tuple[str, str]]:
    """Yield path and number of each regular file below *folder* that is not too large."""
    for row in _git(folder, "ls-tree", "-r", "-l", "-z", tree).split(b"\0"):
        head, _, path = row.partition(b"\t")
        fields = head.split()
        if len(fields) != 4 or not fields[0].startswith(b"100") or int(fields[3]) > MOST_BYTES:
            continue
        inside = os.fsdecode(path)
        if not is_skipped(inside):
            yield inside, fields[2].decode("ascii")


def _contents(folder: str, blobs: list[str]) -> Iterator[bytes]:
    if not blobs:
        return
    out = _git(folder, "cat-file", "--batch", given="".join(f"{one}\n" for one in blobs).encode())
    place = 0
    for _ in blobs:
        end = out.index(b"\n", place)
        size = int(out[place:end].split()[2])
        yield out[end + 1 : end + 1 + size]
        place = end + 1 + size + 1


def _git(folder: str, *words: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", folder, *words],  # noqa: S607  the user's own git
            input=given, capture_output=True, timeout=_SECONDS, check=False, env=os.environ | _QUIET,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = (
            "git does not answer"
            if isinstance(error, subprocess.TimeoutExpired)
            else "git cannot be run"
        )
        raise EarlierError(reason, "name a folder instead of a revision") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EarlierError(one_line(lines[0]) if lines else "", "")
    return done.stdout
