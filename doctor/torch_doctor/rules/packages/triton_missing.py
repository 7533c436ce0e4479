"""torch wants triton, and it is not installed.

What it checks
    torch's METADATA against the installed packages.
Why it matters
    torch.compile cannot make GPU kernels; plain torch runs.
How to fix
    Install the triton that torch pins; it was left out by an install without dependencies.
References
    https://docs.pytorch.org/docs/stable/torch.compiler.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes.cures import Cures
from torch_doctor.rules.packages._pins import pins

_KINDS = ("triton", "pytorch-triton", "triton-windows", "triton-nightly")


@rule("TD511", severity="warning", cause="triton-mismatch")
def check(
    packages: tuple[Package, ...],
    requirements: tuple[str, ...],
    torch_variant: str,
    cures: Cures,
) -> Iterator[Draft]:
    pin = next((pin for pin in pins(requirements) if pin.name in _KINDS), None)
    if torch_variant != "cuda" or pin is None:
        return
    if any(package.name in _KINDS for package in packages):
        return
    message = f"torch pins {pin.name}{pin.accepts}, which is not installed: torch.compile will fail"
    text = "install the triton that torch pins"
    yield finding("triton", message, fixes=[cures.put(text, f"{pin.name}{pin.accepts}")])
