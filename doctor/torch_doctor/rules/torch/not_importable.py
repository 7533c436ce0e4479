"""torch is installed but `import torch` fails.

What it checks
    What `import torch` raised, in the live check or in a report.
Why it matters
    Nothing runs, whatever the GPU and the driver are.
How to fix
    Reinstall torch with its dependencies; the error text says which file is at fault. WinError 127 is a mixture of
    DLLs: a new environment has none. A torch in the user's site
    directory that comes before the environment's own is kept away from it.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.interpreters import in_user_site
from torch_doctor.rules.torch._sites import past_user_site

# A library that torch is linked to and does not have beside itself; libcuda is the driver's.
_LIBRARY = (
    r"lib(?!cuda\.so|torch|c10|shm\.so|caffe2)[\w.+-]+?\.so[.\d]*: cannot open shared object file"
)

_OTHER_DLL = "WinError 127"
_NO_TORCH = r"No module named '?torch'?(?![.\w])"
_TWO_PYTHONS = [
    fixes.by_hand(
        "run the program with the Python whose pip lists torch: python and pip are of two environments",
        "python -m pip show torch",
        "python -c 'import sys; print(sys.executable)'",
    ),
    fixes.by_hand(
        "or install torch with the Python that runs the program: python -m pip, not a bare pip"
    ),
]
_ALONE = fixes.by_hand(
    "install torch in a new environment of its own: WinError 127 says that a DLL was found, of another version than "
    "torch's (of another package in this environment, or of a folder that comes first in PATH)"
)


@rule("TD404", severity="error", cause="torch-install-broken", explains=("TD409",))
def check(
    torch_import_error: str,
    cures: Cures,
    torch_version: TorchVersion | None = None,
    os_family: str | None = None,
    torch_libraries_missing: tuple[str, ...] = (),
    torch_location: str | None = None,
) -> Iterator[Draft]:
    text = one_line(torch_import_error, 300)
    if torch_version is not None and torch_location is None and re.search(_NO_TORCH, text):
        message = f"the Python that failed has no torch; torch {torch_version} is installed in another one"
        absent = "torch-not-installed"
        yield finding("torch", message, cause=absent, fixes=_TWO_PYTHONS, confidence="medium")
        return
    missing = re.search(_LIBRARY, text) or bool(torch_libraries_missing)
    cure = [cures.torch_again()]
    if os_family == "windows" and re.search(r"WinError|\.dll|DLL load failed", text):
        page = "https://aka.ms/vs/17/release/vc_redist.x64.exe"
        runtime = fixes.by_hand(f"install Microsoft's Visual C++ runtime: {page}", scope="host")
        # A file that is missing is mostly the runtime's; one that lacks a function is there, in another version.
        cure = [_ALONE, *cure, runtime] if _OTHER_DLL in text else [runtime, *cure]
    if in_user_site(torch_location):
        cure = [*past_user_site(), *cure]
    cause = "cuda-libs-missing" if missing else None
    yield finding("torch", f"import torch fails: {text}", cause=cause, fixes=cure)
