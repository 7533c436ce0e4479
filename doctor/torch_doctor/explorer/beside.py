"""Companions as the page offers them: what an installer would put beside each build, and for which GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.explorer.numbered import Numbered, Tables, number
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import PLATFORMS, Constraints, WantedCompanion
from torch_doctor.recommendation.question.hosts import described, machine
from torch_doctor.recommendation.solving.companions.stacks import stack
from torch_doctor.recommendation.solving.requirements import unmet
from torch_doctor.recommendation.solving.solve import Candidate

PACKAGES = (
    *("torchvision", "torchaudio", "torchao", "torchcodec", "triton", "vllm", "sglang"),
    *("xformers", "flash-attn", "bitsandbytes"),
)


class Beside(NamedTuple):
    """What companions are judged beside: GPUs as the law sees them, which a platform can have, and its builds."""

    kinds: list[GpuTraits]
    possible: dict[str, set[int]]
    listed: dict[str, list[Candidate]]
    matrix: Matrix
    shared: Tables


def beside(given: Beside) -> dict[str, Any]:
    """Return for each platform and package the answers beside each build: one place, or one for each kind of GPU."""
    answers, columns = Numbered(), Numbered()
    found = {
        platform: {
            package: [columns.add(one) for one in _column(package, platform, given, answers)]
            for package in PACKAGES
        }
        for platform in PLATFORMS
    }
    return {
        "packages": PACKAGES,
        "answers": answers.values,
        "columns": columns.values,
        "of": found,
    }


def _column(
    package: str, platform: str, given: Beside, answers: Numbered
) -> Iterator[tuple[int, ...]]:
    """Yield for each build the place of its answer, or one for each kind of GPU where they differ."""
    host = machine(described(Constraints(), platform), given.matrix)
    asked = Constraints(companions=(WantedCompanion(package, None),))
    there = given.possible[platform]
    for one in given.listed[host.wheel_platform or ""]:
        # what serves no GPU serves none of these
        general = _answer(one, host, asked, given)
        if isinstance(general[0], bool):
            yield (answers.add(general),)
            continue
        found = {
            kind: answers.add(_answer(one, host._replace(gpus=(gpu,)), asked, given))
            for kind, gpu in enumerate(given.kinds)
            if kind in there
        }
        places = set(found.values())
        every = tuple(found.get(kind, -1) for kind in range(len(given.kinds)))
        yield tuple(places) if len(places) == 1 else every


def _answer(
    candidate: Candidate, host: Machine, asked: Constraints, given: Beside
) -> tuple[Any, ...]:
    """Return the release, its Pythons and its oldest driver, or whether it is a no and the places of the reasons."""
    against = tuple(unmet(candidate.offer, (host,), asked, given.matrix))
    fits = stack(asked.companions, candidate.offer, (host,), given.matrix).fits
    if against or not fits:
        reasons = tuple(given.shared.reason(one.message, one.because) for one in against)
        return any(one.decided for one in against), reasons
    one = fits[0]
    driver = one.min_driver
    floor = (str(driver), number(driver.parts)) if driver else None
    rows = tuple(dict.fromkeys(given.shared.row(each) for each in one.because))
    return one.release.name, tuple(one.python), floor, tuple(one.notes), rows
