"""What people say that fails, in few words: each is read as the error text of the matrix that it stands for.

A paraphrase is a set of parts that one sentence holds, in any order: the thing, what happens to it, and what else makes it
that error and no other. Whether the sentence tells of the machine at hand is decided for all of them alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.paraphrases.vocabulary import (
    BEFORE_AMPERE,
    EXTENSION,
    FAILS,
    MISSING,
    NOT,
    OF_ANOTHER,
    OF_EXTENSIONS,
    OF_MISSING,
    OF_UNDEFINED,
    TORCH,
    UNDEFINED,
)
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.rows import Needs
from torch_doctor.pastes.text.sentences import sentences

_NUMPY_2 = (
    r"numpy(?!\s?<)(?:(?!torch|<)[^;\n]){0,24}?(?<![\d.<])(?:v|==)?2(?:\.\d{1,2}){0,2}(?![\d.]*\d)"
)
_NO_KERNEL = r"\bno kernel images?\b|\bkernel images? (?:error|missing|is missing|not (?:available|found))|\b(?:gpu )?kernels? (?:are |is )?missing\b|\b(?:missing|no) (?:gpu |cuda )?kernels? for (?:my|this|the|sm_)|sm_?\d{2,3}[a-z]?\b[^.;\n]{0,24}(?:not (?:compatible|supported|included|in)|unsupported|incompatible|不兼容|不支持|(?:に|を)?(?:対応|サポート)し(?:て(?:い)?)?(?:ない|ません|おら)|非対応)|没有(?:对应的|可用的)?\s?(?:kernel|内核)"
_NO_KERNEL += rf"|{TORCH}[^.;\n]{{0,16}}\bonly (?:supports? |up to |goes (?:up )?to |knows |has |lists ){{1,2}}sm_\d"


# "it was built for torch 2.3, I have 2.5 now"
_OF_RELEASE = rf"\b(?:built|compiled|made|wheel)\b[^.;\n]{{0,24}}\b(?:for|against|with)\b[^.;\n]{{0,16}}torch ?[12]\.\d\d?[^;\n]{{0,40}}(?:\b(?:I have|mine is|we have|env has|but|now with)\b|{NOT})"
# 用 2.5.1 编译的, "собран под torch 2.4", für torch 2.5 gebaut
_OF_RELEASE_ELSEWHERE = r"(?:用|为|针对|基于|按)(?:的)?\s?(?:是)?\s?(?:(?:py)?torch\s?)?[12]\.\d{1,2}(?:\.\d)?(?:\+\w{2,6})?\s?(?:版本?)?(?:来|去)?(?:编译|构建)|(?:собран\w*|скомпилирован\w*) (?:под|для|с|против) (?:py)?torch ?[12]\.\d|\b(?:für|mit|gegen) (?:py)?torch ?[12]\.\d\S{0,8} (?:gebaut|kompiliert|erstellt)|\bcompilad[oa] (?:para|con|contra) (?:py)?torch ?[12]\.\d|\bcompilée? (?:pour|avec|contre) (?:py)?torch ?[12]\.\d|torch\s?[12]\.\d[\d.]*\s?(?:用|向け|で)に?(?:ビルド|コンパイル)|torch\s?[12]\.\d[\d.]*\s?(?:용|로|으로)\s?(?:빌드|컴파일)"
_OF_ANOTHER = "extension_of_another_torch"
_PACKAGE = regex(EXTENSION, re.IGNORECASE)


class Paraphrase(NamedTuple):
    """A signature of the matrix, groups of plain words of each of which a sentence holds one, what it holds, and what not."""

    signature: str
    words: Needs
    parts: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None = None


def _paraphrase(
    signature: str,
    words: tuple[str, ...],
    *parts: str,
    also: tuple[str, ...] = (),
    unless: str | None = None,
) -> Paraphrase:
    return Paraphrase(
        signature,
        (words, also) if also else (words,),
        tuple(regex(part, re.IGNORECASE) for part in parts),
        regex(unless, re.IGNORECASE) if unless else None,
    )


PARAPHRASES = (
    _paraphrase(
        "numpy2_abi",
        ("numpy",),
        _NUMPY_2 + r"|\bnew(?:est|er)? numpy",
        TORCH + r"|\bmodules?\b|\bextension|\btensors?\b",
        rf"{NOT} (?:\w+ ){{0,2}}?(?:like|work\w*|convert|support\w*|use|import|run)\b|\b(?:crash\w*|broke|breaks|incompatib\w+)\b|\b(?:built|compiled)\b[^.;\n]{{0,24}}numpy ?1|from_numpy\b.{{0,16}}fail|not compatible|不兼容|崩溃|报错",
        unless=r"torch[ =v(]{0,3}2\.(?:[3-9]|1\d)|\bloss\b|\bnan\b|\bslow",
    ),
    _paraphrase(
        "driver_too_old_told",
        ("driver",),
        r"\bcomplain\w*\b[^.?\n]{0,24}\b(?:old|outdated) (?:nvidia )?driver\b|\b(?:nvidia )?driver(?: is)? too old (?:warning|error|message)|\b(?:warn\w*|says|error)\b[^.;\n]{0,12}\bdriver(?: is)? too old\b|\b(?:torch|it)\b[^.?\n]{0,24}\b(?:wants|needs|demands|asks for|requires) an? (?:newer|more recent) (?:nvidia )?driver\b",
        r"torch|cuda",
        also=("old", "outdated", "newer", "recent"),
    ),
    # quoted in a sentence of another language: 「driver is too old」と言われます
    _paraphrase(
        "driver_too_old_told",
        ("too old",),
        r"[「『«„\"'`](?:the )?(?:nvidia )?driver (?:on (?:your|the) system )?is too old[^」』»“\"'`\n]{0,60}[」』»“\"'`]|\b(?:driver|driver is) too old(?= ?(?:라고|이라고|と(?:言|出|表)|という))",
        r"と(?:言わ|出|表示|怒ら|なり|いう(?:エラー|警告|メッセージ))|(?:报错?|提示|显示|说|出现)|(?:라고|라는|이라고) ?(?:나|뜨|떠|하|오류|에러)|\b(?:sale|dice|aparece|me da|diz|aparece|dice|kommt|sagt|meldet|steht|dit|affiche|indique)\b|пишет|говорит|выдаёт|выдает|ругается",
    ),
    _paraphrase(
        "nvml_version_mismatch",
        ("driver", "驱动", "ドライバ"),
        r"\bnvml\b[^.;\n]{0,12}\bmismatch|(?:kernel )?(?:drivers?|module)\b[^.;\n]{0,12}(?:/|and|&|vs\.?|versus|or|from|to|the|,|with)[^.;\n]{0,16}(?:librar(?:y|ies)|libs?|nvml|user[- ]?space)\b|(?:librar(?:y|ies)|libs?|nvml)\b[^.;\n]{0,12}(?:/|and|&|vs\.?|versus)[^.;\n]{0,12}(?:drivers?|module)\b|(?:驱动|内核模块)[^。,;\n]{0,6}(?:和|与|跟|/)\s?(?:NVML|库|lib\w*)|ドライバー?[^。\n]{0,4}(?:と|/)\s?ライブラリ",
        rf"\bmismatch|\b(?:do|does|did)(?:n['’]?t| not) match|\bout of sync\b|\bof (?:two|different) (?:releases|versions)|\bdifferent versions?\b|{NOT}? ?(?:一致|匹配|对不上)|不一致|不匹配|対応していな|一致し(?:ない|ません|てい)|(?:違|異な)",
        r"nvidia|nvml|torch|gpu|cuda|显卡",
        also=(
            *("match", "out of sync", "of two ", "different ", "一致", "匹配", "对不上"),
            *("対応していな", "違", "異な"),
        ),
        unless=r"\b(?:nccl|cudnn|mesa|vulkan|audio|intel)\b|(?<!不)(?<!不能)(?:一致|匹配)(?:了|的)|cuda (?:driver|runtime)",
    ),
    _paraphrase(
        "cuda_214_ecc",
        ("ecc",),
        r"\b(?:uncorrectable|double[- ]bit|uncorrected|dbe)\b[^.;\n]{0,12}\becc\b|\becc\b[^.;\n]{0,16}\b(?:uncorrectable|double[- ]bit|uncorrected)\b|不可纠正[^。\n]{0,6}ecc|ecc[^。\n]{0,8}不可纠正",
        rf"{FAILS}|\b(?:every|all|each)\b|\bkill\w*",
        unless=r"\b(?:0|no|zero)\b[^.;\n]{0,12}\becc\b|\becc\b[^.;\n]{0,40}(?:[:=|] ?0\b|\bno errors?\b)",
    ),
    _paraphrase(
        "nvml_unknown_error_container",
        ("unknown error", "未知错误", "不明なエラー"),
        r"\bnvidia-smi\b[^.;\n]{0,32}(?:unknown error|未知错误|不明なエラー)",
        r"\b(?:containers?|docker|pods?)\b|容器|コンテナ",
        unless=r"device handle|no unknown",
    ),
    _paraphrase(
        "mig_no_instances",
        ("mig",),
        r"(?<![a-z])mig(?![a-z])",
        r"\b(?:turned|switched|is|was|mode|put|set|has|enabled|enables|activated?)\b[^.;\n]{0,24}(?<![a-z])(?:on|enabled?|active|mig)\b|(?:开启|打开|开|启用)了?\s?mig|mig\s?(?:模式)?(?:已|被)?(?:开|打开|启用)",
        r"(?:\b(?:no|zero|without|never|not|0|nobody|no one|nothing|none|yet to|forgot to)\b|n['’]t)[^.;\n]{0,24}\b(?:instances?|slices?|partitions?|profiles?)\b|(?:没有?|未)\s?(?:创建|建|划分|配置|分)[^。,;\n]{0,6}(?:实例|切片|instance)",
        unless=r"\b(?:off|disabled)\b",
    ),
    _paraphrase(
        "torch_cpu_only",
        ("compiled", "built"),
        r"\.(?:cuda|to)\([^)\n]{0,12}\)",
        r"\bnot (?:compiled|built) (?:with|for) (?:cuda|gpu)",
    ),
    _paraphrase(
        "cudnn_version",
        ("cudnn",),
        r"cudnn\b[^.;\n]{0,40}(?:\bmismatch|\bincompatib|\bnot compatible|\bconflict|\bwrong version|不兼容|不匹配|不一致|冲突)|(?:mismatch|incompatib\w+|conflict\w*) [^.;\n]{0,24}cudnn\b|\b(?:compiled|built)\b[^;\n]{0,40}cudnn[^;\n]{0,24}\d\.\d[^;\n]{0,60}\b(?:found|loaded|runtime|linked)\b[^;\n]{0,24}\d\.\d|\b(?:loaded|found) (?:runtime )?cudnn\b[^;\n]{0,24}\d\.\d[^;\n]{0,60}\b(?:compiled|built)\b[^;\n]{0,24}\d\.\d|cudnn[^;\n]{0,12}编译[^;\n]{0,12}\d\.\d[^;\n]{0,24}(?:运行|找到|加载)",
        also=(
            *("match", "compatib", "conflict", "wrong version", "compiled", "built", "loaded"),
            *("found", "不兼容", "不匹配", "不一致", "冲突", "编译"),
        ),
        unless=r"tensorflow|\bjax\b|onnx",
    ),
    _paraphrase(
        "cudnn_version",
        ("cudnn",),
        UNDEFINED,
        r"(?<![\w/])cudnn[A-Z]\w+|\blibcudnn",
        r"torch|\bconv",
        also=OF_UNDEFINED,
        unless=r"tensorflow|\bjax\b|onnx|libcudnn\w*\.so\S*: ",
    ),
    _paraphrase(
        "cudnn_not_loaded",
        ("cudnn",),
        rf"cudnn\w*(?:\.so[.\d]*|\.dll)?\b[^.;\n]{{0,16}}{MISSING}|{MISSING}[^.;\n]{{0,16}}\b(?:lib)?cudnn",
        also=OF_MISSING,
        unless=r"tensorflow|\bjax\b|onnx|\bcmake|\bcompil|\bbuild|\bcudnn (?:version|docs|download)",
    ),
    _paraphrase(
        "nvjitlink_symbol",
        ("nvjitlink", "cusparse"),
        UNDEFINED,
        r"nvjitlink|libcusparse|nvidia-cusparse-cu1\d",
        also=OF_UNDEFINED,
    ),
    _paraphrase(
        "cuda_library_symbol",
        ("cublas", "cusolver", "cufft", "curand", "nvrtc", "cudart"),
        UNDEFINED,
        r"lib(?:cublas\w*|cusolver|cufft|curand|nvrtc|cudart)|nvidia-(?:cublas|cusolver|cufft|curand|cuda-(?:nvrtc|runtime))-cu1\d",
        also=OF_UNDEFINED,
    ),
    _paraphrase(
        "torchvision_nms",
        ("nms",),
        r"torchvision|\bnms\b",
        rf"torchvision[.:]+\w+[^.;\n]{{0,12}}(?:does ?n[o']t exist|missing|not found)|\bnms\b[^.;\n]{{0,24}}(?:{FAILS}|{MISSING})|(?:{FAILS}|could not run|{MISSING})[^.;\n]{{0,24}}\b(?:torchvision::)?nms\b",
        r"torch|yolo|ultralytics|operator",
        unless=r"\bthresh|\biou\b|time limit|\bonnx|tensorrt",
    ),
    _paraphrase(
        _OF_ANOTHER,
        OF_EXTENSIONS,
        EXTENSION,
        rf"{UNDEFINED}|{OF_ANOTHER}|{_OF_RELEASE}|{_OF_RELEASE_ELSEWHERE}|{NOT} (?:\w+ )?(?:load\w*|import\w*)\b[^.;\n]{{0,60}}{TORCH}|{TORCH}[^.;\n]{{0,60}}{NOT} (?:\w+ )?(?:load|import)\w*",
        also=(
            *OF_UNDEFINED,
            *("built", "compiled", "made", "build", "meant", "wheel", "load", "import"),
            *("编译", "构建", "собран", "скомпилирован", "gebaut", "kompiliert", "erstellt"),
            *("compilad", "compilé", "ビルド", "コンパイル", "빌드", "컴파일"),
        ),
        unless=r"undefined symbol:? ?_?_Z|No module named|skipping|\bwhat (?:we|I) have\b|\bthe same torch\b",
    ),
    _paraphrase(
        "flash_attn_arch",
        ("flash",),
        r"flash[-_ ]?att(?:n|ention)",
        rf"\bonly (?:on |supports? |works? (?:on|with) |for )?(?:ampere|sm_?80|8\.0)|\b(?:needs?|requires?|wants?) (?:an? )?(?:ampere|sm_?80|compute capability (?:of )?8)|(?:{NOT} (?:work|run|support\w*)|unsupported|not supported|refuses)[^.;\n]{{0,24}}{BEFORE_AMPERE}|{BEFORE_AMPERE}[^.;\n]{{0,24}}(?:{NOT} (?:work|run|support)|unsupported|not supported|too old)",
        rf"{BEFORE_AMPERE}|\b(?:my|our|\bhere|error|says|refuses|fails)\b",
    ),
    _paraphrase(
        "cuda_209_no_kernel",
        ("kernel", "sm_", "sm1", "内核"),
        _NO_KERNEL,
        also=(
            *("kernel image", "missing", "kernel for ", "kernels for ", "没有", "sm_"),
            *(f"sm{figure}" for figure in range(10)),
        ),
        unless=r"\blinux kernel|\bvllm\b|flash|xformers|sage|bitsandbytes|exllama|mmcv|\bkernel module|triton",
    ),
    _paraphrase(
        "extension_for_other_gpus",
        ("kernel", "capability", "sm_", "gpu", "card"),
        rf"{EXTENSION}|\bvllm\b|\bsglang\b|\blmdeploy\b|\bllama",
        rf"{TORCH}[^.;\n]{{0,16}}\b(?:runs|works|is fine|itself)\b[^;\n]{{0,60}}(?:{_NO_KERNEL})|\b(?:compiled|built) without (?:support |code |kernels )?for (?:my|this|the|our) (?:gpu|card|compute capability|sm_)|\bno (?:support|code|kernels) for (?:my|this) (?:gpu|card|compute capability)",
        also=(*OF_EXTENSIONS, "vllm", "sglang", "lmdeploy", "llama"),
    ),
    _paraphrase(
        "cuda_mismatch_build",
        ("nvcc", "toolkit"),
        r"\bnvcc\b|\bcuda toolkit\b",
        rf"\b(?:1[0-3]|9)\.\d\b[^;\n]{{0,60}}{TORCH}|{TORCH}[^;\n]{{0,60}}\b(?:1[0-3]|9)\.\d\b",
        rf"(?:编译|安装|构建|ビルド)[^。;\n]{{0,16}}(?:不一致|不匹配|对不上|失败|报错|冲突|エラー)|版本(?:不一致|不匹配|冲突)|{NOT} (?:compile|build|install)\b|\b(?:compil\w+|buil[dt]\w*|install\w*)\b[^;\n]{{0,40}}(?:\b(?:fails?|failed|stops?|stopped|error|abort\w*|refus\w+)\b)|\bmismatch",
        also=("torch",),
        unless=r"\btrain\w* works|\bignore\b|\bruns\b",
    ),
    # what torch's builder says, without the numbers that it puts into it
    _paraphrase(
        "cuda_mismatch_build",
        ("detected cuda version",),
        r"\bdetected CUDA version\b(?! \()[^.;\n]{0,60}\bmismatch\w*\b[^.;\n]{0,60}\bcompile\w*\b",
    ),
    _paraphrase(
        "libcuda_missing",
        ("libcuda.so",),
        r"\blibcuda\.so",
        rf"\b(?:finds?|found|sees?|saw) no\b|{MISSING}",
        unless=r"\bstubs?\b|\bcmake|\bcompil|\bbuild|\bln\b|-lcuda",
    ),
    _paraphrase(
        "nccl_shm",
        ("shm",),
        r"\bshm\b|shared memory",
        r"\b(?:is|only|just|has|of|at|=|:)\W{0,3}(?:only |just |still )?(?:the default )?(?:32|64|128) ?(?:m|mb|mib)\b|\b(?:too small|is full|ran full|runs full|out of space|no space)\b",
        rf"\bnccl\b|\b(?:ddp|fsdp|torchrun|all_?reduce)\b[^.;\n]{{0,40}}(?:{FAILS}|\btimeout|\bhang)",
        unless=r"\b(?:raised|increased|bumped) (?:it|shm|/dev/shm|the shared)",
    ),
    _paraphrase(
        "nvml_reset_required",
        ("reset",),
        r"\b(?:gpu|nvidia-smi|rows?|h[12]00|a100|b[23]00)\b",
        r"\b(?:reset|gpu reset) (?:is )?(?:required|needed|pending|demanded)\b|\b(?:requires?|demands?|wants?|asks for|needs) (?:a |an )?(?:gpu )?reset\b",
        unless=r"\bpassword|\bbios|\bconfig|\bsettings?\b",
    ),
    _paraphrase(
        "toolkit_missing_in_build",
        ("cuda_home", "nvcc"),
        r"\bCUDA_HOME\b[^.;\n]{0,24}(?:not set|unset|not found|missing|未设置|没有设置)|\bnvcc\b[^.;\n]{0,12}(?:not found|missing|not installed|is not there|no such file)|\bno nvcc\b|没有 ?nvcc|找不到 ?nvcc",
        r"\b(?:install\w*|build\w*|compil\w*|setup|flash|apex|deepspeed|gsplat|extension|wheel)\b|编译|安装",
    ),
    _paraphrase(
        "library_from_elsewhere",
        ("lib", "cudnn", "nccl", "cublas", "cuda"),
        rf"{TORCH}|\bimport",
        r"\b(?:picks? up|picking up|picked up|loads?|loading|loaded|takes|finds|found|uses|using|sees)\b[^;\n]{0,24}(?:lib)?(?:cudnn|cublas\w*|cudart|nccl|cusparse\w*|nvjitlink|nvrtc|cusolver|cufft)\b",
        r"(?:/usr/|/opt/|/lib|conda|LD_LIBRARY_PATH|\bsystem|\btoolkit|\bmodule\b)",
        r"\binstead of\b|\brather than\b|\bwrong (?:copy|one|version|lib\w*)",
        also=("instead of", "rather than", "wrong "),
    ),
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the errors that sentences stand for, each with its signature."""
    for one in PARAPHRASES:
        found = 0
        for sentence in sentences(paste, *one.words[0], also=one.words[1:]):
            text = sentence.text
            if found < 2 and _stands_for(one, text):
                found += 1
                error = ErrorSeen(one_line(text, 320), one.signature, line=sentence.line)
                yield Claim("errors_seen", error, sentence.line, Seen.WORDS)
                package = _PACKAGE.search(text) if one.signature == _OF_ANOTHER else None
                if package:
                    name = package[0].lower().replace(" ", "-")
                    failure = ImportFailure(name, line=sentence.line)
                    yield Claim("import_failures", failure, sentence.line, Seen.WORDS)


def _stands_for(one: Paraphrase, text: str) -> bool:
    for part in one.parts:
        if not part.search(text):
            return False
    return one.unless is None or not one.unless.search(text)
