"""One file per target: each turns a plan into text that can be pasted, or None where that target has no way."""

from __future__ import annotations

from importlib import import_module

from torch_doctor.recommendation.plans.plan import Plan

TARGETS = (
    "pip",
    "uv",
    "conda",
    "docker",
    "dockerfile",
    "compose",
    "kubernetes",
    "requirements",
    "pyproject",
    "poetry",
    "pixi",
)


def emit(plan: Plan, target: str) -> str | None:
    """Return *plan* for one of TARGETS, or None where it cannot be had that way."""
    text: str | None = import_module(f"{__name__}.{target}").emit(plan)
    return text


def commands(plan: Plan) -> dict[str, str]:
    """Return *plan* for every target that can have it."""
    texts = {target: emit(plan, target) for target in TARGETS}
    return {target: text for target, text in texts.items() if text is not None}
