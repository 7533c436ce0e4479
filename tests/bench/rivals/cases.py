"""Each question of docs/questions.yaml as a machine that another tool can be shown, and what the question asks for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease
from torch_doctor.matrix.gpus.rows import GpuProduct
from torch_doctor.matrix.query import (
    architecture_of,
    driver_branch,
    driver_floor,
    gpus_named,
    torch_build,
)
from torch_doctor.matrix.store import Matrix

from docs.pages.questions import questions

HERE = "linux-x86_64"


class Case(NamedTuple):
    """A question: the machine, the build that it names (a question of yes or no) and what goes along.

    *capability*, *driver_cuda* and *available* are what the stand-ins tell; *driver* is empty where the question has
    none. *limits* are flags that no other tool has (a feature, a C library, an image).
    """

    ask: str
    run: str
    expected: str
    gpus: tuple[str, ...] = ()
    capability: str = ""
    driver: str = ""
    driver_cuda: str = ""
    platform: str = HERE
    python: str = ""
    torch: str | None = None
    torch_cuda: str | None = None
    archs: tuple[str, ...] = ()
    available: bool = False
    companions: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def is_yes_or_no(self) -> bool:
        """Whether the question names a build and asks whether it runs, or asks for an image."""
        return self.run.startswith("matrix query")


def cases(matrix: Matrix) -> Iterator[Case]:
    """Yield every question of the page."""
    for question in questions():
        yield case_of(question, matrix)


def case_of(question: dict[str, str], matrix: Matrix) -> Case:
    words = shlex.split(question["run"])
    given: dict[str, list[str]] = {}
    for flag, value in pairwise(words):
        if flag.startswith("--"):
            given.setdefault(flag, []).append(value)

    def one(flag: str) -> str:
        return given.get(flag, [""])[0]

    rows = [_gpu(name, matrix) for name in given.get("--gpu", ())]
    limits = tuple(flag for flag in ("--feature", "--glibc", "--image") if flag in given)
    torch = one("--torch") or None
    if torch and one("--cuda"):
        torch += "+cu" + one("--cuda").replace(".", "")
    case = Case(
        ask=question["ask"],
        run=question["run"],
        expected=question["answer"],
        gpus=tuple(row.name for row in rows if row),
        capability=rows[0].capabilities[0] if rows and rows[0] else "",
        platform=one("--platform") or HERE,
        python=one("--python"),
        torch=torch,
        companions=tuple(given.get("--with", ())),
        limits=limits if all(rows) else (*limits, "a GPU that no row names"),
    )
    return _with_build(_with_driver(case, one("--driver"), matrix), matrix)


def _gpu(name: str, matrix: Matrix) -> GpuProduct | None:
    rows = gpus_named(matrix, name).rows
    capabilities = {text for row in rows for text in row.capabilities}
    return rows[0] if len(capabilities) == 1 else None


def _with_driver(case: Case, text: str, matrix: Matrix) -> Case:
    branch = driver_branch(matrix, DriverRelease.parse(text)) if text else None
    if branch is None:
        return case
    windows = case.platform in ("windows", "wsl")
    last = branch.last_windows if windows else branch.last_linux
    release = text if "." in text else last or branch.first or f"{branch.branch}.54"
    return case._replace(driver=release, driver_cuda=branch.cuda)


def _with_build(case: Case, matrix: Matrix) -> Case:
    if not case.torch or "+" not in case.torch:
        return case
    torch, _, variant = case.torch.partition("+")
    build = torch_build(matrix, torch, variant, HERE)
    if build is None or build.cuda is None or not case.driver or not case.gpus:
        return case
    floor = driver_floor(matrix, CudaVersion.parse(build.cuda))
    branch = driver_branch(matrix, DriverRelease.parse(case.driver))
    architecture = architecture_of(matrix, ComputeCapability.parse(case.capability))
    driven = (
        architecture is None
        or branch is None
        or (architecture.first_branch or 0)
        <= branch.branch
        <= (architecture.last_branch or branch.branch)
    )
    reached = floor is not None and DriverRelease.parse(case.driver) >= floor.driver
    return case._replace(
        torch_cuda=build.cuda, archs=build.archs or (), available=reached and driven
    )
