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

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_DLL = (
    r"""(?:WinError (?:126|1114)\].{0,200}?Error loading|无法加载|未能加载) ?["'“]?[^"']{0,200}"""
    r"torch[\\/]+lib[\\/]+(\w+\.dll)"
)
_WITHOUT_OPENMP = "2.4.0"
_RUNTIME = "https://aka.ms/vs/17/release/vc_redist.x64.exe"


@rule("TD435", severity="error", cause="torch-install-broken", breaks="import")
def check(
    errors: Errors,
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
        same = "of the same CUDA" if release else "where it is 2.4.0"
        newer = (
            f"install torch 2.4.1 or newer {same}: fbgemm.dll of 2.4.0 lacks libomp140.x86_64.dll (the Visual C++ "
            f"runtime of Visual Studio brings it, too: {_RUNTIME})"
        )
        cure.insert(0, fixes.by_hand(newer))
    yield finding("torch", f"import torch fails: {one_line(seen[0].text, 240)}", fixes=cure)
