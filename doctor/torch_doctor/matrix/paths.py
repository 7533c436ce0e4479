"""Where the compiled tables lie, and in a checkout the YAML that they are made from, the modules that do it."""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
DATA = os.path.join(_PACKAGE, "_data")
SOURCES = os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "matrix")
COMPILED_BY = [
    os.path.join(_PACKAGE, "matrix", *name)
    for name in (
        *(("rows.py",), ("builds", "rows.py"), ("builds", "systems.py"), ("gpus", "rows.py")),
        *(
            ("provenance.py",),
            ("source", "compile.py"),
            ("source", "decoding.py"),
            ("source", "columns.py"),
        ),
    )
]


def newest(folder: str, ending: str) -> float:
    """Return when a file below *folder* with that *ending*, or the list of files of a folder, was last changed.

    In seconds since 1970. Raise OSError where the folder cannot be read.
    """
    latest = os.stat(folder).st_mtime
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ending):
                changed = entry.stat().st_mtime
            elif entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                changed = newest(entry.path, ending)
            else:
                continue
            latest = max(latest, changed)
    return latest
