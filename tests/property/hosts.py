"""Generated machines that could exist: GPUs, drivers, Pythons and builds of the matrix, put together at random."""

from __future__ import annotations

import os
import re
from typing import Any

from hypothesis import strategies as st
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Gpu, KernelModule, LibraryFile, Package
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)
from torch_doctor.matrix.law.arch import cubin_runs
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import driver_floor, driver_reports, gpus_named

MATRIX = load_matrix()
# How many examples, as a multiple of what continuous integration takes.
SCALE = float(os.environ.get("TORCH_DOCTOR_EXAMPLES", "1"))

NVML, FILE = Source("nvml", "libnvidia-ml.so.1"), Source("file", "generated")
GPUS = [row for row in MATRIX.gpus if len(row.capabilities) == 1 and row.kind != "jetson"]
# Superchips carry an Arm CPU and T4G stands in Arm hosts: a question about one and another platform is refused.
ON_ARM = sorted(
    {row.name for row in GPUS if gpus_named(MATRIX, row.name).ambiguity in ("none", "form")}
)
ON_ANY = [name for name in ON_ARM if not re.search(r"\bG[BH]\d{2,3}\b|\bT4G\b", name)]
PYTHONS = ["cp38", "cp39", "cp310", "cp311", "cp312", "cp313", "cp313t", "cp314"]
GLIBCS = ["glibc 2.17", "glibc 2.27", "glibc 2.28", "glibc 2.35"]
RELEASES = sorted(
    {
        DriverRelease.parse(text)
        for row in MATRIX.drivers
        for text in (row.first, row.last_linux, f"{row.branch}.10")
        if text
    }
)
# Windows writes a release with two numbers, up to a few above its branch.
WINDOWS_RELEASES = sorted(
    {
        DriverRelease.parse(text)
        for row in MATRIX.drivers
        for text in (row.last_windows, f"{row.branch}.10", f"{row.branch + 1}.98")
        if text and text.count(".") == 1
    }
)
PLATFORMS_OF = {
    "linux-x86_64": [*[("linux", "x86_64", False)] * 4, ("linux", "x86_64", True)],
    "linux-aarch64": [("linux", "aarch64", False)],
    "windows-x86_64": [("windows", "x86_64", False)],
}
PLATFORMS = [platform for platforms in PLATFORMS_OF.values() for platform in platforms]

drivers = st.sampled_from(RELEASES)


@st.composite
def newer(draw: st.DrawFn, than: DriverRelease) -> DriverRelease:
    """Return a release newer than *than*."""
    later = [release for release in RELEASES if release > than]
    return draw(st.sampled_from(later)) if later else than


def _served(archs: tuple[str, ...]) -> list[Any]:
    """Return the products that a build with these targets has code for."""
    targets = [SmTarget.parse(text) for text in archs]
    return [
        row
        for row in GPUS
        if any(
            cubin_runs(target, ComputeCapability.parse(row.capabilities[0])) for target in targets
        )
    ]


SERVED = {row.archs: _served(row.archs) for row in MATRIX.torch_builds if row.archs}


RUNNABLE = [row for row in MATRIX.torch_builds if row.cuda and row.archs and SERVED[row.archs]]


@st.composite
def gpu_lists(draw: st.DrawFn, rows: list[Any] | None = None) -> tuple[Gpu, ...]:
    """Return one to three GPUs of *rows* (None: of any); most lists are of one model."""
    chosen = draw(st.lists(st.sampled_from(GPUS if rows is None else rows), min_size=1, max_size=3))
    if draw(st.integers(0, 3)):
        chosen = [chosen[0]] * len(chosen)
    listed = draw(st.booleans())
    return tuple(
        Gpu(i, row.name, ComputeCapability.parse(row.capabilities[0]) if listed else None)
        for i, row in enumerate(chosen)
    )


@st.composite
def machines(
    draw: st.DrawFn, row: Any = None, *, sure: bool = False, among: list[Any] | None = None
) -> dict[str, Fact[Any]]:
    """Return the facts of a host without torch; with *row*, most often (*sure*: always) one on which it runs.

    With *among*, its GPUs are of these rows, whatever the build serves.
    """
    family, arch, wsl = draw(
        st.sampled_from(PLATFORMS if row is None else PLATFORMS_OF[row.platform])
    )
    likely = bool(row is not None and row.archs and (sure or draw(st.integers(0, 3))))
    served = SERVED[row.archs] if likely and SERVED[row.archs] else GPUS
    gpus = draw(gpu_lists(served if among is None else among))
    releases = WINDOWS_RELEASES if family == "windows" else RELEASES
    driver = draw(st.sampled_from(_drivers_for(row, gpus, releases) if likely else releases))
    libcuda = draw(_libcudas(driver, compat=family == "linux" and not wsl))
    reports = driver_reports(MATRIX, DriverRelease.parse(libcuda.version or ""))
    facts: dict[str, Any] = {
        "os_family": family,
        "host_arch": arch,
        "wsl": wsl,
        "python_tag": draw(st.sampled_from((row.python_tags if likely else None) or PYTHONS)),
        "driver_release": driver,
        "gpus": gpus,
        "libcuda": libcuda,
    }
    if family == "linux":
        facts["libc"] = draw(st.sampled_from(GLIBCS))
        flavour = draw(st.sampled_from([None, None, None, "open", "proprietary"]))
        facts["kernel_module"] = KernelModule(driver, flavour)
    if reports is not None and draw(st.booleans()):
        facts["driver_cuda"] = reports
    known: dict[str, Fact[Any]] = {name: Known(value, FILE) for name, value in facts.items()}
    source = draw(st.sampled_from([NVML, Source("derived", "the PCI bus")]))
    known["gpus"] = Known(facts["gpus"], source)
    known["jetson"] = Unavailable(Reason.NOT_PRESENT)
    known["container"] = Unavailable(Reason.NOT_PRESENT)
    return known


@st.composite
def _libcudas(draw: st.DrawFn, driver: DriverRelease, *, compat: bool) -> LibraryFile:
    """Return the driver's own libcuda; seldom that of a cuda-compat package, where there can be one."""
    if not compat or draw(st.integers(0, 9)):
        return LibraryFile("/usr/lib/libcuda.so.1", "driver", str(driver))
    release = draw(drivers)
    return LibraryFile("/usr/local/cuda/compat/libcuda.so.1", "compat", str(release))


def _drivers_for(
    row: Any, gpus: tuple[Gpu, ...], releases: list[DriverRelease]
) -> list[DriverRelease]:
    """Return those of *releases* from the build's floor on that know every GPU."""
    traits = [traits_of(gpu, MATRIX, listed=False) for gpu in gpus]
    floor = driver_floor(MATRIX, CudaVersion.parse(row.cuda or "11.8"))
    first = [one.first_driver.release for one in traits if one.first_driver]
    least = max([*first, *([floor.driver] if floor else [])], default=releases[0])
    last = min((one.last_branch for one in traits if one.last_branch), default=10_000)
    return [
        release for release in releases if release >= least and release.branch <= last
    ] or releases


@st.composite
def hosts(draw: st.DrawFn, *, sure: bool = False) -> Facts:
    """Return a host with a build of the matrix installed, or without torch; *sure*: nearly always one that runs."""
    row = draw(
        st.sampled_from(RUNNABLE) if sure else st.none() | st.sampled_from(MATRIX.torch_builds)
    )
    return _with_torch(draw(machines(row, sure=sure)), row)


def _differing() -> list[tuple[Any, list[Any]]]:
    """Return the builds that serve other GPUs than their like on another platform, with those GPUs."""
    alike: dict[tuple[str, str], list[Any]] = {}
    for row in RUNNABLE:
        alike.setdefault((row.torch, row.variant), []).append(row)
    found = []
    for rows in alike.values():
        for row in rows:
            own = {gpu.name for gpu in SERVED[row.archs]}
            others = {gpu.name for other in rows for gpu in SERVED[other.archs]}
            shared = set.intersection(*({g.name for g in SERVED[r.archs]} for r in rows))
            differ = [gpu for gpu in GPUS if gpu.name in (own | others) - shared]
            if differ:
                found.append((row, differ))
    return found


DIFFERING = _differing()


@st.composite
def platform_hosts(draw: st.DrawFn) -> Facts:
    """Return a host whose build serves its GPU on one platform and not on another: the platform decides."""
    row, gpus = draw(st.sampled_from(DIFFERING))
    return _with_torch(draw(machines(row, sure=True, among=gpus)), row)


def _with_torch(facts: dict[str, Fact[Any]], row: Any) -> Facts:
    if row is None:
        return Facts({**facts, "torch_version": Unavailable(Reason.NOT_PRESENT)})
    version = TorchVersion(f"{row.torch}+{row.variant}")
    installed: dict[str, Any] = {
        "torch_version": version,
        "torch_variant": "cuda" if row.cuda else row.variant.rstrip("0123456789."),
        "torch_origin": "pytorch",
        "packages": (Package("torch", str(version)),),
    }
    if row.cuda:
        installed["torch_cuda"] = CudaVersion.parse(row.cuda)
    return Facts({**facts, **{name: Known(value, FILE) for name, value in installed.items()}})


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """Return the options of a question about GPUs that are named."""
    platform = draw(st.sampled_from(["linux-x86_64", "linux-aarch64", "windows", "wsl"]))
    names = ON_ARM if platform == "linux-aarch64" else ON_ANY
    asked: dict[str, Any] = {
        "gpu": tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=2))),
        "platform": platform,
    }
    for name, values in WISHES.items():
        value = draw(st.none() | values)
        if value is not None:
            asked[name] = value
    return asked


WISHES: dict[str, st.SearchStrategy[Any]] = {
    "driver": drivers.map(str),
    "python": st.sampled_from(["3.8", "3.10", "3.12", "3.14", "3.13t"]),
    "torch": st.sampled_from(["2.8", ">=2.6,<2.12", "2.14.1", "<2", "2.7.1+cu118", ">=2.15"]),
    "cuda": st.sampled_from(["12.6", ">=12.8", "<12", "cu130"]),
    "glibc": st.sampled_from(["2.17", "2.28", "2.35"]),
    "feature": st.sampled_from([(row.feature,) for row in MATRIX.features]),
    "with_": st.sampled_from(
        [("torchvision",), ("vllm==0.30.0",), ("flash-attn",), ("torchaudio", "torchvision<0.20")]
    ),
}
