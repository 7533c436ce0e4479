"""From a question as typed to its answer: flags and facts files are understood, then solved."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.about import About
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.answer import Answer, answer
from torch_doctor.recommendation.plans.planning import Judge
from torch_doctor.recommendation.question.asked import Asked
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
    constraints = understand(asked, matrix)
    check_on_record(constraints, matrix)
    if not hosts and not constraints.gpus:
        hosts = (ServedHost("this host", asker.facts(), About()),)
    return answer(constraints, hosts, asker.platform, matrix, judge)._replace(asked=asked)
