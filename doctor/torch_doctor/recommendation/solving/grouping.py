"""Rejected builds, one group for each reason, with the ranges of versions that it rejects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.query import release_key
from torch_doctor.recommendation.answer import Answer
from torch_doctor.recommendation.solving.solve import Candidate, Rejected


class RejectedBuilds(NamedTuple):
    """One reason and the builds it rejects, the *newest* torch of them; *every* says that it rejects all there are."""

    kind: str
    brief: str
    builds: str
    size: int
    every: bool
    newest: tuple[int, ...] = ()


def groups(
    answer: Answer, rejected: Sequence[Rejected], *, older: bool = True
) -> tuple[RejectedBuilds, ...]:
    """Return *rejected* of *answer* by reason: as few groups as cover them, the greatest first.

    A build that fails for several reasons stands under the one that explains most builds. Without *older*, builds
    of a torch before the best plan's are left out: they would not have been chosen anyway.
    """
    everything = [item.candidate for item in answer.accepted]
    everything += (item.candidate for item in (*answer.rejected, *answer.undecided))
    best = release_key(answer.accepted[0].candidate.torch) if answer.accepted else ()
    left = [item for item in rejected if older or release_key(item.candidate.torch) > best]
    made = []
    while left:
        (kind, brief), _ = Counter(key for item in left for key in _keys(item)).most_common(1)[0]
        members = [item.candidate for item in left if (kind, brief) in _keys(item)]
        left = [item for item in left if (kind, brief) not in _keys(item)]
        every = len(members) == len(everything)
        newest = max(release_key(one.torch) for one in members)
        words = ranges(members, everything)
        made.append(RejectedBuilds(kind, brief, words, len(members), every, newest))
    return tuple(made)


def _keys(item: Rejected) -> list[tuple[str, str]]:
    """The reasons in brief; what is not known explains nothing where something else speaks against a build."""
    reasons = [reason for reason in item.reasons if reason.decided] or item.reasons
    return list(dict.fromkeys((reason.kind, reason.brief) for reason in reasons))


def ranges(candidates: Sequence[Candidate], everything: Sequence[Candidate]) -> str:
    """Return builds in words: ``2.9.0–2.15.0 for cu130 and cu132``. A range has no gap among *everything*."""
    variants: dict[str, list[str]] = {}
    for candidate in sorted(candidates, key=_variant_key, reverse=True):
        runs = _runs(candidate.variant, candidates, everything)
        variants.setdefault(runs, [])
        if candidate.variant not in variants[runs]:
            variants[runs].append(candidate.variant)
    return "; ".join(f"{runs} for {listing(names)}" for runs, names in variants.items())


def _runs(variant: str, candidates: Iterable[Candidate], everything: Iterable[Candidate]) -> str:
    chosen = {candidate.torch for candidate in candidates if candidate.variant == variant}
    there = sorted({c.torch for c in everything if c.variant == variant}, key=release_key)
    runs: list[list[str]] = []
    previous = False
    for torch in there:
        if torch in chosen:
            if previous:
                runs[-1].append(torch)
            else:
                runs.append([torch])
        previous = torch in chosen
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _variant_key(candidate: Candidate) -> CudaVersion:
    return candidate.cuda
