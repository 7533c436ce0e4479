"""The image asks for a newer driver than the host has (NVIDIA_REQUIRE_CUDA).

What it checks
    The container toolkit's words that a requirement is not met; or the image's NVIDIA_REQUIRE_CUDA with all its
    alternatives against the host's driver and GPUs, before the container is started.
Why it matters
    The toolkit does not start the container, though within one CUDA major an older driver may serve the image.
How to fix
    Take an image for an older CUDA, update the driver, or, within the same CUDA major, set NVIDIA_DISABLE_REQUIRE=1.
References
    https://github.com/NVIDIA/nvidia-container-toolkit/issues/152
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.images.requirement import gate_of, requirements_in
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix

_UNMET = regex(r"unsatisfied condition: (cuda\s*>=\s*(\d+\.\d+))")
_WANTS = regex(r"\bcuda>=(\d+\.\d+)")


@rule(
    "TD605",
    severity="error",
    cause="driver-too-old-for-cuda-build",
    breaks="cuda",
    explains=("TD120", "TD601", "TD606"),
    about=("nvidia_require_cuda", "errors"),
)
def check(
    matrix: Matrix,
    cures: Cures,
    nvidia_require_cuda: str | None = None,
    nvidia_disable_require: str | None = None,
    driver_cuda: CudaVersion | None = None,
    container: str | None = None,
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    unmet = [
        match for one in errors.of("ctk_cuda_requirement") if (match := _UNMET.search(one.text))
    ]
    needed, also = (CudaVersion.parse(unmet[-1][2]) if unmet else None), ""
    if needed is None and not (container or cuda_available):  # in a container the gate was passed
        needed, also = _unmet(nvidia_require_cuda, nvidia_disable_require, cures, matrix)
    if needed is None:
        return
    serves = f", the driver serves {driver_cuda}" if driver_cuda else ""
    cured = [
        fixes.by_hand(f"take an image for an older CUDA than {needed}", scope="container"),
        cures.driver_for(needed, paired=True),
    ]
    if driver_cuda is None or driver_cuda.major == needed.major:
        text = f"a driver for another CUDA {needed.major}.x serves it under minor-version compatibility"
        off = {"NVIDIA_DISABLE_REQUIRE": "1"}
        cured.insert(0, fixes.restart_container(f"without the gate: {text}", variables=off))
    because = errors.receipts("ctk_cuda_requirement")
    message = f"the image requires CUDA {needed}{also}{serves}"
    yield finding("container", message, because=because, fixes=cured)


def _unmet(
    text: str | None, off: str | None, cures: Cures, matrix: Matrix
) -> tuple[CudaVersion | None, str]:
    asked = {"NVIDIA_REQUIRE_CUDA": text or "", "NVIDIA_DISABLE_REQUIRE": off or ""}
    texts = requirements_in(asked)
    wants = _WANTS.search(" ".join(texts))
    if wants is None or gate_of(texts, cures.machine, matrix).passes is not False:
        return None, ""
    others = len(texts[0].split()) - 1
    return CudaVersion.parse(wants[1]), f" or another condition of {others}" if others else ""
