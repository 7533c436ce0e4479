"""What a torch version string and a build's CUDA line claim; shared by every reader that meets one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Reason
from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Absence, Claim, Seen, implied
from torch_doctor.pastes.text import values

_LOCAL = regex(r"\+(?:[\w.]*\.)?(cu\d{2,4}|cpu|rocm[\d.]*|xpu)\b", re.IGNORECASE)
NO_CUDA = Absence(Reason.NOT_APPLICABLE, "a build without CUDA")


def version(text: str, line: int, seen: Seen) -> Iterator[Claim]:
    """Claims of ``2.8.0+cu128``: the version, and what its local part says about the build."""
    found = values.torch(text)
    if not found:
        return
    yield Claim("torch_version", found, line, seen)
    local = _LOCAL.search(found.text)
    if local:
        yield from implied(variant(local[1].lower(), line, seen))
    if re.search(r"\.nv\d\d\.\d\d|nv\d\d\.\d\d|\.jp\d|tegra", found.text):
        yield Claim("torch_origin", "jetson" if "jp" in found.text else "ngc", line, seen)
    elif re.search(r"a0\+(?:git)?[0-9a-f]{7}", found.text):
        yield Claim("torch_origin", "source", line, seen)


def variant(tag: str, line: int, seen: Seen) -> Iterator[Claim]:
    """Claims of a tag: ``cu128``, ``cpu``, ``rocm6.0`` or ``xpu``."""
    tag = tag.lower()
    if tag.startswith("cu"):
        cuda = values.cuda_from_tag(tag)
        if cuda:
            yield Claim("torch_variant", "cuda", line, seen)
            yield Claim("torch_cuda", cuda, line, seen)
        return
    if tag.startswith("rocm") and tag[4:]:
        yield Claim("torch_hip", tag[4:], line, seen)
    yield Claim("torch_variant", "rocm" if tag.startswith("rocm") else tag, line, seen)
    yield Claim("torch_cuda", NO_CUDA, line, seen)


def build_cuda(text: str, line: int, seen: Seen) -> Iterator[Claim]:
    """Claims of a line that says what CUDA torch was built with: ``12.8``, ``None`` or ``Could not collect``.

    torch prints None for a build without CUDA; collect_env turns it into "Could not collect" where
    a toolkit or nvidia-smi is present. Both say that there is no CUDA in the build.
    """
    cuda = values.cuda(text[:40])
    if cuda:
        yield Claim("torch_variant", "cuda", line, seen)
        yield Claim("torch_cuda", cuda, line, seen)
    elif text.lower().startswith(("none", "could not collect", "not available", "no cuda")):
        yield Claim(
            "torch_variant", "cpu", line, seen, implied=True
        )  # a ROCm or XPU line knows better
        yield Claim("torch_cuda", NO_CUDA, line, seen)


def available(text: str, line: int, seen: Seen) -> Iterator[Claim]:
    """Claims of ``Is CUDA available: True`` and its spellings; N/A claims nothing."""
    word = text.strip(" `*'\".,").lower()
    if re.match(r"(true|yes)\b", word):
        yield Claim("cuda_available", True, line, seen)
    elif re.match(r"(false|no)\b", word):
        yield Claim("cuda_available", False, line, seen)


def python_version(text: str, line: int, seen: Seen) -> Iterator[Claim]:
    """Claims of ``3.12.3 (main, …) [GCC 13.2.0]``: the version and the wheel tag."""
    found = values.python(text)
    if not found:
        return
    yield Claim("python_version", found, line, seen)
    major, minor = found.split(".")[:2]
    threaded = "t" if "free-threading" in text or re.match(r"3\.\d+\.?\d*t\b", text.strip()) else ""
    minor = re.sub(r"\D.*", "", minor)
    yield Claim("python_tag", f"cp{major}{minor}{threaded}", line, seen)
    if "packaged by" in text or "Anaconda" in text or "conda-forge" in text:
        yield Claim("python_environment", "conda", line, seen)
