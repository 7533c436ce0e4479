"""`import torch` does not come to an end.

What it checks
    The stages of the live check: the import was still under way at its deadline, or Python had not run a line by then.
Why it matters
    Nothing runs. Usual reasons are a file system that does not answer, and a sitecustomize or plugin that waits.
How to fix
    See where it waits with faulthandler; move the environment to a local disk if it lies on a network share.
References
    https://docs.python.org/3/library/faulthandler.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.quoting import word
from torch_doctor.rules.torch._crashes import ends_at_start

_HANGS = ("no answer within", "hangs")


@rule("TD412", severity="error", cause="torch-install-broken", breaks="cuda")
def check(
    live_stages: tuple[StageResult, ...],
    python_executable: str | None = None,
    torch_location: str | None = None,
) -> Iterator[Draft]:
    for stage in live_stages:
        hangs = not stage.ok and any(w in (stage.error or "") for w in _HANGS)
        python = word(python_executable or "python")
        if stage.stage == "start" and hangs:
            yield ends_at_start(f"does not run a line: {stage.error}", python)
        elif stage.stage == "import" and hangs:
            message = f"import torch does not end: {stage.error}"
            dump = "import faulthandler; faulthandler.dump_traceback_later(20); import torch"
            yield finding(
                "torch",
                message,
                fixes=[fixes.by_hand("see where it waits", f"{python} -c '{dump}'")],
            )
