"""Which interpreter a folder of packages belongs to, read from its path alone."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex

# Under Windows packages lie in Lib\site-packages beside python.exe; in a virtual environment that is in Scripts.
_WINDOWS = regex(r"(?i)^(.+?)\\lib\\site-packages(?:\\|$)")
_VIRTUAL = regex(r"(?i)(?:^|[\\/])[\w.-]*v?env[\w.-]*$")
_OF_CONDA = regex(r"(?i)[\\/]envs[\\/][^\\/]+$|conda|[\\/]installer_files[\\/]")
_POSIX = regex(r"^(.+?)/lib/python\d(?:\.\d+)?t?/site-packages(?:/|$)")
# The system's own Python is found by its name, and the user's site directory belongs to any.
_ANY = regex(r"^/usr(?:/local)?$|/\.local$|[\\/]AppData[\\/]Roaming[\\/]")
_USER_SITE = regex(r"/\.local/lib/python3|[\\/]AppData[\\/]Roaming[\\/]Python[\\/]", re.IGNORECASE)


def interpreter_of(folder: str) -> str | None:
    """Return the interpreter whose packages lie in *folder*; None where the path does not tell."""
    windows = _WINDOWS.match(folder)
    if windows and not _ANY.search(windows[1] + "\\"):
        root = windows[1]
        virtual = _VIRTUAL.search(root) and not _OF_CONDA.search(root)
        name = r"Scripts\python.exe" if virtual else "python.exe"
        return f"{root}\\{name}"
    posix = _POSIX.match(folder)
    if posix and not _ANY.search(posix[1]):
        return f"{posix[1]}/bin/python"
    return None


def in_user_site(folder: str | None) -> bool:
    """Whether *folder* lies in the user's site directory, which every Python of its version looks into."""
    return bool(folder and _USER_SITE.search(folder))
