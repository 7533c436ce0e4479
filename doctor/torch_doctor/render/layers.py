"""The three layers in which people think: hardware, driver and container runtime, PyTorch environment."""

from __future__ import annotations

from torch_doctor.core.catalog import DRIVER, HARDWARE, TORCH
from torch_doctor.core.describe import describe, describe_value
from torch_doctor.core.fact import Facts, Unavailable
from torch_doctor.core.finding import Finding, Severity
from torch_doctor.core.report import Report
from torch_doctor.core.text import one_line, plural
from torch_doctor.core.tuples import NamedTuple

LAYERS = (HARDWARE, DRIVER, TORCH)
TITLES = {HARDWARE: "Hardware", DRIVER: "Driver", TORCH: "PyTorch"}
LONG_TITLES = {
    HARDWARE: "Hardware",
    DRIVER: "Driver and container runtime",
    TORCH: "PyTorch environment",
}

_CAUSES = {
    HARDWARE: "gpu-hardware gpu-busy mig non-nvidia-platform macos-no-cuda nccl-p2p-iommu-acs",
    DRIVER: "driver-too-old-for-cuda-build no-driver-or-module driver-library-version-mismatch wsl "
    "driver-state-needs-reboot container-without-gpu-runtime nvml-unknown-error-container "
    "forward-compat-unsupported fabric-manager ptx-unsupported-toolchain nccl-shm-too-small",
}
_LAYER_OF_CAUSE = {cause: layer for layer, causes in _CAUSES.items() for cause in causes.split()}
_LAYER_OF_FAMILY = {
    "gpu": HARDWARE,
    "health": HARDWARE,
    "multigpu": HARDWARE,
    "driver": DRIVER,
    "container": DRIVER,
    "wsl": DRIVER,
    "jetson": DRIVER,
}


class LayerSummary(NamedTuple):
    """One layer in one line. *state* is ok, error, warning, unknown or absent."""

    layer: str
    title: str
    state: str
    text: str


def layer_of(finding: Finding) -> str:
    """Return the layer in which the cause of a finding lies."""
    if finding.cause in _LAYER_OF_CAUSE:
        return _LAYER_OF_CAUSE[finding.cause]
    if finding.cause:
        return TORCH
    return _LAYER_OF_FAMILY.get(finding.name.partition("-")[0], TORCH)


def summaries(report: Report) -> tuple[LayerSummary, ...]:
    """Return the three layers of a report, each in one line."""
    texts = {
        HARDWARE: _hardware(report.facts),
        DRIVER: _driver(report.facts),
        TORCH: _torch(report.facts),
    }
    return tuple(
        LayerSummary(layer, TITLES[layer], _state(report, layer, known), text)
        for layer, (known, text) in texts.items()
    )


def _state(report: Report, layer: str, known: str) -> str:
    worst = max(
        (f.severity for f in report.findings if layer_of(f) == layer and _counts(f)), default=None
    )
    return known if worst is None or worst is Severity.NOTE else str(worst)


def _counts(finding: Finding) -> bool:
    return not finding.demoted and finding.explained_by is None


def _hardware(facts: Facts) -> tuple[str, str]:
    gpus = facts.value("gpus")
    if gpus:
        return "ok", describe_value(gpus)
    on_bus = facts.value("pci_gpus")
    if on_bus:
        return (
            "ok",
            f"{plural(len(on_bus), 'NVIDIA GPU')} on the PCI bus, not offered by the driver",
        )
    others = facts.value("other_gpus")
    if others:
        return "absent", f"no NVIDIA GPU; found {one_line(', '.join(others))}"
    return _nothing(facts, ("gpus", "pci_gpus"), "no NVIDIA GPU found")


def _driver(facts: Facts) -> tuple[str, str]:
    release = facts.value("driver_release")
    container = facts.value("container")
    where = f", in a {container} container" if container else ""
    if release is None:
        state, text = _nothing(facts, ("driver_release", "nvml_status"), "no NVIDIA driver")
        return state, text + where
    cuda = facts.value("driver_cuda")
    module = facts.value("kernel_module")
    flavour = f" ({module.flavour} kernel module)" if module and module.flavour else ""
    reports = f", its libcuda reports CUDA {cuda}" if cuda else ""
    return "ok", one_line(f"{release}{flavour}{reports}{where}")


def _torch(facts: Facts) -> tuple[str, str]:
    version = facts.value("torch_version")
    python = facts.value("python_version")
    kind = facts.value("python_environment")
    place = f", Python {python}" if python else ""
    place += f" ({kind})" if kind else ""
    if version is None:
        state, text = _nothing(facts, ("torch_version",), "no torch")
        return state, one_line(text + place)
    cuda = facts.value("torch_cuda")
    variant = facts.value("torch_variant")
    built = f" built for CUDA {cuda}" if cuda else f" built for {variant}" if variant else ""
    return "ok", one_line(f"torch {version}{built}{place}{_ran(facts)}")


def _ran(facts: Facts) -> str:
    results = facts.value("kernel_results")
    if not results:
        return ""
    good = sum(result.ok for result in results)
    if good == len(results):
        return f"; a kernel ran on {plural(good, 'GPU')}"
    return f"; a kernel ran on {good} of {plural(len(results), 'GPU')}"


def _nothing(facts: Facts, names: tuple[str, ...], absent: str) -> tuple[str, str]:
    """Say that there is nothing, or that it is not known whether there is."""
    asked = [fact for name in names if isinstance(fact := facts[name], Unavailable)]
    failed = [fact for fact in asked if fact.reason.is_failure]
    if failed:
        return "unknown", f"unknown ({describe(failed[0])})"
    known = any(fact.reason.is_answer for fact in asked) or len(asked) < len(names)
    return ("absent", absent) if known else ("unknown", "unknown (not asked)")
