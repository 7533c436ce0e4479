"""Who hands out GPUs: a scheduler or a notebook service gives one to those who ask, and no driver helps the others."""

from __future__ import annotations

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action, Finding, Severity
from torch_doctor.fixes.actions import ask_scheduler, choose_runtime

# What a job or a notebook without a GPU looks like from inside.
_LIKE_NO_GPU = frozenset({"no-driver-or-module", "unexplained"})
# Notebook services put a CPU build on machines without a GPU.
_LIKE_NO_GPU_IN_A_NOTEBOOK = _LIKE_NO_GPU | {"cpu-only-torch-build"}
_HANDS_OUT = ("slurm", "ray", "kubernetes")


def requested(finding: Finding, facts: Facts) -> tuple[Action, ...]:
    """Return what asks for a GPU, where *finding* may mean that nobody did and none was seen."""
    if facts.value("pci_gpus") or finding.severity is Severity.NOTE:
        return ()
    scheduler: str | None = facts.value("scheduler")
    listed = facts.value("gpus") and facts["gpus"].source.kind != "words"
    given = listed or facts.value("job_gpus_requested")
    if scheduler in _HANDS_OUT and finding.cause in _LIKE_NO_GPU and not given:
        return (ask_scheduler(scheduler),)
    if facts.value("gpus"):
        return ()
    service: str | None = facts.value("notebook_service")
    if service and finding.cause in _LIKE_NO_GPU_IN_A_NOTEBOOK:
        return (choose_runtime(service),)
    return ()
