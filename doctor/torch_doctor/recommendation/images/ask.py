"""From a question about an image to its answer: which machine is meant, and what is to be said of the image there."""

from __future__ import annotations

from torch_doctor.core.about import About
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.images.config import ImageConfig, RegistryAbsence
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.images.judged import ImageVerdict, verdict_on
from torch_doctor.recommendation.images.nearest import with_nearest
from torch_doctor.recommendation.question.asked import Asked, Constraints
from torch_doctor.recommendation.question.constraints import understand
from torch_doctor.recommendation.question.hosts import (
    AskedFrom,
    ServedHost,
    described,
    machine,
    overlaid,
)


class ImageAnswered(NamedTuple):
    """The answer: what is to be said of the image, on which host, and how the question was read."""

    verdict: ImageVerdict
    host: ServedHost
    notes: tuple[str, ...]
    matrix_version: str
    matrix_digest: str


def ask_image(
    reference: str,
    asked: Asked,
    host: ServedHost | None,
    configured: ImageConfig | RegistryAbsence | None,
    matrix: Matrix,
    asker: AskedFrom,
) -> ImageAnswered:
    """Return the answer for *host*; without one, for the GPUs that are named; without those, for this host.

    Raise QuestionError where a word of the question means nothing.
    """
    constraints = understand(asked, matrix)
    if host is None and not constraints.gpus:
        host = ServedHost("this host", asker.facts(), About())
    served = overlaid(host, constraints) if host else described(constraints, asker.platform)
    meant = _machine(served, constraints, matrix)
    found = with_nearest(verdict_on(reference, meant, matrix, configured), meant, matrix)
    return ImageAnswered(found, served, constraints.notes, matrix.version, matrix.digest)


def _machine(served: ServedHost, constraints: Constraints, matrix: Matrix) -> Machine:
    """Who names a driver and no GPU asks for another machine than one without GPUs that the question comes from."""
    meant = machine(served, matrix)
    return meant._replace(gpus=None) if constraints.driver and not meant.gpus else meant
