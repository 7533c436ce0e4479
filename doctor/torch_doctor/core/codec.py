"""Facts to JSON and back, and in words. The type written in the catalogue is the schema; decoding is strict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from torch_doctor.core import records
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.observed import step_in_words
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
    ProofStep,
    StageResult,
    Toolkit,
    TorchCopy,
    UnresolvedRequirement,
)
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, plural
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)

_VERSIONS = (ComputeCapability, CudaVersion, DriverRelease, SmTarget, TorchVersion)


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Return *facts* as plain JSON values, by fact name."""
    return {name: _encode_fact(fact) for name, fact in facts.items()}


def facts_from_json(document: Mapping[str, Any]) -> Facts:
    """Decode what facts_to_json made; raise ValueError that names the fact on anything else."""
    items: dict[str, Fact[Any]] = {}
    for name, raw in document.items():
        if name not in FACTS:
            msg = f"unknown fact {name!r}: it is not in the catalogue of this version"
            raise ValueError(msg)
        try:
            items[name] = _decode_fact(FACTS[name].type, raw)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            msg = f"fact {name!r}: {error}"
            raise ValueError(msg) from error
    return Facts(items)


def encode(value: Any) -> Any:
    """Return one value as plain JSON: versions become text, records become objects."""
    if isinstance(value, _VERSIONS):
        return str(value)
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            record: Any = value
            defaults = record._field_defaults
            items = record._asdict().items()
            return {k: encode(v) for k, v in items if defaults.get(k, encode) != v}
        return [encode(item) for item in value]
    return value


def decode(type_name: str, raw: Any) -> Any:
    """Decode *raw* as the type written *type_name*; raise ValueError or TypeError where it does not fit."""
    if type_name.endswith(" | None"):
        return None if raw is None else decode(type_name.removesuffix(" | None"), raw)
    if type_name.startswith("tuple["):
        if not isinstance(raw, list):
            msg = f"expected a list, got {type(raw).__name__}"
            raise TypeError(msg)
        item = type_name.removeprefix("tuple[").removesuffix(", ...]")
        return tuple(decode(item, entry) for entry in raw)
    if type_name in _SCALARS:
        return _SCALARS[type_name](raw)
    return _decode_record(getattr(records, type_name), raw)


def type_named(type_name: str) -> type[Any]:
    """Return the type that the catalogue writes as *type_name*; of a list, tuple."""
    if type_name.startswith("tuple["):
        return tuple
    kind: type[Any] = _TYPES.get(type_name) or getattr(records, type_name)
    return kind


def _encode_fact(fact: Fact[Any]) -> dict[str, Any]:
    source = {"kind": fact.source.kind, "where": fact.source.where, "line": fact.source.line}
    source = {k: v for k, v in source.items() if v not in (None, "")}
    if isinstance(fact, Known):
        return {"value": encode(fact.value), "source": source}
    return {"unavailable": fact.reason.value, "detail": fact.detail, "source": source}


def _decode_fact(type_name: str, raw: Mapping[str, Any]) -> Fact[Any]:
    place = raw.get("source") or {}
    source = Source(
        _text(place.get("kind", "file")), _text(place.get("where", "")), place.get("line")
    )
    if "value" in raw:
        return Known(decode(type_name, raw["value"]), source)
    return Unavailable(Reason(raw["unavailable"]), _text(raw.get("detail", "")), source)


def _decode_record(record: type[Any], raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        msg = f"expected an object with the fields of {record.__name__}"
        raise TypeError(msg)
    unknown = sorted(set(raw) - set(record._fields))
    if unknown:
        msg = f"{record.__name__} has no field {unknown[0]!r}"
        raise ValueError(msg)
    types = field_types(record)
    return record(**{k: decode(types[k], v) for k, v in raw.items()})


def field_types(record: type[Any]) -> dict[str, str]:
    """Return the types of a record's fields as they are written."""
    return {
        name: str(getattr(annotation, "__forward_arg__", annotation))
        for name, annotation in record.__annotations__.items()
    }


def _text(raw: Any) -> str:
    return str(_only(str, raw))


_LARGEST = 1.7976931348623157e308  # of a float


def _number(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        msg = f"expected a number, got {raw!r}"
        raise TypeError(msg)
    if not abs(raw) <= _LARGEST:  # nor is NaN
        msg = "expected a number that something can have"
        raise ValueError(msg)
    return float(raw)


def _integer(raw: Any) -> int:
    if isinstance(raw, bool):
        msg = "expected a whole number, got a boolean"
        raise TypeError(msg)
    number = int(_only(int, raw))
    if abs(number) >= 1 << 63:
        msg = "expected a whole number of at most 63 bits"
        raise ValueError(msg)
    return number


def _only(kind: type[Any], raw: Any) -> Any:
    if not isinstance(raw, kind):
        msg = f"expected {kind.__name__}, got {raw!r}"
        raise TypeError(msg)
    return raw


def _version(kind: Any, raw: Any) -> Any:
    return kind.parse(_text(raw))


_TYPES: dict[str, type[Any]] = {kind.__name__: kind for kind in (str, int, float, bool, *_VERSIONS)}
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "int": _integer,
    "float": _number,
    "bool": lambda raw: _only(bool, raw),
    **{kind.__name__: partial(_version, kind) for kind in _VERSIONS},
}


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
    ProofStep: step_in_words,
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
