"""Read the hosts of a fleet as a stream: JSON lines, files of one host, folders of either."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import cached_property

from torch_doctor.cli.input.binary import binary_kind, unmarked
from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.input.facts_file import facts_of
from torch_doctor.cli.input.json_file import LIMIT, JsonFile, JsonFileError, parsed, wrong
from torch_doctor.core.fact import Facts
from torch_doctor.core.startup import TYPE_CHECKING, BinaryIO
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.source.regular import regular

if TYPE_CHECKING:
    from torch_doctor.fleet.census import Census
    from torch_doctor.fleet.sifting import Span

# What is smaller is read in this process: others take a while to start.
LARGE = 64 << 20
Decode = Callable[[str, str], Facts]
_CURE = "a line is what torch-doctor collect --node NAME writes"
_NAME_ONE = "name a file that torch-doctor collect wrote"


class HostLine(NamedTuple):
    """The JSON of one host, where it stands, and what it is called if it does not say; or what is wrong there.

    Where the line was sifted, *file* and *span* say where to read it, and *text* is empty. *behind* is where the next
    one begins in its file.
    """

    text: str
    place: str
    name: str
    fault: JsonFileError | None = None
    file: str = ""
    span: Span | None = None
    behind: int = 0


class HostLines:
    """All hosts of some sources, one after another; nothing is kept of one that was passed on.

    A host that does not say its name is called by the name of its file, and where another file has that name, by the
    path below the folder that is named, or the whole path: how that folder is written makes no difference.
    """

    def __init__(self, sources: list[str]) -> None:
        self._sources = sources
        self._taken: set[str] = set()
        self._read = self._before = 0

    def __iter__(self) -> Iterator[HostLine]:
        for source in self._sources:
            if source == "-":
                yield from _hosts(sys.stdin.buffer, "standard input", "standard input")
            elif os.path.isdir(source):
                yield from self._folder(source)
            else:
                yield from self._file(
                    source, self._called(os.path.basename(source), os.path.abspath(source))
                )

    @cached_property
    def size(self) -> int | None:
        """How many bytes there are to read; None where nobody knows."""
        known = all(os.path.isdir(source) or os.path.isfile(source) for source in self._sources)
        return sum(map(_size, self._sources)) if known else None

    def share(self) -> float | None:
        """How much of all was passed on, from 0 to 1; None where nobody knows."""
        return min(1.0, self._read / self.size) if self.size else None

    def _file(self, path: str, name: str) -> Iterator[HostLine]:
        for line in _file(path, name):
            self._read = self._before + line.behind
            yield line
        self._before = self._read

    def _called(self, name: str, path: str) -> str:
        """Return the name of a file without what it ends in, its path where that name is taken."""
        stem = os.path.splitext(name)[0]
        if stem in self._taken:
            return os.path.splitext(path)[0]
        self._taken.add(stem)
        return stem

    def _folder(self, folder: str) -> Iterator[HostLine]:
        try:
            os.scandir(folder).close()
        except OSError as error:
            yield _unread(folder, error)
            return
        found = False
        for place, folders, files in os.walk(folder):
            folders.sort()
            for name in sorted(files):
                if not name.startswith("."):
                    found = True
                    path = os.path.join(place, name)
                    yield from self._file(path, self._called(name, os.path.relpath(path, folder)))
        if not found:
            fault = wrong(one_line(folder, 300), "holds no file", "name a folder of saved hosts")
            yield HostLine("", folder, folder, fault)


def count_hosts(
    census: Census, sources: list[str], *, quiet: bool, decode: Decode | None = None
) -> Iterator[JsonFileError]:
    """Count all hosts of some sources; yield what is wrong with the lines that tell of none.

    *decode* makes facts of a text and its place (default: decoded).
    """
    from torch_doctor.cli.output.progress import counted, settled

    make, hosts = decode or decoded, HostLines(sources)
    for line in settled(counted(hosts, "hosts judged", quiet=quiet, share=hosts.share)):
        number = census.known(line.span.key) if line.span else None
        if line.span and number is not None:
            census.count(one_line(line.span.node, 200) or line.name, number)
            continue
        full = line if line.span is None else _again(line, line.span)
        try:
            if full.fault is not None:
                raise full.fault
            census.add(full.text, full.name, lambda text, place=full.place: make(text, place))  # type: ignore[misc]
        except JsonFileError as fault:
            yield fault


def _again(line: HostLine, span: Span) -> HostLine:
    """Read a line that was sifted, and whose digest is new."""
    with open(line.file, "rb", opener=regular) as file:
        file.seek(span.offset)
        return _line(file.read(span.length), line.place)


def decoded(text: str, place: str) -> Facts:
    """Return the facts of one host; raise JsonFileError, which names the place and the cure, where there are none."""
    return facts_of(JsonFile(place, "", parsed(text, place, _CURE)))


def expected_in(name: str, option: str = "--expected") -> list[str]:
    """Return the nodes of a list: one a line or as ``node[001-128]``; what stands behind a # is a remark."""
    from torch_doctor.fleet.hostlist import unfolded

    shown = "standard input" if name == "-" else one_line(name, 300)
    try:
        if name == "-":
            text = sys.stdin.read(LIMIT)
        else:
            with open(name, encoding="utf-8-sig", opener=regular) as file:
                text = file.read(LIMIT)
        rows = (row.partition("#")[0] for row in text.splitlines())
        found = [one_line(node, 200) for row in rows for node in unfolded(row)]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{option} {shown}: {reason}",
            "name a file of nodes, one a line, or - for a pipe",
            "input",
        ) from error
    if not found:
        raise InputError(
            f"{option} {shown} names no node", "write one a line, or node[001-128]", "input"
        )
    return found


def _file(path: str, name: str) -> Iterator[HostLine]:
    shown = one_line(path, 300)
    try:
        with open(path, "rb", opener=regular) as file:
            size, processes = os.fstat(file.fileno()).st_size, _processors()
            if size < LARGE or processes < 2 or file.read(64).lstrip()[:2].strip() == b"{":
                file.seek(0)
                yield from _hosts(file, shown, one_line(name, 300))
                return
        yield from _sifted(path, one_line(name, 300), size, processes)
    except OSError as error:
        yield _unread(path, error)


def _size(source: str) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    if not os.path.isdir(source):
        return os.path.getsize(source)
    paths = (os.path.join(place, name) for place, _, files in os.walk(source) for name in files)
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))


def _unread(path: str, error: OSError) -> HostLine:
    shown = one_line(path, 300)
    fault = wrong(shown, f"cannot be read: {error.strerror or error}", _NAME_ONE)
    return HostLine("", shown, shown, fault)


def _sifted(path: str, name: str, size: int, processes: int) -> Iterator[HostLine]:
    from torch_doctor.fleet.sifting import parts

    before = 0
    for part in parts(path, size, LIMIT, processes):
        for span in part.spans:
            number = before + span.number
            place = f"{one_line(path, 300)}:{number}"
            behind = span.offset + span.length
            yield HostLine("", place, f"{name}:{number}", None, path, span, behind)
        before += part.lines


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _hosts(file: BinaryIO, shown: str, name: str) -> Iterator[HostLine]:
    number = behind = 0
    while line := file.readline(LIMIT + 1):
        number += 1
        behind += len(line)
        binary = (unmarked(line) or binary_kind(line)) if number == 1 else None
        if binary:
            fault = wrong(shown, f"is {binary.what}", binary.cure)
            yield HostLine("", shown, shown, fault)
            return
        if number == 1 and line.strip() in (b"{", b"\xef\xbb\xbf{"):
            yield from _documents(line + file.read(LIMIT), shown, name)
            return
        if line.strip():
            found = _line(line, f"{shown}:{number}")
            yield found._replace(name=f"{name}:{number}", behind=behind)


def _line(line: bytes, place: str) -> HostLine:
    if len(line) > LIMIT:
        return HostLine("", place, place, wrong(place, f"is longer than {LIMIT >> 20} MiB", _CURE))
    try:
        return HostLine(line.decode("utf-8-sig"), place, place)
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start} of the line)"
        return HostLine("", place, place, wrong(place, message, _CURE))


def _documents(data: bytes, shown: str, name: str) -> Iterator[HostLine]:
    """Yield the hosts of a file that is laid out over lines: one, or several behind each other."""
    text = data.decode("utf-8-sig", "replace")
    decoder, place, count = json.JSONDecoder(), 0, 0
    while place < len(text.rstrip()):
        place += len(text[place:]) - len(text[place:].lstrip())
        line = text.count("\n", 0, place) + 1
        try:
            document, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            fault = wrong(f"{shown}:{line}", f"is not JSON: {one_line(str(error), 200)}", _NAME_ONE)
            yield HostLine("", shown, shown, fault)
            return
        # As a line has it, so that the same host has the same digest.
        own = name if count == 0 else f"{name}:{line}"
        yield HostLine(json.dumps(document), f"{shown}:{line}", own, behind=end)
        place, count = end, count + 1
