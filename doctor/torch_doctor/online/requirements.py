"""What the METADATA of a companion asks for: torch, Python, and the packages that must fit beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.binaries.torch_texts import metadata_fields
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple

REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;()]*)\)?\s*(?:;(.*))?")
# Packages that share torch, the CUDA libraries or GPU code with each other.
_BESIDE = re.compile(
    r"nvidia-.+|cuda-.+|torch.+|(?:pytorch-)?triton(?:-windows)?|xformers|flash-attn.*|vllm.*|sglang.*|sgl-.*|flashinfer.*"
    r"|bitsandbytes|deepspeed|mamba-ssm|causal-conv1d|tensorrt.*|onnxruntime-gpu|ctranslate2|cupy-.+|jax.*|tensorflow"
)


class BuildRequirements(NamedTuple):
    """What a build asks for. *torch* is a version specifier, None where it names no version of torch."""

    requires_python: str | None
    torch: str | None
    pins: tuple[tuple[str, str], ...]


def asked_for(
    metadata: str, platform: str, python_tag: str | None, extra: str | None
) -> BuildRequirements:
    """Read METADATA for one platform and Python; of extras, *extra* alone counts."""
    found: dict[str, list[str]] = {}
    for name, spec in _applying(
        metadata_fields(metadata, "Requires-Dist"), platform, python_tag, extra
    ):
        if name == "torch" or _BESIDE.fullmatch(name):
            specs = found.setdefault(name, [])
            specs += [part for part in spec.split(",") if part and part not in specs]
    torch = found.pop("torch", None)
    python = next(metadata_fields(metadata, "Requires-Python"), None)
    return BuildRequirements(
        requires_python=one_line(python) if python else None,
        torch=",".join(torch) if torch else None,
        pins=tuple(
            (name, _bare(",".join(specs))) for name, specs in sorted(found.items()) if specs
        ),
    )


def _bare(spec: str) -> str:
    exact = re.fullmatch(r"==([^,*]+)", spec)
    return one_line(exact[1] if exact else spec)


def _applying(
    requirements: Iterable[str], platform: str, python_tag: str | None, extra: str | None
) -> Iterator[tuple[str, str]]:
    for text in requirements:
        match = REQUIREMENT.fullmatch(text)
        if match and (not match[3] or applies(match[3], platform, python_tag, extra)):
            name = re.sub(r"[-_.]+", "-", match[1]).lower()
            yield one_line(name), match[2].replace(" ", "")


def applies(
    marker: str, platform: str, python_tag: str | None = None, extra: str | None = None
) -> bool:
    """Whether a marker holds on *platform* (any: as on Linux x86_64) for a Python; a marker that is none does not."""
    from packaging.markers import InvalidMarker, Marker

    system, _, machine = ("linux-x86_64" if platform == "any" else platform).partition("-")
    python = re.fullmatch(r"cp3(\d{1,2})[mt]?", python_tag or "")
    minor = int(python[1]) if python and int(python[1]) > 10 else 11
    here = {
        "platform_system": system.capitalize(),
        "sys_platform": "win32" if system == "windows" else system,
        "os_name": "nt" if system == "windows" else "posix",
        "platform_machine": "AMD64" if system == "windows" else machine,
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.0",
        "platform_python_implementation": "CPython",
        "extra": extra or "",
    }
    try:
        return Marker(marker).evaluate(here)
    except InvalidMarker:
        return False
