"""Facts in words, for evidence lines and reports."""

from __future__ import annotations

from collections import Counter

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.records import (
    ApiStatus,
    DeepResult,
    DeviceNode,
    ErrorSeen,
    ExtensionBuild,
    Gpu,
    ImportFailure,
    KernelEvent,
    KernelModule,
    KernelResult,
    LibraryFile,
    LoadedLibrary,
    Package,
    PciGpu,
    StageResult,
    Toolkit,
    TorchCopy,
    UnresolvedRequirement,
)
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, plural


def describe(fact: Fact[Any]) -> str:
    """Return a fact in a few words: its value, or why there is none."""
    return describe_value(fact.value) if isinstance(fact, Known) else str(fact)


def describe_value(value: Any) -> str:
    """Return a value in a few words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return _describe_many(value)
    for kind, words in _WORDS.items():
        if isinstance(value, kind):
            return one_line(words(value))
    return one_line(str(value)) or "(empty)"


def _describe_many(items: tuple[Any, ...]) -> str:
    if not items:
        return "none"
    counted = Counter(describe_value(item) for item in items)
    shown = [text if count == 1 else f"{count}× {text}" for text, count in counted.items()]
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    glue = " " if all(" " not in text for text in shown) else ", "
    return glue.join(shown[:8]) + more


def gpu_name(gpu: Gpu) -> str:
    """Return the name of a GPU without the maker, with its capability."""
    name = (gpu.name or "unnamed GPU").removeprefix("NVIDIA ")
    return f"{name} ({gpu.compute_capability})" if gpu.compute_capability else name


def _node(node: DeviceNode) -> str:
    return f"{node.path}{'' if node.readable and node.writable else ' (no access)'}"


def _refusal(failure: ImportFailure) -> str:
    wanted = failure.missing or failure.symbol or failure.version or "something"
    return f"{failure.module} lacks {wanted}" if failure.module else f"{wanted} is missing"


def _ending(result: StageResult) -> str:
    return "ok" if result.ok else f"failed: {one_line(result.error or 'no error text', 160)}"


def _deep(result: DeepResult) -> str:
    place = "" if result.gpu is None else f" on GPU {result.gpu}"
    measured = "" if result.value is None else f" {result.value:.4g} {result.unit or ''}".rstrip()
    why = f": {result.error}" if result.error else ""
    return f"{result.stage}{place} {result.status}{measured}{why}"


_WORDS: dict[type, Any] = {
    DeepResult: _deep,
    Gpu: lambda gpu: f"{gpu_name(gpu)}{' LOST' if gpu.lost else ''}",
    PciGpu: lambda gpu: (
        f"{gpu.vendor_id}:{gpu.device_id} at {gpu.address}, kernel driver {gpu.driver or 'none'}"
    ),
    KernelModule: lambda module: f"{module.release} ({module.flavour or 'flavour unknown'})",
    DeviceNode: _node,
    ApiStatus: lambda status: (
        "success" if status.code == 0 else f"{status.name} ({status.code}) {status.message}"
    ),
    LibraryFile: lambda library: f"{library.path} ({library.kind})",
    Package: lambda package: f"{package.name} {package.version}",
    ErrorSeen: lambda error: one_line(error.text, 160),
    KernelEvent: lambda event: one_line(event.text, 160),
    KernelResult: lambda result: f"GPU {result.index} {'ran' if result.ok else 'failed'}",
    Toolkit: lambda toolkit: f"{toolkit.cuda or '?'} at {toolkit.path}",
    LoadedLibrary: lambda library: library.path,
    TorchCopy: lambda copy: f"{copy.version or '?'} in {copy.path}",
    ImportFailure: _refusal,
    StageResult: lambda stage: f"{stage.stage} {_ending(stage)}",
    UnresolvedRequirement: lambda wanted: f"{wanted.requirement} ({wanted.reason or 'no match'})",
    ExtensionBuild: lambda built: f"{built.name} built with {built.cuda or 'unknown'}",
}


def count_gpus(count: int) -> str:
    """Return ``1 GPU`` or ``8 GPUs``."""
    return plural(count, "GPU")
