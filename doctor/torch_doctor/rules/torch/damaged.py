"""Files of torch are missing or cut short.

What it checks
    torch's own libraries and key files against the sizes in RECORD, and against their own headers; with the driver
    proof every file that RECORD names.
Why it matters
    The import fails, or crashes later. A full disk and an interrupted download are the usual reasons.
How to fix
    Install the same torch again, with room on the disk.
References
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult, StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes.cures import Cures

_LACKS = ("AttributeError", "ImportError", "ModuleNotFoundError")


@rule(
    "TD423",
    severity="error",
    cause="torch-install-broken",
    breaks="import",
    explains=(
        "TD413",
        "TD433",
        "TD757",
    ),
)
def check(
    torch_damage: tuple[str, ...],
    cures: Cures,
    recorded_damage: tuple[str, ...] = (),
    torch_import_error: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    live_stages: tuple[StageResult, ...] = (),
) -> Iterator[Draft]:
    others = [fault for fault in recorded_damage if fault.startswith("torch")]
    damage = list(dict.fromkeys((*torch_damage, *others)))
    if damage:
        more = f" and {len(damage) - 3} more" if len(damage) > 3 else ""
        ran = any(result.ok for result in kernel_results)
        # a file that nothing needs to run a kernel may be gone
        lacks = any((stage.error or "").startswith(_LACKS) for stage in live_stages)
        ran = ran or not (torch_damage or torch_import_error or lacks)
        yield finding(
            "torch",
            f"torch is damaged: {listing(damage[:3])}{more}",
            severity=Severity.WARNING if ran else None,
            fixes=[cures.torch_again()],
        )
