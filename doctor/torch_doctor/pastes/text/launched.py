"""Commands that start a program elsewhere: in a job, a container, a Pod, on another host."""

from __future__ import annotations

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.paste import Paste

_LAUNCHED = regex(
    r"\b(?:srun|sbatch|mpirun|kubectl exec|ssh|(?:docker|podman)(?: compose)? (?:run|exec)|(?:apptainer|singularity) exec)\b"
)
_ASKED_THERE = regex(rf"{_LAUNCHED.pattern}[^\n]{{0,200}}is_available\b")


def is_beside(paste: Paste, command: str) -> bool:
    """Whether *command* runs beside what the report is about: another one asks CUDA in a job or a container."""
    return not _LAUNCHED.search(command) and bool(_ASKED_THERE.search(paste.text))
