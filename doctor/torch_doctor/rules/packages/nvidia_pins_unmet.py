"""NVIDIA library packages are not of the versions that torch pins.

What it checks
    torch's METADATA pins (nvidia-cudnn-cu12==9.10.2.21 …), or what pip says of them, against the packages that an
    import takes. It is an error where torch then misses a library of theirs, and a warning where a call of one fails.
Why it matters
    torch was tested with those versions; an older library may lack symbols or kernels that torch calls, and one of
    another major has another file name.
How to fix
    Install the pinned versions again. pip replaces them when another package asks for other ones: JAX does, and wants
    an environment of its own.
References
    https://pip.pypa.io/en/stable/cli/pip_check/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.libraries._wheels import part_of
from torch_doctor.rules.packages._pins import accepts, failing, first_of_each, numbers, pins, wanted

_FILES = r"lib(?:cudnn|cublas|cufft|curand|cusolver|cusparse|nccl|nvJitLink|nvrtc)\w*\.so"
_APART = "put torch and JAX into two environments: they pin the same packages in other versions, and pip keeps one"


@rule(
    "TD515",
    severity="warning",
    cause="nvidia-pip-mismatch",
    breaks="import",
    explains=("TD757",),
    about=("packages",),
)
def check(
    packages: tuple[Package, ...],
    requirements: tuple[str, ...],
    cures: Cures,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    installed = first_of_each(packages)
    unmet = [
        (pin, installed[pin.name])
        for pin in pins(requirements)
        if pin.name in installed and pin.name.startswith("nvidia-")
        if not accepts(pin, installed[pin.name].version)
    ]
    if not unmet:
        return
    older = [pin for pin, package in unmet if numbers(package.version) < numbers(wanted(pin))]
    words = [
        f"{package.name} {package.version} (torch pins {pin.accepts})" for pin, package in unmet
    ]
    specs = [f"{pin.name}{pin.accepts}" for pin, _ in unmet]
    files = [failure.missing or "" for failure in errors.missing(_FILES)]
    lacking = next((file for file in files if any(_brings(pin.name, file) for pin, _ in unmet)), "")
    failed = next((one for pin, _ in unmet for one in failing(pin.name, errors)), "")
    fails = f"; torch misses {lacking}" if lacking else f"; {failed}" if failed else ""
    apart = [fixes.by_hand(_APART)] if errors.matching(r"(?<![\w-])jax\b") else []
    worse = Severity.ERROR if lacking else Severity.WARNING
    yield finding(
        "packages",
        f"not what torch pins: {listing(words[:4])}{' and others' if len(words) > 4 else ''}{fails}",
        severity=worse if older or lacking or failed else Severity.NOTE,
        fixes=[*apart, cures.put("install the pinned versions again", *specs)],
    )


def _brings(package: str, file: str) -> bool:
    """Whether *package* has the library *file*, whatever its major."""
    return f"-{part_of(file)}" in package.replace("cuda-", "")
