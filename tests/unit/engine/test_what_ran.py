"""Whatever does not answer: a GPU on which a kernel ran is there, and nothing about it is in doubt."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from torch_doctor.core.codec import facts_from_json, facts_to_json
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.version import ComputeCapability
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix

from tests.resting import rests_on
from tests.rules.cases import host_facts

MATRIX = load_matrix()
SOURCE = Source("nvml", "a test")
RUNS = (Verdict.HEALTHY, Verdict.DEGRADED)
UUIDS = ("aaaaaaaa-1111-2222-3333-444444444444", "bbbbbbbb-1111-2222-3333-444444444444")
RAN = tuple(
    KernelResult(
        number,
        ok=True,
        name="NVIDIA H100 NVL",
        compute_capability=ComputeCapability(9, 0),
        uuid=uuid,
    )
    for number, uuid in enumerate(UUIDS)
)
OF_NVML = ("nvml_status", "gpus", "driver_release", "driver_cuda")


def seen(*lost: str, reason: Reason = Reason.CRASHED, **known: Any) -> Report:
    """Judge a host with H100s on which two kernels ran; *lost* facts are unavailable, *known* ones as given."""
    changes: dict[str, Fact[Any]] = {name: Unavailable(reason, "no word", SOURCE) for name in lost}
    changes |= {
        name: Known(value, SOURCE) for name, value in {"kernel_results": RAN, **known}.items()
    }
    return diagnose(host_facts("h100-580-cu130").with_(**changes), MATRIX)


@pytest.mark.parametrize("bus", ["empty", "lost", "absent", "as it is"])
@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.NOT_ASKED])
def test_a_silent_nvml_hides_no_gpu(reason: Reason, bus: str) -> None:
    lost = OF_NVML + (("pci_gpus",) if bus in ("lost", "absent") else ())
    known = {"pci_gpus": ()} if bus == "empty" else {}
    report = seen(*lost, reason=reason, **known)

    assert report.verdict in RUNS, (report.verdict, report.why, report.primary)


@rests_on("TD205")
@pytest.mark.parametrize("reason", [Reason.NOT_PRESENT, Reason.CRASHED, Reason.TIMEOUT])
def test_nor_one_that_is_expected(reason: Reason) -> None:
    report = seen(*OF_NVML, reason=reason, required_gpus=2, required_gpu_names=("H100",))
    assert report.verdict in RUNS, (report.verdict, report.why, report.primary)

    report = seen(*OF_NVML, reason=Reason.NOT_PRESENT, required_gpus=3)
    assert (report.verdict, report.primary and report.primary.code) == (Verdict.BROKEN, "TD205")


@pytest.mark.parametrize("fields", list(product([False, True], repeat=3)))
@pytest.mark.parametrize("torch", ["all", "no uuid"])
def test_fields_that_cannot_be_read_leave_nothing_in_doubt(
    fields: tuple[bool, bool, bool], torch: str
) -> None:
    named, capable, numbered = fields
    gpus = (
        Gpu(0, RAN[0].name, RAN[0].compute_capability, uuid=f"GPU-{UUIDS[0]}"),
        Gpu(
            1,
            RAN[1].name if named else None,
            RAN[1].compute_capability if capable else None,
            uuid=f"GPU-{UUIDS[1].upper()}" if numbered else None,
        ),
    )
    ran = RAN if torch == "all" else tuple(one._replace(uuid=None) for one in RAN)
    report = seen(gpus=gpus, kernel_results=ran)

    assert report.verdict in RUNS, (report.verdict, report.why)


def test_a_gpu_on_which_nothing_ran_stays_in_doubt() -> None:
    gpus = (Gpu(0, RAN[0].name, RAN[0].compute_capability, uuid=f"GPU-{UUIDS[0]}"), Gpu(1))
    report = seen(gpus=gpus, kernel_results=RAN[:1])

    assert report.verdict is Verdict.UNDECIDED
    assert [gap.text for gap in report.why] == ["the compute capability of GPU 1"]


SLICED = Gpu(0, "NVIDIA H100 NVL", ComputeCapability(9, 0), "0000:18:00.0", mig_mode=True)


@rests_on("TD211")
def test_instances_that_cannot_be_read_are_in_doubt() -> None:
    unread = SLICED._replace(mig_devices=None)
    report = seen(kernel_results=(), gpus=(unread,))
    assert report.verdict is Verdict.UNDECIDED
    assert [gap.text for gap in report.why] == [
        "whether NVIDIA H100 NVL, which is in MIG mode, has an instance"
    ]
    assert not any(finding.cause == "mig" for finding in report.findings)

    none = seen(kernel_results=(), gpus=(SLICED,))
    assert (none.verdict, none.primary and none.primary.code) == (Verdict.BROKEN, "TD211")
    assert seen(gpus=(unread,), kernel_results=RAN[:1]).verdict in RUNS


def test_nor_do_they_leave_a_process_without_a_gpu() -> None:
    unread = SLICED._replace(mig_devices=None)
    report = seen(kernel_results=(), gpus=(unread,), required_gpus=1)
    assert report.verdict is Verdict.UNDECIDED


def test_facts_keep_that_instances_were_not_read() -> None:
    facts = Facts({"gpus": Known((SLICED._replace(mig_devices=None),), SOURCE)})
    assert facts_from_json(facts_to_json(facts)) == facts


def test_the_version_of_torch_is_not_asked_of_a_torch_that_ran() -> None:
    lost = ("torch_version", "torch_cuda", "torch_variant", "arch_list")
    assert seen(*lost).verdict in RUNS
    assert seen(*lost, kernel_results=()).verdict is Verdict.UNDECIDED
