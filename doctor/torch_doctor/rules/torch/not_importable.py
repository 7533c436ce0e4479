"""`import torch` fails: torch is broken, or the Python that ran has none.

What it checks
    What `import torch` raised, in the live check or in a report.
Why it matters
    Nothing runs, whatever the GPU and the driver are.
How to fix
    Reinstall torch with its dependencies; the error text says which file is at fault. WinError 127 is a mixture of
    DLLs: a new environment has none. A library of torch that lacks a symbol of torch is one of two releases: all
    copies go. A torch in the user's site directory that comes before the environment's own is kept away from it.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.interpreters import in_user_site
from torch_doctor.rules.torch._absent import NO_TORCH, absent
from torch_doctor.rules.torch._mixtures import OF_TWO, cures_of
from torch_doctor.rules.torch._sites import past_user_site

# A library that torch is linked to and does not have beside itself; libcuda is the driver's.
_LIBRARY = (
    r"lib(?!cuda\.so|torch|c10|shm\.so|caffe2)[\w.+-]+?\.so[.\d]*: cannot open shared object file"
)


@rule("TD404", severity="error", cause="torch-install-broken", shows="import")
def check(
    torch_import_error: str,
    cures: Cures,
    torch_version: TorchVersion | None = None,
    python_version: str | None = None,
    torch_libraries_missing: tuple[str, ...] = (),
    torch_location: str | None = None,
    environment_made: str | None = None,
) -> Iterator[Draft]:
    text = one_line(torch_import_error, 300)
    if re.search(NO_TORCH, text) and (torch_version is None or torch_location is None):
        yield absent(torch_version, cures, environment_made)
        return
    missing = re.search(_LIBRARY, text) or bool(torch_libraries_missing)
    cure = cures_of(text, cures, python_version)
    if in_user_site(torch_location):
        mixed = bool(re.search(OF_TWO, text))
        cure = [*cure, *past_user_site()] if mixed else [*past_user_site(), *cure]
    cause = "cuda-libs-missing" if missing else None
    yield finding("torch", f"import torch fails: {text}", cause=cause, fixes=cure)
