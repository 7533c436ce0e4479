"""Print which patterns are tried on more than a line where a report is judged, as JSON: the pattern and how many letters."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from torch_doctor.core import startup

A_LINE = 2000  # letters; no line of a report is longer
tried: dict[str, int] = {}


def _noting(pattern: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*arguments: Any, **named: Any) -> Any:
        text = next((one for one in arguments if isinstance(one, str) and len(one) > A_LINE), "")
        if text:
            tried[pattern] = max(tried.get(pattern, 0), len(text))
        return call(*arguments, **named)

    return noted


class Late(startup.regex):  # type: ignore[misc,name-defined]
    """A late pattern that notes how long the texts are which it is tried on."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._given), name)
        return _noting(self.pattern, found) if callable(found) else found


def main() -> None:
    """Judge the report of standard input."""
    startup.regex = Late  # type: ignore[misc,assignment]
    for name in ("search", "match", "findall", "finditer", "sub", "split"):
        call = getattr(re, name)
        setattr(
            re,
            name,
            lambda pattern, *rest, call=call, **named: _noting(pattern, call)(
                pattern, *rest, **named
            ),
        )
    import torch_doctor

    torch_doctor.triage(sys.stdin.read())
    print(json.dumps(tried))


if __name__ == "__main__":
    main()
