"""NVIDIA packages for two CUDA majors are installed and write the same files.

What it checks
    Pairs such as nvidia-cudnn-cu12 and nvidia-cudnn-cu13 in one environment. Both own nvidia/cudnn/lib.
Why it matters
    The one that was installed last wins, whichever torch needs. Uninstalling one breaks the other.
How to fix
    Remove the packages of the other CUDA major, then install torch's own again.
References
    https://github.com/pytorch/pytorch/issues/119932
    https://github.com/NVIDIA/nccl/issues/1784
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing, one_line
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

# Components whose wheels of all CUDA majors hold files of the same names.
_SAME_FILES = ("cudnn", "nccl", "nvshmem", "cusparselt")
_SUFFIX = r"nvidia-(.+)-cu(\d+)"
_HARM = r"undefined symbol:? (?:nccl|cudnn|nvshmem|cusparseLt)|CUDNN_STATUS_|libcudart\.so\.\d+: cannot open"


@rule(
    "TD516",
    severity="warning",
    cause="nvidia-pip-mismatch",
    explains=("TD404", "TD409", "TD432", "TD515", "TD756", "TD758", "TD761"),
)
def check(
    packages: tuple[Package, ...],
    cures: Cures,
    torch_cuda: CudaVersion | None = None,
    torch_origin: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    majors: dict[str, dict[int, Package]] = {}
    for package in packages:
        match = re.fullmatch(_SUFFIX, package.name)
        if match and match[1] in _SAME_FILES:
            majors.setdefault(match[1], {})[int(match[2])] = package
    doubled = {name: found for name, found in majors.items() if len(found) > 1}
    if not doubled:
        return
    pairs = [" and ".join(p.name for p in found.values()) for found in doubled.values()]
    seen = errors.matching(_HARM)
    message = f"{listing(pairs)} are both installed and write the same files"
    if seen:
        message += f"; seen: {one_line(seen[0].text, 200)}"
    cure = []
    if torch_cuda is not None:
        own = [found[torch_cuda.major] for found in doubled.values() if torch_cuda.major in found]
        alien = [p for f in doubled.values() for major, p in f.items() if major != torch_cuda.major]
        away = cures.remove("remove the other CUDA's packages", *(p.name for p in alien))
        specs = [f"{package.name}=={package.version}" for package in own]
        # they wrote the same files: without the one, the other is not whole
        again = cures.put("install torch's own again", *specs)
        cure.append(fixes.in_turn(away, again) if specs else away)
    yield finding("packages", message, severity=Severity.ERROR if seen else None, fixes=cure)
