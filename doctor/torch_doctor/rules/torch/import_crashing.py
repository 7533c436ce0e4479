"""`import torch` kills the interpreter.

What it checks
    The stages of the live check: the process was killed by a signal, or left, while it imported torch, or before it
    ran a line: then it was a file that Python runs by itself, a .pth or sitecustomize. What was being
    loaded then, and what comes before torch's own libraries on the loader's path, is named.
Why it matters
    Nothing runs, and no exception says why: a library of another build, or an instruction that the processor lacks.
How to fix
    Take what was put before torch's libraries off the path, or install again what was being loaded; SIGILL means that
    the processor lacks instructions that this build uses.
References
    https://docs.python.org/3/library/faulthandler.html
    https://man7.org/linux/man-pages/man8/ld.so.8.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import LibraryFile, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.quoting import word
from torch_doctor.rules.torch._crashes import ends_at_start, in_front, loading, look

_DIES = r"(?:was killed by (\S+)|ended with exit code (\d+)|ended before it had answered)(.*)"


@rule("TD413", severity="error", cause="torch-install-broken", breaks="import")
def check(
    live_stages: tuple[StageResult, ...],
    cures: Cures,
    python_executable: str | None = None,
    ld_preload: str | None = None,
    ld_library_path: str | None = None,
    cxx_runtime: LibraryFile | None = None,
) -> Iterator[Draft]:
    for stage in live_stages:
        died = re.search(_DIES, stage.error or "")
        if stage.stage not in ("start", "import") or stage.ok or not died:
            continue
        how = f"signal {died[1]}" if died[1] else f"exit code {died[2] or 0}"
        suspects = [*in_front(ld_preload, ld_library_path, cxx_runtime), *loading(died[3])]
        if died[1] == "SIGILL":
            why = ": the processor lacks an instruction that this build uses"
        elif suspects:
            why = f": {'; '.join(suspect.words for suspect in suspects)}"
        else:
            why = ", and what in it is not known" if died[1] else ""
        python = word(python_executable or "python")
        if stage.stage == "start":
            yield ends_at_start(f"ends before it runs a line ({how}){died[3]}", python)
            continue
        yield finding(
            "torch",
            f"import torch kills the interpreter ({how}){died[3]}{why}",
            fixes=[
                *(suspect.cure for suspect in suspects),
                cures.torch_again(),
                *look(python, died[1]),
            ],
            confidence="medium" if suspects else "high",
        )
