"""CUDA fails since the machine was suspended, as words in a report tell.

What it checks
    In a report: words that the machine slept, and that the GPU or CUDA fails since, or CUDA's error 719 or 999.
Why it matters
    A suspend can leave the state of nvidia_uvm broken: nvidia-smi looks healthy, and every CUDA program fails.
How to fix
    Reload nvidia_uvm or reboot; keep the GPU's memory over suspend so that it does not come back.
References
    https://github.com/ultralytics/ultralytics/issues/7716
    https://github.com/pop-os/default-settings/pull/64
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

LAUNCH_FAILURE, UNKNOWN = 719, 999
_SLEPT = regex(
    r"\bsuspen(?:d|sion)|\bhibernat|\b(?:wakes?|waking|woke|woken) (?:it |the \w+ |my \w+ )?up\b"
    r"|\b(?:after|from) (?:a )?(?:sleep|resum)|\bsleep mode\b"
    r"|(?:スリープ|サスペンド|休止状態)(?:から|後|すると|復帰)|(?:休眠|睡眠|待机|挂起|合盖)[^。;\n]{0,6}(?:后|之后|唤醒)"
    r"|\b(?:réveil|mise en veille|(?:sortie|sort) de veille)\b|\b(?:Ruhezustand|Standby|Aufwachen|Bereitschaft)\b"
    r"|\b(?:suspender|suspensión|hibernar|reposo)\b|\b(?:сна|спящ\w+|гибернаци\w+)\b|(?:절전|대기) ?모드",
    re.IGNORECASE,
    (
        *("suspen", "hibernat", " up", "sleep", "resum", "スリープ", "サスペンド", "休止状態"),
        *("休眠", "睡眠", "待机", "挂起", "合盖", "réveil", "veille", "ruhezustand", "standby"),
        *("aufwachen", "bereitschaft", "hibernar", "reposo", "сна", "спящ", "гибернаци", "모드"),
    ),
)
_FAILS = regex(
    r"\b(?:cuda|gpus?|nvidia|torch|pytorch)\b.{0,60}\b(?:fail|stop|unavailab|not (?:work|avail|detect|found)|no longer"
    r"|lost|gone|broken|disappear|unusable)|\b(?:cuda|gpu|nvidia|torch).{0,16}(?:エラー|使え|認識|报错|不可用|失效|用不了)"
    r"|用不了 ?(?:cuda|gpu)|is_available.{0,20}\bFalse\b|\b(?:cuda|gpu|torch)\b.{0,30}(?:не (?:видит|работает|доступ)"
    r"|nicht (?:mehr|verfügbar)|ne (?:marche|fonctionne|voit)|no (?:funciona|detecta)|못|안 (?:돼|되|잡))"
    r"|\b(?:fail|stop|los[et]|broke|kill|break)\w*\b.{0,40}\b(?:cuda|gpus?|nvidia)\b",
    re.IGNORECASE,
)


@rule(
    "TD143",
    severity="error",
    cause="driver-state-needs-reboot",
    breaks="start",
    explains=("TD433",),
)
def check(
    remarks: tuple[ErrorSeen, ...],
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    slept = [remark for remark in remarks if _SLEPT.search(remark.text)]
    numbered = errors.numbered(LAUNCH_FAILURE, UNKNOWN)
    # where CUDA does not start any more, the report that it was there is from before the machine slept
    before = bool(cuda_available and errors.numbered(UNKNOWN) and not kernel_results)
    if not slept or container or (cuda_started(kernel_results, cuda_available) and not before):
        return
    if not numbered and not any(_FAILS.search(remark.text) for remark in slept):
        return
    message = f"CUDA fails since a suspend: {one_line(slept[0].text, 160)}"
    cures = [fixes.reload_uvm(), fixes.reboot("if that does not help")]
    because = errors.receipts_for(numbered[0].code or 0) if numbered else ()
    severity = Severity.WARNING if before else None
    yield finding(
        "driver", message, severity=severity, because=because, fixes=cures, confidence="medium"
    )
