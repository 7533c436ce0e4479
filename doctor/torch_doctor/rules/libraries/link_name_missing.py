"""A linker does not find libcuda by the name that it links with.

What it checks
    The linker's words "cannot find -lcuda", of a compiler that torch.compile, triton or a build started.
Why it matters
    The driver brings libcuda.so.1. Programs run with it; what is compiled here is linked to libcuda.so, which the
    driver's development package, or the stubs of a toolkit, bring.
How to fix
    Add the missing name, or name the directory that has it in LIBRARY_PATH.
References
    https://github.com/pytorch/pytorch/issues/94585
    https://github.com/triton-lang/triton/issues/1388
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_WORDS = r"\bcannot find -lcuda\b(?!\w)|unable to find library -lcuda\b(?!\w)"


@rule("TD766", severity="error", cause="cuda-libs-missing", explains=("TD305", "TD512"))
def check(errors: Errors, wsl: bool | None = None) -> Iterator[Draft]:
    if not errors.matching(_WORDS):
        return
    stubs = fixes.by_hand(
        "let the linker take the stub of a CUDA toolkit (for linking alone, never at run time)",
        "export LIBRARY_PATH=/usr/local/cuda/lib64/stubs:$LIBRARY_PATH",
    )
    name = fixes.by_hand(
        "give libcuda.so.1 its second name",
        "sudo ln -s libcuda.so.1 /usr/lib/x86_64-linux-gnu/libcuda.so",
        scope="host",
        root=True,
    )
    here = fixes.by_hand(
        "name the directory of WSL's libcuda.so", "export LIBRARY_PATH=/usr/lib/wsl/lib"
    )
    message = "the linker finds no libcuda.so: what is compiled at run time cannot be linked"
    yield finding("libraries", message, fixes=[here] if wsl else [stubs, name])
