"""Build hook: the wheel carries the matrix compiled and the rules indexed; YAML stays in the source."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class MatrixBuildHook(BuildHookInterface):
    """Compile matrix/*.yaml and the index of rules into doctor/torch_doctor/_data before the files are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; an unsound row stops the build with its file and line."""
        root = Path(self.root)
        sys.path.insert(0, str(root / "doctor"))
        try:
            from torch_doctor.matrix.source.compile import compile_matrix, write_compiled
            from torch_doctor.rules._index import import_rules, write_index

            write_compiled(
                compile_matrix(root / "matrix"), root / "doctor" / "torch_doctor" / "_data"
            )
            write_index(import_rules())
        finally:
            sys.path.remove(str(root / "doctor"))
