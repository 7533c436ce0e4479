"""The installed triton is not the one that torch pins, or it fails on this GPU and driver.

What it checks
    The version of triton against torch's METADATA (or the recorded pairs), and triton's own errors.
Why it matters
    torch.compile and every package that writes triton kernels fail; plain torch runs.
How to fix
    Install the triton that torch pins.
References
    https://github.com/triton-lang/triton#quick-installation
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Receipt, Severity
from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.companions import judge_companion
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.packages._pins import accepts, first_of_each, pins

_HARM = (
    r"(?:cannot import name|has no attribute).{0,80}triton|triton\.\w+.{0,60}(?:cannot import|has no attribute)"
    r"|undefined symbol.{0,80}triton|libtriton\S*: undefined symbol|No module named 'triton\."
)

_PINNED = fixes.by_hand(
    "install the triton that the installed torch asks for (Requires-Dist of torch names it)",
    "python -c \"import importlib.metadata as m; print(*(r for r in m.requires('torch') if 'triton' in r))\"",
)


@rule("TD510", severity="warning", cause="triton-mismatch", about=("packages",))
def check(
    packages: tuple[Package, ...],
    torch_version: TorchVersion,
    matrix: Matrix,
    cures: Cures,
    requirements: tuple[str, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    installed = first_of_each(packages).get("triton")
    if installed is None:
        return
    pin = next((pin for pin in pins(requirements) if pin.name == "triton"), None)
    because: tuple[Receipt, ...] = ()
    message = None
    if pin is not None:
        if not accepts(pin, installed.version):
            message = f"triton {installed.version} is installed, but torch {torch_version} pins {pin.accepts}"
    elif mismatch := judge_companion("triton", packages, torch_version, None, matrix):
        message, because = mismatch.message, mismatch.because
    if message is None:
        return
    seen = errors.matching(_HARM)
    if seen:
        message += f"; seen: {one_line(seen[0].text, 200)}"
    spec = f"triton{pin.accepts}" if pin else None
    yield finding(
        "triton",
        message,
        severity=Severity.ERROR if seen else None,
        because=because,
        fixes=[cures.put("install the triton that torch pins", spec)]
        if spec
        else cures.companion("triton") or [_PINNED],
    )
