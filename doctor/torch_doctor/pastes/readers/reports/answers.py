"""Answers of scripts of people's own: ``PyTorch built with CUDA: False``, ``| GPU found | no |``, ``CUDA可用 → False``.

What a line asks is told by the words of its label, in any order; its answer stands behind any sign, or none.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.text.paste import Paste

_LINE = regex(
    r"^[\W_]{0,12}([A-Za-z\u3040-\u9fff][^:,=|()\n]{2,60}?(?:\(\))?)\s{0,20}(?:is\s{1,3})?(?:=>|->|→|==|=|:|\?|\||、|-)?[\s`'\"*|\[]{0,24}"
    r"(true|false|yes|no|是|否|不可用|可用|没有|无|✓|✔|✗|✘|❌|✅)[\s`'\"*|.,!)\]]{0,8}$",
    2,
)
_COUNT = regex(
    r"^[\W_]{0,12}([A-Za-z\u3040-\u9fff][^:=|\n]{3,60}?)\s{0,20}(?:=>|->|→|==|=|:|\|)[\s`'\"*|]{0,24}(\d{1,3})[\s`'\"*|.]{0,8}$",
    2,
)
_YES = frozenset({"true", "yes", "是", "可用", "✓", "✔", "✅"})
_WORD = regex(r"[a-z]+|[\u3040-\u9fff]+")
_OF_CUDA = frozenset({"cuda", "gpu", "gpus"})
_USABLE = frozenset(
    {
        *(
            "available",
            "availability",
            "avail",
            "detected",
            "detects",
            "detect",
            "usable",
            "found",
            "visible",
            "working",
            "works",
        ),
        *(
            "accessible",
            "recognized",
            "recognised",
            "sees",
            "support",
            "supported",
            "supports",
            "enabled",
        ),
    }
)
_USABLE_EAST_ASIAN = ("可用", "是否支持", "使用可能", "利用可能", "使える", "检测到")
_BUILT = frozenset({"built", "compiled", "build", "compile"})
_COUNTED = frozenset({"number", "num", "count", "counted", "detected", "visible", "many", "total"})
_COUNTED_EAST_ASIAN = ("数量", "个数", "台数", "数目")
_TORCH = frozenset({"torch", "pytorch"})
# Labels of other programs, of other devices, and of what is wished.
_OTHERS = frozenset(
    {
        *(
            "tensorflow",
            "tf",
            "jax",
            "opencv",
            "cv",
            "onnx",
            "onnxruntime",
            "ort",
            "mxnet",
            "paddle",
            "dlib",
            "llama",
            "faiss",
            "xgboost",
            "ctranslate",
        ),
        *(
            "cudnn",
            "nccl",
            "mps",
            "xpu",
            "hip",
            "rocm",
            "npu",
            "tpu",
            "directml",
            "tensorrt",
            "triton",
            "xformers",
            "bnb",
            "bitsandbytes",
            "apex",
        ),
        *(
            "bf",
            "fp",
            "bfloat",
            "tf32",
            "memory",
            "driver",
            "toolkit",
            "nvcc",
            "ipc",
            "graph",
            "graphs",
            "mig",
            "vgpu",
            "ecc",
            "peer",
            "fused",
        ),
        *(
            "should",
            "expect",
            "expected",
            "if",
            "when",
            "want",
            "would",
            "must",
            "set",
            "use",
            "using",
            "used",
            "require",
            "required",
            "requires",
            "force",
        ),
        *(
            "distributed",
            "parallel",
            "script",
            "cluster",
            "other",
            "multi",
            "compute",
            "mode",
            "acceleration",
            "decoding",
            "amd",
            "intel",
        ),
    }
)
_MOST = 60  # lines with one answer
_LAST = 13  # letters at the end of a line, an answer and the signs behind it among them
_ANSWERS = (
    "true",
    "false",
    "yes",
    "no",
    "是",
    "否",
    "可用",
    "没有",
    "无",
    "✓",
    "✔",
    "✗",
    "✘",
    "❌",
    "✅",
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what such lines answer about the build, about CUDA and about the number of GPUs."""
    for needs in _ANSWERS:
        for index, text in paste.with_(needs, _MOST):
            likely = len(text) < 100 and needs in text[-_LAST:].lower()
            answer = _LINE.match(text) if likely else None
            if answer:
                yes = answer[2].lower() in _YES
                yield from _answered(answer[1].lower(), paste.number(index), yes=yes)
    for needs in ("gpus", "gpu", "device"):
        for index, text in paste.with_(needs, _MOST):
            counted = _COUNT.match(text) if len(text) < 100 else None
            if counted and _is_count(counted[1].lower()):
                number = int(counted[2])
                yield Claim("torch_device_count", number, paste.number(index), Seen.SUMMARY)


def _answered(label: str, line: int, *, yes: bool) -> Iterator[Claim]:
    words = frozenset(_WORD.findall(label))
    if not words & _OF_CUDA or words & _OTHERS:
        return
    if words & _BUILT and ("with" in words or "is" in words) and not words - _KNOWN:
        built = torch_words.variant("cpu", line, Seen.SUMMARY)
        yield from implied([Claim("torch_variant", "cuda", line, Seen.SUMMARY)] if yes else built)
    elif (words & _USABLE or any(sign in label for sign in _USABLE_EAST_ASIAN)) and not (
        words - _KNOWN - _USABLE and words.isdisjoint(_TORCH) and label.isascii()
    ):
        yield Claim("cuda_available", yes, line, Seen.SUMMARY)


def _is_count(label: str) -> bool:
    """Whether a label asks how many GPUs torch sees."""
    words = frozenset(_WORD.findall(label))
    asked = words & _COUNTED or any(sign in label for sign in _COUNTED_EAST_ASIAN)
    of_torch = words & _TORCH or words >= {"cuda", "device", "count"}
    return bool(
        asked and of_torch and words & {*_OF_CUDA, "device", "devices"} and not words & _OTHERS
    )


_KNOWN = (
    _OF_CUDA
    | _BUILT
    | _TORCH
    | {
        "is",
        "with",
        "was",
        "are",
        "the",
        "a",
        "for",
        "in",
        "of",
        "to",
        "has",
        "nvidia",
        "version",
        "backends",
        "c",
    }
)
