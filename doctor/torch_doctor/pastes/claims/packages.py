"""What one installed package claims: itself, and what torch's own package says about torch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from torch_doctor.core.records import Package
from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.text import values

_KEEP = regex(
    r"(?:torch(?:vision|audio|text|data|ao|codec|-.{1,40}|_.{1,40})?|pytorch(?:-.{1,30})?|triton(?:-.{1,20})?|pytorch-triton.{0,10}|nvidia[-_].{1,50}|numpy|cuda[-_].{1,40}|"
    r"cudatoolkit|cudnn|nccl|cpu-?only|_?libtorch.{0,10}|xformers|flash[-_]attn.{0,8}|flashinfer.{0,20}|vllm.{0,30}|sglang.{0,10}|sgl[-_]kernel|"
    r"bitsandbytes|deepspeed|apex|mmcv.{0,6}|mmdet|mmengine|detectron2|transformers|accelerate|lmdeploy|auto[-_]?gptq|"
    r"onnxruntime.{0,8}|tensorflow.{0,10}|jax.{0,20}|cupy.{0,14}|optree|ultralytics|causal[-_]conv1d|mamba[-_]ssm|sageattention|"
    r"spconv.{0,10}|pytorch3d|fairseq|peft|unsloth.{0,6}|opencv-python.{0,10}|intel-extension-for-pytorch|ms[-_]amp|exllamav2|llama[-_]cpp[-_]python|gptqmodel|awq.{0,14}|natten|pynvml|numba|python|libc10.{0,6}|mkl|magma.{0,10})",
    re.IGNORECASE,
)
CONDA_FORGE = "conda-forge"
_CONDA_BUILD = regex(r"(?:_|\b|py\d[\d.]*)(?:cuda|cu)(\d{1,2}\.?\d{1,2})")


# Of conda-forge alone: cpu_mkl_py311_h…, cpu_generic_py312h…, cuda126_generic_py310h…, cuda118_py39h….
_FORGED = regex(r"(?:cpu|cuda\d{2,3})_?(?:(?:mkl|generic)_|py\d{2,3}_?h[0-9a-f]{7})")


def from_package(
    name: str, version: str, installer: str | None, build: str | None, line: int
) -> Iterator[Claim]:
    """Claims of a package that is installed; none where it says nothing about torch."""
    if not matters(name):
        return
    low = re.sub(r"[-_.]+", "-", name.lower())
    version = version.rstrip(".,;:")
    yield Claim("packages", Package(low, version, installer, build=build), line, Seen.PACKAGES)
    if low in ("torch", "pytorch", "pytorch-nightly") and (build is None or installer != "pip"):
        stated = torch_words.version(version, line, Seen.PACKAGES)
        conda = installer == "conda" and low != "torch"
        yield from implied(stated) if conda and build is None else stated
        if build:
            yield from _conda_build(build, line)
        if installer:
            yield Claim("torch_installer", installer, line, Seen.PACKAGES, implied=True)
        else:
            yield Claim("torch_installer", "pip", line, Seen.TRACE)
    elif low == "python" and installer == "conda":
        yield from torch_words.python_version(version, line, Seen.PACKAGES)
    elif low in ("cpuonly", "cpu-only") or (low == "pytorch-mutex" and build == "cpu"):
        # conda holds pytorch to a CPU build with it, which says nothing of a torch that pip installed
        yield from torch_words.variant("cpu", line, Seen.BANNER)


def of_channel(name: str, channel: str | None, line: int) -> Iterator[Claim]:
    """Claim who built conda's torch, where the *channel* that its package came from says so."""
    if name.lower() == "pytorch" and channel == CONDA_FORGE:
        yield Claim("torch_origin", CONDA_FORGE, line, Seen.PACKAGES)


def _conda_build(build: str, line: int) -> Iterator[Claim]:
    """Read conda's build string: ``py3.10_cuda11.8_cudnn8.7.0_0``, ``cuda118_py310h…``, ``py3.7_cpu_0``."""
    if _FORGED.match(build):
        yield Claim("torch_origin", CONDA_FORGE, line, Seen.WORDS)
    cuda = _CONDA_BUILD.search(build)
    if cuda:
        text = cuda[1]
        number = values.cuda(text) if "." in text else values.cuda_from_tag(f"cu{text}")
        if number:
            yield from torch_words.build_cuda(str(number), line, Seen.PACKAGES)
    elif re.search(r"(?:^|_|\b)cpu", build):
        yield from torch_words.variant("cpu", line, Seen.PACKAGES)
        yield Claim("torch_installer", "conda", line, Seen.PACKAGES)


@lru_cache(4096)
def matters(name: str) -> bool:
    """Whether a package says something about torch; the same names stand in many reports."""
    return _KEEP.fullmatch(name) is not None
