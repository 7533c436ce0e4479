"""What helps where CUDA does not reach the driver of Windows, and words that say so. Shared by the rules here."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.law.machine import Machine

# "CUDA not working on WSL2", "the GPU is not detected inside WSL"
_REACHED = r"(?:work\w*|detect\w*|found|see\w*|available|recogni[sz]\w*|visible|show\w*)"
IN_WORDS = (
    rf"\b(?:cuda|gpus?|torch|nvidia-smi)\b[^.;\n]{{0,40}}\b(?:not|n't|stopped|no longer|fails? to) (?:be )?{_REACHED}\b"
    r"[^.;\n]{0,24}\b(?:in|on|inside|within|under|from|after)\b[^.;\n]{0,16}\bwsl"
    r"|\bwsl ?2?\b[^.;\n]{0,30}\b(?:(?:does|is|did|do)(?:n't| not)|can(?:'t|not| not)) "
    r"(?:see|find|detect|recogni[sz]e|use|access)\b"
    r"[^.;\n]{0,16}\b(?:cuda|gpus?)\b"
    r"|WSL\s?2?\s?[里中内]?[^.;\n。]{0,12}(?:不可用|检测不到|找不到|用不了)"
)
# Packages that bring the Linux driver's libraries into a distribution.
_LINUX_DRIVER = regex(
    r"\b(?:nvidia-(?:driver|utils|headless|compute)|libnvidia-|cuda-drivers)|\binstall(?: -\w+)* cuda$"
)
# A GPU of a data centre is in TCC on Windows, unless somebody chose another driver model.
MODEL = fixes.by_hand(
    "see in Windows which driver model the GPU is in: those of data centres start in TCC, which WSL does not see; "
    "switch it to MCDM (or WDDM, where the driver offers that for this GPU), then restart Windows and WSL",
    "nvidia-smi.exe --query-gpu=name,driver_model.current --format=csv",
    "nvidia-smi.exe -i 0 -dm MCDM",
    "wsl.exe --shutdown",
    scope="host",
)
RESTART = fixes.by_hand(
    "update WSL and the NVIDIA driver of Windows, then restart WSL",
    "wsl.exe --update",
    "wsl.exe --shutdown",
    scope="host",
)
PURGE = fixes.by_hand(
    "remove any Linux driver from inside WSL: /usr/lib/wsl/lib has the libraries of Windows' driver",
    "sudo apt-get purge '^(lib)?nvidia-.*-[0-9]+(-.*)?$'",
    "wsl.exe --shutdown",
    scope="host",
    root=True,
)


def in_order(blocked: Machine | None, *, commands: tuple[str, ...]) -> list[Action]:
    """Return what helps, in order; *blocked* is the machine where Windows keeps its GPU from WSL."""
    linux_first = any(map(_LINUX_DRIVER.search, commands))
    kinds = {gpu.kind for gpu in blocked.gpus or ()} if blocked else set()
    model = [MODEL] if kinds == {"data_center"} else []
    return [*model, *((PURGE, RESTART) if linux_first else (RESTART, PURGE))]
