"""Law 4: losing a fact moves a verdict only to undecided, or keeps it. Healthy and degraded count as one.

A fact is lost by any reason but three. NOT_ASKED is no loss: what the reader of a report then takes for granted is
written down in SILENT. NOT_PRESENT and NOT_APPLICABLE are answers (no driver, no Jetson, not WSL, a build without
CUDA), but for what every machine has (EVERYWHERE).
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.judgement import Status
from torch_doctor.core.readings import readings
from torch_doctor.core.records import Gpu, LibraryFile
from torch_doctor.core.report import Verdict
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.engine.lost import BESIDE
from torch_doctor.matrix.law.from_facts import judgement_of
from torch_doctor.matrix.query import driver_reports

from tests.property.hosts import GPUS, MATRIX, hosts, platform_hosts
from tests.property.judging import RULES, RUNS, law, report_on
from tests.rules.cases import Case, cases_of

pytestmark = pytest.mark.property

FAILED = [Reason.TIMEOUT, Reason.DENIED, Reason.CRASHED, Reason.UNPARSED]
ANSWERS = [Reason.NOT_PRESENT, Reason.NOT_APPLICABLE]
# Every machine has them: that there is none answers nothing.
EVERYWHERE = {"os_family", "host_arch"}
# Where nobody asked for these, the host is an x86_64 Linux without WSL, a rule about them stays silent, and a build
# of which the CUDA alone is known is taken for one with code for all that this CUDA can compile.
SILENT = {"os_family", "host_arch", "wsl", "jetson", "container", "kernel_module", "libcuda"}
SILENT |= {"torch_version"}
# What the law decides from: half of what is lost is among these.
DECIDING = {*SILENT, "libc", "python_tag", "driver_release", "driver_cuda", "gpus"}
# What was seen to work refutes what was predicted, and where the observation is lost, the prediction stands: only
# these may turn what runs into broken. Of some the silence itself is a sign (WSL whose libcuda does not answer).
REFUTING = {
    *("cuda_available", "cuda_device_count", "cuda_init", "kernel_results", "driver_kernels"),
    *("gpus", "nvml_status", "driver_cuda"),
}
# The arch list of these cases is not that of the published build, whose row answers where the list was lost.
OF_ANOTHER_LIST = {"cuda-ptx-newer-than-driver", "cuda-ptx-jit-disabled"}

HERE = Source("file", "a host")


def keeps(before: Verdict, after: Verdict, *, refuting: bool = False) -> bool:
    """Whether the law allows the step from one verdict to the other."""
    if refuting and after is Verdict.BROKEN:
        return before is not Verdict.CPU_ONLY
    return after in {before, Verdict.UNDECIDED, *(RUNS if before in RUNS else ())}


def reasons(name: str) -> st.SearchStrategy[Reason]:
    """Return the reasons by which a fact is lost, and that nobody asked where this is not taken for an answer."""
    unasked = [] if name in SILENT else [Reason.NOT_ASKED]
    return st.sampled_from([*FAILED, *unasked, *(ANSWERS if name in EVERYWHERE else ())])


def losses(facts: Facts) -> st.SearchStrategy[str]:
    """Return the name of a fact to lose."""
    return st.sampled_from(sorted(DECIDING & set(facts))) | st.sampled_from(sorted(facts))


def installed(gpu: str, torch: str, **changes: Any) -> Facts:
    """Return a host with one GPU, a fitting driver and a build of which nothing but its name is known."""
    known: dict[str, Any] = {
        "os_family": "linux",
        "host_arch": "aarch64",
        "wsl": False,
        "driver_release": DriverRelease.parse("580.95.05"),
        "libcuda": LibraryFile("/usr/lib/libcuda.so.1", "driver", "580.95.05"),
        "gpus": (Gpu(0, gpu),),
        "torch_version": TorchVersion(torch),
        "torch_cuda": CudaVersion.from_tag(torch.partition("+")[2]),
        **changes,
    }
    return Facts({name: Known(value, HERE) for name, value in known.items()})


@pytest.mark.parametrize("reason", [*FAILED, *ANSWERS])
@pytest.mark.parametrize("gpu", ["Tesla T4", "Quadro RTX 5000"])
def test_a_lost_processor_is_no_x86_64(gpu: str, reason: Reason) -> None:
    """The build for Arm has code for sm_80 and sm_90 alone, the one for x86_64 for Turing as well."""
    arm = installed(gpu, "2.14.0+cu126")
    intel = arm.with_(host_arch=Known("x86_64", HERE))
    lost = arm.with_(host_arch=Unavailable(reason))

    assert report_on(arm).verdict is Verdict.BROKEN
    assert report_on(intel).verdict in RUNS
    assert report_on(lost).verdict is Verdict.UNDECIDED
    assert any("host_arch" in gap.text for gap in report_on(lost).why)


def test_a_processor_that_nobody_asked_for_is_x86_64() -> None:
    facts = installed("Tesla T4", "2.14.0+cu126")

    assert report_on(facts.without("host_arch")).verdict in RUNS


def test_a_lost_processor_is_one_that_the_build_exists_for() -> None:
    """There is no build of this release and variant for Arm: the host is an x86_64."""
    facts = installed("Tesla T4", "2.1.2+cu118", host_arch="x86_64")

    assert report_on(facts).verdict in RUNS
    assert report_on(facts.with_(host_arch=Unavailable(Reason.TIMEOUT))).verdict in RUNS


def test_a_lost_processor_that_does_not_matter_keeps_the_verdict() -> None:
    served = installed("NVIDIA H100 PCIe", "2.14.0+cu126")
    lost = served.with_(host_arch=Unavailable(Reason.DENIED))

    assert report_on(lost).verdict is report_on(served).verdict
    assert judgement_of(lost, MATRIX).status is Status.SUPPORTED


def test_a_lost_system_is_no_linux() -> None:
    """Windows needs a newer driver for CUDA 12 than Linux does."""
    windows = installed(
        "NVIDIA A100-PCIE-40GB",
        "2.9.1+cu126",
        os_family="windows",
        host_arch="x86_64",
        driver_release=DriverRelease.parse("526.98"),
    )
    lost = windows.with_(os_family=Unavailable(Reason.TIMEOUT))

    assert judgement_of(windows, MATRIX).status is Status.UNSUPPORTED
    assert judgement_of(lost, MATRIX).status is Status.UNKNOWN
    assert judgement_of(lost, MATRIX).unknown[0].fact == "os_family"


H100, RTX_4090, T4 = "NVIDIA H100 PCIe", "NVIDIA GeForce RTX 4090", "Tesla T4"


@pytest.mark.parametrize(
    ("system", "release", "reports", "torch", "lost"),
    [
        ("windows", "526.98", "12.0", "2.4.0+cu124", Status.UNKNOWN),
        ("windows", "451.98", "11.0", "1.8.1+cu111", Status.UNKNOWN),
        ("linux", "525.53", "12.0", "2.4.0+cu124", Status.UNKNOWN),
        ("linux", "450.51.05", "11.0", "1.12.1+cu113", Status.UNKNOWN),
        ("linux", "580.10", "13.0", "2.14.0+cu132", Status.UNKNOWN),
        ("linux", "525.60.13", "12.0", "2.4.0+cu124", Status.UNKNOWN),
        ("linux", "530.30.02", "12.1", "2.4.0+cu124", Status.SUPPORTED),
        ("linux", "525.53", "12.0", "2.4.0+cu118", Status.SUPPORTED),
        ("windows", "580.88", "13.0", "2.14.0+cu132", Status.SUPPORTED),
        ("linux", "520.61.05", "11.8", "2.4.0+cu124", Status.UNSUPPORTED),
    ],
)
def test_the_first_drivers_of_a_major_lie_below_its_floor(
    system: str, release: str, reports: str, torch: str, lost: Status
) -> None:
    """The CUDA that a driver reports tells its branch: whether it is old for the major, if it is the first of it."""
    known = installed(
        T4,
        torch,
        os_family=system,
        host_arch="x86_64",
        driver_release=DriverRelease.parse(release),
        libcuda=LibraryFile("libcuda", "driver", release),
        driver_cuda=CudaVersion.parse(reports),
    )
    without = judgement_of(known.without("driver_release"), MATRIX)

    assert judgement_of(known, MATRIX).status is not Status.UNKNOWN
    assert without.status is lost
    assert lost is not Status.UNKNOWN or without.unknown[0].fact == "driver_release"


@pytest.mark.parametrize(
    ("gpu", "torch", "release", "library", "fact", "before", "after"),
    [
        (RTX_4090, "2.14.0+cu130", "535.183.01", "580.65.06", "driver_release", False, None),
        (H100, "2.14.0+cu130", "535.183.01", "580.65.06", "driver_release", True, None),
        (H100, "2.14.0+cu130", "450.51.05", "535.309.01", "driver_cuda", False, False),
        (H100, "2.14.0+cu130", "535.183.01", "580.65.06", "driver_cuda", True, True),
    ],
)
def test_a_compat_library_tells_nothing_of_the_driver_under_it(
    gpu: str, torch: str, release: str, library: str, fact: str, before: bool, after: bool | None
) -> None:
    """What it reports follows from its release, whether it may be used from the GPU and the driver."""
    known = installed(
        gpu,
        torch,
        host_arch="x86_64",
        driver_release=DriverRelease.parse(release),
        libcuda=LibraryFile("/usr/local/cuda/compat/libcuda.so.1", "compat", library),
        driver_cuda=driver_reports(MATRIX, DriverRelease.parse(library)),
    )
    status = {True: Status.SUPPORTED, False: Status.UNSUPPORTED, None: Status.UNKNOWN}

    assert judgement_of(known, MATRIX).status is status[before]
    assert judgement_of(known.without(fact), MATRIX).status is status[after]


@law(600)
@given(st.one_of(hosts(), hosts(sure=True), platform_hosts()), st.data())
def test_a_lost_fact_never_turns_a_verdict_over(facts: Facts, data: st.DataObject) -> None:
    name = data.draw(losses(facts))
    gone = Unavailable(data.draw(reasons(name)))
    before, after = report_on(facts), report_on(facts.with_(**{name: gone}))

    event(f"{before.verdict.value} to {after.verdict.value}")
    assert keeps(before.verdict, after.verdict), (name, [f.message for f in after.findings])


@law(200)
@given(st.one_of(hosts(), hosts(sure=True), platform_hosts()), st.data())
def test_many_lost_facts_never_turn_a_verdict_over(facts: Facts, data: st.DataObject) -> None:
    names = data.draw(st.lists(losses(facts), min_size=2, max_size=6, unique=True))
    gone = {name: Unavailable(data.draw(st.sampled_from(FAILED))) for name in names}
    before, after = report_on(facts), report_on(facts.with_(**gone))

    assert keeps(before.verdict, after.verdict), (names, [f.message for f in after.findings])


@law(200)
@given(platform_hosts(), st.sampled_from(sorted(EVERYWHERE)), st.data())
def test_the_platform_decides_where_builds_differ(
    facts: Facts, name: str, data: st.DataObject
) -> None:
    """Drawn so that the answer hangs on it: the law says of a lost platform what holds for each that it may be."""
    lost = facts.with_(**{name: Unavailable(data.draw(st.sampled_from([*FAILED, *ANSWERS])))})
    before, after = judgement_of(facts, MATRIX), judgement_of(lost, MATRIX)

    event(f"{before.status.value} to {after.status.value}")
    assert after.status in (before.status, Status.UNKNOWN)
    assert after.status is not Status.UNKNOWN or after.unknown


@law(300)
@given(st.one_of(hosts(), hosts(sure=True)), st.data())
def test_a_lost_field_never_turns_a_verdict_over(facts: Facts, data: st.DataObject) -> None:
    """None in a field of a record says that it could not be read: a GPU's name or capability, a module's flavour."""
    gpus: tuple[Gpu, ...] = facts.value("gpus")
    module, libcuda = facts.value("kernel_module"), facts.value("libcuda")
    fields: dict[str, Facts] = {
        "name": with_gpus(facts, tuple(gpu._replace(name=None) for gpu in gpus)),
        "capability": with_gpus(facts, tuple(g._replace(compute_capability=None) for g in gpus)),
        "both": with_gpus(facts, tuple(Gpu(gpu.index) for gpu in gpus)),
        "libcuda": facts.with_(libcuda=Known(libcuda._replace(version=None), HERE)),
    }
    if module:
        fields["flavour"] = facts.with_(kernel_module=Known(module._replace(flavour=None), HERE))
    field = data.draw(st.sampled_from(sorted(fields)))
    before, after = report_on(facts), report_on(fields[field])

    event(f"{field}: {before.verdict.value} to {after.verdict.value}")
    assert keeps(before.verdict, after.verdict), (field, [f.message for f in after.findings])


def with_gpus(facts: Facts, gpus: tuple[Gpu, ...]) -> Facts:
    return facts.with_(gpus=Known(gpus, facts["gpus"].source))


@st.composite
def masked(draw: st.DrawFn) -> Facts:
    """Return a host with two GPUs or three under a mask, of which its build may serve some alone."""
    facts = draw(hosts(sure=True))
    first = facts.value("gpus")[:1]
    more = draw(st.lists(st.sampled_from(GPUS), min_size=1, max_size=2))
    gpus = tuple(
        gpu._replace(index=place, uuid=f"GPU-{place}{place}{place}0-aa")
        for place, gpu in enumerate((*first, *(Gpu(0, row.name) for row in more)))
    )
    mask = draw(
        st.sampled_from(["0", "1", "1,0", "2", "0,9", "GPU-0000", "GPU-1110", "-1", "0,1,2"])
    )
    orders = [
        Known("PCI_BUS_ID", HERE),
        Known("FASTEST_FIRST", HERE),
        Unavailable(Reason.NOT_PRESENT),
    ]
    return with_gpus(facts, gpus).with_(
        cuda_visible_devices=Known(mask, HERE), cuda_device_order=draw(st.sampled_from(orders))
    )


@law(300)
@given(masked(), st.sampled_from(["cuda_visible_devices", "cuda_device_order", "gpus"]), st.data())
def test_a_lost_mask_never_turns_a_verdict_over(
    facts: Facts, name: str, data: st.DataObject
) -> None:
    before = report_on(facts)
    after = report_on(facts.with_(**{name: Unavailable(data.draw(st.sampled_from(FAILED)))}))

    event(f"{name}: {before.verdict.value} to {after.verdict.value}")
    assert keeps(before.verdict, after.verdict), (name, [f.message for f in after.findings])


CASES = [case for rule in RULES for case in cases_of(rule)]
LOSSES = [
    (case, name)
    for case in CASES
    for name, fact in case.facts.items()
    if isinstance(fact, Known) and not (name == "arch_list" and case.rule.name in OF_ANOTHER_LIST)
]


@law(500)
@given(st.sampled_from(LOSSES), st.sampled_from(FAILED))
def test_a_fact_of_a_case_lost_never_turns_its_verdict_over(
    loss: tuple[Case, str], reason: Reason
) -> None:
    """The cases of the rules are the hosts of which each rule says something: every fact of theirs is lost in turn."""
    case, name = loss
    before = report_on(case.facts)
    after = report_on(case.facts.with_(**{name: Unavailable(reason)}))

    event(f"{before.verdict.value} to {after.verdict.value}")
    assert keeps(before.verdict, after.verdict, refuting=name in REFUTING), (
        case.id,
        name,
        [finding.message for finding in after.findings],
    )


@pytest.mark.parametrize("part", range(4))
def test_every_fact_of_every_case(part: int) -> None:
    before: dict[str, Verdict] = {}
    turned = []
    for case, name in LOSSES[part::4]:
        before.setdefault(case.id, report_on(case.facts).verdict)
        after = report_on(case.facts.with_(**{name: Unavailable(Reason.TIMEOUT)})).verdict
        if not keeps(before[case.id], after, refuting=name in REFUTING):
            turned.append((case.id, name, before[case.id].value, after.value))

    assert not turned


def test_what_decides_nothing_is_in_the_catalogue() -> None:
    assert BESIDE.keys() <= FACTS.keys()


def test_readings_go_together() -> None:
    """A Jetson is an Arm, and WSL a Linux."""
    gone = Unavailable(Reason.TIMEOUT)
    names = ("os_family", "host_arch", "wsl", "jetson")
    read = list(readings(Facts(dict.fromkeys(names, gone)), names))

    assert {one.value("host_arch") for one in read if one.value("jetson")} == {"aarch64"}
    assert {one.value("os_family") for one in read if one.value("wsl")} == {"linux"}
    assert {one.value("os_family") for one in read} == {"linux", "windows", "darwin"}
