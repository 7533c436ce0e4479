"""A package asks the loader for the runtime of another CUDA major than torch brings.

What it checks
    The CUDA runtime that the wheels of vLLM, xFormers, SGLang's kernels and others link, as read from them, against
    the CUDA of torch. NVIDIA's own wheel of that runtime beside it makes it a warning.
Why it matters
    Nothing in the metadata says it: pip installs the pair, and the package fails where its kernels are loaded.
How to fix
    Install the torch of that CUDA, or the release of the package for the CUDA that is there.
References
    https://github.com/vllm-project/vllm/issues/52300
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.finding import Action, Severity
from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion, allows
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.installed import installed_clashes
from torch_doctor.matrix.builds.query import cuda_majors
from torch_doctor.matrix.builds.rows import CompanionBuild, TorchBuild
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.packages._companion import names_its_torch, together


@rule("TD529", severity="error", cause="nvidia-pip-mismatch", about=("packages",))
def check(
    packages: tuple[Package, ...],
    torch_version: TorchVersion,
    torch_cuda: CudaVersion,
    matrix: Matrix,
    cures: Cures,
    errors_seen: Fact[tuple[ErrorSeen, ...]],
    torch_origin: str = "pytorch",
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    found = installed_clashes(packages, torch_version, torch_cuda, cures.machine, matrix)
    for build, clash in found if torch_origin in ("pytorch", "unknown") else ():
        if clash.kind != "companion-cuda" or names_its_torch(build.package, errors, errors_seen):
            continue
        majors = cuda_majors(build) or ()
        runtimes = (p for p in packages if p.name.startswith("nvidia-cuda-runtime"))
        other = any(p.version.split(".")[0] in map(str, majors) for p in runtimes)
        known = (
            *cures.companion(build.package),
            *cures.for_cuda(build.package, torch_cuda.major),
            *_torch(build, majors, torch_version, matrix, cures),
        )
        unsure = "; whether the loader finds another copy is not known" if other else ""
        yield finding(
            build.package,
            clash.message + unsure,
            severity=Severity.WARNING if other or not clash.fails else None,
            because=clash.because,
            fixes=[*known, together(build.package, torch_version, torch_cuda, known=bool(known))],
        )


def _torch(
    build: CompanionBuild,
    majors: tuple[int, ...],
    torch: TorchVersion,
    matrix: Matrix,
    cures: Cures,
) -> Iterator[Action]:
    """The same torch for the CUDA of the package, where the package takes it."""
    platform = cures.machine.wheel_platform
    for row in matrix.select(TorchBuild, torch=torch.public):
        cuda = CudaVersion.parse(row.cuda) if row.cuda else None
        fits = row.platform == platform and cuda is not None and cuda.major in majors
        if fits and row.status == "published" and allows(build.torch or "", torch.public):
            yield cures.install(row)
            return
