"""Triton is asked for where its project publishes no wheel: on Windows, or on a Mac.

What it checks
    An installer that found no triton, or a compiler that found none, on a system for which no build of it is recorded.
Why it matters
    torch.compile and kernels written in triton do not run; plain torch does.
How to fix
    On Windows install triton-windows, in the release that goes with the installed torch; or run without compiling.
References
    https://pypi.org/project/triton/#files
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.law.companions import companion_version
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt

_TRITON = regex(r"(?:pytorch-)?triton(?![\w-])", 2)
_NONE_WORKS = r"Cannot find a working triton|TritonMissing"
_SYSTEMS = {"windows": "Windows", "darwin": "macOS"}
_OFF = "torch.compile then runs the code as it is; leave the program's own option for compiling out, too"


@rule(
    "TD532",
    severity="error",
    cause="triton-mismatch",
    explains=("TD511", "TD531"),
    about=("unresolved", "errors"),
)
def check(
    os_family: str,
    matrix: Matrix,
    unresolved: tuple[UnresolvedRequirement, ...] = (),
    torch_version: TorchVersion | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    builds = [row for row in matrix.companion_builds if row.package == "triton"]
    wished = next((w for w in unresolved if _TRITON.match(w.requirement) and not w.offered), None)
    missed = errors.matching(_NONE_WORKS)
    system = _SYSTEMS.get(os_family)
    here = any(row.platform.startswith(os_family) for row in builds)
    if system is None or not builds or here or not (wished or missed):
        return
    what = wished.requirement if wished else one_line(missed[0].text, 120)
    off = fixes.set_variable("TORCH_COMPILE_DISABLE", "1", _OFF)
    yield finding(
        "triton",
        f"triton has no wheel for {system}, where it is asked for: {what}",
        because=[receipt("companion_builds", builds[-1])],
        fixes=[*_for_windows(torch_version, matrix), off] if system == "Windows" else [off],
    )


def _for_windows(torch: TorchVersion | None, matrix: Matrix) -> list[Action]:
    """Return the install of triton-windows, in the minor release that the installed torch goes with."""
    pair = companion_version(matrix, "triton", torch.public) if torch else None
    minor = ".".join(pair.split(".")[:2]) if pair else None
    spec = f"triton-windows=={minor}.*" if minor else "triton-windows"
    beside = f", which goes with torch {torch.public}" if torch and minor else ""
    text = f"install the builds of triton for Windows{beside}"
    return [fixes.by_hand(text, f'python -m pip install "{spec}"')]
