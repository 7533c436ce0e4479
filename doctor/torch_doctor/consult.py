"""From a question to an answer: the matrix is loaded, hosts are looked at where needed, every plan is judged."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.matrix.load import load_matrix
from torch_doctor.recommendation.question.asked import Asked
from torch_doctor.recommendation.question.hosts import AskedFrom, ServedHost, platform_of

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.core.records import Mirror
    from torch_doctor.core.report import Report
    from torch_doctor.matrix.images.config import ImageConfig, RegistryAbsence
    from torch_doctor.recommendation.answer import Answer
    from torch_doctor.recommendation.images.ask import ImageAnswered


def consult(
    asked: Asked,
    hosts: Sequence[ServedHost] = (),
    *,
    overlay: Path | None = None,
    machine: Any = None,
    mirrors: tuple[Mirror, ...] = (),
) -> Answer:
    """Answer *asked* for *hosts*, for the GPUs that it names, or for this host (*machine*: a recorded one).

    *mirrors* are what settings name in place of package indexes and image registries.

    Raise QuestionError where the question has no answer as it was put, MatrixError where the matrix is unsound.
    """
    from torch_doctor.recommendation.ask import ask

    matrix = load_matrix(overlay)

    def judge(facts: Facts) -> Report:
        from torch_doctor.diagnose import diagnose

        return diagnose(facts, matrix)

    answer = ask(asked, hosts, matrix, judge, _asker(machine))
    known = [host.facts for host in answer.hosts if not host.described]
    return _mirrored(answer, known, mirrors) if known or mirrors else answer


def consult_image(
    reference: str,
    asked: Asked,
    host: ServedHost | None = None,
    configured: ImageConfig | RegistryAbsence | None = None,
    *,
    overlay: Path | None = None,
    machine: Any = None,
) -> ImageAnswered:
    """Say what is in an image and whether it runs on *host*, on the GPUs that *asked* names, or on this host.

    *configured* is what the registry says of it, where it was asked. Raise QuestionError where the question has no
    answer as it was put.
    """
    from torch_doctor.recommendation.images.ask import ask_image

    matrix = load_matrix(overlay)
    return ask_image(reference, asked, host, configured, matrix, _asker(machine))


def _asker(machine: Any) -> AskedFrom:
    def facts() -> Facts:
        from torch_doctor.probes.gather import gather
        from torch_doctor.probes.inquiry import Inquiry

        return gather(machine, Inquiry(static=True)).facts

    return AskedFrom(facts, here())


def _mirrored(answer: Answer, hosts: Sequence[Facts], named: tuple[Mirror, ...]) -> Answer:
    """Return the answer as people behind mirrors can carry it out."""
    from torch_doctor.recommendation.plans.mirrored import behind, mirrors_for

    reached = mirrors_for(hosts, named)
    return answer._replace(
        plans=tuple(behind(plan, reached) for plan in answer.plans),
        emitted=answer.emitted and behind(answer.emitted, reached),
        ladder=tuple(step._replace(plan=behind(step.plan, reached)) for step in answer.ladder),
    )


def here() -> str:
    """Return the platform of this machine, as questions name it."""
    import os

    if os.name == "nt":
        return "windows"
    here = os.uname()
    return platform_of(here.sysname, here.machine, here.release)
