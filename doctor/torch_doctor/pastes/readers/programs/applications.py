"""Start-up banners and reports of applications: bitsandbytes, ds_report, YOLO, SD.Next, A1111, ComfyUI, Unsloth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ExtensionBuild, Package
from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.hints import GpuCapability
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_DOTS = regex(r"\s{0,8}([a-z][a-z0-9 ./()_-]{3,50}?)\s?\.{3,60}\s{0,4}(\S.{0,200})$")
_YOLO = regex(
    r"(?:Python-(\d\.\d{1,2}\.\d{1,2}\w{0,4}),?\s{0,4})?torch[- ](\d{1,2}\.\d{1,3}[\w.+]{0,30}),?(?:\s{1,4}(?:(CUDA):?(\d)? ?\(([^,()]{2,60}), ?(\d{2,7}(?:\.\d+)?)\s?Mi?B|(CPU)\b))?"
)
_SDNEXT = regex(
    r"torch==(\d{1,2}\.\d{1,3}[\w.+]{0,30})|\bTorch:? (\d{1,2}\.\d{1,3}[\w.+]{0,30})|torch: (\d{1,2}\.\d{1,3}[\w.+]{0,30})"
)
_DETECTED = regex(r"Torch detected GPU: (.{3,60}?) VRAM (\d{3,7}) Arch \((\d{1,2}), ?(\d)\)")
_COMFY = regex(r"(?:Device:|Name:\*{0,2}) cuda:(\d{1,2}) (.{3,60}?)(?: : |\s*$)")
# Unsloth calls the compute capability CUDA, and torch.version.cuda the toolkit.
_UNSLOTH = regex(
    r"(?:Pyt|T)orch: (\d{1,2}\.\d{1,3}[\w.+]{0,30}?)\. CUDA ?[:=] (\d{1,2}\.\d)\. CUDA Toolkit ?[:=] (\d{1,2}\.\d{1,2})\b"
)
_UNSLOTH_GPU = regex(
    r"\|\s{2,9}(?:GPU: )?(\S.{2,60}?)\. (?:Num GPUs = (\d{1,3})\. )?Max memory ?[:=] (\d{1,4}(?:\.\d{1,4})?) GB"
)
_BACKEND = regex(r"Torch backend: nVidia CUDA (\d{1,2}\.\d)")
# xFormers names the torch that it was built for, and then the one that runs.
_YOU_HAVE = regex(
    r"PyTorch\s\S{3,40}\swith CUDA \S{1,8} \(you have (\d{1,2}\.\d{1,3}[\w.+]{0,30})\)"
)
_PYTHON_YOU_HAVE = regex(r"Python\s{1,3}\d[\d.]{2,8} \(you have (\d\.\d{1,2}(?:\.\d{1,2})?)\)")
_BNB_CC = regex(
    r"(?:Highest compute capability among GPUs detected: |Highest Compute Capability: |compute capability detected: )\(?(\d{1,2})[., ]{1,2}(\d)",
    re.IGNORECASE,
)
_BNB_CUDA = regex(
    r"(?:PyTorch settings found: CUDA_VERSION=|CUDA SETUP: PyTorch CUDA version: |CUDA_VERSION=)(\d{2,4})\b"
)
_BNB_RUNTIME = regex(
    r"CUDA SETUP: (?:CUDA version lower than 11|Detected CUDA version|CUDA runtime version.{0,20})\s?:?\s?(\d{2,4})?"
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of every banner that is known."""
    yield from _deepspeed(paste)
    yield from _yolo(paste)
    yield from _bitsandbytes(paste)
    yield from _stable_diffusion(paste)
    yield from _unsloth(paste)
    for match, line in paste.find(_YOU_HAVE, "you have", 5):
        yield from torch_words.version(match[1], line, Seen.OBSERVED)
    for match, line in paste.find(_PYTHON_YOU_HAVE, "you have", 5):
        yield from torch_words.python_version(match[1], line, Seen.OBSERVED)


def _deepspeed(paste: Paste) -> Iterator[Claim]:
    for index, text in paste.with_("....", 400):
        match = _DOTS.match(text)
        if not match:
            continue
        key, value, line = match[1].strip(), match[2].strip(), paste.number(index)
        if key == "torch version":
            yield from torch_words.version(value, line, Seen.SUMMARY)
        elif key == "torch cuda version":
            yield from torch_words.build_cuda(value, line, Seen.SUMMARY)
        elif key == "torch hip version" and value[:1].isdigit():
            yield from torch_words.variant(f"rocm{value.split()[0]}", line, Seen.SUMMARY)
        elif key == "nvcc version" and values.cuda(value):
            yield Claim("toolkit_cuda", values.cuda(value), line, Seen.SUMMARY)
        elif key.startswith("shared memory"):
            yield from _shm(value, line)
        elif key.startswith("deepspeed wheel compiled"):
            cuda = re.search(r"cuda (\d{1,2}\.\d)", value)
            torch = re.search(r"torch (\d\.\d{1,2})", value)
            built = ExtensionBuild(
                "deepspeed",
                values.cuda(cuda[1]) if cuda else None,
                torch=torch[1] if torch else None,
            )
            yield Claim("extension_builds", built, line, Seen.SUMMARY)


def _shm(value: str, line: int) -> Iterator[Claim]:
    match = re.match(r"(\d{1,6}(?:\.\d{1,4})?)\s?(KB|MB|GB|TB)", value)
    if match:
        scale = {"KB": 1 / 1024, "MB": 1, "GB": 1024, "TB": 1024 * 1024}[match[2]]
        yield Claim("shm_mib", int(float(match[1]) * scale), line, Seen.SUMMARY)


def _yolo(paste: Paste) -> Iterator[Claim]:
    """Read ``torch 1.7.1 CPU``: CPU is the device that was chosen, not the kind of build."""
    for match, line in paste.find(_YOLO, "torch", 200):
        if not (match[1] or match[3] or match[7]):
            continue  # neither side of the banner: any "torch 2.1" in a sentence
        if match[1]:
            yield from torch_words.python_version(match[1], line, Seen.BANNER)
        yield from torch_words.version(match[2], line, Seen.BANNER)
        if match[3]:
            gpu = gpu_claims.gpu(int(match[4] or 0), match[5])
            yield Claim("gpus", gpu._replace(memory_mib=int(float(match[6]))), line, Seen.BANNER)
            yield Claim("cuda_available", True, line, Seen.BANNER)


def _stable_diffusion(paste: Paste) -> Iterator[Claim]:
    for needs in ("torch:", "torch "):
        for index, text in paste.with_(needs, 60):
            line = paste.number(index)
            match = (
                _SDNEXT.search(text)
                if re.match(
                    r"\W{0,30}(?:[\d:,\- ]{0,30}(?:INFO|DEBUG|WARNING)?\W{0,6})?Torch",
                    text,
                    re.IGNORECASE,
                )
                else None
            )
            if match:
                yield from torch_words.version(match[1] or match[2] or match[3], line, Seen.BANNER)
                for library, version in re.findall(
                    r"(torchvision|torchaudio|triton)==(\d[\w.+]{2,30})", text
                ):
                    yield Claim("packages", Package(library, version), line, Seen.BANNER)
            detected = _DETECTED.search(text)
            if detected:
                sm = values.capability(f"({detected[3]}, {detected[4]})")
                gpu = gpu_claims.gpu(0, detected[1])._replace(
                    memory_mib=int(detected[2]), compute_capability=sm
                )
                yield Claim("gpus", gpu, line, Seen.BANNER)
                yield Claim("cuda_available", True, line, Seen.BANNER)
            backend = _BACKEND.search(text)
            if backend:
                yield from torch_words.build_cuda(backend[1], line, Seen.BANNER)
    for needs in ("device: cuda:", "name: cuda:", "name:** cuda:"):
        for match, line in paste.find(_COMFY, needs, 20):
            yield Claim("gpus", gpu_claims.gpu(int(match[1]), match[2]), line, Seen.BANNER)
            yield Claim("cuda_available", True, line, Seen.BANNER)


def _unsloth(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_UNSLOTH, "cuda toolkit", 20):
        yield from torch_words.version(match[1], line, Seen.BANNER)
        yield from torch_words.build_cuda(match[3], line, Seen.BANNER)
        capability = values.capability(match[2])
        yield Claim("gpu_capability", GpuCapability(None, capability), line, Seen.BANNER)
        yield Claim("cuda_available", True, line, Seen.BANNER)  # the driver was asked by torch
    for match, line in paste.find(_UNSLOTH_GPU, "max memory", 20):
        if paste.gpu_names.is_nvidia(match[1]):
            gpu = gpu_claims.gpu(0, match[1])
            gpu = gpu._replace(memory_mib=int(float(match[3]) * 1024))
            yield Claim("gpus", gpu, line, Seen.BANNER)
            if match[2]:
                yield Claim("torch_device_count", int(match[2]), line, Seen.BANNER)


def _bitsandbytes(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_BNB_CC, "compute capability", 20):
        sm = values.capability(f"({match[1]}, {match[2]})")
        yield Claim("gpu_capability", GpuCapability(None, sm), line, Seen.SUMMARY)
    for match, line in paste.find(_BNB_CUDA, "cuda", 40):
        tag = values.cuda_from_tag(f"cu{match[1]}")
        if tag:
            yield from torch_words.build_cuda(str(tag), line, Seen.SESSION)
    for needs in ("libbitsandbytes_cpu.so", "compiled without gpu support"):
        for index, text in paste.with_(needs, 2):
            if "bitsandbytes" in text.lower():
                yield Claim(
                    "extension_builds",
                    ExtensionBuild("bitsandbytes", without_cuda=True),
                    paste.number(index),
                    Seen.SUMMARY,
                )
