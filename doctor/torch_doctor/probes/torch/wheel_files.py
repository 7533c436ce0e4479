"""The files that wheels brought, against their RECORD: what decides by a look, the others by size or hash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.elf_answers import fault_of, is_whole
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import Dist, distributions, text
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.install import find_install

OWNS = ("library_damage",)
RECORDS_OWN = ("recorded_damage",)
_LIBRARY = regex(r"\n([^,\n]*/lib/[^,\n/]*\.so[^,\n/]*),[^,\n]*,(\d+)(?=\s)")
_RECORD_LIMIT = 8 << 20
_BESIDE_TORCH = ("torch", "triton")
# What an image may leave out without a change to what runs.
_SPARE = frozenset(
    {"test", "tests", "testing", "include", "share", "examples", "__pycache__", "bin"}
)
_RUN = (".py", ".so", ".pyd", ".dll", ".json")
_MANY = 20
_READERS = 4


class _Entry(NamedTuple):
    """One line of a RECORD: a path relative to the site directory, its hash and its size."""

    path: str
    hash: str
    size: int


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield which libraries of NVIDIA's wheels are gone, cut or no libraries, by their sizes and headers."""
    source = Source("file", target.site_dirs[0] if target.site_dirs else target.prefix)
    if find_install(host, target) is None:
        yield "library_damage", Unavailable(Reason.NOT_PRESENT, "no torch is installed", source)
        return
    if target.windows:
        yield "library_damage", Unavailable(Reason.NOT_ASKED, "only Linux is looked at", source)
        return
    damage: list[str] = []
    for dist in _of_nvidia(host, target):
        faults = host.call(f"library faults of {dist.path}", partial(_faults, host, dist))
        if faults is None:
            detail = "this recording has no such answer"
            yield "library_damage", Unavailable(Reason.NOT_ASKED, detail, source)
            return
        damage += map(str, faults)
    yield "library_damage", Known(tuple(map(one_line, dict.fromkeys(damage))), source)


def probe_records(
    host: Host, target: Target, *, by_hash: bool = False
) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield which files differ from the RECORD of torch, of NVIDIA's wheels and of triton: by size, or also by hash."""
    found = find_install(host, target)
    source = Source("file", target.prefix)
    if found is None or found.dist is None:
        detail = "no RECORD of torch is there"
        yield "recorded_damage", Unavailable(Reason.NOT_PRESENT, detail, source)
        return
    if found.conda is not None:
        detail = "conda changes files after their RECORD is written"
        yield "recorded_damage", Unavailable(Reason.NOT_APPLICABLE, detail, source)
        return
    dists = [d for d in distributions(host, target) if d.name in _BESIDE_TORCH]
    dists = [d for d in dists if d.site == found.site]
    damage: list[str] = []
    for dist in dict.fromkeys((*dists, *_of_nvidia(host, target))):
        name = f"{'hashes' if by_hash else 'sizes'} of {dist.path}"
        differing = host.call(name, partial(_differing, host, dist, by_hash))
        if differing is None:
            detail = "this recording has no such answer"
            yield "recorded_damage", Unavailable(Reason.NOT_ASKED, detail, source)
            return
        damage += map(str, differing)
    yield "recorded_damage", Known(tuple(map(one_line, dict.fromkeys(damage))), source)


def _of_nvidia(host: Host, target: Target) -> list[Dist]:
    """Return NVIDIA's wheels of libraries, the first of each name on the path."""
    found: dict[str, Dist] = {}
    for dist in distributions(host, target):
        if dist.name.startswith("nvidia-") and not dist.name.startswith("nvidia-ml-py"):
            found.setdefault(dist.name, dist)
    return list(found.values())


def _faults(host: Host, dist: Dist) -> list[str]:
    """Return what is wrong with the libraries that a wheel brought."""
    record = text(host, f"{dist.path}/RECORD", _RECORD_LIMIT)
    found = []
    for path, size in _LIBRARY.findall(f"\n{record}\n"):
        place = f"{dist.site}/{path}"
        try:
            actual = host.size(place)
        except FileNotFoundError:
            found.append(f"{path} is missing")
            continue
        except OSError:
            continue
        if actual < int(size) and not is_whole(host, place):
            found.append(f"{path} has {actual} of {size} bytes")
        elif fault := fault_of(host, place):
            found.append(f"{path} {fault}")
    return found


def _differing(host: Host, dist: Dist, by_hash: bool) -> list[str]:
    entries = list(_entries(text(host, f"{dist.path}/RECORD", _RECORD_LIMIT)))
    look = partial(_difference, host, dist, by_hash)
    if by_hash:  # reading and hashing leave the interpreter's lock alone
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_READERS) as pool:
            looks = list(pool.map(look, entries))
    else:
        looks = [look(entry) for entry in entries]
    found = [fault for fault in looks if fault]
    more = len(found) - _MANY
    return [*found[:_MANY], *([f"{dist.name}: {more} more files"] if more > 0 else [])]


def _difference(host: Host, dist: Dist, by_hash: bool, entry: _Entry) -> str:
    """Return what is wrong with one file, or nothing."""
    place = host.real_path(f"{dist.site}/{entry.path}")
    try:
        actual = os.stat(place).st_size
    except FileNotFoundError:
        return f"{entry.path} is missing"
    except OSError:
        return ""
    library = ".so" in entry.path.rpartition("/")[2]
    if actual < entry.size and not (library and is_whole(host, f"{dist.site}/{entry.path}")):
        return f"{entry.path} has {actual} of {entry.size} bytes"
    if by_hash and actual == entry.size and not _same(place, entry.hash):
        return f"{entry.path} does not have the hash of its RECORD"
    return ""


def _entries(record: str) -> Iterator[_Entry]:
    """Yield what is run of the files that a RECORD names."""
    import csv

    lines = [line for line in record.splitlines() if _is_run(line)]
    for row in csv.reader(lines):
        if len(row) == 3 and row[2].isdigit() and not row[0].startswith(("..", "/")):
            yield _Entry(row[0], row[1], int(row[2]))


def _is_run(line: str) -> bool:
    path = line.partition(",")[0]
    name = path.rpartition("/")[2]
    if ".dist-info/" in path or not (name.endswith(_RUN) or ".so." in name):
        return False
    return _SPARE.isdisjoint(path.split("/")[:-1])


def _same(path: str, recorded: str) -> bool:
    """Whether a file has the hash that RECORD gives, ``sha256=…``; one that cannot be checked has."""
    import base64
    import hashlib

    kind, _, wanted = recorded.partition("=")
    if kind != "sha256" or not wanted:
        return True
    try:
        with open(path, "rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return True
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() == wanted
