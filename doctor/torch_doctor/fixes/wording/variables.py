"""Environment variables, and the loader's path, which is one of them."""

from __future__ import annotations

import shlex

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.actions import OffLibraryPath, SetVariable, UnsetVariable
from torch_doctor.fixes.person import Person


def set_variable(action: SetVariable, person: Person) -> Fix:
    """Set a variable in the shell or job that starts PyTorch."""
    named = f"{action.name}={action.value}"
    return Fix(f"set {named}: {action.why}", (f"export {named}",))


def unset_variable(action: UnsetVariable, person: Person) -> Fix:
    """Remove a variable from the shell or job that starts PyTorch."""
    return Fix(f"unset {action.name}: {action.why}", (f"unset {action.name}",))


def off_library_path(action: OffLibraryPath, person: Person) -> Fix:
    """Take a folder off LD_LIBRARY_PATH, or out of ld.so.conf."""
    parts = [part for part in (action.library_path or "").split(":") if part]
    kept = [part for part in parts if part.rstrip("/") != action.folder.rstrip("/")]
    if len(kept) == len(parts):
        text = f"take {action.folder} out of /etc/ld.so.conf.d (or remove what put it there), then run ldconfig"
        return Fix(text, ("sudo ldconfig",), needs_root=True)
    value = ":".join(kept)
    command = f"export LD_LIBRARY_PATH={shlex.quote(value)}" if kept else "unset LD_LIBRARY_PATH"
    return Fix(f"take {action.folder} off LD_LIBRARY_PATH", (command,))
