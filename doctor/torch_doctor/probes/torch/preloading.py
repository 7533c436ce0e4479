"""Which libraries a torch looks up by itself before the loader does, read from the text of its own ``__init__.py``."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple

# ("cublas", "libcublas.so.*[0-9]"), as an item of a table or as the arguments of a call.
_LOOKUP = regex(r"""["'](\w+)["']\]?\s*[,:=]\s*["'](lib[\w+-]+\.so[^"'\s]*)["']""")
_OPTIONAL = regex(r",\s*required\s*=\s*False")
_WHOLE_TABLE = regex(r"""_preload_cuda_deps\(([^()"']*)\)""")
_CONDITION = regex(r"""["']([^"']*libcudart[^"']*)["']\s+not\s+in\s""")
_COMMENT = regex(r"^\s*#.*$", re.MULTILINE)
_NEXT = regex(r"^[^\s)#]", re.MULTILINE)
_BY_RELEASE = regex(r"""["']nvidia["']\s*,\s*f["']cu\{""")
_BESIDE = regex(r"join\(\s*path\s*,\s*lib_folder\b")
_MAX_LOOKUPS = 64


class Lookup(NamedTuple):
    """One library: the folder of its wheel, the pattern of its file, and whether its absence ends the search."""

    folder: str
    pattern: str
    required: bool

    def is_of(self, name: str) -> bool:
        """Whether a file's name fits the pattern, of which ``*`` and ``[0-9]`` are known."""
        pieces = re.split(r"(\*|\[0-9\])", self.pattern)
        words = {"*": ".*", "[0-9]": "[0-9]"}
        return (
            re.fullmatch("".join(words.get(one, re.escape(one)) for one in pieces), name)
            is not None
        )


class Preloading(NamedTuple):
    """What one torch looks up, and where.

    *early* is looked up where the path of a mapped file has *condition* in it, *late* where
    libtorch_global_deps.so could not be loaded. *by_release* says that ``nvidia/cu13/lib`` is a place, *beside* that
    ``FOLDER/lib`` without ``nvidia`` is.
    """

    early: tuple[Lookup, ...]
    late: tuple[Lookup, ...]
    condition: str
    by_release: bool
    beside: bool

    def places(self, folder: str, major: int | None) -> tuple[str, ...]:
        """Return the folders below one entry of ``sys.path`` in which a library is looked for, in order."""
        by_release = (f"nvidia/cu{major}/lib",) if self.by_release and major else ()
        return (f"nvidia/{folder}/lib", *by_release, *((f"{folder}/lib",) if self.beside else ()))


def preloading(source: str) -> Preloading:
    """Read what the *source* of ``torch/__init__.py`` says; nothing is looked up where it has no such functions.

    Up to torch 2.5 libraries are looked up only where the loader failed; nvrtc and nvJitLink always from 2.6 on,
    all of a table from 2.10 on, of which one that is absent ends the search before 2.14. Source: torch's wheels.
    """
    table, loading = _body(source, "_preload_cuda_deps"), _body(source, "_load_global_deps")
    before, _, after = loading.partition("except OSError")
    condition = _CONDITION.search(before)
    places = _body(source, "_get_cuda_dep_paths") + table
    return Preloading(
        _lookups(before, table),
        _lookups(after, table),
        condition[1] if condition else "",
        _BY_RELEASE.search(places) is not None,
        _BESIDE.search(places) is not None,
    )


def _body(source: str, name: str) -> str:
    """Return the text of one function at the top level without its comments; empty where there is none."""
    start = f"\n{source}".find(f"\ndef {name}(")
    if start < 0:
        return ""
    end = _NEXT.search(source, start + 1)
    return _COMMENT.sub("", source[start : end.start() if end else len(source)])


def _lookups(part: str, table: str) -> tuple[Lookup, ...]:
    """Return the libraries that stand in *part*, and those of the *table* where part asks for all of them."""
    found = list(_written(part))
    for asked in _WHOLE_TABLE.finditer(part):
        best_effort = re.search(r"\brequired\s*=\s*False", asked[1]) is not None
        found += [
            one._replace(required=one.required and not best_effort) for one in _written(table)
        ]
    return tuple(found[:_MAX_LOOKUPS])


def _written(text: str) -> tuple[Lookup, ...]:
    return tuple(
        Lookup(found[1], found[2], _OPTIONAL.match(text, found.end()) is None)
        for found in _LOOKUP.finditer(text)
    )
