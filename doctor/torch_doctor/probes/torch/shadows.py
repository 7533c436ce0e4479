"""Files that a program would import in place of torch, or of what torch imports: found by name, nothing is imported.

A program's own directory and PYTHONPATH come before the standard library; torch-doctor itself runs isolated and never
meets such a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.fact import Fact, Known, Source
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.installation import join
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.install import Install, find_install

OWNS = ("torch_shadows", "dependency_shadows")
# What ``import torch`` imports of the standard library, and cannot do without: torch 2.13 on Python 3.11 fails with an
# empty file of each of these names beside the program. Modules that some Pythons have built in (math, zlib …) are left
# out: a file does not hide them there.
OF_PYTHON = frozenset(
    """
    ast asyncio base64 bisect collections concurrent contextlib contextvars copy copyreg ctypes dataclasses
    datetime dis email enum fnmatch functools gettext glob heapq http importlib inspect json keyword
    linecache logging multiprocessing numbers opcode operator pathlib pickle platform pprint queue quopri
    random re reprlib selectors signal socket ssl string struct subprocess tempfile textwrap threading
    timeit token tokenize traceback types typing unittest urllib warnings weakref
    """.split()
)
INSTALLED = frozenset("numpy typing_extensions torchgen".split())


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what stands in the way of torch, and of what it imports."""
    found = find_install(host, target)
    source = Source("file", target.cwd or target.prefix)
    yield "torch_shadows", Known(tuple(_of_torch(host, target, found)), source)
    yield "dependency_shadows", Known(tuple(_of_dependencies(host, target)), source)


def _of_torch(host: Host, target: Target, found: Install | None) -> Iterator[str]:
    """Yield what an import from the working directory or an earlier place would take instead of torch."""
    places: Sequence[str] = target.search_path
    if found:
        places = places[: places.index(found.site)]
    for place in dict.fromkeys((*_own_places(host, target), *places)):
        package = f"{place}/torch"
        if host.exists(f"{package}/__init__.py"):
            if not found or host.resolve(package) != host.resolve(found.path):
                yield f"{package}/"
        elif host.exists(f"{package}.py"):
            yield f"{package}.py"


def hiding_everywhere(host: Host, target: Target) -> bool:
    """Whether a folder of PYTHONPATH holds what hides torch, or a module that torch needs, from every program."""
    early = on_path(host, target)
    of_torch = _of_torch(host, target, find_install(host, target))
    hidden = (path for path in of_torch if path.rpartition("/torch")[0] in early)
    return any(_hiding(host, target, early)) or any(hidden)


def on_path(host: Host, target: Target) -> list[str]:
    """Return the folders of PYTHONPATH."""
    pythonpath = host.environ.get("PYTHONPATH", "").split(";" if target.windows else ":")
    return [join(target.cwd or "/", entry) for entry in pythonpath if entry]


def _of_dependencies(host: Host, target: Target) -> Iterator[str]:
    return _hiding(host, target, [*_own_places(host, target), *on_path(host, target)])


def _hiding(host: Host, target: Target, places: Sequence[str]) -> Iterator[str]:
    for place in dict.fromkeys(places):
        try:
            there = host.listdir(place)
        except OSError:
            continue
        # A directory of modules that belong together is no place where a program is started.
        if place in target.site_dirs or place == target.stdlib or "__init__.py" in there:
            continue
        for name in there:
            stem = name.removesuffix(".py")
            if stem not in OF_PYTHON and stem not in INSTALLED:
                continue
            if stem != name:
                yield one_line(f"{place.rstrip('/')}/{name}")
            elif host.exists(f"{place}/{name}/__init__.py"):
                yield one_line(f"{place.rstrip('/')}/{name}/")


def _own_places(host: Host, target: Target) -> list[str]:
    """Return the directory that a program started here would have first on its path."""
    return [target.cwd] if target.cwd and not host.environ.get("PYTHONSAFEPATH") else []
