"""Words for devices: GPUs of NVIDIA and of others, accelerators that are none, and MIG."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import MigDevice
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.matrix.gpus.instances import gpus_of, instance_named
from torch_doctor.matrix.gpus.mentions import Mention
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.hints import GpuCapability, GpuMention
from torch_doctor.pastes.prose.comparisons import is_another_gpu, is_compared
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_TPU = regex(r"\b(TPU|Ascend NPU|torch[-_]npu|Gaudi|HPU|Neuron device|Intel (?:Arc|XPU))\b")
# Amazon's accelerators, by name and by the instances that have them.
_NEURON = regex(
    r"\b(?:AWS )?(?:(?:[Tt]rainium|[Ii]nferentia) ?[23]?|(?:[Tt]rn[12]n?|[Ii]nf[12])(?:\.\d{0,2}x?large)?)\b(?![./])"
)
# A list of what could be used ("CUDA, XPU, HPU", "CPU/GPU/TPU") is no device.
_COULD_BE = regex(
    r"\b(?:CUDA|GPU|XPU|CPU|MPS|NPU|HPU|TPU)\??(?:\s?(?:[,/|]|or|and)\s?)+(?:or |and )?(?:CUDA|GPU|XPU|CPU|MPS|NPU|HPU|TPU)\b"
    r"|\b(?:no|not|without)\b[^.;\n]{0,20}\b(?:TPU|NPU|HPU)s?\b|\b(?:TPU|NPU|HPU)s? (?:available|cores)\b[^\n]{0,12}(?:False|0\b|no\b)",
    re.IGNORECASE,
)
_ROCM_WANTED = regex(
    r"/whl/(?:nightly/)?rocm\d|(?:target to|install\w*|created|built|pull\w*)\b[^\n.]{0,40}\bROCm\b"
    r"|\b(?:I|we)(?:['’]?m|['’]?re| am| are)? (?:currently |also )?(?:use|using|run|running|on)(?: (?:it|this|torch|pytorch))?(?: (?:on|with))? (?:AMD['’]?s? )?ROCm\b",
    re.IGNORECASE,
)
# "I'm on AMD Windows", "using AMD on Linux": the maker alone, who makes processors, too.
_AMD_SYSTEM = regex(
    r"\bAMD,? (?:on |for )?(?:Windows|Linux|Ubuntu)\b(?! ?\(?x86)"
    # "to start it on AMD", in other languages
    r"|(?<![^\W_])(?:[Нн]а|с|[Ee]n|[Cc]on|[Aa]uf|[Mm]it|[Ss]ur|[Ss]u|[Nn]a|[Cc]om) (?:AMD|amd)(?=[.,;:!?)]| [^\W\d]|$)(?! (?i:ryzen|epyc|cpus?|athlon|threadripper|proc\w*|процессор\w*|prozessor\w*)\b)"
    r"|\b(?:[Uu]sing|[Hh]ave|[Oo]n|[Gg]ot) (?:an? )?(?:AMD|amd)(?=[.,;:!?)]| (?:on |windows|linux|gpu|card|system|pc\b)|$)"
    r"|(?:AMD|amd)\s?製?の?\s?(?:GPU|グラボ|グラフィック)[^。\n]{0,12}(?:使って|積んで|搭載|です)|(?:用的?是|我是|显卡是)\s?(?:AMD|amd)\s?(?:的)?\s?(?:显卡|GPU|卡)"
)
# ZLUDA stands in for CUDA on AMD's GPUs; DirectML runs on those of every maker, so that it proves none.
_LAYER = regex(
    r"\b(?:use|using|used|with|run(?:s|ning)?|via|through|install(?:ed|ing)?)[ -]ZLUDA\b|--use-zluda\b|\bZLUDA (?:version|device|support)\b",
    re.IGNORECASE,
)
_NVIDIA_OWN = regex(
    r"\b(?:(?:I|we) (?:have|use|got|own)|I'm using|with|and|on|my|our|has) (?:an? |my |the )?NVIDIA (?:GPUs?|(?:graphics |video )?cards?)\b(?! (?:support|users?|driver))"
    r"|\b(?:my|the) GPU \(NVIDIA (?:Quadro|GeForce|Tesla|RTX)\)",
    re.IGNORECASE,
)
_PROFILE = regex(r"\bMIG[- ](\d\d?[cg]\.[\w.]{3,12})|\b(\d\d?(?:c\.\d)?g\.\d{1,3}gb)\b")
_CAPABILITY = regex(
    r"\b(?:(?:cuda|gpu|compute)[ -]){0,2}(?:compute )?capabilit(?:y|ies)(?: (?:major/minor )?version(?: number)?)?(?: (?:of|is|was|=))?(?: (?:my|the|this) (?:gpu|card))?[\s:=`*(]{0,6}(?:is |of )?(?:sm_)?(\d{1,2}\.\d)(?![\d.])"
    r"|\bget_device_capability\([^()\n]{0,12}\)[`]?\s{0,3}(?:=|:|->|is|returns?|gives?|prints?)\s{0,2}[`]?(\(\d{1,2}, ?\d\))|算力(?:是|为)?\s?(\d{1,2}\.\d)"
    r"|(?:[RG]TX|GeForce|Quadro|GPU|card|显卡)[^\n.;:]{0,24}[( ](sm_\d{2,3})\b(?! (?:is|are)?\s?(?:not|un))|\bcompute=(\d{1,2}\.\d)",
    re.IGNORECASE,
)
_NEEDED = regex(
    r"\b(?:requires?|needs?|at least|minimum|>=|or (?:higher|newer|above|greater|later)|supports?|supported|below|less than|older than|only|than)\b|\+(?!cu\d|cpu\b|rocm)|以上",
    re.IGNORECASE,
)
_GFD = regex(r"nvidia\.com/gpu\.compute\.(major|minor)['\"]?\s?[=:]\s?['\"]?(\d{1,2})")
_INSTANCE = regex(
    r"(?<![\w./-])(?:(?:p[2-6]|g[3-7])[a-z]{0,3}\.(?:\d{0,2}x?large|metal)|Standard_N[CDV]\w{2,24}|a[23]-\w{4,8}gpu-\d{1,2}g|g2-standard-\d{1,2})(?![\w-])",
    re.IGNORECASE,
)
_PRODUCT = regex(r"nvidia\.com/gpu\.product['\"]?\s?[=:]\s?['\"]?([A-Za-z][\w-]{2,60})")
# Two GPUs of one person: "two cards, a GTX 1080 and an RTX 5090", "a 3090 and a 4090 in one machine".
_JOINED = regex(
    r"^\s?(?:\([^()\n]{1,12}\)\s?)?(?:,? and|,|&|\+|plus)\s(?:(?:an?|one|my|NVIDIA|GeForce) ){0,3}$",
    re.IGNORECASE,
)
_SEVERAL = regex(
    r"\b(?:two|2|both|dual) (?:different |nvidia |separate |mixed ){0,2}(?:gpus|(?:graphics |video )?cards)\b[^.;\n]{0,24}$",
    re.IGNORECASE,
)
_IN_ONE = regex(
    r"^[^.;\n]{0,16}\b(?:in|on) (?:the same|one|a single|my|this) (?:machine|pc|computer|box|system|workstation|server|rig|host)\b",
    re.IGNORECASE,
)
_GENERATION = regex(r"\bseries$|\dxx$", re.IGNORECASE)
_ENOUGH = 40  # lines with one word of a name
_LONGEST = 400  # longer lines are no sentences


def read(paste: Paste, *, named: bool) -> Iterator[Claim]:
    """Yield hints about devices; *named* where the NVIDIA GPUs are known from something better."""
    mentioned = [] if named else [*_gpus(paste), *_rented(paste)]
    yield from mentioned
    yield from _others(paste)
    # who asks for ROCm and names no GPU of NVIDIA's has one of AMD's
    for _, line in () if mentioned or named else paste.find(_ROCM_WANTED, "rocm", 5):
        yield Claim("other_gpus", "AMD GPU (ROCm)", line, Seen.WORDS, implied=True)
    if not (mentioned or named) and paste.has("+rocm"):
        yield from _of_nvidia(paste)
    yield from _mig(paste)
    yield from _capabilities(paste)


def _gpus(paste: Paste) -> Iterator[Claim]:
    seen: set[int] = set()
    for word in sorted(paste.gpu_names.anchors(paste.words)):
        seen.update(paste.holding(word)[:_ENOUGH])
    for index in sorted(seen):
        text = paste.lines[index]
        names = list(paste.gpu_names.find(text)) if len(text) < _LONGEST else []
        yield from _of_one_person(text, names, paste.number(index))
        for found in names:
            number = min(found.number, 64)
            mention = GpuMention(found.name, number, found.products, found.counted)
            # a generation ("RTX 50 series") yields to a GPU that is named
            weak = bool(_GENERATION.search(found.name))
            weak = weak or is_another_gpu(text, found.start, found.name)
            yield Claim("gpu_mention", mention, paste.number(index), Seen.WORDS, implied=weak)


def _of_one_person(text: str, names: list[Mention], line: int) -> Iterator[Claim]:
    """Yield two GPUs of different models that words put side by side in one machine."""
    if len(names) != 2 or set(names[0].products) & set(names[1].products):
        return
    first, second = names
    between = text[first.start : second.start]
    joined = _JOINED.match(between[len(first.name) :]) if between.startswith(first.name) else None
    behind = text[second.start + len(second.name) :]
    if joined and (_SEVERAL.search(text[: first.start]) or _IN_ONE.match(behind)):
        for index, found in enumerate(names):
            yield Claim("gpus", gpu_claims.gpu(index, found.name), line, Seen.WORDS)


def _capabilities(paste: Paste) -> Iterator[Claim]:
    """Yield the compute capability that words give a GPU; what something requires is not what is there."""
    for needs in ("capabilit", "算力", "sm_", "compute="):
        for match, line in paste.find(_CAPABILITY, needs, 20):
            text = match.string
            if len(text) < _LONGEST and not _NEEDED.search(
                text[max(0, match.start() - 40) : match.end() + 16]
            ):
                number = next(filter(None, match.groups()))
                found = GpuCapability(None, values.capability(number))
                yield Claim("gpu_capability", found, line, Seen.WORDS, implied=True)
    labels = {match[1]: (match[2], line) for match, line in paste.find(_GFD, "gpu.compute.", 8)}
    if len(labels) == 2:
        number, line = labels["major"]
        found = GpuCapability(None, values.capability(f"({number}, {labels['minor'][0]})"))
        yield Claim("gpu_capability", found, line, Seen.SUMMARY)


def _rented(paste: Paste) -> Iterator[Claim]:
    """Yield the GPU of a cloud's instance type, and the product that a node's label names."""
    for needs in ("large", "standard_n", "highgpu", "megagpu", "g2-standard", ".metal"):
        for match, line in paste.find(_INSTANCE, needs, 5):
            row = instance_named(match[0], paste.matrix)
            if row and not is_compared(match.string, match.start()):
                products = tuple(product.name for product in gpus_of(row, paste.matrix))
                yield Claim("gpu_mention", GpuMention(row.gpu, 1, products), line, Seen.TRACE)
    for match, line in paste.find(_PRODUCT, "gpu.product", 4):
        named = gpu_claims.gpu(0, match[1].replace("-", " "))
        yield Claim("gpus", named, line, Seen.BANNER)


def _others(paste: Paste) -> Iterator[Claim]:
    yield from _of_amd(paste)
    yield from _of_intel(paste)
    for needs in ("trainium", "inferentia", "trn1", "trn2", "inf1", "inf2"):
        for match, line in paste.find(_NEURON, needs, 3):
            if not is_compared(match.string, match.start()) and len(match.string) < _LONGEST:
                yield Claim("other_gpus", f"AWS {match[0].removeprefix('AWS ')}", line, Seen.WORDS)
    for needs in ("tpu", "npu", "gaudi", "hpu", "neuron device", "intel arc", "intel xpu"):
        for index, text in paste.with_(needs, 3):
            named = _TPU.search(text) if len(text) < 400 else None
            if named and not _COULD_BE.search(text):
                yield Claim("other_gpus", named[1], paste.number(index), Seen.WORDS)


def _of_amd(paste: Paste) -> Iterator[Claim]:
    texts = (text for needs in ("work", "runs ", "ran ") for _, text in paste.with_(needs, 20))
    nvidia_runs = paste.has("amd") and any(map(gpu_claims.runs_on_nvidia, texts))
    for needs in (
        "radeon",
        "amd",
        "rx ",
        "rx5",
        "rx6",
        "rx7",
        "rx9",
        "rx-",
        "vega",
        "xt",
        " gre",
        "instinct",
        "mi2",
        "mi3",
        "gfx",
        "a卡",
        "ryzen",
    ):
        for index, text in paste.with_(needs, 20):
            for name in gpu_claims.others(text):
                if name == "AMD GPU" and nvidia_runs:
                    continue  # it is asked of, beside one that runs
                yield Claim("other_gpus", one_line(name, 60), paste.number(index), Seen.WORDS)
    for _, line in paste.find(_AMD_SYSTEM, "amd", 5):
        yield Claim("other_gpus", "AMD GPU", line, Seen.WORDS, implied=True)
    # a layer that brings CUDA to GPUs of AMD's
    for _, line in (
        () if paste.has("nvidia geforce", "rtx ", "gtx ") else paste.find(_LAYER, "zluda", 3)
    ):
        yield Claim("other_gpus", "AMD GPU", line, Seen.TRACE, implied=True)


def _of_intel(paste: Paste) -> Iterator[Claim]:
    """Yield Intel's GPUs, and the maker that is named where somebody has no NVIDIA GPU."""
    for needs in ("iris", "graphics", "arc a", "arc b", "intel", "integrated gpu"):
        for index, text in paste.with_(needs, 20):
            intel = gpu_claims.of_intel(text) if len(text) < 600 else None
            if intel:
                yield Claim("other_gpus", one_line(intel, 60), paste.number(index), Seen.WORDS)
    for index, text in paste.with_("nvidia", 60):
        instead = gpu_claims.instead_of_nvidia(text) if len(text) < _LONGEST else None
        if instead:
            yield Claim("other_gpus", instead, paste.number(index), Seen.WORDS)


def _of_nvidia(paste: Paste) -> Iterator[Claim]:
    """Yield the GPU of which the maker alone is told, where a build for another maker's is installed."""
    for match, line in paste.find(_NVIDIA_OWN, "nvidia", 10):
        another = gpu_claims.is_of_somebody_else(match.string)
        if len(match.string) < _LONGEST and not (
            another or is_compared(match.string, match.start())
        ):
            yield Claim("gpus", gpu_claims.gpu(0, "NVIDIA GPU"), line, Seen.WORDS, implied=True)


def _mig(paste: Paste) -> Iterator[Claim]:
    """Yield the instances whose size words name, beside the word MIG or as "1g.5gb"; that MIG is spoken of says nothing."""
    for needs in ("mig", "gb"):
        for match, line in paste.find(_PROFILE, needs, 40):
            yield Claim("mig_hint", MigDevice(match[1] or match[2]), line, Seen.WORDS)
