"""The content of a lock: the question, one plan as it was answered, and the rows that it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor import __version__
from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import Any
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.answer import Answer
from torch_doctor.recommendation.document import plan_of, question_of
from torch_doctor.recommendation.emit import commands
from torch_doctor.recommendation.locking.digest import KIND, LOCK_VERSION, digest_of
from torch_doctor.recommendation.locking.rows import locked_rows, plain
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.question.asked import Asked

# What a plan changes on one host is nothing to hold others to, and its rows stand in a list of their own.
_NOT_LOCKED = ("changes", "because")
# Neither how many plans are listed nor the form of the output says which plan is meant; --emit does.
_NOT_ASKED = ("limit",)


def lock_of(answer: Answer, matrix: Matrix) -> dict[str, Any]:
    """Return the plan of *answer* as the content of a lock file; raise ValueError where it has none.

    The same question to the same matrix gives the same content, byte for byte.
    """
    plan = answer.chosen
    if plan is None:
        msg = "the answer has no plan, so there is nothing to lock"
        raise ValueError(msg)
    if not plan.commands:  # what a host has already needs no command there, and does elsewhere
        plan = plan._replace(commands=commands(plan))
    content = {
        "kind": KIND,
        "schema_version": LOCK_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "matrix": {"version": answer.matrix_version, "digest": answer.matrix_digest},
        "question": {"words": list(words_of(answer)), **question_of(answer)},
        "plan": _plan(plan),
        "rows": locked_rows(_receipts(plan, matrix), matrix),
    }
    content = plain(content)
    return {**content, "digest": digest_of(content)}


def words_of(answer: Answer) -> Iterator[str]:
    """Yield the question as words of the command line, without what is as it is by default."""
    asked = answer.asked
    for name, value in asked._asdict().items():
        if value == Asked._field_defaults[name] or name in _NOT_ASKED:
            continue
        for one in value if isinstance(value, tuple) else (value,):
            yield from (f"--{name.rstrip('_').replace('_', '-')}", str(one))
    for host in answer.hosts:
        if host.about.kind.value != "this-machine" and not host.described:
            yield from ("--host", host.name)


def _plan(plan: Plan) -> dict[str, Any]:
    values = {name: value for name, value in plan_of(plan).items() if name not in _NOT_LOCKED}
    imaged = values["imaged"]
    if imaged:
        values["imaged"] = {name: value for name, value in imaged.items() if name != "because"}
    return {**values, "origin": plan.origin}


def _receipts(plan: Plan, matrix: Matrix) -> Iterator[Receipt]:
    """The rows of the plan and of its image, and those of the oldest driver for its CUDA."""
    yield from plan.because
    yield from plan.imaged.because if plan.imaged else ()
    major = (plan.cuda or "").partition(".")[0]
    yield from (
        receipt("cuda_majors", row) for row in matrix.cuda_majors if str(row.major) == major
    )
