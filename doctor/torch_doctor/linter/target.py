"""What files are meant for, from the words of a command line: a driver, GPUs by name, builds that are expected."""

from __future__ import annotations

import re

from torch_doctor.core.records import Gpu
from torch_doctor.core.version import DriverRelease
from torch_doctor.linter.project import LintTarget
from torch_doctor.matrix.gpus.words import unknown_gpu
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.query import driver_of, gpus_named
from torch_doctor.matrix.store import Matrix


class LintTargetError(ValueError):
    """A target that means nothing; *cure* says what would."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


def target_of(
    matrix: Matrix,
    driver: str | None = None,
    gpus: tuple[str, ...] = (),
    expect: tuple[str, ...] = (),
) -> LintTarget:
    """Return the target that is named; raise LintTargetError where a word means nothing."""
    made = LintTarget()
    if driver is not None:
        try:
            release = DriverRelease.parse(re.sub(r"(?i)^r(?=\d)", "", driver.strip()))
        except ValueError as error:
            cure = "write a release or a branch, such as 580.65.06 or 535"
            raise LintTargetError(f"--driver: {error}", cure) from None
        made = made._replace(driver=driver_of(matrix, release))
    traits = []
    for index, name in enumerate(gpus):
        if not gpus_named(matrix, name).rows:
            objection = unknown_gpu(name, matrix)
            raise LintTargetError(f"--gpu: {objection.problem}", objection.cure)
        traits.append(traits_of(Gpu(index, name), matrix, listed=False))
    for word in expect:
        if not re.fullmatch(r"cu\d{2,4}|cpu", word):
            raise LintTargetError(
                f"--expect: {word!r} is no build", "write cpu, or cu128 for a CUDA"
            )
    return made._replace(gpus=tuple(traits), expect=expect)
