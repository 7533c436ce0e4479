"""Environment variables, and the loader's path, which is one of them."""

from __future__ import annotations

import shlex

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.kinds import HideGpus, OffLibraryPath, SetVariable, UnsetVariable
from torch_doctor.fixes.person import Person
from torch_doctor.matrix.law.masks import BY_THE_BUS

# Windows has no such variables: its loader looks in the program's folder and on PATH.
_OF_LINUX = ("LD_LIBRARY_PATH", "LD_PRELOAD")


def set_variable(action: SetVariable, person: Person) -> Fix | None:
    """Set a variable in the shell or job that starts PyTorch."""
    text = f"set {action.name}={action.value}: {action.why}"
    if person.system != "windows":
        return Fix(text, (f"export {action.name}={action.value}",))
    if action.name in _OF_LINUX:
        return None
    value = action.value.strip("'\"")
    return Fix(
        f"{text} (setx {action.name} keeps it for new windows)",
        (f'$env:{action.name} = "{value}"',),
    )


def unset_variable(action: UnsetVariable, person: Person) -> Fix | None:
    """Remove a variable from the shell or job that starts PyTorch."""
    text = f"unset {action.name}: {action.why}"
    if person.system != "windows":
        return Fix(text, (f"unset {action.name}",))
    if action.name in _OF_LINUX:
        return None
    return Fix(text, (f"Remove-Item Env:{action.name}",))


def hide_gpus(action: HideGpus, person: Person) -> Fix | None:
    """Set the mask, and the order that makes its numbers those of nvidia-smi."""
    shown = ",".join(map(str, action.numbers))
    text = f"{action.text} (the numbers are those of nvidia-smi)"
    pairs = (("CUDA_DEVICE_ORDER", BY_THE_BUS), ("CUDA_VISIBLE_DEVICES", shown))
    form = '$env:{} = "{}"' if person.system == "windows" else "export {}={}"
    return Fix(text, tuple(form.format(*pair) for pair in pairs))


def off_library_path(action: OffLibraryPath, person: Person) -> Fix | None:
    """Take a folder off LD_LIBRARY_PATH, or out of ld.so.conf."""
    if person.system == "windows":
        return Fix(f"take {action.folder} off PATH, or remove the library from it")
    parts = [part for part in (action.library_path or "").split(":") if part]
    kept = [part for part in parts if part.rstrip("/") != action.folder.rstrip("/")]
    if len(kept) == len(parts):
        text = f"take {action.folder} out of /etc/ld.so.conf.d (or remove what put it there), then run ldconfig"
        return Fix(text, ("sudo ldconfig",), needs_root=True)
    value = ":".join(kept)
    command = f"export LD_LIBRARY_PATH={shlex.quote(value)}" if kept else "unset LD_LIBRARY_PATH"
    return Fix(f"take {action.folder} off LD_LIBRARY_PATH", (command,))
