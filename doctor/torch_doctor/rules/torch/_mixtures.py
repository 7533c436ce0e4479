"""What mends an install of torch whose files do not go together, by what the loader said."""

from __future__ import annotations

import re

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures

# Windows' error 127, 182 and what its own dialogues and other languages say of the same: a DLL was found, and
# lacks a function.
_LACKS_FUNCTION = (
    r"WinError (?:127|182)\b|specified procedure|procedure entry point|程序输入点|找不到指定的程序"
    r"|Prozedur wurde nicht|procédure spécifiée|procedimiento especificado|указанная процедура"
    r"|プロシージャ|프로시저"
)
_DAMAGED = r"WinError 193\b|not a valid Win32 application|不是有效的 ?Win32"
_OF_WINDOWS = r"WinError|\.dll\b|\.pyd\b|DLL load failed"
# A library of torch's own that lacks a symbol of torch's own.
OF_TWO = (
    r"[/\\]torch[/\\](?:lib[/\\])?(?:lib(?:torch|c10|caffe2|shm)|_C)[\w.+-]*: undefined symbol: "
    r"_Z\w{0,4}(?:3c10|2at|5torch|6caffe2)"
)
_DAMAGED_DLL = ", with a 64-bit Python: a DLL is damaged, or of another architecture than Python"
_RUNTIME = "https://aka.ms/vs/17/release/vc_redist.x64.exe"
_ALONE = fixes.by_hand(
    "install torch in a new environment of its own: a DLL was found, of another version than "
    "torch's (of another package in this environment, or of a folder that comes first in PATH)"
)
_CLEARED = fixes.by_hand(
    "reinstall torch from nothing: uninstall it until pip says that it is not installed, delete what is left of the "
    "folders torch and caffe2 in site-packages, and install it again; files of two releases are mixed",
    "python -m pip uninstall torch",
)
_MORE_MEMORY = fixes.by_hand(
    "let Windows manage the size of the paging file, or start fewer DataLoader workers: memory and paging file "
    "together are too small for torch's DLLs",
    scope="host",
)


def cures_of(text: str, cures: Cures, python: str | None) -> list[Action]:
    """Return what mends an import of torch that failed with *text*, under *python*, the smallest step first."""
    again = cures.torch_again()
    if re.search(OF_TWO, text):
        return [_CLEARED, again]
    if not re.search(_OF_WINDOWS, text):
        return [again]
    runtime = fixes.by_hand(f"install Microsoft's Visual C++ runtime: {_RUNTIME}", scope="host")
    if re.search(_LACKS_FUNCTION, text, re.IGNORECASE):
        # of one environment and one release first: another environment is more work
        return [*_later_python(text, python), _CLEARED, again, _ALONE, runtime]
    if "WinError 1455" in text:
        return [_MORE_MEMORY]
    if re.search(_DAMAGED, text):
        return [cures.torch_again(_DAMAGED_DLL)]
    # a file that is missing is mostly the runtime's
    return [runtime, again]


_FIRST = ("older than the first release of {}", "the first release of {}")


def _later_python(text: str, python: str | None) -> list[Action]:
    """Return the step to a later release of the same Python, where its first one calls torch_python.dll."""
    first = re.fullmatch(r"(3\.\d+)\.0((?:a|b|rc)\d+)?", python or "")
    if first is None or "torch_python" not in text:
        return []
    series = first[1]
    words = (
        f"make a new environment with a later Python {series} and install torch there: torch_python.dll calls "
        f"functions of Python's own DLL, and {python} is {_FIRST[first[2] is None].format(series)}"
    )
    return [fixes.by_hand(words)]
