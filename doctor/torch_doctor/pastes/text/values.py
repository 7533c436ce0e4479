"""Read version numbers out of words; every function returns None where there is none."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)

_DRIVER = regex(r"(?<![\d.x])(?<!x86_)(\d{2,3}(?:\.\d{1,4}){0,2})(?![\d])(\.{2,}|…)?")
_CUDA = regex(r"(?<![\d.])(\d{1,2}\.\d{1,2})(?![\d])")
_TORCH = regex(
    r"v?(\d{1,2}\.\d{1,3}(?:\.\d{1,3})?(?:[a-z0-9._]{0,40})(?:\+[A-Za-z0-9._-]{1,60})?)(\.{2,}|…)?"
)
_TARGET = regex(r"\b(sm|compute)_(\d{2,3}[af]?)\b")
_DOTTED = regex(r"(?<![\d.])(\d{1,2}\.\d)([af]?)(\+PTX)?(?![\d.])")
_PYTHON = regex(r"(?<![\d.])([23]\.\d{1,2}(?:\.\d{1,2})?(?:(?:a|b|rc)\d{1,2})?)(?![\d])")
_GLIBC = regex(r"glibc[ _-]?(\d\.\d{1,2})", re.IGNORECASE)
_ARCH = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86-64": "x86_64",
    "x86_64": "x86_64",
    "arm64": "aarch64",
    "aarch64": "aarch64",
    "ppc64le": "ppc64le",
}
_ARCH_WORD = regex(
    r"(?<![A-Za-z0-9])(x86[_-]64|amd64|aarch64|arm64|ppc64le)(?![A-Za-z0-9])", re.IGNORECASE
)


def driver(text: str) -> DriverRelease | None:
    """Find a driver release; of ``535.1...``, which somebody cut, only the branch is believed."""
    match = _DRIVER.search(text)
    if not match:
        return None
    number = match[1]
    if match[2] and number.count(".") == 1:
        number = number.partition(".")[0]
    release = DriverRelease.parse(number)
    return release if 70 <= release.branch < 1000 else None


def cuda(text: str) -> CudaVersion | None:
    """Find a CUDA version such as ``12.8`` or ``10.1.243``."""
    match = _CUDA.search(text)
    version = CudaVersion.parse(match[1]) if match else None
    return version if version and 5 <= version.major < 30 else None


def cuda_from_number(text: str) -> CudaVersion | None:
    """Decode ``12080`` as torch and cuDriverGetVersion print it; 0 means that there is no driver."""
    version = CudaVersion.from_int(int(text)) if text.isdigit() and len(text) < 7 else None
    return version if version and 5 <= version.major < 30 else None


def cuda_from_tag(tag: str) -> CudaVersion | None:
    """Decode ``cu128``; None for what is no such tag."""
    try:
        version = CudaVersion.from_tag(tag)
    except ValueError:
        return None
    return version if 5 <= version.major < 30 else None


def torch(text: str) -> TorchVersion | None:
    """Read a torch version at the start of *text*; a version that somebody cut short is None."""
    match = _TORCH.match(text.strip().strip("'\"`*"))
    if not match or match[2] or not _sane(match[1]):
        return None
    return TorchVersion.parse(match[1].rstrip("._-+"))


def python(text: str) -> str | None:
    """Find a Python version, 3.12.3 or 3.7."""
    match = _PYTHON.search(text[:200])
    return match[1] if match else None


def glibc(text: str) -> str | None:
    """Find ``glibc 2.35``. Below 2.12 it is what Python itself was linked with, not what the host has."""
    match = _GLIBC.search(text)
    if not match or int(match[1].partition(".")[2]) < 12:
        return None
    return f"glibc {match[1]}"


def host_arch(text: str) -> str | None:
    """Find a machine architecture, as x86_64, aarch64 or ppc64le."""
    match = _ARCH_WORD.search(text)
    return _ARCH.get(match[1].lower()) if match else None


def capability(text: str) -> ComputeCapability | None:
    """Parse ``8.6``, ``86``, ``(8, 6)``, ``sm_120`` or ``major=8, minor=6``."""
    target = _TARGET.search(text)
    digits = re.findall(r"\d{1,3}", text)[:2]
    if target:
        return SmTarget.parse(f"sm_{target[2]}").capability
    if len(digits) == 2 and len(digits[0]) < 3 and len(digits[1]) == 1:
        return ComputeCapability(int(digits[0]), int(digits[1]))
    if len(digits) == 1 and len(digits[0]) in (2, 3):
        return ComputeCapability(int(digits[0][:-1]), int(digits[0][-1]))
    return None


def targets(text: str) -> tuple[SmTarget, ...]:
    """Find every compile target: ``sm_80``, ``compute_90``, or dotted as ``8.0 8.6 9.0+PTX``."""
    found = [SmTarget.parse(f"{kind}_{number}") for kind, number in _TARGET.findall(text)]
    if not found:
        for number, suffix, ptx in _DOTTED.findall(text):
            sm = ComputeCapability.parse(number)
            found.append(SmTarget(sm, suffix, ptx=False))
            if ptx:
                found.append(SmTarget(sm, suffix, ptx=True))
    return tuple(dict.fromkeys(found))


def gencode(text: str) -> tuple[SmTarget, ...]:
    """Read nvcc's ``-gencode;arch=compute_70,code=sm_70``: what counts is the code, not the arch."""
    found = re.findall(
        r"code=\[?\"?(sm_\d{2,3}[af]?|compute_\d{2,3}[af]?)(?:,(sm_\d{2,3}|compute_\d{2,3}))?", text
    )
    return tuple(dict.fromkeys(SmTarget.parse(name) for pair in found for name in pair if name))


def _sane(version: str) -> bool:
    major = int(version.partition(".")[0])
    return major < 4


def compute_mode(text: str) -> str | None:
    """Return the compute mode as NVML names it: of ``Exclusive_Process``, ``E. Process`` and ``Default``."""
    word = re.sub(r"[^a-z]", "", text.lower())
    modes = {"default": "default", "prohibited": "prohibited"}
    modes |= dict.fromkeys(("eprocess", "exclusiveprocess"), "exclusive-process")
    modes |= dict.fromkeys(("ethread", "exclusivethread"), "exclusive-thread")
    return modes.get(word)
