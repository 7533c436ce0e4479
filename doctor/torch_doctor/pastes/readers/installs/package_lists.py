"""pip list, pip freeze, conda list and the package lines inside environment reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from torch_doctor.core.records import Package
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_KEEP = re.compile(
    r"(?:torch(?:vision|audio|text|data|ao|codec|-.{1,40}|_.{1,40})?|pytorch(?:-.{1,30})?|triton(?:-.{1,20})?|pytorch-triton.{0,10}|nvidia[-_].{1,50}|numpy|cuda[-_].{1,40}|"
    r"cudatoolkit|cudnn|nccl|cpu-?only|_?libtorch.{0,10}|xformers|flash[-_]attn.{0,8}|flashinfer.{0,20}|vllm.{0,30}|sglang.{0,10}|sgl[-_]kernel|"
    r"bitsandbytes|deepspeed|apex|mmcv.{0,6}|mmdet|mmengine|detectron2|transformers|accelerate|lmdeploy|auto[-_]?gptq|"
    r"onnxruntime.{0,8}|tensorflow.{0,10}|jax.{0,20}|cupy.{0,14}|optree|ultralytics|causal[-_]conv1d|mamba[-_]ssm|sageattention|"
    r"spconv.{0,10}|pytorch3d|fairseq|peft|unsloth.{0,6}|opencv-python.{0,10}|intel-extension-for-pytorch|ms[-_]amp|exllamav2|llama[-_]cpp[-_]python|gptqmodel|awq.{0,14}|natten|pynvml|numba|python|libc10.{0,6}|mkl|magma.{0,10})",
    re.IGNORECASE,
)
_EQUALS = re.compile(
    r"(?<![\w.+-])(?:\[(pip3?|conda)\]\s{1,6})?([A-Za-z][\w.-]{0,60}?)(\[[\w,-]{1,40}\])?(===?)(\d[\w!+-]{0,40}(?:\.[\w!+-]{1,40}){0,8})(\.\.|…)?"
)
_LISTED = re.compile(
    r"(?:\[(pip3?|conda)\]\s{1,6})?([A-Za-z_][\w.-]{0,60})\s{1,60}(\d[\w.!+-]{0,60})(?:\s{1,60}([\w.*<>=!|-]{1,80}))?(?:\s{1,40}(\[\w+\]))?(?:\s{1,40}([\w./:-]{1,80}))?(?:\s{1,40}(?:Cached|\d{1,4}[kMG]?B))?\s*$"
)
_NAME_FIRST = re.compile(r"[| ]*(?:\+ {1,9})?(?:\[\w{3,5}\] +)?([A-Za-z_][\w.-]{0,60}) +\d")
_CONDA_URL = re.compile(
    r"\b([a-z-]{2,20})/(?:linux-64|win-64|noarch|linux-aarch64|osx-64|osx-arm64)::([a-z0-9_.-]{2,60}?)-(\d[\w.+]{0,40})-([\w.]{1,60})"
)
_CONDA_FILE = re.compile(
    r"(?<![\w/:.-])((?:py)?torch|torchvision|torchaudio|pytorch-mutex|cpuonly|pytorch-cuda)-(\d[\w.]{0,30})-(\w[\w.]{2,60}?)(?:\.tar\.bz2|\.conda|\s|$)"
)
_WHEEL = re.compile(
    r"\b(torch(?:vision|audio)?)-(\d[\w.%+]{0,60})-(cp\d{2,3}|py3)-\w{2,10}-([\w.]{3,60})\.whl"
)
_CONDA_PIN = re.compile(r"\s{0,8}-\s{1,4}([a-z][\w.-]{1,40})=(\d[\w.]{0,30})=([\w.]{1,60})\s*$")
_SUCCESS = re.compile(
    r"\b([A-Za-z][\w.]{1,40}(?:-[A-Za-z][\w]{0,30}){0,6}?)-(\d[\w.+]{0,40})(?=\s|$)"
)
_PLUS = re.compile(r"\s{0,4}[+~-] ([a-z0-9][\w.-]{0,60})==(\d[\w.+]{0,60})")
_CONDA_BUILD = re.compile(r"(?:_|\b|py\d[\d.]*)(?:cuda|cu)(\d{1,2}\.?\d{1,2})")
_CONFLICT = re.compile(
    r"([A-Za-z][\w.-]{1,40}) (\d[\w.+]{0,40}) (?:requires|has requirement) [^,]{1,80}, but you(?:'ll)? have ([A-Za-z][\w.-]{1,40}) (\d[\w.+]{0,40})"
)
_COMMAND = re.compile(
    r"\b(?:pip3?|uv|conda|mamba)\s+(?:pip\s+)?(?:install|add|download|sync|create)\b"
)
_VERBS = ("install", "add", "download", "sync", "create")
# Words of lines whose ``name==version`` is wanted by somebody, not installed.
_WANTED = re.compile(
    r"no matching distribution|could not find a version|requires|depends on|from versions|because |incompatible|"
    r"unsatisfiable|no solution|pins |hint:|distribution `|\bwork(?:s|ed)\b.{0,30} (?:on|with|in) "
)
_MOST = 600
_ENOUGH = 3000  # rows of package lists that are looked at


def read(paste: Paste) -> Iterator[Claim]:
    """Yield one ``packages`` claim for every package that matters to torch, and torch's own facts."""
    count = 0
    uv = any(_PLUS.match(text) for _, text in paste.with_(" + "))
    for index, text in paste.with_("=="):
        if _is_command(text) or (uv and text.lstrip().startswith(("- ", "~ "))):
            continue
        for match in _EQUALS.finditer(text):
            installer, name, _, _, version, cut = match.groups()
            if cut or count >= _MOST or not _matters(name) or _WANTED.search(text.lower()):
                continue
            count += 1
            yield from _package(name, version, _installer(installer), None, paste.number(index))
    yield from _listed(paste)
    yield from _conda_plans(paste)
    yield from _installed(paste)


def _listed(paste: Paste) -> Iterator[Claim]:
    """Read columns: ``torch  2.1.0+cu118`` of pip list, ``pytorch  2.1.0  py3.10_cuda11.8_cudnn8.7.0_0  pytorch`` of conda."""
    left = _ENOUGH
    for index, text in enumerate(paste.lines):
        first = _NAME_FIRST.match(text)
        if not first or not _matters(first[1]):
            continue
        stripped = text.strip("| ").removeprefix("+ ").lstrip()  # "+" marks what is to come
        match = _LISTED.match(stripped)
        if not match or "==" in stripped or not 5 < len(stripped) < 220:
            continue
        left -= 1
        if left < 0:
            return
        installer, name, version, build, feature, channel = match.groups()
        if installer is None and build is None and "  " not in stripped:
            continue
        if build and not re.search(r"_|\d|pypi", build):
            build, channel = None, build
        if channel == "pypi" or build in ("pypi_0", "pypi"):
            yield from _package(name, version, "pip", None, paste.number(index))
            continue
        kind = "conda" if build or installer == "conda" else "pip"
        if build and build.startswith(("/", "http")):
            kind, build = "pip", None
        label = f"{build} {feature}" if build and feature else build
        yield from _package(
            name, version, kind if installer != "pip" else "pip", label, paste.number(index)
        )


def _conda_plans(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_CONDA_URL, "::", 400):
        if _matters(match[2]):
            yield from _package(match[2], match[3], "conda", match[4], line)
    for index, text in paste.with_("="):
        pin = _CONDA_PIN.match(text) if text.lstrip().startswith("- ") else None
        if pin and _matters(pin[1]):
            yield from _package(pin[1], pin[2], "conda", pin[3], paste.number(index))
    for needs in ("torch-", "cpuonly-"):
        for match, line in paste.find(_CONDA_FILE, needs, 100):
            if re.search(r"_\d+$|cpu|cuda|^py", match[3]):
                yield from _package(match[1], match[2], "conda", match[3], line)
    for match, line in paste.find(_WHEEL, "torch", 200):
        version = match[2].replace("%2B", "+").replace("%2b", "+")
        yield from implied(_package(match[1], version, "pip", None, line))


def _installed(paste: Paste) -> Iterator[Claim]:
    for index, text in paste.with_("successfully installed", 20):
        for match in _SUCCESS.finditer(text):
            yield from _package(match[1], match[2], "pip", None, paste.number(index))
    for needs in ("but you have", "but you'll have"):
        for match, line in paste.find(_CONFLICT, needs, 40):
            yield from _package(match[1], match[2], "pip", None, line)
            yield from _package(match[3], match[4], "pip", None, line)


def _package(
    name: str, version: str, installer: str | None, build: str | None, line: int
) -> Iterator[Claim]:
    if not _matters(name):
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


def _conda_build(build: str, line: int) -> Iterator[Claim]:
    """Read conda's build string: ``py3.10_cuda11.8_cudnn8.7.0_0``, ``cuda118_py310h…``, ``py3.7_cpu_0``."""
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
def _matters(name: str) -> bool:
    """Whether a package says something about torch; the same names stand in many reports."""
    return _KEEP.fullmatch(name) is not None


def _installer(mark: str | None) -> str | None:
    return {"pip": "pip", "pip3": "pip", "conda": "conda"}.get(mark or "")


def _is_command(text: str) -> bool:
    return any(verb in text for verb in _VERBS) and bool(_COMMAND.search(text, 0, 600))
