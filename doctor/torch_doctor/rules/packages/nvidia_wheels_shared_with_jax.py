"""torch and JAX share NVIDIA's packages, and want other versions of them.

What it checks
    What JAX says of a library that is older than the one that it was built with, and words of somebody whose install
    of one overwrote the packages of the other.
Why it matters
    Both pin nvidia-cudnn-cu12 and its like, and an environment holds one version of each: who is installed last wins,
    and JAX then runs on the CPU or fails. torch itself runs as a rule.
How to fix
    Give each an environment of its own, or install the JAX whose libraries are no newer than those that torch pins.
References
    https://docs.jax.dev/en/latest/installation.html
    https://github.com/jax-ml/jax/issues/18032
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

# JAX's own words, and those of XLA, which JAX brings.
_OLDER = r"but JAX was built against version|but source was compiled with: \d[\d.]+\.\s{1,3}CuDNN library needs"
_LIBRARY = r"(?:nvidia-\w+-cu1\d|cu(?:da|dnn|solver|blas|sparse|fft)\b)"
_OVERWRITTEN = (
    r"(?<!not )(?<!n't )(?<!never )(?<!longer )\b(?:overwr\w+|overrid\w+|replac\w+|downgrad\w+)\b[^.;\n]{0,40}"
    rf"\bnvidia-\w+-cu1\d\b|{_LIBRARY}[^.;\n]{{0,50}}\bolder than (?:that of |the one of )?jax"
)
_JAX = r"jax(?:lib)?\b"
_APART = "put torch and JAX into two environments: they pin the same packages of NVIDIA's in other versions"
_LAST = (
    "install the newer library after both, where they want the same major of it: torch takes a newer one of its "
    "major, JAX no older one (print what each pins: pip show torch jax-cuda12-plugin)"
)


@rule("TD533", severity="warning", cause="nvidia-pip-mismatch")
def check(errors: Errors, torch_version: TorchVersion | None = None) -> Iterator[Draft]:
    quarrel = errors.matching(_OLDER)
    if not quarrel and errors.matching(_JAX):
        quarrel = errors.matching(_OVERWRITTEN)
    if quarrel and (torch_version is not None or errors.matching("torch")):
        yield finding(
            "packages",
            f"torch and JAX want other versions of NVIDIA's packages: {one_line(quarrel[0].text, 200)}",
            fixes=[fixes.by_hand(_APART), fixes.by_hand(_LAST)],
            confidence="medium",
        )
