"""The newest torch for a GPU under a driver, as ``recommend`` answers it; what the law takes alike is asked once."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import torch_doctor
from torch_doctor.recommendation.question.asked import QuestionError

if TYPE_CHECKING:
    from torch_doctor.core.finding import Receipt
    from torch_doctor.matrix.gpus.rows import GpuProduct

PLATFORMS = ("linux-x86_64", "linux-aarch64", "jetson")
_ASKED: dict[tuple[object, ...], GpuProduct] = {}


class Newest(NamedTuple):
    """A build with its command, the oldest driver and the rows behind it; or *why* there is none."""

    build: str = ""
    least: str = ""
    command: str = ""
    why: str = ""
    because: tuple[Receipt, ...] = ()


def platform_of(gpu: GpuProduct) -> str | None:
    """Return the platform that a GPU is asked for: the first in which it stands; None where none takes it."""
    return _platform(_twin(gpu).name)


def newest(gpu: GpuProduct, driver: int | None = None) -> Newest:
    """Return the newest torch that runs on a GPU, under the newest release of a driver branch where one is named."""
    twin = _twin(gpu)
    platform = _platform(twin.name)
    if platform is None:
        return Newest(why="no platform of torch is known for it")
    found = _newest(twin.name, platform, driver)
    others = tuple(row for row in found.because if not row.row.startswith("gpus/"))
    return found._replace(why=found.why.replace(twin.name, gpu.name), because=others)


def _twin(gpu: GpuProduct) -> GpuProduct:
    kind = gpu.kind if gpu.kind in ("mig_slice", "jetson") else gpu.architecture
    key = (gpu.capabilities, kind, gpu.open_modules, gpu.first_driver, gpu.last_branch, gpu.kind)
    return _ASKED.setdefault(key, gpu)


@cache
def _platform(name: str) -> str | None:
    for platform in PLATFORMS:
        try:
            torch_doctor.recommend(name, platform=platform, limit=1)
        except QuestionError:
            continue
        return platform
    return None


@cache
def _newest(name: str, platform: str, driver: int | None) -> Newest:
    asked = {"driver": str(driver)} if driver else {}
    answer = torch_doctor.recommend(name, platform=platform, limit=1, **asked)
    if answer.plans:
        plan = answer.plans[0]
        command = plan.commands.get("pip", "")
        return Newest(plan.build, plan.min_driver or "", command, "", plan.because)
    refused = [one for item in (*answer.rejected, *answer.undecided) for one in item.reasons]
    if not refused:
        return Newest(why="no build is on record")
    # What rules out most builds is what stands in the way: of the first alone it would be its own CUDA.
    (kind, _), *_ = Counter(one.kind for one in refused).most_common(1)
    first = next(one for one in refused if one.kind == kind)
    return Newest(why=first.message, because=tuple(first.because))
