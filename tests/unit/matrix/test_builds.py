"""The installed build, where the host does not say what its wheels are built for."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.judgement import Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.matrix.law.from_facts import judgement_of

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
        "driver_release": DriverRelease.parse("581.15"),
    }
    facts = Facts({name: Known(value, HERE) for name, value in known.items()})
    return facts.with_(**{name: Unavailable(reason) for name, reason in lost.items()})


_DECIDING = {"RTX 5090": "os_family", "V100": "host_arch"}
YES, NO, OPEN = Status.SUPPORTED, Status.UNSUPPORTED, Status.UNKNOWN


@pytest.mark.parametrize(
    ("build", "gpu", "lost", "status"),
    [
        # The Windows build of 2.1.2+cu118 has PTX, the one for Linux has none: that matters to new GPUs alone.
        ("2.1.2+cu118", "RTX 5090", {}, NO),
        ("2.1.2+cu118", "RTX 5090", {"os_family": Reason.TIMEOUT}, OPEN),
        ("2.1.2+cu118", "RTX 5090", {"os_family": Reason.NOT_ASKED}, NO),
        ("2.1.2+cu118", "A100", {"os_family": Reason.TIMEOUT}, YES),
        # Arm servers have another list of targets.
        ("2.9.1+cu128", "V100", {}, YES),
        ("2.9.1+cu128", "V100", {"host_arch": Reason.DENIED}, OPEN),
        ("2.9.1+cu128", "H100", {"host_arch": Reason.DENIED}, YES),
        ("2.9.1+cu128", "H100", {"host_arch": Reason.DENIED, "os_family": Reason.TIMEOUT}, YES),
        ("2.9.1+cu128", "V100", {"host_arch": Reason.DENIED, "os_family": Reason.TIMEOUT}, OPEN),
    ],
)
def test_a_list_that_depends_on_what_was_lost_decides_nothing(
    build: str, gpu: str, lost: dict[str, Reason], status: Status
) -> None:
    judgement = judgement_of(installed(build, gpu, **lost), MATRIX)

    assert judgement.status is status, judgement
    assert bool(judgement.unknown) is (status is OPEN)
    assert status is not OPEN or any(_DECIDING[gpu] in doubt.what for doubt in judgement.unknown)
