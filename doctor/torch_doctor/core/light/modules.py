"""The program's own modules, found by their names: a command imports two hundred of them.

Python asks each of its finders for every module, and tries five endings in a folder that it lists. Here the name says
which file it is. What was compiled is held against its source as Python does it; what is not as usual is left to it.
"""

from __future__ import annotations

import os
import sys

# Both are in every interpreter from its start; importlib would have to be imported, and warnings with it.
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from marshal import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

_PACKAGE = __name__.partition(".")[0]
# Four bytes of the interpreter's number, four that say how it is held against the source, and the source's two.
_BY_TIME, _HEAD = MAGIC_NUMBER + bytes(4), 16
_OF_FOUR_BYTES = 0xFFFFFFFF


class _Loader(SourceFileLoader):
    """Reads what was compiled of a source file that was just looked at."""

    def __init__(self, name: str, path: str, compiled: str, source: os.stat_result) -> None:
        super().__init__(name, path)
        self._compiled = compiled
        self._head = b"".join(
            (
                _BY_TIME,
                (int(source.st_mtime) & _OF_FOUR_BYTES).to_bytes(4, "little"),
                (source.st_size & _OF_FOUR_BYTES).to_bytes(4, "little"),
            )
        )

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the module; Python compiles it, and keeps it, where what is kept is of another source."""
        try:
            with open(self._compiled, "rb", buffering=0) as file:
                kept = file.read()
        except OSError:
            kept = b""
        if kept[:_HEAD] != self._head:
            return super().get_code(fullname)
        code: CodeType = loads(memoryview(kept)[_HEAD:])  # noqa: S302  Python reads the same file alike
        return code


class _ByName:
    """A finder of the package's modules. It tells nothing of what is no plain file beside its package."""

    def __init__(self, ending: str) -> None:
        self._ending = ending

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module comes from, or None: then Python looks for it."""
        package, _, last = name.rpartition(".")
        if path is None or len(path) != 1 or package.partition(".")[0] != _PACKAGE:
            return None
        folder = path[0]
        inner = os.path.join(folder, last)
        for is_package, home, stem in ((False, folder, last), (True, inner, "__init__")):
            file = f"{home}{os.sep}{stem}.py"
            try:
                source = os.stat(file)
            except OSError:
                continue
            compiled = f"{home}{os.sep}__pycache__{os.sep}{stem}{self._ending}"
            loader = _Loader(name, file, compiled, source)
            spec = ModuleSpec(name, loader, origin=file, is_package=is_package)
            if is_package:
                spec.submodule_search_locations = [inner]
            spec.has_location, spec.cached = True, compiled
            return spec
        return None


def find_by_name() -> None:
    """Have the modules of this package found by their names, in a program that is this package's own.

    Nothing changes where they are no plain files, or where what is compiled is kept elsewhere or not at all.
    """
    tag, prefix = sys.implementation.cache_tag, sys.pycache_prefix
    loader = sys.modules[__name__].__loader__
    if not tag or prefix is not None or type(loader) is not SourceFileLoader:
        return
    level = sys.flags.optimize
    sys.meta_path.insert(0, _ByName(f".{tag}{f'.opt-{level}' if level else ''}.pyc"))
