"""nvcc refuses the C++ compiler of this host.

What it checks
    nvcc's message about an unsupported GNU or Microsoft compiler.
Why it matters
    The extension is not built: each nvcc accepts host compilers up to a certain version.
How to fix
    Name an older compiler (CC, CXX, NVCC_PREPEND_FLAGS), or use a newer toolkit of torch's CUDA major.
References
    https://docs.nvidia.com/cuda/cuda-installation-guide-linux/index.html#host-compiler-support-policy
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_TEXT = r"unsupported GNU version! gcc versions later than (\d+)|unsupported (?:Microsoft|clang) \S+ version"


@rule("TD306", severity="error", cause="nvcc-cuda-home-mismatch")
def check(
    errors: Errors,
    toolkit_cuda: CudaVersion | None = None,
    host_compiler: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    seen = errors.matching(_TEXT)
    if not seen:
        return
    newest = re.search(r"gcc versions later than (\d+)", seen[0].text)
    nvcc = f"nvcc of CUDA {toolkit_cuda}" if toolkit_cuda else "nvcc"
    message = f"{nvcc} refuses the host's C++ compiler"
    cure = [fixes.by_hand("use a newer toolkit of the same CUDA major as torch")]
    if newest:
        message += f": it accepts gcc up to {newest[1]}"
        flags = f"-ccbin g++-{newest[1]}"
        why = "nvcc then uses that compiler"
        cure.insert(0, fixes.set_variable("NVCC_PREPEND_FLAGS", f"'{flags}'", why))
    yield finding("toolkit", message, fixes=cure)
