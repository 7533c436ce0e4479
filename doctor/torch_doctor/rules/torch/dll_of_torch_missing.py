"""Windows could not load a DLL of torch, or one that it needs.

What it checks
    The text of WinError 126 (or 1114) that names a DLL in torch's own folder.
Why it matters
    `import torch` fails, whatever the GPU and the driver are. A runtime of Microsoft's is missing, or OpenMP's: the
    fbgemm.dll of torch 2.4.0 needs libomp140.x86_64.dll, which that release did not bring.
How to fix
    Install Microsoft's Visual C++ runtime; take 2.4.1 in place of 2.4.0.
References
    https://github.com/pytorch/pytorch/issues/131662
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.torch._dlls import LACKS, WITH_OPENMP, mended

_DLL = (
    r"""(?:WinError (?:126|1114)\].{0,200}?Error loading|无法加载|未能加载) ?["'“]?[^"']{0,200}"""
    r"torch[\\/]+lib[\\/]+(\w+\.dll)"
)
_WITHOUT_OPENMP = "2.4.0"
_RUNTIME = "https://aka.ms/vs/17/release/vc_redist.x64.exe"


@rule(
    "TD435",
    severity="error",
    cause="torch-install-broken",
    breaks="import",
    explains=("TD402",),
)
def check(
    errors: Errors,
    cures: Cures,
    matrix: Matrix,
    gpus: tuple[Gpu, ...] = (),
    torch_version: TorchVersion | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    seen = errors.matching(_DLL)
    match = re.search(_DLL, seen[0].text) if seen else None
    if match is None:
        return
    cure = [
        fixes.by_hand(
            f"install Microsoft's Visual C++ runtime, which brings OpenMP's DLL, too: {_RUNTIME}",
            scope="host",
        )
    ]
    release = torch_version.public if torch_version else None
    if match[1] == "fbgemm.dll" and release in (None, _WITHOUT_OPENMP):
        newer = f"install torch {WITH_OPENMP} or newer where it is {_WITHOUT_OPENMP}: {LACKS}"
        cure = [*mended(torch_version, gpus, cures, matrix), *cure]
        cure = cure if release else [fixes.by_hand(newer), *cure]
    yield finding("torch", f"import torch fails: {one_line(seen[0].text, 240)}", fixes=cure)
