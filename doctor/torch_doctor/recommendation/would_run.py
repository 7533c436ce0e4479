"""Would this torch run on these GPUs under this driver? The law's answer for each build that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Receipt
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.matrix.age import newer_torch
from torch_doctor.matrix.builds import notices
from torch_doctor.matrix.builds.notices import Notice
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.plans.noticed import of_gpus
from torch_doctor.recommendation.question.asked import Asked, Constraints, QuestionError
from torch_doctor.recommendation.question.constraints import understand
from torch_doctor.recommendation.question.hosts import described, machine
from torch_doctor.recommendation.question.record import check_companions, unnamed_pair
from torch_doctor.recommendation.solving.solve import (
    Accepted,
    Candidate,
    Rejected,
    candidates_for,
    judge_each,
)

YES, NO, UNKNOWN = "yes", "no", "unknown"
_EXIT = {YES: 0, NO: 1, UNKNOWN: 2}


class BuildAnswer(NamedTuple):
    """One build: whether it runs, why (reasons for no and unknown), from which driver on, and the rows."""

    label: str
    platform: str
    runs: str
    reasons: tuple[str, ...]
    min_driver: str | None
    because: tuple[Receipt, ...]


class WouldRun(NamedTuple):
    """The answer: *runs* is yes where at least one of the builds does, unknown where that hangs on something unknown.

    *reasons* say why where no build was judged at all; *notes* how the question was read and what is easily overlooked,
    by the rows of *because*.
    """

    runs: str
    builds: tuple[BuildAnswer, ...]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    machine: Machine
    because: tuple[Receipt, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 for yes, 1 for no, 2 for unknown."""
        return _EXIT[self.runs]


def would_run(asked: Asked, platform: str, matrix: Matrix) -> WouldRun:
    """Answer for the builds that *asked* means; *platform* holds where it names none.

    Raise QuestionError where the question has no answer as it was put.
    """
    if asked.torch is None:
        raise QuestionError("--torch is missing: say which torch, such as --torch 2.8.0")
    if not asked.gpu and not asked.compute_capability:
        raise QuestionError("--gpu is missing: name the GPU, or give its --compute-capability")
    constraints = understand(asked, matrix)
    check_companions(constraints, matrix)
    host = machine(described(constraints, platform), matrix)
    meant = [one for one in candidates_for((host,), matrix) if _is_meant(one, constraints)]
    if not meant:
        runs, reasons = _none_such(constraints, host, matrix)
        return WouldRun(runs, (), reasons, constraints.notes, host)
    judged = tuple(judge_each(meant, (host,), constraints, matrix))
    known = tuple(
        dict.fromkeys(n for item in judged for n in _noticed(item, host, constraints, matrix))
    )
    unlisted = tuple(_unlisted(host)) if host.driver else ()
    builds = tuple(_answer(item, unlisted) for item in judged)
    runs = next((r for r in (YES, UNKNOWN, NO) if any(build.runs == r for build in builds)), NO)
    weak = (f"{row}, of low confidence" for build in builds for row in _weak(build))
    rests = (f"the answer rests on {words}" for words in dict.fromkeys(weak))
    notes = (*constraints.notes, *rests, *(notice.text for notice in known))
    because = tuple(dict.fromkeys(one for notice in known for one in notice.because))
    return WouldRun(runs, builds, (), notes, host, because)


def _noticed(
    item: Accepted | Rejected, host: Machine, asked: Constraints, matrix: Matrix
) -> Iterator[Notice]:
    """What is easily overlooked about a build that runs."""
    if not isinstance(item, Accepted):
        return
    found = [notices.python_end(host.python_tag, matrix)] if host.python_tag else []
    found += of_gpus(host, item.candidate.rows[0], item.min_driver, matrix)
    found.append(notices.cuda_end(host, matrix))
    yield from filter(None, found)
    if asked.companions:
        yield from _beside(item.candidate, host, asked, matrix)


def _beside(
    candidate: Candidate, host: Machine, asked: Constraints, matrix: Matrix
) -> Iterator[Notice]:
    """What is easily overlooked about the packages beside a build, and how they are had."""
    from torch_doctor.recommendation.plans.had import had_by, of_torchs_index
    from torch_doctor.recommendation.solving.companions.stacks import stack

    index = candidate.rows[0].index_url
    for fit in stack(asked.companions, candidate.offer, (host,), matrix).fits:
        yield from (Notice(note, fit.because) for note in fit.notes)
        yield from (
            Notice(text, fit.because) for text in had_by(fit, candidate.cuda, (host,), matrix)
        )
        answer = None
        if fit.origin == "torch" and index:
            answer = of_torchs_index(fit, candidate.cuda, index, host, matrix)
        if answer:
            yield Notice(answer, fit.because)


def _weak(build: BuildAnswer) -> list[str]:
    return [one.row for one in build.because if one.confidence == "low"]


def _is_meant(candidate: Candidate, asked: Constraints) -> bool:
    if asked.torch and not asked.torch.allows(candidate.torch):
        return False
    if asked.variant and candidate.variant != asked.variant:
        return False
    return not asked.cuda or asked.cuda.allows(str(candidate.cuda))


def _unlisted(host: Machine) -> Iterator[Notice]:
    """Which GPUs are listed by newer drivers alone, so that nothing says whether this one drives them."""
    for gpu in host.gpus or ():
        if host.platform == "linux" and host.driver:
            found = notices.first_listing(gpu, host.driver.release)
            yield from (found,) if found else ()


def _answer(item: Accepted | Rejected, unlisted: tuple[Notice, ...] = ()) -> BuildAnswer:
    candidate = item.candidate
    platform = candidate.rows[0].platform
    if isinstance(item, Accepted) and unlisted:
        because = tuple(dict.fromkeys(one for notice in unlisted for one in notice.because))
        reasons = tuple(notice.text for notice in unlisted)
        return BuildAnswer(candidate.label, platform, UNKNOWN, reasons, None, because)
    if isinstance(item, Accepted):
        floor = str(item.min_driver) if item.min_driver else None
        return BuildAnswer(candidate.label, platform, YES, (), floor, item.because)
    rows = tuple(receipt("torch_builds", row) for row in candidate.rows)
    because = (*rows, *(one for reason in item.reasons for one in reason.because))
    return BuildAnswer(
        candidate.label,
        platform,
        NO if item.decided else UNKNOWN,
        tuple(dict.fromkeys(reason.message for reason in item.reasons)),
        None,
        tuple(dict.fromkeys(because)),
    )


def _none_such(asked: Constraints, host: Machine, matrix: Matrix) -> tuple[str, tuple[str, ...]]:
    """Say why no build is meant: what is not on record is unknown, and a pair that was never made is a no."""
    here = host.wheel_platform or "this platform"
    rows = [row for row in matrix.torch_builds if asked.torch and asked.torch.allows(row.torch)]
    text = asked.torch.text if asked.torch else ""
    if not rows:
        newer = re.fullmatch(r"\d+(\.\d+)*", text) and newer_torch(matrix, TorchVersion(text))
        which = "newer than this matrix" if newer else "not on record in the matrix"
        return UNKNOWN, (f"torch {text} is {which} of {matrix.version}",)
    unnamed = unnamed_pair(asked, here, matrix)
    if unnamed is not None:
        return UNKNOWN, (unnamed,)
    fitting = [row for row in rows if row.platform == here and row.cuda]
    if not fitting:
        return NO, (f"torch {text} was built for {here} only without CUDA",)
    tags = sorted({row.cuda or "" for row in fitting}, key=CudaVersion.parse)
    return NO, (f"torch {text} has no such build for {here}: it is built for CUDA {listing(tags)}",)
