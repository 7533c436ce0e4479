"""Programs cannot import torch, and without the settings of Python they could.

What it checks
    The import of torch as a program does it, with PYTHONPATH, the user's site directory, sitecustomize and the PYTHON
    variables, beside the same import in isolation (python -I).
Why it matters
    torch and the driver are in order; what Python reads before torch keeps every program from it.
How to fix
    Unset PYTHONPATH, or remove from its folders what stands in the way (sitecustomize.py, a broken package).
References
    https://docs.python.org/3/using/cmdline.html#cmdoption-I
    https://docs.python.org/3/library/site.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing, one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.quoting import word
from torch_doctor.rules.torch._python_path import folder_of, path_entries


@rule("TD438", severity="error", cause="environment-variable", about=("plain_import_error",))
def check(
    plain_import_error: str,
    pythonpath: str | None = None,
    torch_shadows: tuple[str, ...] = (),
    dependency_shadows: tuple[str, ...] = (),
    python_settings: tuple[str, ...] = (),
    python_executable: str | None = None,
) -> Iterator[Draft]:
    entries = path_entries(pythonpath)
    if not plain_import_error or any(
        folder_of(path) in entries for path in (*torch_shadows, *dependency_shadows)
    ):
        return  # the file that is in the way is known
    error = one_line(plain_import_error, 200)
    python = word(python_executable or "python")
    see = fixes.by_hand(
        "see what Python reads before", f"{python} -v -c 'import torch' 2>&1 | head"
    )
    names = [*(["PYTHONPATH"] if entries else []), *python_settings]
    if names:
        message = (
            f"no program can import torch with {listing(names)} as set ({error}); without, they can"
        )
        unset = [fixes.unset_variable(name, "torch is imported without it") for name in names]
        yield finding("torch", message, fixes=[*unset, see])
        return
    message = f"no program can import torch ({error}), and in isolation (python -I) it is imported"
    away = fixes.set_variable("PYTHONNOUSERSITE", "1", "the user's site directory is left out")
    yield finding("torch", message, cause="torch-install-broken", fixes=[away, see])
