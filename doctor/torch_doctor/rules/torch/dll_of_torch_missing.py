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

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix

_DLL = (
    r"""(?:WinError (?:126|1114)\].{0,200}?Error loading|无法加载|未能加载) ?["'“]?[^"']{0,200}"""
    r"torch[\\/]+lib[\\/]+(\w+\.dll)"
)
_WITHOUT_OPENMP, _WITH_OPENMP = "2.4.0", "2.4.1"
_LACKS = "fbgemm.dll of 2.4.0 lacks libomp140.x86_64.dll"
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
        newer = f"install torch {_WITH_OPENMP} or newer where it is {_WITHOUT_OPENMP}: {_LACKS}"
        cure = [*_mended(torch_version, gpus, cures, matrix), *cure]
        cure = cure if release else [fixes.by_hand(newer), *cure]
    yield finding("torch", f"import torch fails: {one_line(seen[0].text, 240)}", fixes=cure)


def _mended(
    torch: TorchVersion | None,
    gpus: tuple[Gpu, ...],
    cures: Cures,
    matrix: Matrix,
) -> Iterator[Action]:
    """Yield the install of the release that has the file mended: for the CUDA of *torch*, or of what serves *gpus*."""
    if torch is None:
        return
    rows = matrix.select(TorchBuild, torch=_WITH_OPENMP, platform="windows-x86_64")
    same = [row for row in rows if row.variant == torch.local]
    found = cures.one_of(same or [row for row in rows if gpus and row.variant.startswith("cu")])
    if found:
        yield from (one._replace(condition=f"{one.condition}: {_LACKS}") for one in found)
        return
    spec = f"torch=={_WITH_OPENMP}+{torch.local}" if torch.local else f"torch=={_WITH_OPENMP}"
    yield cures.put(f"install {spec}: {_LACKS}", spec, index=cures.wheel_index, deps=True)
