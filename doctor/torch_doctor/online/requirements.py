"""What the METADATA of a companion asks for: torch, Python, and the packages that must fit beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.binaries.torch_texts import metadata_fields
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple

REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;()]*)\)?\s*(?:;(.*))?")
# A package that asks for an extra of itself within another.
_WITHIN = re.compile(r"([A-Za-z0-9._-]+)\s*\[([^\]]+)\]\s*;(.*)")
# Packages that share torch, the CUDA libraries or GPU code with each other.
_BESIDE = re.compile(
    r"nvidia-.+|cuda-.+|nccl.+|torch.+|(?:pytorch-)?triton(?:-windows)?|xformers|flash-attn.*|vllm.*|sglang.*|sgl-.*|flashinfer.*"
    r"|bitsandbytes|deepspeed|mamba-ssm|causal-conv1d|tensorrt.*|onnxruntime-gpu|ctranslate2|cupy-.+|jax.*|tensorflow"
)

_PLATFORMS = ("linux-x86_64", "linux-aarch64", "windows-x86_64")


class BuildRequirements(NamedTuple):
    """What a build asks for. *torch* is a version specifier, None where it names no version of torch.

    *extra* is the one that was looked at, None where the build has none of that name. *pins_on* are the platforms of
    pins that a build for any platform makes on some of them alone.
    """

    requires_python: str | None
    torch: str | None
    pins: tuple[tuple[str, str], ...]
    extra: str | None
    pins_on: tuple[tuple[str, str], ...] = ()


def asked_for(
    metadata: str, platform: str, python_tag: str | None, extra: str | None
) -> BuildRequirements:
    """Read METADATA for one platform and Python; of extras, *extra* and those that it asks for count.

    For any platform: what it asks for on Linux x86_64, else on another, and where each pin is asked for.
    """
    if platform != "any":
        return _asked_on(platform, metadata, python_tag, extra)
    each = {name: _asked_on(name, metadata, python_tag, extra) for name in _PLATFORMS}
    pins = {k: v for one in reversed(list(each.values())) for k, v in one.pins}
    on = {k: [name for name, one in each.items() if (k, v) in one.pins] for k, v in pins.items()}
    return each[_PLATFORMS[0]]._replace(
        pins=tuple(sorted(pins.items())),
        pins_on=tuple((k, " ".join(on[k])) for k in sorted(pins) if len(on[k]) < len(each)),
    )


def _asked_on(
    platform: str, metadata: str, python_tag: str | None, extra: str | None
) -> BuildRequirements:
    found: dict[str, list[str]] = {}
    extras = _extras(metadata, platform, python_tag, extra)
    for name, spec in _applying(
        metadata_fields(metadata, "Requires-Dist"), platform, python_tag, extras
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
        extra=extra if extras else None,
    )


def _extras(
    metadata: str, platform: str, python_tag: str | None, extra: str | None
) -> tuple[str, ...]:
    """Return *extra* with the extras of the same package that it asks for; none where it is not provided."""
    provided = {_normal(name): name for name in metadata_fields(metadata, "Provides-Extra")}
    if extra is None or _normal(extra) not in provided:
        return ()
    own = _normal(next(metadata_fields(metadata, "Name"), ""))
    found = [provided[_normal(extra)]]
    for one in found:  # grows while it is walked
        for text in metadata_fields(metadata, "Requires-Dist"):
            match = _WITHIN.fullmatch(text)
            if match and _normal(match[1]) == own and applies(match[3], platform, python_tag, one):
                named = (provided.get(_normal(name)) for name in match[2].split(","))
                found += [name for name in named if name and name not in found]
    return tuple(found)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _bare(spec: str) -> str:
    exact = re.fullmatch(r"==([^,*]+)", spec)
    return one_line(exact[1] if exact else spec)


def _applying(
    requirements: Iterable[str], platform: str, python_tag: str | None, extras: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for text in requirements:
        match = REQUIREMENT.fullmatch(text)
        if match and (
            not match[3]
            or any(applies(match[3], platform, python_tag, extra) for extra in extras or (None,))
        ):
            yield one_line(_normal(match[1])), match[2].replace(" ", "")


def applies(
    marker: str, platform: str, python_tag: str | None = None, extra: str | None = None
) -> bool:
    """Whether a marker holds on *platform* for a Python; a marker that is none does not."""
    from packaging.markers import InvalidMarker, Marker

    system, _, machine = platform.partition("-")
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
