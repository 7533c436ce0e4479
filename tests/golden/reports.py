"""Six fixed reports, made by hand so that no rule's wording moves them."""

from __future__ import annotations

from typing import Any

from torch_doctor.core.about import About, AboutKind
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.finding import Evidence, Finding, Fix, Receipt, Severity
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.records import Gpu, KernelModule, KernelResult
from torch_doctor.core.report import Gap, GapKind, Missing, Outcome, OutcomeStatus, Report, Verdict
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)

NVML = Source("nvml", "libnvidia-ml.so.1")
FILE = Source("file", "torch/version.py", 3)
ROW = Receipt(
    "torch_builds/2.13.0/cu130/linux-x86_64",
    "https://download.pytorch.org/whl/cu130/torch/",
    "2026-11-01",
    "binary",
)
HOSTILE = (
    "[bold red]x[/nope] \x1b]52;c;AAAA\x07 <script>alert(1)</script> & \"q\" 'a' %0A::error::y\n"
    "::warning::z | pipe `tick` \u202e\u2028 \ud800 \ufffe ]]> --> \\ {curly} sm_80, sm_90"
)


def gpu(index: int, name: str, capability: str) -> Gpu:
    """Return one GPU."""
    return Gpu(index, name, ComputeCapability.parse(capability), memory_mib=81559)


def host(*gpus: Gpu, driver: str, torch: str, cuda: str, **more: Fact[Any]) -> Facts:
    """Return the facts of a host with a driver and a torch."""
    known: dict[str, Fact[Any]] = {
        "os_family": Known("linux", Source("derived")),
        "gpus": Known(gpus, NVML),
        "driver_release": Known(DriverRelease.parse(driver), NVML),
        "driver_cuda": Known(CudaVersion(13, 0), NVML),
        "kernel_module": Known(
            KernelModule(DriverRelease.parse(driver), "open"),
            Source("file", "/proc/driver/nvidia/version", 1),
        ),
        "torch_version": Known(TorchVersion.parse(torch), FILE),
        "torch_cuda": Known(CudaVersion.parse(cuda), FILE),
        "python_version": Known("3.12.3", Source("file", "~/venv/pyvenv.cfg", 3)),
        "python_environment": Known("venv", Source("file", "~/venv/pyvenv.cfg")),
        "python_executable": Known("~/venv/bin/python", Source("derived", "VIRTUAL_ENV")),
        "python_found_via": Known("active by VIRTUAL_ENV", Source("derived", "VIRTUAL_ENV")),
        "cudnn_version": Known("9.13.0", Source("child", "torch")),
        "nccl_version": Known("2.28.9", Source("child", "torch")),
        **more,
    }
    return Facts(known)


def outcome(
    code: str,
    name: str,
    status: OutcomeStatus,
    *missing: Missing,
    detail: str = "",
    error: str = "",
) -> Outcome:
    """Return the outcome of a rule."""
    return Outcome(code, name, status, missing, detail, error)


_PASSED = outcome("TD101", "driver-missing", OutcomeStatus.PASSED)


def healthy() -> Report:
    """Eight H100, a kernel ran on each."""
    gpus = [gpu(i, "NVIDIA H100 80GB HBM3", "9.0") for i in range(8)]
    ran = Known(tuple(KernelResult(i, ok=True) for i in range(8)), Source("child", "live check"))
    facts = host(*gpus, driver="580.95.05", torch="2.13.0+cu130", cuda="13.0", kernel_results=ran)
    return Report(
        verdict=Verdict.HEALTHY,
        findings=(),
        outcomes=(_PASSED,),
        facts=facts,
        judgement=Judgement(Status.SUPPORTED, because=(ROW,), observed=True),
        matrix_version="2026-11-20",
        matrix_digest="0123abcd",
        timing={"nvml": 0.021, "torch": 2.4},
    )


def broken() -> Report:
    """A V100 with a build that has no code for it, a consequence, a note and a gap."""
    gpus = (gpu(0, "Tesla V100-SXM2-16GB", "7.0"), gpu(1, "Tesla V100-SXM2-16GB", "7.0"))
    targets = tuple(SmTarget.parse(f"sm_{n}") for n in (75, 80, 86, 90, 100, 120))
    facts = host(
        *gpus,
        driver="580.95.05",
        torch="2.13.0+cu130",
        cuda="13.0",
        arch_list=Known(targets, Source("file", "torch/lib/libtorch_python.so")),
        kernel_events=Unavailable(
            Reason.DENIED, "reading the kernel log needs root", Source("file", "/dev/kmsg")
        ),
    )
    evidence = (
        Evidence("torch_version", "2.13.0+cu130", FILE),
        Evidence("gpus", "2× Tesla V100-SXM2-16GB (7.0)", NVML),
        Evidence(
            "arch_list",
            "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120",
            Source("file", "torch/lib/libtorch_python.so"),
        ),
    )
    fixes = (
        Fix(
            "install torch==2.13.0+cu126 instead",
            (
                (
                    'python -m pip install "torch==2.13.0+cu126" "torchvision==0.28.0" '
                    "--index-url https://download.pytorch.org/whl/cu126"
                ),
            ),
        ),
        Fix(
            "use a GPU of compute capability 7.5 or newer",
            scope="host",
            needs_root=True,
            needs_reboot=True,
        ),
    )
    findings = tuple(
        Finding(
            "TD202",
            "gpu-older-than-build",
            "gpu-arch-not-in-wheel",
            Severity.ERROR,
            f"gpu:{i}",
            f"torch 2.13.0+cu130 has no code for the Tesla V100-SXM2-16GB (sm_70) of gpu:{i}",
            evidence,
            (ROW,),
            fixes,
            ("TD409",),
        )
        for i in range(2)
    )
    consequence = Finding(
        "TD409",
        "torch-kernel-failed",
        "gpu-arch-not-in-wheel",
        Severity.ERROR,
        "torch",
        "no kernel image is available for execution on the device",
        explained_by="TD202",
    )
    note = Finding(
        "TD230",
        "gpu-at-end-of-support",
        None,
        Severity.NOTE,
        "gpu:0",
        "R580 is the last driver branch for this GPU",
    )
    return Report(
        verdict=Verdict.BROKEN,
        findings=(*findings, note, consequence),
        outcomes=(
            _PASSED,
            outcome("TD202", "gpu-older-than-build", OutcomeStatus.FOUND),
            outcome(
                "TD901",
                "health-xid-seen",
                OutcomeStatus.SKIPPED,
                Missing(
                    "kernel_events",
                    Unavailable(Reason.DENIED, "reading the kernel log needs root"),
                ),
            ),
            outcome(
                "TD601",
                "container-without-gpus",
                OutcomeStatus.SKIPPED,
                Missing("container", Unavailable(Reason.NOT_PRESENT)),
            ),
            outcome(
                "TD999",
                "health-crashing",
                OutcomeStatus.CRASHED,
                detail="Traceback\nValueError: boom",
                error="ValueError: boom",
            ),
        ),
        facts=facts,
        judgement=Judgement(Status.UNSUPPORTED, because=(ROW,)),
        matrix_version="2026-11-20",
        matrix_digest="0123abcd",
        exit_code=1,
    )


def degraded() -> Report:
    """It runs, with a warning and one that was ignored."""
    facts = host(
        gpu(0, "NVIDIA A100-SXM4-80GB", "8.0"),
        driver="535.183.01",
        torch="2.9.1+cu126",
        cuda="12.6",
    )
    warning = Finding(
        "TD501",
        "packages-torchvision-of-another-torch",
        "torchvision-mismatch",
        Severity.WARNING,
        "torchvision",
        "torchvision 0.23.0 goes with torch 2.8, not with 2.9.1",
        (Evidence("packages", "torchvision 0.23.0", Source("file", "dist-info")),),
        (),
        (
            Fix(
                "install torchvision 0.24.1",
                ('python -m pip install --no-deps "torchvision==0.24.1"',),
            ),
        ),
    )
    ignored = Finding(
        "TD130",
        "driver-at-end-of-life",
        None,
        Severity.WARNING,
        "driver",
        "branch R535 reached its end of life",
        demoted=True,
    )
    return Report(
        verdict=Verdict.DEGRADED,
        findings=(warning, ignored),
        outcomes=(_PASSED,),
        facts=facts,
        judgement=Judgement(Status.SUPPORTED),
    )


def undecided() -> Report:
    """The driver library hung."""
    stuck = Unavailable(Reason.TIMEOUT, "nvmlInit did not answer within 5 s", NVML)
    return Report(
        verdict=Verdict.UNDECIDED,
        findings=(),
        outcomes=(
            outcome(
                "TD101", "driver-missing", OutcomeStatus.SKIPPED, Missing("nvml_status", stuck)
            ),
        ),
        facts=Facts({"nvml_status": stuck, "driver_release": stuck, "gpus": stuck}),
        judgement=Judgement(Status.UNKNOWN),
        why=(
            Gap(GapKind.FACT_UNKNOWN, "which torch is installed"),
            Gap(
                GapKind.FACT_UNREAD, f"nvml_status could not be read: {stuck}", "nvml_status", stuck
            ),
            Gap(
                GapKind.FACT_UNREAD,
                f"driver_release could not be read: {stuck}",
                "driver_release",
                stuck,
            ),
        ),
        next_step=Fix("show what this prints: it tells the driver and the GPUs", ("nvidia-smi",)),
        exit_code=2,
    )


def cpu_only() -> Report:
    """A laptop without an NVIDIA GPU."""
    absent = Unavailable(
        Reason.NOT_PRESENT, "no NVIDIA device on the bus", Source("file", "/sys/bus/pci")
    )
    facts = Facts(
        {
            "pci_gpus": absent,
            "gpus": absent,
            "nvml_status": absent,
            "driver_release": absent,
            "torch_version": Known(TorchVersion.parse("2.13.0+cpu"), FILE),
            "torch_variant": Known("cpu", FILE),
        }
    )
    return Report(
        verdict=Verdict.CPU_ONLY,
        findings=(),
        outcomes=(_PASSED,),
        facts=facts,
        judgement=Judgement(Status.NOT_APPLICABLE),
    )


def hostile() -> Report:
    """Text that would like to be markup, an escape code, an annotation or a second row."""
    finding = Finding(
        "TD101",
        "driver-missing",
        "no-driver-or-module",
        Severity.ERROR,
        HOSTILE,
        HOSTILE,
        (Evidence("gpus", HOSTILE, Source("file", HOSTILE)),),
        (Receipt(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        (Fix(HOSTILE, (HOSTILE,)),),
    )
    facts = Facts(
        {
            "gpus": Known((Gpu(0, HOSTILE),), Source("file", HOSTILE)),
            "container": Known(HOSTILE, NVML),
        }
    )
    return Report(
        verdict=Verdict.BROKEN,
        findings=(finding,),
        outcomes=(
            outcome("TD101", "driver-missing", OutcomeStatus.FOUND),
            outcome("TD999", "x-y", OutcomeStatus.CRASHED, detail=HOSTILE, error=HOSTILE),
        ),
        facts=facts,
        judgement=Judgement(Status.UNSUPPORTED),
        matrix_version="2026-11-20",
        exit_code=1,
        about=About(AboutKind.REPORTED_MACHINE, HOSTILE),
        next_step=Fix(HOSTILE, (HOSTILE,)),
    )


REPORTS = {
    "healthy": healthy,
    "degraded": degraded,
    "broken": broken,
    "undecided": undecided,
    "cpu_only": cpu_only,
    "hostile": hostile,
}
