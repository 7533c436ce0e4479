"""cuSPARSE wants a newer nvJitLink than the one that was loaded.

What it checks
    Error texts and refusals of the loader that name a missing symbol of nvJitLink, such as __nvJitLinkComplete_12_4.
    The numbers in the symbol are the CUDA that it belongs to: the copy that was loaded is older.
Why it matters
    `import torch` fails, so nothing runs.
How to fix
    Put torch's own copy first: unset LD_LIBRARY_PATH, or install the pinned nvidia-nvjitlink again.
References
    https://github.com/pytorch/pytorch/issues/134929
    https://github.com/pytorch/pytorch/issues/111469
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure, KernelResult, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.libraries._intruder import own_package


@rule("TD755", severity="error", cause="cuda-libs-shadowed", breaks="import")
def check(
    errors: Errors,
    cures: Cures,
    packages: tuple[Package, ...] = (),
    ld_library_path: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    import_failures: tuple[ImportFailure, ...] = (),
) -> Iterator[Draft]:
    wanted = errors.undefined("__?nvJitLink")
    in_words = errors.of("nvjitlink_symbol")
    if not (wanted or in_words) or any(result.ok for result in kernel_results):
        return
    symbol = (wanted[0].symbol if wanted else None) or "a symbol that cuSPARSE asks for"
    numbers = re.search(r"_(\d+)_(\d+)$", symbol)
    release = f"{numbers[1]}.{numbers[2]}" if numbers else ""
    package = own_package("nvjitlink", packages)
    message = f"the nvJitLink that was loaded lacks {symbol}"
    if release:
        message += f": it is older than CUDA {release}'s"
    older = package if package and _release(package.version) < _release(release) else None
    if older:
        message += f"; {older.name} {older.version} is installed"
    name = package.name if package else "nvidia-nvjitlink-cu12"
    least = f"{name}>={release}" if release else name
    cure = [cures.put("install the nvJitLink that goes with this torch", least)]
    if not older:
        why = "an older copy of the toolkit comes before torch's own"
        cure.insert(0, fixes.unset_variable("LD_LIBRARY_PATH", why))
    yield finding(
        "libraries",
        message,
        cause="nvidia-pip-mismatch" if older else None,
        because=errors.receipts("nvjitlink_symbol"),
        fixes=cure,
    )


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
