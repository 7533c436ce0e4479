"""Images without a tag, or by latest: what is inside changes without a change of the file."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import UNKNOWN, Flaw
from torch_doctor.matrix.images.names import plain_reference
from torch_doctor.matrix.rows import ImageRule
from torch_doctor.matrix.store import receipt

PROBLEMS = {
    "image-latest": "An image with torch or CUDA inside is asked for by latest, or without a tag."
}
_FAMILIES = {
    "pytorch/pytorch": "pytorch",
    "vllm/vllm-openai": "vllm",
    "nvcr.io/nvidia/pytorch": "ngc",
    "rocm/pytorch": "rocm",
}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield them; nvidia/cuda has no latest, and is another problem."""
    for use in project.images:
        if UNKNOWN in use.reference or "@" in use.reference:
            continue
        repository, _, tag = plain_reference(use.reference).partition(":")
        if tag not in ("", "latest") or not _brings_torch(repository):
            continue
        family = _FAMILIES.get(repository, "")
        rules = project.matrix.select(ImageRule, family=family) if family else ()
        because = tuple(receipt("image_rules", r) for r in rules if r.fact.startswith("latest"))
        message = (
            f"{use.reference} is another image tomorrow: its torch, its CUDA and the driver that it needs "
            "move without a change of this file"
        )
        yield Flaw("image-latest", Severity.WARNING, use.spot, message, "name a release", because)


def _brings_torch(repository: str) -> bool:
    if repository in _FAMILIES:
        return True
    name = repository.rpartition("/")[2]
    return any(word in name for word in ("pytorch", "torch", "vllm", "cuda", "triton"))
