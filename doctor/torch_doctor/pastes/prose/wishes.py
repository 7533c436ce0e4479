"""Whether somebody wants a GPU: what a program was started with, what an environment file asks for, and words.

A CPU build is somebody's choice where nobody wants a GPU, and a fault where somebody does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

# "--device 0", "--device cuda:1", "--gpu_ids 0", "accelerator='gpu'": an option of the program that was run.
_OPTION = regex(
    r"(?:^|\s)--?(?:device|dev|accelerator)[ =]['\"]?(?:cuda(?::\d)?|gpu|\d(?:,\d)*)(?![\w.])"
    r"|(?:^|\s)--?(?:gpus?|gpu[-_]ids?|n?gpus?)[ =](?:all|[1-9]|0(?:,\d)*(?![\d.]))"
    r"|(?:^|\s)--(?:use[-_])?(?:cuda|gpu)(?=\s|$)"
    r"|\baccelerator\s?=\s?['\"](?:gpu|cuda)['\"]",
    re.IGNORECASE,
    ("-dev", "-acc", "-gpu", "-n", "-use", "-cuda", "accelerator"),
)
# conda's own packages of CUDA, in an environment file or in the list of what is installed.
_OF_CONDA = regex(
    r"^\W{0,8}(?:\[conda\]\s{0,8})?(?:cudatoolkit|pytorch-cuda)(?:\s{0,30}[=<>]|\s{1,30}\d)"
)
_GPU = r"(?:on|in|with|via|use|using|utili[sz]e|see|find|detect|recogni[sz]e|access|train\w*|run\w*)\s(?:(?:the|a|an|my|our|its|any|NVIDIA|local) ){0,3}(?:GPUs?|CUDA)\b"
_WORDS = regex(
    # "unable to run it on a GPU", "does not use my GPU", "why can't it see the GPU"
    rf"\b(?:unable to|not able to|can(?:'t|not| not)|couldn't|(?:does|did|do|is|are|was|will|would)(?:n't| not)|won't|fails? to|failed to)\b[^.;!?\n]{{0,50}}\b{_GPU}"
    r"|\bGPUs? (?:is|are|was)(?:n't| not) (?:being )?(?:used|utili[sz]ed|detected|recogni[sz]ed|found|available|visible)\b"
    # "how to run on GPU", "I want to train with CUDA"
    rf"|\b(?:how (?:to|can i|do i)|want(?:s|ed)? to|trying to|tried to|would like to|need to|like to)\b[^.;!?\n]{{0,40}}\b{_GPU}"
    # "runs on the CPU instead of the GPU", "CPU rather than CUDA"
    r"|\bCPU\b[^.;\n]{0,30}\b(?:instead of|rather than|not) (?:on |using )?(?:the |my )?(?:GPU|CUDA)\b"
    # "missing cuda builds", "how do I get the CUDA version", "switch from cpu to cuda"
    r"|\b(?:missing|no|want|need|get|install|switch\w* to|change to) (?:the |a |any )?(?:CUDA|GPU)(?:-enabled)? (?:builds?|versions?|variants?)\b"
    r"|\b(?:from|the) (?:\S{0,20}\+)?cpu (?:version |build )?to (?:the )?(?:\S{0,20}\+)?(?:cuda|cu1\d\d|gpu)\b",
    re.IGNORECASE,
    (
        *("n't", "not", "unable", "fail", "how ", "want", "trying", "tried", "like", "need"),
        *("instead", "rather", "missing", "no ", "get ", "install", "switch", "change", "cpu"),
    ),
)
_CHINESE = regex(
    r"(?:想|要|怎么|如何)(?:用|使用|在)\s?(?:GPU|CUDA|显卡)|(?:没有?|不能|无法|未)(?:使用|用|调用|用到)\s?(?:GPU|CUDA|显卡)|GPUで(?:動か|使い|学習)"
)
# "I have no GPU", "without a GPU", "no need for CUDA": nobody wants one.
_NONE = regex(
    r"\b(?:have|has|having|with|there is|there's) (?:no|not any) (?:NVIDIA |dedicated |discrete )?(?:GPU|CUDA)|\b(?:don't|do not|doesn't) (?:have|need|want)\b[^.;\n]{0,20}\b(?:GPU|CUDA)"
    r"|\bwithout (?:a |an |any |the )?(?:NVIDIA )?(?:GPU|CUDA)|\bno need (?:for|of) (?:a )?(?:GPU|CUDA)|\bCPU[- ]only (?:machine|laptop|server|host|box|mode)\b",
    re.IGNORECASE,
    ("no ", "not", "n't", "without", "only"),
)
# "I want to install torch+cpu": the CPU is what is wished.
_OF_CPU = regex(
    r"\b(?:want\w*|would like|like to|wish|trying|need|how (?:to|do i|can i))\b[^.;!?\n]{0,40}\b(?:install|get|use|have)\w*\b(?:[^.;!?\n]|\.\d){0,30}?(?:\+cpu\b|\bcpu[- ](?:only|version|build))"
    # a command that asks for it
    r"|\b(?:pip3?|conda|mamba|uv)\b[^\n]{0,60}\b(?:install|add|create)\b[^\n]{0,120}(?:pytorch-cpu|\bcpuonly\b|/whl/cpu\b)",
    re.IGNORECASE,
)
_LONGEST = 400  # letters of a line that is a sentence or a command
_ENOUGH = 60  # lines that hold one word


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that a GPU is wanted, and the line that tells it; nothing where words say that nobody wants one."""
    nobody = paste.where(_NONE)
    for needs in ("gpu", "cuda"):
        lines = paste.with_(needs, _ENOUGH)
        if any(index in nobody and _NONE.search(text) for index, text in lines):
            return
    options, words = paste.where(_OPTION), paste.where(_WORDS)
    for needs in ("gpu", "cuda", "--dev", "-dev"):
        for index, text in paste.with_(needs, _ENOUGH):
            if len(text) > _LONGEST:
                continue
            if (index in options and _OPTION.search(text)) or _OF_CONDA.match(text):
                yield Claim("gpu_wanted", True, paste.number(index), Seen.COMMAND)
            elif (index in words and _WORDS.search(text)) or (
                not text.isascii() and _CHINESE.search(text)
            ):
                yield Claim("gpu_wanted", True, paste.number(index), Seen.WORDS)
    for _, line in paste.find(_OF_CPU, "cpu", 3):
        yield Claim("gpu_wanted", False, line, Seen.TRACE, implied=True)
