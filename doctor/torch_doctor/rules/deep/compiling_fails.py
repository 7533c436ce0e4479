"""Triton or torch.compile does not work here.

What it checks
    A kernel compiled by Triton and a small function compiled by torch.compile, each compared with eager.
Why it matters
    Everything that is compiled fails or is wrong: torch.compile, flex attention, vLLM and many kernels of
    Hugging Face libraries. Eager PyTorch runs.
How to fix
    Triton needs a C compiler and Python's headers at run time, and the release that this torch pins.
References
    https://docs.pytorch.org/docs/stable/torch.compiler_troubleshooting.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.features import lacks
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.deep._reading import COMPILERS, cause_of, gpus_in_words, quoted

_TOOLS = {"debian": "apt-get install", "ubuntu": "apt-get install", "fedora": "dnf install"}
_TOOLS |= dict.fromkeys(("rhel", "rocky", "almalinux"), "dnf install")


@rule("TD956", severity="warning")
def check(
    deep_results: tuple[DeepResult, ...],
    matrix: Matrix,
    cures: Cures,
    torch_version: TorchVersion | None = None,
    os_id: str | None = None,
) -> Iterator[Draft]:
    bad = ("failed", "wrong", "hung", "crashed")
    found = [r for r in deep_results if r.stage in COMPILERS and r.status in bad]
    if not found:
        return
    first = found[0]
    stages = " and ".join(dict.fromkeys(r.stage for r in found))
    message = (
        f"compiling for the GPU ({stages}){gpus_in_words(found)} {_ended(first)}: {quoted(first)}"
    )
    torch = torch_version.public if torch_version else ""
    known = list(lacks("compile", torch, cures.machine, matrix)) if torch else []
    message += "".join(f"; {lack.message}" for lack in known[:1])
    off = fixes.set_variable(
        "TORCH_COMPILE_DISABLE", "1", "torch.compile then runs the code as it is"
    )
    ways = [*_missing(first.error or "", os_id), off]
    because = known[0].because if known else ()
    yield finding(
        "torch", message, cause=cause_of(first.error, matrix, None), because=because, fixes=ways
    )


def _ended(result: DeepResult) -> str:
    words = {"wrong": "gives wrong results", "hung": "does not end", "crashed": "crashes"}
    return words.get(result.status, "fails")


def _missing(error: str, os_id: str | None) -> Iterator[Action]:
    tool = _TOOLS.get(os_id or "")
    if re.search(r"find C compiler|(gcc|clang|cc)\W.*(not found|No such file)", error):
        commands = [f"sudo {tool} gcc"] if tool else []
        yield fixes.by_hand("install a C compiler (or name one in CC)", *commands, root=True)
    elif "Python.h" in error:
        package = "python3-dev" if tool and tool.startswith("apt") else "python3-devel"
        commands = [f"sudo {tool} {package}"] if tool else []
        yield fixes.by_hand("install the headers of this Python", *commands, root=True)
