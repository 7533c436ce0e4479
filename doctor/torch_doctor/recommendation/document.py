"""The answer as plain values for JSON: the documented form that recommend.schema.json describes."""

from __future__ import annotations

from torch_doctor import __version__
from torch_doctor.core.about import SCHEMA_VERSION
from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.recommendation.answer import Answer
from torch_doctor.recommendation.plans.ladder import Step
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.solving.solve import Rejected

if TYPE_CHECKING:
    from torch_doctor.recommendation.solving.relax import Relaxation


def document(answer: Answer) -> dict[str, Any]:
    """Return *answer* as JSON values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "matrix": {"version": answer.matrix_version, "digest": answer.matrix_digest},
        "question": question_of(answer),
        "plans": [plan_of(plan) for plan in answer.plans],
        "ladder": [_step(step) for step in answer.ladder],
        "runs": [f"{item.candidate.torch}+{item.candidate.variant}" for item in answer.accepted],
        "rejected": [_rejected(item) for item in answer.rejected],
        "undecided": [_rejected(item) for item in answer.undecided],
        "relaxations": [_relaxation(step) for step in answer.relaxations],
        "exit_code": answer.exit_code,
    }


def question_of(answer: Answer) -> dict[str, Any]:
    """Return what was asked, as it was understood."""
    asked: Constraints = answer.constraints
    return {
        "hosts": [
            {
                "name": host.name,
                "about": host.about.as_values(),
                "platform": machine.platform,
                "arch": machine.arch,
                "driver": _text(machine.driver),
                "python": machine.python_tag,
                "glibc": ".".join(map(str, machine.glibc)) if machine.glibc else None,
                "gpus": [
                    {"name": gpu.name, "compute_capability": _text(gpu.capability)}
                    for gpu in machine.gpus or ()
                ],
            }
            for host, machine in zip(answer.hosts, answer.machines, strict=True)
        ],
        "torch": asked.torch.text if asked.torch else None,
        "variant": asked.variant,
        "cuda": asked.cuda.text if asked.cuda else None,
        "features": [feature.feature for feature in asked.features],
        "with": [f"{c.package}{c.spec.text if c.spec else ''}" for c in asked.companions],
        "purpose": asked.purpose,
        "prefer": asked.prefer,
        "notes": list(asked.notes),
    }


def plan_of(plan: Plan) -> dict[str, Any]:
    """Return one plan as JSON values."""
    return {
        "torch": plan.torch,
        "cuda": plan.cuda,
        "variant": plan.variant,
        "platform": plan.platform,
        "index_url": plan.index_url,
        "python": list(plan.python),
        "min_driver": plan.min_driver,
        "image": plan.image,
        "image_kind": plan.image_kind,
        "image_status": plan.image_status,
        "imaged": _imaged(plan.imaged) if plan.imaged else None,
        "cudnn": plan.cudnn,
        "nccl": plan.nccl,
        "companions": [
            {"name": p.name, "version": p.version, "extra": p.extra, "rules": list(p.rules)}
            for p in plan.companions
        ],
        "commands": dict(plan.commands),
        "changes": [
            {**change._asdict(), "commands": list(change.commands)} for change in plan.changes
        ],
        "notes": list(plan.notes),
        "why": plan.why,
        "confidence": plan.confidence,
        "keeps": plan.keeps,
        "because": _because(plan.because),
    }


def _imaged(plan: Plan) -> dict[str, Any]:
    """The plan with an image beside one that has none, in brief."""
    brief = ("torch", "cuda", "variant", "min_driver", "image", "image_kind", "image_status")
    return {
        **{name: getattr(plan, name) for name in (*brief, "cudnn", "nccl", "why")},
        "notes": list(plan.notes),
        "because": _because(plan.because),
    }


def _step(step: Step) -> dict[str, Any]:
    plan = step.plan
    with_image = plan if plan.image else plan.imaged
    brief = ("torch", "cuda", "variant", "index_url", "cudnn", "nccl")
    return {
        "min_driver": plan.min_driver,
        "below_driver": step.below,
        **{name: getattr(plan, name) for name in brief},
        "command": plan.commands.get("pip"),
        "image": with_image and with_image.image,
        "image_status": with_image and with_image.image_status,
        "image_torch": with_image and with_image.build,
        "because": _because(plan.because),
    }


def _rejected(item: Rejected) -> dict[str, Any]:
    first, *others = item.reasons
    candidate = item.candidate
    return {
        "candidate": {
            "torch": candidate.torch,
            "variant": candidate.variant,
            "cuda": str(candidate.cuda),
            "platform": candidate.rows[0].platform,
        },
        "kind": first.kind,
        "reason": first.message,
        "also": [reason.message for reason in others],
        "because": _because(first.because),
    }


def _relaxation(step: Relaxation) -> dict[str, Any]:
    return {
        "gives_way": step.gives_way,
        "text": step.text,
        "unlocks": step.unlocks,
        "min_driver": step.min_driver,
        "because": _because(step.because),
    }


def _because(receipts: tuple[Receipt, ...]) -> list[dict[str, str]]:
    return [
        {
            "row": receipt.row,
            "source": receipt.source,
            "checked": receipt.checked,
            "how": receipt.how,
            "confidence": receipt.confidence,
        }
        for receipt in dict.fromkeys(receipts)
    ]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
