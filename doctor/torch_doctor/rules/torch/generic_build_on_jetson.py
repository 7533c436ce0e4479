"""A Jetson has a torch that was not built for it.

What it checks
    On a Jetson: whether the installed build has code for exactly this chip. A release without a local version
    (2.0.1) that finds no GPU there is the one of the public index, which had no CUDA for this processor.
Why it matters
    The wheels of the public index are for servers; a Jetson's integrated GPU needs NVIDIA's own build.
How to fix
    Install the wheel that NVIDIA publishes for your JetPack, or use its container.
References
    https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.jetson._jetpack import newer_builds, own_build

# Until this release NVIDIA's own wheels bore plain versions, too.
_LAST_PLAIN = (1, 10)


@rule("TD406", severity="error", cause="jetson", breaks="cuda", explains=("TD402", "TD672"))
def check(
    judgement: Judgement,
    torch_version: TorchVersion,
    matrix: Matrix,
    python_tag: str | None = None,
    torch_variant: str | None = None,
    jetson: str | None = None,
    cuda_available: bool | None = None,
    gpu_wanted: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    messages = [objection.message for objection in judgement.of(Kind.JETSON_NEEDS_OWN_BUILD)]
    own = ".nv" in torch_version.local if torch_version.local else False
    if jetson and torch_variant == "cpu" and not own:
        messages.append(f"torch {torch_version} is a CPU build; a Jetson needs NVIDIA's own build")
    unused = cuda_available is False or bool(gpu_wanted and cuda_available is None)
    plain = torch_version.is_release and not torch_version.local
    unused = unused and not cuda_started(kernel_results, cuda_available)
    public = torch_variant is None and plain and torch_version.release[:2] > _LAST_PLAIN
    if jetson and public and unused:
        lacks = f"torch {torch_version} of the public index has no CUDA for a Jetson"
        messages.append(f"{lacks}; it needs NVIDIA's own build")
    because = [receipt for o in judgement.of(Kind.JETSON_NEEDS_OWN_BUILD) for receipt in o.because]
    # the wheels of the public index load none of these: who misses one has a build for Jetsons
    if errors.missing(r"libcudss|libnvpl|libmpi|libopenblas"):
        return
    for message in messages[:1]:
        where = [own_build(jetson, python_tag, matrix)]
        where += newer_builds(jetson, python_tag, torch_version, matrix)
        yield finding("torch", message, because=because, fixes=where)
