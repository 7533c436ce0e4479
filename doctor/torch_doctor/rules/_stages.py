"""What comes about, one after the other, until PyTorch reaches a GPU: what breaks at one stage shows at the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

from torch_doctor.core.rule import Rule
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.core.rule import Stage

# A driver is there, its library is found, it starts, torch is imported and reaches CUDA; as many GPUs as are asked for.
_NEXT: dict[Stage, tuple[Stage, ...]] = {
    "driver": ("library",),
    "library": ("start", "gpus"),
    "start": ("cuda",),
    "import": ("cuda",),
    "cuda": (),
    "gpus": (),
}


def after(stages: Iterable[Stage]) -> Iterator[Stage]:
    """Yield every stage that is not reached where *stages* are broken. Raises KeyError for an unknown one."""
    for stage in stages:
        yield from _NEXT[stage]
        yield from after(_NEXT[stage])


def with_consequences(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return *rules* by code; each explains what shows that a stage which it breaks, or one after it, was not reached.

    A rule that shows a failed stage explains those after it. Raises KeyError for a stage that there is not.
    """
    ordered = sorted(rules, key=attrgetter("code"))
    return tuple(
        rule._replace(explains=tuple(sorted({*rule.explains, *_consequences(rule, ordered)})))
        for rule in ordered
    )


def _consequences(rule: Rule, rules: Iterable[Rule]) -> Iterator[str]:
    shown = (rule.shows,) if rule.shows else ()
    missed = {*rule.breaks, *after((*rule.breaks, *shown))}
    return (other.code for other in rules if other.shows in missed and other.code != rule.code)
