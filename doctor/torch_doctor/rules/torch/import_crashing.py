"""`import torch` kills the interpreter.

What it checks
    The stages of the live check: the process was killed by a signal, or left, while it imported torch.
Why it matters
    Nothing runs, and no exception says why: a library of another build, or an instruction that the processor lacks.
How to fix
    Install torch again; SIGILL means that the processor lacks instructions that this build uses.
References
    https://docs.python.org/3/library/faulthandler.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.quoting import word

_DIES = r"was killed by (\S+)|ended with exit code (\d+)"


@rule("TD413", severity="error", cause="torch-install-broken", explains=("TD404", "TD409"))
def check(
    live_stages: tuple[StageResult, ...],
    cures: Cures,
    python_executable: str | None = None,
    ld_preload: str | None = None,
) -> Iterator[Draft]:
    for stage in live_stages:
        died = re.search(_DIES, stage.error or "")
        if stage.stage != "import" or stage.ok or not died:
            continue
        how = f"signal {died[1]}" if died[1] else f"exit code {died[2]}"
        python = word(python_executable or "python")
        cure = [cures.torch_again()]
        if ld_preload:
            cure.insert(0, fixes.unset_variable("LD_PRELOAD", "it puts a library into the process"))
        where = fixes.by_hand("see where it dies", f"{python} -X faulthandler -c 'import torch'")
        yield finding("torch", f"import torch kills the interpreter ({how})", fixes=[*cure, where])
