"""Who can change what root is about to run: each file of it, its folders, and each parent and link on the way there.

A file that root owns is another user's all the same where that user owns a folder above it, or may write to one.
The look is at tens of thousands of files. In a thread beside other probes each of them would wait for its turn, so it
is a program of its own, too, and where there are processors for it several share the folders:
``python -I -S trust.py SHARE OF PATH … -- FOLDER …`` prints ``{"found": null}`` or ``{"found": [path, who]}``.
"""

from __future__ import annotations

import os
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# No environment has more; where one does, or its file system is that slow, root does not run it unseen.
MOST_FILES, LONGEST_S = 1_000_000, 20.0
_MOST_LINKS = 40
_PARTED = "--"
# How many look at most, how many processors one of them is given, and how far down folders are shared out.
_MOST_SHARES, _PROCESSORS_EACH, _SHARED_AT = 8, 2, 2
# Below a standard library they are another environment's, unless they are named themselves.
_SITES = ("site-packages", "dist-packages")
# What a mode says of the kind of file, and of writing by anybody but its owner.
_KIND_AND_OTHERS = 0o170000 | stat.S_IWGRP | stat.S_IWOTH


def changed_by(
    paths: Iterable[str],
    real: Callable[[str], str] = str,
    flat: Iterable[str] = (),
    share: tuple[int, int] = (0, 1),
) -> list[str] | None:
    """Return the first path on the way to *paths*, or in a folder among them, that not root alone can change, and who.

    *real* says where a path lies on this machine; of *flat* folders the files alone are looked at, as the loader does.
    None says that root alone can change all of it. *share* (which, of how many) leaves folders to others who look.
    """
    look = _Look(real, share)
    for path in paths:
        found = look.at(path, deep=True)
        if found:
            return found
    return next((found for path in flat if (found := look.at(path, deep=False))), None)


def changed_by_in_child(paths: Sequence[str], flat: Sequence[str] = ()) -> list[str] | None:
    """Return what changed_by returns, of this machine, from a process of its own where one can be had.

    Where no folder is looked at to its bottom, a process would take longer to start than the look takes.
    """
    if not any(map(os.path.isdir, paths)):
        return changed_by(paths, flat=flat)
    import threading

    count = max(1, min(_MOST_SHARES, (os.cpu_count() or 1) // _PROCESSORS_EACH))
    found: list[list[str] | None] = [[paths[0], "was not looked at"]] * count

    def look(share: int) -> None:
        found[share] = _share_in_child(paths, () if share else flat, (share, count))

    others = [threading.Thread(target=look, args=(share,)) for share in range(1, count)]
    begun = []
    for number, thread in enumerate(others, 1):
        try:
            thread.start()
            begun.append(thread)
        except RuntimeError:  # a limit of processes or memory
            look(number)
    look(0)
    for thread in begun:
        thread.join()
    return next(filter(None, found), None)


def _share_in_child(
    paths: Sequence[str], flat: Sequence[str], share: tuple[int, int]
) -> list[str] | None:
    from torch_doctor.probes.host.supervise import supervise
    from torch_doctor.probes.payloads import path_of

    words = [*map(str, share), *paths, _PARTED, *flat]
    argv = [sys.executable, "-I", "-S", "-B", path_of("start"), __file__, *words]
    output = supervise(argv, timeout_s=LONGEST_S + 1, env=os.environ)
    for line in output.lines:
        if "found" in line:
            found: list[str] | None = line["found"]
            return found
    if output.status in ("timeout", "unkillable"):
        return [next(iter((*paths, *flat)), "/"), "cannot be looked at: no answer from its disk"]
    return changed_by(paths, flat=flat, share=share)


class _Look:
    """One look at several places; what was seen is not looked at again."""

    def __init__(self, real: Callable[[str], str], share: tuple[int, int]) -> None:
        self._real = real
        self._share, self._shares = share
        self._seen: set[str] = set()
        self._count = 0
        self._folders: set[tuple[int, int]] = set()
        self._shared: dict[int, bool] = {}
        self._deadline = time.monotonic() + LONGEST_S

    def at(self, path: str, *, deep: bool) -> list[str] | None:
        """Return who can change a path or a file below it."""
        return self._on_the_way(path) or self._below(path, deep=deep)

    def _on_the_way(self, path: str) -> list[str] | None:
        for place, status in self._way(path):
            # nobody takes away what root has put into a folder such as /tmp
            shared = stat.S_ISDIR(status.st_mode) and bool(status.st_mode & stat.S_ISVTX)
            who = self._who(status, writable=not (shared and place != path))
            if who:
                return [place, who]
        return None

    def _way(self, path: str) -> Iterator[tuple[str, os.stat_result]]:
        """Yield the folders and links that lead to *path*, and what it is itself, each once."""
        done, hops = "", 0
        rest = [*_steps(path), ""]  # the root comes first
        while rest:
            part = rest.pop()
            if part == "..":
                done = done.rpartition("/")[0]
            if part in (".", ".."):
                continue
            place = f"{done}/{part}" if part else done
            status = _lstat(self._real(place or "/"))
            if status is None:
                return
            if place not in self._seen:
                self._seen.add(place)
                yield place or "/", status
            if not stat.S_ISLNK(status.st_mode):
                done = place
                continue
            hops += 1
            target = os.readlink(self._real(place))
            done = "" if target.startswith("/") else done
            rest += _steps(target)
            if hops > _MOST_LINKS:
                return

    def _below(self, path: str, *, deep: bool) -> list[str] | None:
        """Return who can change a file or a folder below one, links followed."""
        folders = [(path, 0)]
        while folders:
            folder, depth = folders.pop()
            if self._count > MOST_FILES or time.monotonic() > self._deadline:
                return [path, "holds more files than root looks at"]
            whose = self._of_folder(folder)
            if whose:
                return [folder, whose]
            for place, status in self._doubtful(folder):
                if stat.S_ISLNK(status.st_mode):
                    found = self._on_the_way(place)
                else:
                    who = self._who(status)
                    found = [place, who] if who else None
                if found:
                    return found
                if deep and not stat.S_ISREG(status.st_mode) and self._is_mine(place, depth + 1):
                    folders.append((place, depth + 1))
        return None

    def _is_mine(self, place: str, depth: int) -> bool:
        """Whether a folder is of this share: told by its name alone, so that each is somebody's."""
        return depth != _SHARED_AT or sum(map(ord, place)) % self._shares == self._share

    def _of_folder(self, folder: str) -> str | None:
        """Who can put files into a folder that is read: a sticky one keeps others from none of that."""
        try:
            own = os.stat(self._real(folder))
        except OSError:
            return None
        return self._who(own) if stat.S_ISDIR(own.st_mode) else None

    def _doubtful(self, folder: str) -> Iterator[tuple[str, os.stat_result]]:
        """Yield what lies in a folder but the files of root alone, which are nearly all of tens of thousands.

        Nothing is yielded for a folder that was seen under another name, and for what is none.
        """
        try:
            own = os.stat(self._real(folder))
            if (own.st_dev, own.st_ino) in self._folders or not stat.S_ISDIR(own.st_mode):
                return
            self._folders.add((own.st_dev, own.st_ino))
            entries = list(os.scandir(self._real(folder)))
        except OSError:
            return
        self._count += len(entries)
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except (OSError, ValueError):
                continue
            own_file = not status.st_uid and status.st_mode & _KIND_AND_OTHERS == stat.S_IFREG
            if not own_file and entry.name not in _SITES:
                yield f"{folder.rstrip('/')}/{entry.name}", status

    def _who(self, status: os.stat_result, *, writable: bool = True) -> str | None:
        kind = stat.S_IFMT(status.st_mode)
        if kind not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
            return None  # nothing is run from a device, such as a link to /dev/null leads to
        if status.st_uid:
            return f"belongs to user {status.st_uid}"
        if kind == stat.S_IFLNK or not writable:
            return None
        if status.st_mode & stat.S_IWOTH:
            return "can be changed by everybody"
        others = status.st_mode & stat.S_IWGRP and self._has_others(status.st_gid)
        return f"can be changed by group {status.st_gid}" if others else None

    def _has_others(self, group: int) -> bool:
        """Whether anybody but root is in a group, or nobody can tell (Debian's staff, which may install, is empty)."""
        if group not in self._shared:
            self._shared[group] = group != 0 and _is_shared(group, self._real)
        return self._shared[group]


def _steps(path: str) -> list[str]:
    """The parts of a path, the first one last."""
    return [part for part in reversed(path.split("/")) if part]


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def _is_shared(group: int, real: Callable[[str], str]) -> bool:
    own = [row for row in _rows(real("/etc/group")) if row[2:3] == [str(group)]]
    members = {name for row in own for name in ",".join(row[3:4]).split(",") if name}
    first = {row[0] for row in _rows(real("/etc/passwd")) if row[3:4] == [str(group)]}
    return not own or bool((members | first) - {"root"})


def _rows(path: str) -> list[list[str]]:
    """The rows of a file such as /etc/group."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n").split(":") for line in file]
    except OSError:
        return []


def _main() -> None:
    parted = sys.argv.index(_PARTED)
    share = int(sys.argv[1]), int(sys.argv[2])
    found = changed_by(sys.argv[3:parted], flat=sys.argv[parted + 1 :], share=share)
    if found is None:
        sys.stdout.write('{"found": null}\n')
        return
    import json

    sys.stdout.write(json.dumps({"found": found}) + "\n")


if __name__ == "__main__":
    _main()
