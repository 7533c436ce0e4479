"""torch without a limit, in an image of an older CUDA: the default build has moved on."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.version import CudaVersion
from torch_doctor.linter.evaluate.chosen import Chosen, allows_version, releases
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw
from torch_doctor.linter.requirement import torch_index
from torch_doctor.matrix.query import driver_floor
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "unpinned-default-moved": "torch without a pin comes for a newer CUDA major than its surroundings are made for.",
    "nightly-discontinued": "Nightly builds are asked for of a CUDA for which none are made any more.",
}

_CUDA_IMAGES = ("nvidia/cuda", "nvcr.io/nvidia/cuda")


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield them where an image says which CUDA was meant."""
    matrix = project.matrix
    made = {r.variant for r in matrix.torch_builds if r.torch in releases(matrix)[-2:]}
    newest = max(int(v[2:]) for v in made if v.startswith("cu"))
    for setup in project.setups:
        for chosen in setup.chosen:
            yield from _nightly(chosen, made, newest)
            base = setup.base
            here = chosen is setup.effective
            if here and base is not None and base.cuda and base.repository in _CUDA_IMAGES:
                yield from _moved(chosen, CudaVersion.parse(base.cuda), matrix)


def _nightly(chosen: Chosen, made: set[str], newest: int) -> Iterator[Flaw]:
    if not chosen.nightly or chosen.place is None or not chosen.variant.startswith("cu"):
        return
    if chosen.variant not in made and int(chosen.variant[2:]) < newest:
        message = f"no nightly builds are made for {chosen.variant} any more: what is there is old, or gone"
        fix = "take a release, or the nightly index of a newer CUDA"
        yield Flaw("nightly-discontinued", Severity.WARNING, chosen.place.spot, message, fix)


def _moved(chosen: Chosen, meant: CudaVersion, matrix: Matrix) -> Iterator[Flaw]:
    row, one = chosen.row, chosen.requirement
    if row is None or not row.cuda or one.url or (chosen.place and torch_index(chosen.place.url)):
        return
    comes = CudaVersion.parse(row.cuda)
    if comes.major <= meant.major or not allows_version(one.specifier, releases(matrix)[-1]):
        return
    floor = driver_floor(matrix, comes)
    needs = f", which needs driver {floor.driver} or newer" if floor else ""
    message = f"without a pin this is torch {row.torch} for CUDA {comes}{needs}; the image is of CUDA {meant}"
    because = [receipt("torch_builds", row)]
    because += [receipt(floor.table, floor.row)] if floor else []
    fix = "pin torch, and name the index of the CUDA that is meant"
    yield Flaw("unpinned-default-moved", Severity.WARNING, one.spot, message, fix, tuple(because))
