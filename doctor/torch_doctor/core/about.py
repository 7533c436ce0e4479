"""What was judged: this machine, a saved one, one that a report tells of, or one that somebody described."""

from __future__ import annotations

from torch_doctor.core.light.words import StrEnum
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple

# What the sources of a paste's facts call a paste that has no name.
UNNAMED = "report"
# Of the JSON of all commands.
SCHEMA_VERSION = 2


class AboutKind(StrEnum):
    """What facts are about: it decides what a report may call "here"."""

    THIS_MACHINE = "this-machine"
    SAVED_MACHINE = "saved-machine"
    REPORTED_MACHINE = "reported-machine"
    HYPOTHETICAL = "hypothetical"


class About(NamedTuple):
    """What was judged. *name* is the file or report that told of it; *assumed* is what was put in place of facts."""

    kind: AboutKind = AboutKind.THIS_MACHINE
    name: str = ""
    assumed: tuple[str, ...] = ()

    @classmethod
    def report(cls, name: str = "") -> About:
        """Return what a pasted report is about."""
        return cls(AboutKind.REPORTED_MACHINE, "" if name == UNNAMED else name)

    def as_values(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return {"kind": self.kind.value, "name": self.name, "assumed": list(self.assumed)}
