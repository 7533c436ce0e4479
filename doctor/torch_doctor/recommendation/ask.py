"""From a question as typed to its answer: flags and facts files are understood, then solved."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.about import About
from torch_doctor.core.text import listing, one_line
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.answer import CANNOT_DECIDE, Answer, answer
from torch_doctor.recommendation.plans.planning import Judge
from torch_doctor.recommendation.question.asked import Asked, SeveralMeaningsError
from torch_doctor.recommendation.question.constraints import understand
from torch_doctor.recommendation.question.hosts import AskedFrom, ServedHost
from torch_doctor.recommendation.question.record import check_on_record


def ask(
    asked: Asked,
    hosts: Sequence[ServedHost],
    matrix: Matrix,
    judge: Judge,
    asker: AskedFrom,
) -> Answer:
    """Return the answer for *hosts*; with none, for the GPUs that are named; with none either, for this host.

    Raise QuestionError where the question has no answer as it was put.
    """
    try:
        constraints = understand(asked, matrix)
    except SeveralMeaningsError as several:
        if len(asked.gpu) > 1 or asked.compute_capability:
            raise
        each = [
            ask(asked._replace(compute_capability=(one,)), hosts, matrix, judge, asker)
            for one in several.capabilities
        ]
        return _one_for_all(each, asked, several)
    check_on_record(constraints, matrix)
    if not hosts and not constraints.gpus:
        hosts = (ServedHost("this host", asker.facts(), About()),)
    return answer(constraints, hosts, asker.platform, matrix, judge)._replace(asked=asked)


def _one_for_all(answers: Sequence[Answer], asked: Asked, several: SeveralMeaningsError) -> Answer:
    """Return the answer that every meaning of a name has; raise what was raised where they differ or one is open."""
    if len(set(map(_gist, answers))) > 1 or answers[0].exit_code == CANNOT_DECIDE:
        raise several
    name = one_line(asked.gpu[0].strip(), 60)
    note = f"{name} can be of capability {listing(several.capabilities, 'or')}: each was asked for, with one answer"
    first = answers[0]
    notes = (note, *first.constraints.notes)
    return first._replace(constraints=first.constraints._replace(notes=notes), asked=asked)


def _gist(answer: Answer) -> tuple[object, ...]:
    plans = ((p.torch, p.variant, p.min_driver, p.companions) for p in answer.plans)
    return answer.exit_code, tuple(plans)
