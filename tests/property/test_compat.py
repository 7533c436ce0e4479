"""Below the floor of its build a data-centre GPU is offered cuda-compat, and nobody is who may not use it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts, Known, Reason, Unavailable
from torch_doctor.core.records import Gpu, KernelModule, LibraryFile, Package
from torch_doctor.core.version import ComputeCapability, CudaVersion, TorchVersion
from torch_doctor.fixes import kinds
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.query import driver_floor

from tests.property.hosts import FILE, MATRIX, NVML, RELEASES, RUNNABLE, SERVED
from tests.property.judging import law, report_on
from tests.property.troubles import troubled
from tests.resting import rests_on

ON_LINUX = [row for row in RUNNABLE if row.platform == "linux-x86_64"]
PLACES: dict[str, dict[str, Any]] = {
    "host": {},
    "Docker": {"container": "docker"},
    "Kubernetes": {"container": "kubernetes"},
    "WSL": {"wsl": True},
}
TOO_OLD = "TD120"
pytestmark = rests_on(TOO_OLD)


def _traits(row: Any) -> Any:
    gpu = Gpu(0, row.name, ComputeCapability.parse(row.capabilities[0]))
    return traits_of(gpu, MATRIX, listed=False)


def _older(build: Any, gpu: Any) -> list[Any]:
    """Return the drivers that drive a GPU, and are of an older branch than what a build needs."""
    floor, traits = driver_floor(MATRIX, CudaVersion.parse(build.cuda)), _traits(gpu)
    first = traits.first_driver.release if traits.first_driver else RELEASES[0]
    return [
        release
        for release in RELEASES
        if floor and first <= release and release.branch < floor.driver.branch
    ]


# A GPU, a build that has code for it, and the drivers on which the one runs and the other does not.
PAIRS = {
    kind: [
        (gpu, build, older)
        for build in {(row.torch.rpartition(".")[0], row.cuda): row for row in ON_LINUX}.values()
        for gpu in SERVED[build.archs]
        # a slice of MIG is one of a data-centre GPU, under a name of its own
        if (gpu.kind in ("data_center", "mig_slice")) is kind and (older := _older(build, gpu))
    ]
    for kind in (True, False)
}


def host(gpu: Any, build: Any, driver: Any, place: str) -> Facts:
    version = TorchVersion(f"{build.torch}+{build.variant}")
    values: dict[str, Any] = {
        "os_family": "linux",
        "host_arch": "x86_64",
        "wsl": False,
        "driver_release": driver,
        "kernel_module": KernelModule(driver, None),
        "libcuda": LibraryFile("/usr/lib/libcuda.so.1", "driver", str(driver)),
        "torch_version": version,
        "torch_variant": "cuda",
        "torch_origin": "pytorch",
        "torch_cuda": CudaVersion.parse(build.cuda),
        "packages": (Package("torch", str(version)),),
        **PLACES[place],
    }
    known = {name: Known(value, FILE) for name, value in values.items()}
    capability = ComputeCapability.parse(gpu.capabilities[0])
    known["gpus"] = Known((Gpu(0, gpu.name, capability),), NVML)
    return Facts({"jetson": Unavailable(Reason.NOT_PRESENT), **known})


def _offered(facts: Facts) -> list[Any]:
    return [
        fix
        for finding in report_on(facts).findings
        for action, fix in zip(finding.actions, finding.fixes, strict=True)
        if isinstance(action, kinds.UseCompat)
    ]


@pytest.mark.parametrize("place", ["host", "Docker", "Kubernetes"])
@law(60)
@given(st.data())
def test_a_data_centre_gpu_below_the_floor(place: str, data: st.DataObject) -> None:
    gpu, build, older = data.draw(st.sampled_from(PAIRS[True]))
    facts = host(gpu, build, data.draw(st.sampled_from(older)), place)

    assert any(finding.code == TOO_OLD for finding in report_on(facts).findings)
    offered = _offered(facts)
    assert offered
    tag = build.cuda.replace(".", "-")
    assert all(f"cuda-compat-{tag}" in fix.text for fix in offered)
    in_image = place != "host"
    assert all(("in the image" in fix.text) is in_image for fix in offered)


@pytest.mark.parametrize("place", PLACES)
@law(30)
@given(st.data())
def test_no_other_gpu(place: str, data: st.DataObject) -> None:
    gpu, build, older = data.draw(st.sampled_from(PAIRS[False]))

    assert not _offered(host(gpu, build, data.draw(st.sampled_from(older)), place))


@law(40)
@given(st.data())
def test_none_in_wsl(data: st.DataObject) -> None:
    gpu, build, older = data.draw(st.sampled_from(PAIRS[True]))

    assert not _offered(host(gpu, build, data.draw(st.sampled_from(older)), "WSL"))


@law(100)
@given(troubled())
def test_none_on_any_host_that_may_not_use_it(facts: Facts) -> None:
    if _offered(facts):
        assert facts.value("os_family", "linux") == "linux"
        assert not facts.value("wsl")
        assert not facts.value("jetson")
        rows = [_row(gpu) for gpu in facts.value("gpus", ())]
        assert rows
        assert all(row.kind == "data_center" for row in rows)


def _row(gpu: Gpu) -> Any:
    return next(row for row in MATRIX.gpus if row.name == gpu.name)
