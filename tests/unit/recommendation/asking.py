"""Questions put to recommend in a test, and what is read off its answers."""

from __future__ import annotations

from typing import Any

from torch_doctor.core.fact import Facts
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.answer import Answer
from torch_doctor.recommendation.ask import ask as answer_to
from torch_doctor.recommendation.question.asked import Asked
from torch_doctor.recommendation.question.hosts import AskedFrom, ServedHost

from tests.rules.cases import host_facts

MATRIX = load_matrix()


def ask(
    *gpus: str, hosts: tuple[ServedHost, ...] = (), matrix: Matrix = MATRIX, **asked: Any
) -> Answer:
    """Ask about *gpus* as on the command line, on Linux x86_64 unless the question says otherwise."""
    for name in ("compute_capability", "feature", "with_"):
        value = asked.get(name, ())
        asked[name] = (value,) if isinstance(value, str) else tuple(value)
    question = Asked(gpu=gpus, **asked)
    return answer_to(question, hosts, matrix, judge, AskedFrom(Facts, "linux-x86_64"))


def judge(facts: Facts) -> Any:
    """Run every rule over *facts*."""
    return diagnose(facts, MATRIX)


def best(answer: Answer) -> str:
    """Return the first plan as ``2.8.0+cu128``, or an empty string."""
    return f"{answer.plans[0].torch}+{answer.plans[0].variant}" if answer.plans else ""


def in_words(answer: Answer) -> str:
    """Return everything that the first plan says besides its commands."""
    plan = answer.plans[0]
    return "\n".join((plan.why, *plan.notes, *(change.text for change in plan.changes)))


def why_not(answer: Answer, build: str) -> str:
    """Return why a build was rejected or left undecided, all reasons in one text."""
    for item in (*answer.rejected, *answer.undecided):
        if f"{item.candidate.torch}+{item.candidate.variant}" == build:
            return "\n".join(reason.message for reason in item.reasons)
    return ""


def steps(answer: Answer) -> dict[str, str]:
    """Return what would unlock what: the first step of each kind, and the build that it brings."""
    found: dict[str, str] = {}
    for step in answer.relaxations:
        found.setdefault(step.gives_way, step.unlocks)
    return found


def recorded(name: str, **changes: Any) -> ServedHost:
    """Return a machine of tests/rules/hosts.yaml as a host."""
    return ServedHost(name, host_facts(name).with_(**changes))
