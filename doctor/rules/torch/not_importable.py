"""torch is installed but `import torch` fails.

What it checks
    What the live check saw when it imported torch in its own process.
Why it matters
    Nothing runs, whatever the GPU and the driver are.
How to fix
    Reinstall torch with its dependencies; the error text says which file is at fault.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.rule import Draft, finding, rule
from doctor.core.text import one_line

_LIBRARY_SIGNS = ("cannot open shared object file", "undefined symbol", ".so", ".dll", "version `")


@rule("TD404", severity="error", cause="torch-install-broken", explains=("TD409",))
def check(torch_import_error, torch_version=None, python_executable=None, torch_libraries_missing=()) -> Iterator[Draft]:
    text = one_line(torch_import_error, 300)
    missing = "cannot open shared object file" in text or bool(torch_libraries_missing)
    spec = f"torch=={torch_version}" if torch_version else "torch"
    again = fixes.by_hand(
        "install the same torch again, with its dependencies",
        f'{python_executable or "python"} -m pip install --force-reinstall "{spec}"',
    )
    cause = "cuda-libs-missing" if missing and "cuda" not in text.partition(":")[0].lower() else None
    yield finding("torch", f"import torch fails: {text}", cause=cause, fixes=[again])
