"""Regular expressions that are compiled when they are first used.

Most modules have some, and most runs use few of them: compiling all of them was a tenth of a short command.
"""

from __future__ import annotations

import re

from torch_doctor.core.typed import TYPE_CHECKING, Any

__all__ = ["regex"]

if TYPE_CHECKING:

    def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
        """Return *pattern*, ready to search with."""

else:

    class regex:  # noqa: N801  it stands where a function would
        """A pattern, ready to search with; it has the attributes of ``re.Pattern``."""

        def __init__(self, pattern: str, flags: int = 0) -> None:
            self._given = pattern, flags

        def __getattr__(self, name: str) -> Any:
            """Return an attribute of the compiled pattern, and keep it: the next use costs nothing more."""
            found = getattr(re.compile(*self._given), name)
            setattr(self, name, found)
            return found
