"""A claim is what one line of a report says about one fact, and how directly the line shows it.

The catalogue is the type of every claim: its name is the name of a fact (or of a hint, see ``hints``), its value has
the type that the catalogue writes for that fact. A claim about a list is one item of the list; None claims nothing,
so that readers can pass on what they could not read. Anything else is a fault of a reader. In tests, and under ``python -X dev``, making such
a claim raises; elsewhere it becomes a ``Refused``, so that the rest of the report is read and the fault is seen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from torch_doctor.core.catalog import FACTS, FactSpec
from torch_doctor.core.codec import decode, encode, type_named
from torch_doctor.core.fact import Reason
from torch_doctor.core.light.words import IntEnum
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.pastes.claims.hints import HINTS, Refused


class Seen(IntEnum):
    """How directly a line shows what it says, from weakest to strongest.

    Of two claims of one kind the earlier line wins: a report starts with the case at hand, and comparisons
    ("on my other machine…") follow.
    """

    TRACE = 0  # a trace that fits: the shape of a path, the platform of a wheel
    WORDS = 1  # somebody says so
    COMMAND = 2  # commands, files and paths: what was asked for, not what happened
    BANNER = 3  # one-line banners of applications
    PACKAGES = 4  # package lists and the output of installers
    SESSION = 5  # what a pasted interpreter session or a log line of torch shows
    SUMMARY = 6  # environment summaries: mmcv, detectron2, transformers, ds_report, bitsandbytes
    REPORT = 7  # an environment report made for this purpose: torch's and vLLM's collect_env
    TOOL = 8  # the tool that owns the number: nvidia-smi for the driver, nvcc for the toolkit
    OBSERVED = 9  # a program tried it and printed the number: "found version 12080"


class Absence(NamedTuple):
    """The claim that there is no such thing, or that it does not apply."""

    reason: Reason
    detail: str = ""


class ClaimError(TypeError):
    """A reader made a claim that the catalogue refuses."""


class Claim:
    """*value* of the fact *name*, read at *line* (1 is the first).

    *implied* is what follows from a line that states something else: it yields to what others of its kind state.
    """

    __slots__ = ("implied", "line", "name", "seen", "value")

    def __init__(
        self, name: str, value: Any, line: int, seen: Seen, *, implied: bool = False
    ) -> None:
        if type(value) not in _KINDS.get(name, ()) or (STRICT and not _is_whole(name, value)):
            name, value = "refused", _refused(name, value)
        self.name = name
        self.value = value
        self.line = line
        self.seen = seen
        self.implied = implied

    def __repr__(self) -> str:
        kind = f"{self.seen.name}, implied" if self.implied else self.seen.name
        return f"Claim({self.name}={self.value!r}, line {self.line}, {kind})"

    @property
    def rank(self) -> tuple[int, bool, int]:
        """The order of claims about one fact: the first counts."""
        return -self.seen, self.implied, self.line


def implied(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield *claims* as what follows from a line that states something else."""
    for claim in claims:
        claim.implied = True
        yield claim


STRICT = sys.flags.dev_mode
WHOLE = frozenset({"arch_list"})  # lists that one line prints from end to end
_NOTHING = type(None)


def _kinds() -> dict[str, tuple[type[Any], ...]]:
    """Return the types that the value of a claim may have, by name."""
    kinds: dict[str, tuple[type[Any], ...]] = {
        name: (kind, _NOTHING) for name, kind in HINTS.items()
    }
    for name, spec in FACTS.items():
        kinds[name] = (type_named(_written(name, spec)), Absence, _NOTHING)
    return kinds


def _written(name: str, spec: FactSpec) -> str:
    """Return the type of a claim's value as the catalogue writes it: of a list that of its items."""
    if name in WHOLE:
        return spec.type
    return spec.type.removeprefix("tuple[").removesuffix(", ...]")


_KINDS = _kinds()


def _is_whole(name: str, value: Any) -> bool:
    """Whether *value* is of its type down to its last field, which takes too long to ask of every claim."""
    if value is None or name in HINTS or isinstance(value, Absence):
        return True
    try:
        return bool(decode(_written(name, FACTS[name]), encode(value)) == value)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _refused(name: str, value: Any) -> Refused:
    """Return what is wrong with a claim; raise ClaimError where faults must not be overlooked."""
    if name in _KINDS:
        wanted = " or ".join(kind.__name__ for kind in _KINDS[name])
        why = f"{name} takes {wanted}, not {type(value).__name__} {value!r:.80}"
    else:
        why = f"the catalogue has no fact {name!r}"
    if STRICT:
        raise ClaimError(why)
    return Refused(name, why)
