"""What is known of a child that a probe started: most probes only read that, and on most hosts none is started."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple


class ChildResult(NamedTuple):
    """What became of a child.

    *status* is ok, exit (non-zero), crash (a signal), timeout, unkillable, oversize, not-started, or of a recorded
    host not-recorded; *lines* are the JSON objects that it printed, one a line; *detail* says more; *stderr* is the
    beginning and the end of what it complained about.
    """

    status: str
    lines: tuple[dict[str, Any], ...] = ()
    detail: str = ""
    stderr: str = ""
    seconds: float = 0.0

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ChildResult:
        """Decode what to_json made."""
        return cls(**{**document, "lines": tuple(document.get("lines", ()))})

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, for recordings."""
        return {
            "status": self.status,
            "lines": list(self.lines),
            "detail": self.detail,
            "stderr": self.stderr,
            "seconds": self.seconds,
        }


OnLine = Callable[[dict[str, Any]], "float | None"]
# What the child reads on its standard input, piece by piece. It is asked in a thread, and may wait for a while.
Feed = Callable[[], Iterable[bytes]]
