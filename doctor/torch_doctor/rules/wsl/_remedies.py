"""What helps where CUDA does not reach the driver of Windows, and words that say so. Shared by the rules here."""

from __future__ import annotations

from torch_doctor.fixes import actions as fixes

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
