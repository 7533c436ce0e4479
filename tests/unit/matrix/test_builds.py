"""The installed build, where the host does not say what its wheels are built for."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.matrix.law.build import build_of

from tests.unit.recommendation.asking import MATRIX

HERE = Source("file", "report")


def installed(build: str, gpu: str, **lost: Reason) -> Facts:
    tag = build.partition("+")[2]
    known = {
        "torch_version": TorchVersion(build),
        "torch_cuda": CudaVersion.from_tag(tag),
        "os_family": "linux",
        "host_arch": "x86_64",
        "gpus": (Gpu(0, gpu),),
    }
    facts = Facts({name: Known(value, HERE) for name, value in known.items()})
    return facts.with_(**{name: Unavailable(reason) for name, reason in lost.items()})


@pytest.mark.parametrize(
    ("build", "gpu", "lost", "confidence"),
    [
        # The Windows build of 2.1.2+cu118 has PTX, the one for Linux has none: that matters to new GPUs alone.
        ("2.1.2+cu118", "RTX 5090", {}, "high"),
        ("2.1.2+cu118", "RTX 5090", {"os_family": Reason.TIMEOUT}, "low"),
        ("2.1.2+cu118", "RTX 5090", {"os_family": Reason.NOT_ASKED}, "high"),
        ("2.1.2+cu118", "A100", {"os_family": Reason.TIMEOUT}, "high"),
        # Arm servers have another list of targets.
        ("2.9.1+cu128", "V100", {}, "high"),
        ("2.9.1+cu128", "V100", {"host_arch": Reason.DENIED}, "low"),
        ("2.9.1+cu128", "H100", {"host_arch": Reason.DENIED}, "high"),
    ],
)
def test_a_list_that_depends_on_what_is_not_known_is_of_low_confidence(
    build: str, gpu: str, lost: dict[str, Reason], confidence: str
) -> None:
    found = build_of(installed(build, gpu, **lost), MATRIX)

    assert found is not None
    assert found.confidence == confidence
