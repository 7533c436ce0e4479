"""The law's answer where a fact was lost: what holds for everything that it may have been."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.judgement import Doubt, Judgement, Objection, Status
from torch_doctor.core.tuples import NamedTuple

_WORDS = {
    "os_family": "whether this is Linux or Windows",
    "host_arch": "whether the processor is x86_64 or aarch64",
    "wsl": "whether this is WSL",
    "jetson": "whether this is a Jetson",
    "libcuda": "which libcuda the loader takes",
    "torch_origin": "who built this torch",
}


class Judged(NamedTuple):
    """One reading of the lost facts and the law's answer for it."""

    reading: Facts
    judgement: Judgement


def what_holds(judged: Sequence[Judged], unsure: Sequence[str], facts: Facts) -> Judgement:
    """Return the answer that every reading has in common; unknown, with the facts that decide, where none is."""
    first = judged[0].judgement
    shared = tuple(one for one in first.objections if _stands_in_each(one, judged))
    served = [set(one.judgement.served) for one in judged]
    everywhere = tuple(gpu for gpu in first.served if all(gpu in there for there in served))
    alike = all(one.judgement.status is first.status for one in judged)
    if alike and (shared or not first.objections):
        doubts = dict.fromkeys(doubt for one in judged for doubt in one.judgement.unknown)
        return first._replace(objections=shared, unknown=tuple(doubts), served=everywhere)
    deciding = [name for name in unsure if _decides(name, judged)] or unsure
    words = tuple(Doubt(_words(name, facts), name) for name in deciding)
    return Judgement(Status.UNKNOWN, unknown=words, because=first.because, served=everywhere)


def _stands_in_each(objection: Objection, judged: Sequence[Judged]) -> bool:
    key = (objection.kind, objection.gpu)
    return all(key in {(o.kind, o.gpu) for o in one.judgement.objections} for one in judged)


def _decides(name: str, judged: Sequence[Judged]) -> bool:
    """Whether the answers that are possible depend on this fact."""
    answers: dict[object, set[object]] = {}
    for one in judged:
        answers.setdefault(one.reading.value(name), set()).add(_answer(one.judgement))
    return len(set(map(frozenset, answers.values()))) > 1


def _answer(judgement: Judgement) -> object:
    return judgement.status, frozenset(one.kind for one in judgement.objections)


def _words(name: str, facts: Facts) -> str:
    return f"{_WORDS[name]} ({name}: {facts[name]})" if facts.is_lost(name) else _WORDS[name]
