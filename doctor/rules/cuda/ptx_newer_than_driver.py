"""The build has only PTX for this GPU, and the driver is too old to compile it.

What it checks
    Where no machine code covers the GPU: the CUDA of the build's PTX against the CUDA that the driver reports.
Why it matters
    Minor-version compatibility does not cover PTX: error 222, the provided PTX was compiled with an unsupported toolchain.
How to fix
    Install a build with machine code for the GPU, or update the driver to the toolkit's branch.
References
    https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.judgement import Judgement, Kind
from doctor.core.rule import Draft, finding, rule


@rule("TD301", severity="error", cause="ptx-unsupported-toolchain", explains=("TD409",))
def check(torch_cuda, judgement: Judgement, cures: object, arch_list=None, driver_cuda=None) -> Iterator[Draft]:
    for objection in judgement.of(Kind.PTX_NEWER_THAN_DRIVER):
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message,
            because=objection.because,
            fixes=[*cures.another_build(), cures.driver_for(torch_cuda, paired=True)],
        )
