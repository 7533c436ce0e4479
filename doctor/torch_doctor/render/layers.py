"""The three layers in which people think: hardware, driver and container runtime, PyTorch environment."""

from __future__ import annotations

from torch_doctor.core.catalog import DRIVER, HARDWARE, TORCH
from torch_doctor.core.codec import describe, describe_value
from torch_doctor.core.fact import Facts, Unavailable
from torch_doctor.core.finding import Finding, Severity
from torch_doctor.core.finding import layer_of as layer_of_family
from torch_doctor.core.records import ApiStatus
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
    "forward-compat-unsupported fabric-manager ptx-unsupported-toolchain nccl-shm-too-small "
    "process-limits",
}
_LAYER_OF_CAUSE = {cause: layer for layer, causes in _CAUSES.items() for cause in causes.split()}

# What proves a driver though its release is not known, and how a line names it.
_PARTS = {
    "kernel_module": "kernel module",
    "driver_library_release": "driver files of",
    "driver_cuda": "a libcuda that reports CUDA",
}
# Numbers of nvmlReturn_t: success, and a driver of another release than the library.
_FROM_A_DRIVER = frozenset({0, 18})
_WITHOUT_DRIVER = {9: "the NVIDIA driver is not loaded", 12: "NVML's library was not found"}


class LayerSummary(NamedTuple):
    """One layer in one line. *state* is ok, error, warning, unknown or absent; the interpreter has none, ``plain``."""

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
    return layer_of_family(finding.name)


def summaries(report: Report) -> tuple[LayerSummary, ...]:
    """Return the three layers of a report, each in one line, and the interpreter that was judged, where it is known."""
    texts = {
        HARDWARE: _hardware(report.facts),
        DRIVER: _driver(report.facts),
        TORCH: _torch(report.facts),
    }
    layers = [
        LayerSummary(layer, TITLES[layer], _state(report, layer, known), text)
        for layer, (known, text) in texts.items()
    ]
    python = _python(report.facts)
    return (*layers, *([LayerSummary("python", "Python", "plain", python)] if python else ()))


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
        state, text = _driver_without_release(facts)
        return state, one_line(text + where)
    cuda = facts.value("driver_cuda")
    module = facts.value("kernel_module")
    flavour = f" ({module.flavour} kernel module)" if module and module.flavour else ""
    reports = f", its libcuda reports CUDA {cuda}" if cuda else ""
    return "ok", one_line(f"{release}{flavour}{reports}{where}{_proven(facts)}")


def _proven(facts: Facts) -> str:
    """Say what the driver ran and took by itself, where torch has not said more."""
    if facts.value("kernel_results"):
        return ""
    ran = sum(result.ok for result in facts.value("driver_kernels", ()))
    code = [s for s in facts.value("driver_proof", ()) if s.step == "code" and s.of == "torch"]
    took = " and takes torch's code" if code and all(step.ok for step in code) else ""
    return f"; it ran a kernel on {plural(ran, 'GPU')}{took}" if ran else ""


def _driver_without_release(facts: Facts) -> tuple[str, str]:
    """Say what is known of a driver that did not tell its release: its parts, and what NVML answers, show it, too."""
    status: ApiStatus | None = facts.value("nvml_status")
    parts = [
        f"{words} {describe_value(value)}"
        for name, words in _PARTS.items()
        if (value := facts.value(name)) is not None
    ]
    if status is not None and status.code in _WITHOUT_DRIVER and not parts:
        return "absent", _WITHOUT_DRIVER[status.code]
    if status is not None:
        parts.append(f"NVML answers {describe_value(status)}")
    if parts and (status is None or status.code in _FROM_A_DRIVER):
        return "ok", f"release unknown; {', '.join(parts)}"
    if parts:
        return "unknown", f"unknown; {', '.join(parts)}"
    return _nothing(facts, ("driver_release", "nvml_status"), "no NVIDIA driver")


# What a build is for, in words.
_VARIANTS = {"cpu": "the CPU", "cuda": "CUDA", "rocm": "ROCm", "xpu": "GPUs of Intel"}


def _torch(facts: Facts) -> tuple[str, str]:
    version = facts.value("torch_version")
    if version is None:
        return _nothing(facts, ("torch_version",), "no torch")
    cuda = facts.value("torch_cuda")
    variant = facts.value("torch_variant")
    built = f" built for CUDA {cuda}" if cuda else ""
    if variant and not cuda:
        built = f" built for {_VARIANTS.get(variant, variant)}"
    found = ((name, library_version(facts, name.lower())) for name in ("cuDNN", "NCCL"))
    libraries = "".join(f", {name} {version}" for name, version in found if version)
    return "ok", one_line(f"torch {version}{built}{libraries}{_ran(facts)}")


def library_version(facts: Facts, name: str) -> str:
    """Return the version of ``cudnn`` or ``nccl``: of the one that was loaded, else of the one that torch would get."""
    found = facts.value(f"{name}_version") or _picked(facts, name) or _installed(facts, name)
    return ".".join(str(found or "").split(".")[:3])


def _picked(facts: Facts, name: str) -> str | None:
    for pick in facts.value("library_picks", ()):
        if pick.path.rpartition("/")[2].startswith(f"lib{name}.so"):
            return str(pick.version) if pick.version else None
    return None


def _installed(facts: Facts, name: str) -> str | None:
    """The wheel that torch of this CUDA would ask for; a build without CUDA asks for none."""
    cuda = facts.value("torch_cuda")
    named = (f"nvidia-{name}-cu{cuda.major}", f"nvidia-{name}") if cuda else ()
    packages = {package.name: package.version for package in facts.value("packages", ())}
    return next((str(packages[wheel]) for wheel in named if wheel in packages), None)


def _python(facts: Facts) -> str:
    """Return the interpreter that was judged: version, place, kind, and why it is this one."""
    version, place = facts.value("python_version"), facts.value("python_executable")
    about = (facts.value("python_environment"), facts.value("python_found_via"))
    details = ", ".join(filter(None, about))
    shown = ", ".join(filter(None, (version, place)))
    return one_line(f"{shown} ({details})" if details and shown else shown)


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
