"""MKL is newer than conda's torch was built for.

What it checks
    The undefined symbol iJIT_NotifyEvent, which MKL 2024.1 no longer offers.
Why it matters
    `import torch` fails.
How to fix
    Install an older MKL into the environment, or torch from pip.
References
    https://github.com/pytorch/pytorch/issues/123097
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD526", severity="error", cause="torch-install-broken", breaks="import")
def check(
    errors: Errors,
    packages: tuple[Package, ...] = (),
    import_failures: tuple[ImportFailure, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    if errors.undefined("iJIT_NotifyEvent"):
        message = "torch lacks iJIT_NotifyEvent: it was built for MKL 2024.0 or older"
        older = fixes.by_hand("install an older MKL", "conda install 'mkl<=2024.0'")
        yield finding("packages", message, because=errors.receipts("ijit_notify"), fixes=[older])
