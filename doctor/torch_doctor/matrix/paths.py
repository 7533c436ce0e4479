"""Where the compiled tables lie, and in a checkout the YAML that they are made from and the modules that do it."""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
DATA = os.path.join(_PACKAGE, "_data")
SOURCES = os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "matrix")
COMPILED_BY = [
    os.path.join(_PACKAGE, "matrix", *name)
    for name in (
        *(("rows.py",), ("builds", "rows.py"), ("builds", "systems.py"), ("gpus", "rows.py")),
        *(("provenance.py",), ("source", "compile.py"), ("source", "decoding.py")),
    )
]
