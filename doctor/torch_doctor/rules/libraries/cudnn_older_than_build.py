"""The cuDNN that was loaded is older than the one that torch was compiled with.

What it checks
    torch's own message about it, which gives both versions.
Why it matters
    torch refuses to use cuDNN, so every convolution fails.
How to fix
    Take the older cuDNN off the loader's path, or install the pinned nvidia-cudnn again.
References
    https://github.com/pytorch/pytorch/pull/80877
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.libraries._intruder import own_package

_BOTH = r"(?s)\((\d+), ?(\d+), ?(\d+)\).{0,80}?\((\d+), ?(\d+), ?(\d+)\)"
# torch before 1.5 printed cuDNN's own number: 7605 is 7.6.5
_NUMBERS = r"(?s)against (\d)(\d)0?(\d+) but linked against (\d)(\d)0?(\d+)"


@rule("TD759", severity="error", cause="cudnn-incompatible", breaks="cuda", explains=("TD432",))
def check(
    errors: Errors,
    cures: Cures,
    ld_library_path: str | None = None,
    packages: tuple[Package, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    seen = errors.of("cudnn_version")
    if not seen:
        return
    both = re.search(_BOTH, seen[0].text) or re.search(_NUMBERS, seen[0].text)
    message = "the cuDNN that was loaded does not fit torch"
    if both:
        built, found = ".".join(both.groups()[:3]), ".".join(both.groups()[3:])
        message = f"torch was compiled with cuDNN {built}, but cuDNN {found} was loaded"
    cure = []
    blamed = any("LD_LIBRARY_PATH contains" in text.text for text in (*seen, *errors_seen))
    if blamed and not (ld_library_path and "cudnn" in ld_library_path.lower()):
        cure.append(fixes.unset_variable("LD_LIBRARY_PATH", "torch brings the cuDNN that it needs"))
    if ld_library_path and "cudnn" in ld_library_path.lower():
        message += f"; LD_LIBRARY_PATH names one: {ld_library_path[:200]}"
        cure.append(fixes.unset_variable("LD_LIBRARY_PATH", "another cuDNN comes before torch's"))
    package = own_package("cudnn", packages)
    if package:
        cure.append(
            cures.put("install torch's own cuDNN again", f"{package.name}=={package.version}")
        )
    cure.append(fixes.by_hand("remove the other cuDNN from LD_LIBRARY_PATH or /etc/ld.so.conf.d"))
    yield finding("libraries", message, because=errors.receipts("cudnn_version"), fixes=cure)
