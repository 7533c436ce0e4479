"""Environment summaries of other projects: mmcv, mmengine, lmdeploy, SGLang, transformers, LlamaFactory, diffusers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from torch_doctor.core.fact import Reason
from torch_doctor.core.records import UNKNOWN_BUILD, ExtensionBuild, Package
from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Absence, Claim, Seen, implied
from torch_doctor.pastes.claims.handlers import Handler, from_pairs
from torch_doctor.pastes.claims.hints import GpuCapability
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.pairs import Pair
from torch_doctor.pastes.text.paste import Paste

_GPU_KEY = regex(r"gpu(?:\s|$)([\d, ]{0,80})(compute capability)?$")
_TORCH = {"pytorch", "torch", "torch version", "pytorch_version"}
_LIBRARIES = {
    "torchvision": "torchvision",
    "torchaudio": "torchaudio",
    "triton": "triton",
    "numpy": "numpy",
    "xformers": "xformers",
    "transformers": "transformers",
    "bitsandbytes": "bitsandbytes",
    "flash_attn": "flash-attn",
    "flash-attn": "flash-attn",
    "flash_attention_2": "flash-attn",
    "deepspeed": "deepspeed",
    "vllm": "vllm",
    "vllm version": "vllm",
    "mmcv": "mmcv",
    "mmcv-full": "mmcv-full",
    "opencv": "opencv-python",
    "mmengine": "mmengine",
    "sglang": "sglang",
    "lmdeploy": "lmdeploy",
    "flashinfer": "flashinfer-python",
    "accelerate": "accelerate",
    "xformers version": "xformers",
    "bitsandbytes version": "bitsandbytes",
    "deepspeed version": "deepspeed",
    "transformers version": "transformers",
    "numpy version": "numpy",
    "torchvision version": "torchvision",
    "torchaudio version": "torchaudio",
    "triton version": "triton",
}
# vLLM's own report prints vllm.__version__, which its wheels for another CUDA and its builds from source share.
_OF_ITSELF = "vllm version"
# Where a line names the toolkit of torch as well, its bare CUDA is the compute capability of the GPU.
_TOOLKIT = regex(r"\bCUDA Toolkit[ =:]{1,3}(\d{1,2}\.\d)")
_CUDA = regex(r"\b(?:CUDA|cuda)[ =:]{1,3}(\d{1,2}\.\d)")
_FLAGS = regex(r"\s*(?:-gencode|;|arch=compute_|code=|sm_\d|compute_\d|=compute_)")
_BROKEN_INTO = 20  # lines
_MOST_GPUS = 4096  # lines: a host has 64 at most, and a report may show it again and again
_VERSION = regex(r"v?(\d+(?:\.\d+)+[\w.+-]{0,40})(\.\.|…)?")

# torch's build text goes from the CPU's capability over the runtime of a GPU to the settings of the build.
_RUNTIMES = ("cuda runtime", "hip runtime", "use_cuda=1", "use_cuda=on", "sycl", "use_rocm=on")
_BY_CONDA = regex(r"CXX_COMPILER=\S{0,80}(?:/croot/|/conda-bld/|_build_env|/feedstock_root/)")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of ``key: value`` lines that these projects print."""
    yield from from_pairs(paste, _HANDLERS)
    for pair in paste.pairs.of(_TORCH):
        # "torch 2.6.0" without a colon is a line of a list
        seen = Seen.SUMMARY if ":" in paste.lines[pair.at] else Seen.PACKAGES
        yield from _torch(pair.value, paste.number(pair.at), seen)
    for pair in paste.pairs.of(_LIBRARIES.keys()):
        match = _VERSION.match(pair.value)
        if match and not match[2]:
            build = UNKNOWN_BUILD if pair.key == _OF_ITSELF else None
            package = Package(_LIBRARIES[pair.key], match[1], build=build)
            yield Claim("packages", package, paste.number(pair.at), Seen.SUMMARY)
    for pair in paste.pairs.of({"gpu type", "accelerator"}):
        yield from _gpu_type(paste, pair.value, paste.number(pair.at))
    of_gpus = (pair for pair in paste.pairs.like("gpu") if pair.key.startswith("gpu"))
    for pair in islice(of_gpus, _MOST_GPUS):
        yield from _gpus(paste, pair)
    for part in ("pytorch compiling details", "nvcc architecture flags"):
        for pair in paste.pairs.like(part):
            text = _flags(paste, pair.at, pair.value)
            yield from _compiled(text, paste.number(pair.at))
    yield from _built_with(paste)
    yield from _of_lightning(paste)


def _gpus(paste: Paste, pair: Pair) -> Iterator[Claim]:
    key, value, line = pair.key, pair.value, paste.number(pair.at)
    match = _GPU_KEY.match(key)
    if not match or not value or (value[0].isdigit() and not match[2]):
        return
    if match[2]:
        yield from _capability(value, line)
        return
    numbers = [int(n) for n in re.findall(r"\d{1,3}", match[1])][:64]
    arch = re.search(r"arch=(\d{1,2}\.\d)", value)
    known = {"compute_capability": values.capability(arch[1])} if arch else {}
    if numbers and paste.gpu_names.is_nvidia(value):
        for number in numbers:
            yield Claim("gpus", gpu_claims.gpu(number, value, **known), line, Seen.SUMMARY)


def _torch(text: str, line: int, seen: Seen) -> Iterator[Claim]:
    yield from torch_words.version(text, line, seen)
    if "(gpu)" in text.lower():
        yield Claim("cuda_available", True, line, seen, implied=True)
    toolkit, bare = _TOOLKIT.search(text), _CUDA.search(text)
    if toolkit and bare:
        yield from _capability(bare[1], line)
    built = toolkit or bare
    if built:
        yield from implied(torch_words.build_cuda(built[1], line, seen))


def _using_gpu(text: str, line: int) -> Iterator[Claim]:
    match = re.search(r"\((True|False|cuda:\d)\)?", text)
    if match:
        yield from torch_words.available(
            "False" if match[1] == "False" else "True", line, Seen.SUMMARY
        )
    yield from torch_words.version(text, line, Seen.SUMMARY)


def _available(text: str, line: int) -> Iterator[Claim]:
    return torch_words.available(text, line, Seen.SUMMARY)


def _printed(text: str, line: int) -> Iterator[Claim]:
    """Read ``CUDA: False`` as Python prints it; in lower case it is a setting, which asks for no GPU."""
    if text in ("True", "False"):
        yield Claim("cuda_available", text == "True", line, Seen.WORDS)


def _build_cuda(text: str, line: int) -> Iterator[Claim]:
    return torch_words.build_cuda(text, line, Seen.SUMMARY)


def _python(text: str, line: int) -> Iterator[Claim]:
    return torch_words.python_version(text, line, Seen.SUMMARY)


def _platform(text: str, line: int) -> Iterator[Claim]:
    return host_words.from_platform(text, line, Seen.SUMMARY)


def _nvcc(text: str, line: int) -> Iterator[Claim]:
    release = re.search(r"release (\d{1,2}\.\d)", text) or re.match(r"(\d{1,2}\.\d)", text)
    if release:
        toolkit = values.cuda(release[1])
        if toolkit:
            yield Claim("toolkit_cuda", toolkit, line, Seen.SUMMARY)


def _cuda_home(text: str, line: int) -> Iterator[Claim]:
    if text.lower().startswith("none"):
        yield Claim(
            "cuda_home", Absence(Reason.NOT_PRESENT, "the report says None"), line, Seen.SUMMARY
        )
    elif text.startswith(("/", "\\")) or text[1:2] == ":":
        yield Claim("cuda_home", text.split(maxsplit=1)[0], line, Seen.SUMMARY)


def _driver(text: str, line: int) -> Iterator[Claim]:
    release = values.driver(text[:60])
    if release and "." in release.text:
        yield Claim("driver_release", release, line, Seen.SUMMARY)


def _gpu_type(paste: Paste, text: str, line: int) -> Iterator[Claim]:
    if paste.gpu_names.is_nvidia(text):
        yield Claim("gpus", gpu_claims.gpu(0, text), line, Seen.SUMMARY, implied=True)
    elif gpu_claims.is_other(text, paste.gpu_names):
        yield Claim("other_gpus", text[:80], line, Seen.SUMMARY)


def _gpu_number(text: str, line: int) -> Iterator[Claim]:
    if text[:4].split(" ", maxsplit=1)[0].isdigit():
        yield Claim(
            "torch_device_count", int(text[:4].split(" ", maxsplit=1)[0]), line, Seen.SUMMARY
        )


def _mmcv_cuda(text: str, line: int) -> Iterator[Claim]:
    if text.lower().startswith("not available"):
        yield Claim(
            "extension_builds", ExtensionBuild("mmcv", without_cuda=True), line, Seen.SUMMARY
        )
        return
    cuda = values.cuda(text[:20])
    if cuda:
        yield Claim("extension_builds", ExtensionBuild("mmcv", cuda), line, Seen.SUMMARY)


def _capability(text: str, line: int) -> Iterator[Claim]:
    match = re.match(r"[\d, ]{0,60}?(\d{1,2}\.\d)\b", text)
    if match:
        yield Claim(
            "gpu_capability", GpuCapability(None, values.capability(match[1])), line, Seen.SUMMARY
        )


def _compiled(text: str, line: int) -> Iterator[Claim]:
    archs = values.gencode(text)
    if archs:
        yield Claim("arch_list", archs, line, Seen.SUMMARY)


def _built_with(paste: Paste) -> Iterator[Claim]:
    """Read torch's own build text: ``- CUDA Runtime 11.8``, ``- NVCC architecture flags: …``, ``- CuDNN 8.7``."""
    for index, text in paste.with_("cuda runtime ", 20):
        match = re.search(r"- CUDA Runtime (\d{1,2}\.\d{1,2})", text)
        if match:
            yield from implied(torch_words.build_cuda(match[1], paste.number(index), Seen.SUMMARY))
    yield from _built_without(paste)
    for index, text in paste.with_("nvcc architecture flags", 20):
        yield from _compiled(_flags(paste, index, text), paste.number(index))


def _built_without(paste: Paste) -> Iterator[Claim]:
    """Read that torch's build text, which is whole to its last item, names no runtime of a GPU's maker."""
    if paste.has(*_RUNTIMES) or not paste.has("cpu capability usage"):
        return
    for index, text in paste.with_("build settings: ", 2):
        line = paste.number(index)
        yield from implied(torch_words.variant("cpu", line, Seen.SUMMARY))
        if _BY_CONDA.search(text):
            yield Claim("torch_installer", "conda", line, Seen.SUMMARY, implied=True)


def _flags(paste: Paste, index: int, text: str) -> str:
    """Return the flags with the lines into which a page or a terminal broke them."""
    for line in paste.lines[index + 1 : index + _BROKEN_INTO]:
        if not _FLAGS.match(line):
            break
        text += line.strip()
    return text


def _of_lightning(paste: Paste) -> Iterator[Claim]:
    """Read Lightning's nested list: below ``* CUDA:`` stand ``- available: True`` and torch's ``- version: 11.8``."""
    for index, text in paste.with_("* cuda:", 3):
        for at in range(index + 1, min(index + 24, len(paste.lines))):
            item = re.match(r"\s{1,8}[-*] (available|version):\s{1,20}(\S{1,12})", paste.lines[at])
            if item and item[1] == "available":
                yield from torch_words.available(item[2], paste.number(at), Seen.SUMMARY)
            elif item:
                yield from torch_words.build_cuda(item[2], paste.number(at), Seen.SUMMARY)
            elif paste.lines[at].lstrip().startswith("* ") and text[:1] == "*":
                break


_HANDLERS: dict[str, Handler] = {
    "pytorch version (gpu?)": _using_gpu,
    "pytorch version (gpu": _using_gpu,
    "pytorch version (gpu?": _using_gpu,
    "cuda available": _available,
    "cuda is available": _available,
    "is_cuda_available": _available,
    "torch.cuda.is_available()": _available,
    "torch.cuda.is_available": _available,
    "torch.cuda.is_available(": _available,
    "gpu available": _available,
    "cuda_available": _available,
    "cuda_is_available": _available,
    "torch.cuda": _available,
    "cuda": _printed,
    "torch cuda available": _available,
    "pytorch cuda available": _available,
    "torch cuda version": _build_cuda,
    "pytorch cuda version": _build_cuda,
    "torch.version.cuda": _build_cuda,
    "cuda (torch)": _build_cuda,
    "cuda (torch": _build_cuda,
    "python": _python,
    "sys.platform": _platform,
    "platform": _platform,
    "system platform": _platform,
    "nvcc": _nvcc,
    "nvcc version": _nvcc,
    "cuda_home": _cuda_home,
    "cuda driver version": _driver,
    "driver": _driver,
    "driver version": _driver,
    "nvidia driver": _driver,
    "gpu driver version": _driver,
    "gpu number": _gpu_number,
    "gpu count": _gpu_number,
    "mmcv cuda compiler": _mmcv_cuda,
    "mmcv.ops.cuda compiler": _mmcv_cuda,
    "gpu compute capability": _capability,
}
