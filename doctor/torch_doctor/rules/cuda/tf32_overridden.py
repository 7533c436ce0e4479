"""NVIDIA_TF32_OVERRIDE decides about TF32, whatever the program says.

What it checks
    The variable. Set to 0 it forbids TF32 in cuBLAS, cuDNN and every other library of NVIDIA.
Why it matters
    Matrix products in float32 then take several times as long on GPUs that have TF32, and nothing in the program shows
    why; a measurement of TF32 means nothing.
How to fix
    Unset it, unless exact float32 is what you are after.
References
    https://docs.nvidia.com/cuda/cublas/index.html#environment-variables
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD317", severity="note", cause="environment-variable", about=("nvidia_tf32_override",))
def check(
    nvidia_tf32_override: str,
) -> Iterator[Draft]:
    if nvidia_tf32_override == "0":
        message = (
            "NVIDIA_TF32_OVERRIDE=0 forbids TF32 in every library, whatever the program asks for"
        )
        unset = fixes.unset_variable("NVIDIA_TF32_OVERRIDE", "the program decides about TF32")
        yield finding("environment", message, fixes=[unset])
