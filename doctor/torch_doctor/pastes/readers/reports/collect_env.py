"""torch.utils.collect_env of every era, and vLLM's old and new ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Reason
from torch_doctor.core.records import LibraryFile
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Absence, Claim, Seen, implied
from torch_doctor.pastes.claims.handlers import Handler, beheaded, from_pairs
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.pairs import Pair
from torch_doctor.pastes.text.paste import Paste

_GPU = regex(
    r"GPU\s{0,3}(\d{1,3})(?:\s?-\s?(\d{1,3}))?\s{0,3}[:=]\s{0,9}(\S.{0,200}?)(?=\s{1,40}GPU\s{0,3}\d{1,3}\s{0,3}:|,\s{0,2}GPU\s{0,3}\d|$)"
)
_MIG_LINE = regex(r"\s*MIG\s+(\d+[cg]\S{0,20})\s+Device\s+(\d{1,2})", re.IGNORECASE)
_CUDNN = regex(
    r"((?:/|[A-Za-z]:\\)[^:*?\"<>|]{0,200}?cudnn[\w]{0,30}(?:\.so[.\d]{0,20}|\.dylib|\d{0,3}(?:_\d{1,2})?\.dll))"
)
_ABSENT = ("could not collect", "no cuda", "n/a", "none", "not available", "unknown")
_GPU_LISTS = {"gpu models and configuration", "pu models and configuration"}
_NOTHING_FOUND = Absence(Reason.NOT_PRESENT, "the report found no nvidia-smi and no CUDA in torch")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of the report's lines."""
    yield from from_pairs(paste, _HANDLERS)
    amd = any(pair.value[:1].isdigit() for pair in paste.pairs.like("rocm used to build"))
    for pair in paste.pairs.of(_GPU_LISTS):
        yield from _listed_by_rocm(pair, paste) if amd else _gpu_list(pair, paste)
    for pair in paste.pairs.of({"cudnn version"}):
        yield from _cudnn(pair, paste)


def _torch_version(text: str, line: int) -> Iterator[Claim]:
    if text.upper().startswith("N/A"):
        yield Claim("report_interpreter_without_torch", True, line, Seen.REPORT)
        return
    yield from torch_words.version(text, line, Seen.REPORT)


def _build_cuda(text: str, line: int) -> Iterator[Claim]:
    yield from torch_words.build_cuda(text, line, Seen.REPORT)


def _rocm(text: str, line: int) -> Iterator[Claim]:
    match = re.match(r"\d+\.[\d.]{1,12}(?:-\w{1,20})?", text)
    if match:
        yield from torch_words.variant(f"rocm{match[0]}", line, Seen.REPORT)


def _xpu(text: str, line: int) -> Iterator[Claim]:
    if re.match(r"\d{4,}", text):
        yield from torch_words.variant("xpu", line, Seen.REPORT)


def _available(text: str, line: int) -> Iterator[Claim]:
    yield from torch_words.available(text, line, Seen.REPORT)


def _driver(text: str, line: int) -> Iterator[Claim]:
    low = text.lower()
    release = None if low.startswith(_ABSENT) else values.driver(text[:40])
    if release:
        yield Claim("driver_release", release, line, Seen.REPORT)
    elif low.startswith("no cuda"):
        yield Claim("driver_release", _NOTHING_FOUND, line, Seen.REPORT, implied=True)
        yield Claim("nvidia_smi", _NOTHING_FOUND, line, Seen.REPORT, implied=True)


def _nvcc(text: str, line: int) -> Iterator[Claim]:
    toolkit = None if text.lower().startswith(_ABSENT) else values.cuda(text[:40])
    if toolkit:
        yield Claim("toolkit_cuda", toolkit, line, Seen.REPORT)
    elif text.lower().startswith("no cuda"):
        # printed for every line at once: neither torch's CUDA nor nvidia-smi answered
        yield Claim("driver_release", _NOTHING_FOUND, line, Seen.REPORT, implied=True)
        yield Claim("nvidia_smi", _NOTHING_FOUND, line, Seen.REPORT, implied=True)
        yield Claim("gpus", _NOTHING_FOUND, line, Seen.REPORT, implied=True)


def _os(text: str, line: int) -> Iterator[Claim]:
    return host_words.from_os_name(text, line, Seen.REPORT)


def _platform(text: str, line: int) -> Iterator[Claim]:
    return implied(host_words.from_platform(text, line, Seen.REPORT))


def _libc(text: str, line: int) -> Iterator[Claim]:
    libc = values.glibc(text)
    if libc:
        yield Claim("libc", libc, line, Seen.REPORT)


def _python(text: str, line: int) -> Iterator[Claim]:
    return torch_words.python_version(text, line, Seen.REPORT)


def _gcc(text: str, line: int) -> Iterator[Claim]:
    match = re.search(r"(\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)\s*(?:\d{8})?\b[^()]{0,40}$", text[:160])
    if match:
        yield Claim("host_compiler", f"gcc {match[1]}", line, Seen.REPORT)


def _module_loading(text: str, line: int) -> Iterator[Claim]:
    if text.split(" ", maxsplit=1)[0] in ("LAZY", "EAGER"):
        yield Claim("cuda_module_loading", text.split(" ", maxsplit=1)[0], line, Seen.REPORT)


def _archs(text: str, line: int) -> Iterator[Claim]:
    """Handle vLLM's build flags, ``CUDA Archs: 8.0 9.0+PTX``: they are vLLM's targets, not torch's."""
    archs = values.targets(text)
    if archs:
        from torch_doctor.core.records import ExtensionBuild

        yield Claim("extension_builds", ExtensionBuild("vllm", arch_list=archs), line, Seen.REPORT)


def _gpu_list(pair: Pair, paste: Paste) -> Iterator[Claim]:
    line = paste.number(pair.at)
    if pair.value.lower().startswith("no cuda"):
        yield Claim("gpus", _NOTHING_FOUND, line, Seen.REPORT, implied=True)
        return
    if pair.value and not _GPU.search(pair.value) and not pair.value.lower().startswith(_ABSENT):
        for name in re.split(r"\s{2,}|\s\+\s", pair.value)[:16]:
            yield from _one(paste, 0, name, line)
    last: int | None = None
    for index in range(pair.at, min(pair.at + 80, len(paste.lines))):
        text = pair.value if index == pair.at else paste.lines[index]
        gpus = list(_GPU.finditer(text))
        mig = _MIG_LINE.match(text) if last is not None else None
        if not gpus and not mig and index > pair.at and text.strip():
            return
        if gpus and _is_cut(paste, index):
            yield Claim("gpus_cut", True, paste.number(index), Seen.REPORT)
        for match in gpus:
            first, last = int(match[1]), int(match[2] or match[1])
            for number in range(first, min(last, first + 63) + 1):
                yield from _one(paste, number, match[3], paste.number(index))
        if mig and last is not None:
            part = gpu_claims.gpu(last, f"MIG {mig[1]}")
            yield Claim("gpus", part, paste.number(index), Seen.REPORT, implied=True)


def _is_cut(paste: Paste, index: int) -> bool:
    """Whether a list ends at this line because the text does: with an ellipsis, or with nothing of the report behind it."""
    if paste.lines[index].rstrip(" `").endswith(("...", "…")):
        return True
    return not any(line.strip(" `") for line in paste.lines[index + 1 : index + 40])


def _one(paste: Paste, index: int, name: str, line: int) -> Iterator[Claim]:
    if name.lower().startswith(_ABSENT) or ("driver version" in name.lower()):
        return
    if gpu_claims.is_other(name, paste.gpu_names):
        yield Claim("other_gpus", one_line(name, 80), line, Seen.REPORT)
        return
    gpu = gpu_claims.gpu(index, name)
    if gpu.name and re.search(r"[A-Za-z]", gpu.name):
        yield Claim("gpus", gpu, line, Seen.REPORT)
        if "nvgpu" in gpu.name.lower():
            yield Claim("jetson", "L4T", line, Seen.REPORT, implied=True)


def _listed_by_rocm(pair: Pair, paste: Paste) -> Iterator[Claim]:
    """Take the names that torch for ROCm lists: ``Device 66a1`` says of itself by nothing that it is AMD's.

    No tool of a driver prints this list: torch does, and only where torch.cuda.is_available().
    """
    for claim in _gpu_list(pair, paste):
        name = getattr(claim.value, "name", None)
        if claim.name == "gpus" and (not name or paste.gpu_names.is_nvidia(name)):
            yield claim
            continue
        if claim.name == "gpus":
            yield Claim("other_gpus", name, claim.line, claim.seen, implied=claim.implied)
        else:
            yield claim
        if claim.name in ("gpus", "other_gpus"):
            yield Claim("cuda_available", True, claim.line, Seen.REPORT, implied=True)


def _cudnn(pair: Pair, paste: Paste) -> Iterator[Claim]:
    for index in range(pair.at, min(pair.at + 24, len(paste.lines))):
        text = pair.value if index == pair.at else paste.lines[index]
        paths = _CUDNN.findall(text)
        if not paths and index > pair.at and text.strip():
            return
        for path in paths:
            version = re.search(r"\.so\.(\d[\d.]*)", path) or re.search(r"v?(\d+\.\d+[\d.]*)", path)
            copy = LibraryFile(
                one_line(path, 200), "system", version[1] if version else None, "collect_env"
            )
            yield Claim("cudnn_copies", copy, paste.number(index), Seen.REPORT)


def _nothing_but_tool(text: str, line: int) -> Iterator[Claim]:
    release = values.driver(text[:40])
    if release:
        yield Claim("driver_release", release, line, Seen.TOOL)


_HANDLERS: dict[str, Handler] = beheaded(
    {
        "pytorch version": _torch_version,
        "cuda used to build pytorch": _build_cuda,
        "rocm used to build pytorch": _rocm,
        "xpu used to build pytorch": _xpu,
        "is cuda available": _available,
        "nvidia driver version": _driver,
        "cuda runtime version": _nvcc,
        "os": _os,
        "python platform": _platform,
        "libc version": _libc,
        "python version": _python,
        "gcc version": _gcc,
        "cuda_module_loading set to": _module_loading,
        "vllm build flags": _archs,
        "cuda archs": _archs,
        "kmd version": _nothing_but_tool,
    }
)
