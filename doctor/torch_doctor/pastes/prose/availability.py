"""Words that say whether torch has CUDA: "CUDA is not available", "torch does not see my GPU", 检测不到显卡."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_ADVERB = r"(?:(?:still|always|apparently|suddenly|currently|simply|now) )?"
_UNCONDITIONAL = r"(?<!if )(?<!when )(?<!where )(?<!unless )(?<!that )"
_SEEING = r"(?:see|find|detect|use|recogni[sz]e|access)"
_SEEN = r"(?:seen|found|detected|recogni[sz]ed|visible)"
# Not where it is a condition.
_UNUSABLE = regex(
    rf"{_UNCONDITIONAL}\bcuda (?:is |was )?never (?:available|detected|found)\b|{_UNCONDITIONAL}\bcuda (?:(?:is|was)n't {_ADVERB}|(?:is|was) {_ADVERB}not )(?:available|detected|found|working)\b"
    rf"|(?<!if )(?<!when )(?<!\()(?<!\([\"'])\bcuda:? {_ADVERB}not available\b|{_UNCONDITIONAL}\bcuda(?: is| was|:)? {_ADVERB}unavailable\b"
    rf"|\b(?:py)?torch\b[^.,;\n]{{0,20}}\b(?:can['’]?t|cannot|can not|does(?:n['’]?t| not)|won['’]?t|could(?:n['’]?t| not)) {_SEEING}\b[^.,;\n]{{0,15}}\b(?:gpus?|cuda|(?:graphics )?card|[rg]tx)\b"
    rf"|\b(?:does|did|can|could)(?:n['’]?t| not) (?:py)?torch {_SEEING} (?:the |my |any |a )?(?:nvidia |graphics )?(?:gpus?|cuda|card|[rg]tx)\b"
    rf"|\b(?:py)?torch\b[^.,;\n]{{0,20}}\b(?:is|was|are|being) (?:not able|unable) to {_SEEING}\b[^.,;\n]{{0,15}}\b(?:gpus?|cuda)\b"
    rf"|\b(?:py)?torch\b[^.,;\n]{{0,20}}\b(?:fails?|failed|refuses) to {_SEEING}\b[^.,;\n]{{0,15}}\b(?:gpus?|cuda)\b"
    r"|\b(?:py)?torch (?:is |was |still )*(?:not|n't) (?:see|detect|recogni[sz]|find)ing\b[^.,;\n]{0,15}\b(?:gpus?|cuda)\b"
    rf"|{_UNCONDITIONAL}\b(?:gpus?|cuda) (?:(?:is|was|are) )?(?:not|n't|isn't|wasn't|never) (?:being )?{_SEEN} (?:by|in) (?:py)?torch\b"
    r"|\btorch(?:\.| )cuda (?:is |= ?)?(?:always |still )?false\b"
    r"|\b(?:py)?torch (?:still |then )?has no access to (?:the |any |my |a )?(?:nvidia )?(?:gpus?|cuda)\b",
    re.IGNORECASE,
    (
        "n't",
        "n’t",
        "nt ",
        "cant ",
        "wont ",
        "not",
        "unavailable",
        "unable",
        "fail",
        "refuses",
        "never",
        "false",
        "no access",
    ),
)
# "is_available() always throws an error", "returns False": told, not shown.
_FAILS = regex(
    r"\bis_available(?:\(\))?[`'\")]{0,3} (?:(?:to|always|still|just|now|then|even|keeps?|seems) ){0,3}"
    r"(?:fail(?:s|ing)?|throw(?:s|ing)?|rais(?:es?|ing)|errors?|(?:return(?:s|ing)?|be|giv(?:es?|ing)) false)\b",
    re.IGNORECASE,
)
# A few words between the question and its answer, or the answer first, in any language.
_CALL = r"(?:torch\.)?(?:cuda[._]|(?<![\w.]))is_av[a-z]{4,8}(?:\(\))?"
_WORDS_BETWEEN = regex(
    rf"{_CALL}[`'\"*)]{{0,4}}(?P<between>[^\n.;?!]{{0,32}}?)(?<![A-Za-z])(?P<answer>True|False)(?![A-Za-z])"
    rf"|(?<![A-Za-z])(?P<first>True|False)[`'\"*]{{0,3}}(?P<behind>(?: \w{{1,9}}){{1,3}}) [`'\"*]{{0,3}}{_CALL}",
    2,
)
# "the following returns false", and the call alone on the next line that is not empty
_FOLLOWING = regex(
    r"\b(?:following|this|that|below|line|call|command|it)\b[^.;\n]{0,24}\b(?:returns?|returned|gives?|gave|prints?|printed|says?|is|outputs?|yields?) [`'\"*]{0,3}false\b[`'\"*]{0,3}[ :,.]{0,3}$",
    2,
)
_CALL_ALONE = regex(rf"^\W{{0,12}}(?:import torch; ?)?(?:print\()?{_CALL}\W{{0,6}}$", re.IGNORECASE)
# The line of a program that stops without CUDA, the error behind it, and who says that it stops there.
_ASSERTION = regex(rf"\bassert (?:\(|bool\()?{_CALL}")
_REFUSED = regex(r"\W{0,4}AssertionError\b(?! {3,}Traceback)")
_ASSERTED = regex(
    rf"\bassert\b \(?{_CALL}[`'\"*)]{{0,4}} (?:is |keeps |always |still )?(?:fail(?:s|ed|ing)?|(?:return(?:s|ing)?|giv(?:es|ing)) false|false)\b",
    re.IGNORECASE,
)
_BELOW = 8  # lines of a traceback between the two
# A wish, a condition or the next call stands between them.
_NO_STATEMENT = regex(
    r"\b(?:if|else|unless|should|expect\w*|must|want\w*|would|could|can|need\w*|to (?:be|return|give|become|get)|instead|rather|not|and|or|until|before|works?|fix\w*|si|debe\w*|sollte|wenn|devrait|doit|если|должн\w*|n't|print|import|device)\b"
    r"|[={}]|应|期望|想|如果|才|需要|변|해야|하려면|べき|はず|たい"
)
_HOW = regex(
    r"\b(?:how(?! come)|make|makes|so that|until|if|get|want|wish|cómo|como|wie|как|чтобы|if not|while|assert)\b[^.;\n]{0,24}$|怎么|如何|怎样|どうすれば|어떻게"
)
# What belongs to a GPU is missing, not the GPU.
_OF_A_GPU = r"(?:activit|kernel|memor|metric|event|trace|timeline|usage|utili|load|info|stat|option|setting|tab|section|version|name|type|model|temperature|process|image|node|instance|quota|worker|runner|time|log|data)"
# What programs print where torch gave them no GPU; not where it is a condition.
_PROGRAM = regex(
    r"(?<!if )(?<!when )(?<!whether )(?<!unless )(?<!where )(?<!case )\bno (?:(?:cuda|nvidia|compatible|usable|suitable|supported) ){0,2}gpus? (?:(?:was|were|is|are|could be) )?(?:detected|found|available|discovered|seen|being used(?! (?:by|for)\b))\b(?! in| on colab)"
    r"|(?<!if it )(?<!if you )\b(?:could not|couldn't|did not|cannot|can't|unable to) (?:find|detect) (?:any |a |the |my )?(?:(?:cuda|nvidia|compatible) )?gpus?\b"
    rf"(?!\W? {_OF_A_GPU})"
    # "still can't load the gpu", "couldn't use cuda": of a part of CUDA, or of work on a GPU, it is not said
    r"|(?<!if you )(?<!you )(?<!they )(?<!old laptop )(?<!old machine )(?<!old pc )(?<!old one )\b(?:can(?:'t|not| not|t)|could(?:n't| not)) (?:load|use|see|access|recogni[sz]e|utili[sz]e) (?:the |my |any |a )?(?:gpu|cuda)\b"
    rf"(?!\W? {_OF_A_GPU})(?! (?:docs?|documentation|page|site|forum|because [^.;\n]{{0,24}}\b(?:queue|quota|another (?:job|user|process)|busy)\b))(?!, (?:but )?the new)"
    r"(?! ?(?:graphs?|memory|kernels?|toolkit|cores?|streams?|version|\d|out of|for\b|to\b|with\b|in\b|on\b|direct|-))"
    r"|\b(?:defaulting|falling back|switching|reverting) (?:back )?(?:to|on) (?:the )?cpu\b|\bNeither CUDA nor MPS (?:are|is) available"
    r"|\bFP16 is not supported on CPU|\bFailed to infer device type\b|\b(?:your|my|the) gpu (?:is|was) not (?:being )?(?:detected|found|recogni[sz]ed)\b"
    r"|^\W{0,4}(?:\w+: )?(?:warning: )?(?:running|using) (?:on )?(?:the )?cpu(?: only)?[.!]?\s*$",
    re.IGNORECASE,
    ("no ", "not", "n't", "cant ", "unable", "cpu", "neither", "failed"),
)
_PROGRAM_WORDS = (
    "use cuda",
    "access cuda",
    "gpu",
    "to cpu",
    "on cpu",
    "the cpu",
    "neither cuda",
    "infer device type",
    "ing cpu",
)
# torch's own builder of extensions prints it where is_available() is False.
_BUILDER = "no cuda runtime is found, using cuda_home"
# How torch prints what it asked of a GPU.
_PROPERTIES = "_cudadeviceproperties(name="
# A question and its answer on one line: "GPU available? No", "CUDA Available | False", "gpu available -> False".
_ASKED = regex(
    r"(?<![\w.])(?:cuda|gpu)(?: is)?[ _](?:is_)?available[`'\"*]{0,3}(?:\?\s?|\s?(?:\||->|=>?|:)\s?)[`'\"*|]{0,3}\s?(true|false|yes|no)\b(?!,)",
    re.IGNORECASE,
)
_NOW = regex(r"is_available\b[^\n]{0,60}\b(?:now|today)\b[^.;\n]{0,16}\b(True|False)\b")
_EAST = regex(
    r"(?:CUDA|GPU)\s?(?:一直|还是|仍然?|都|就)?(?:是|显示)?\s?不可用|(?:用不了|用不上|无法使用|不能使用|不能用|无法调用|检测不到|识别不到|识别不了|无法识别|找不到)\s?(?:GPU|CUDA|显卡)"
    r"|(?:CUDA|GPU|显卡)\s?(?:一直|还是|仍然?)?(?:用不了|无法识别|识别不了|无法使用|检测不到)"
    r"|(?:CUDA|GPU)\s?[がはを](?:使え|見え|利用でき|使用でき|認識され|認識し|認識でき|検出され|検出でき)(?:ない|ません|なく|て(?:い|くれ)(?:ない|ません))",
    re.IGNORECASE,
)
# torch has the GPU, and a program beside it does not use it.
_TORCH_HAS_IT = regex(
    r"torch\W{0,3}(?:已经?|能够?|可以|正常|成功)[^,。;\n]{0,8}(?:检测|识别|调用|使用)[^,。;\n]{0,4}(?:CUDA|GPU|显卡)"
    r"|\btorch (?:itself |already |also )?(?:detects?|sees?|finds?|recogni[sz]es) (?:that )?(?:CUDA|(?:the|my) GPU)\b",
    re.IGNORECASE,
)
# who has no torch speaks of another program, and programs for pictures and films have none
_NO_TORCH = regex(
    r"\b(?:(?:don['’]?t|do not|doesn['’]?t|does not|never|not) (?:even |actually )?(?:use|using|have|need|run|installed?)|without|no) (?:any )?(?:py)?torch\b(?! (?:with|on|for|gpu|cuda))",
    re.IGNORECASE,
)
_OF_GRAPHICS = regex(
    r"\b(?:Blender|DaVinci Resolve|Premiere(?: Pro)?|After Effects|OBS(?: Studio)?|HandBrake|ffmpeg|OctaneRender|Octane|Redshift|V-Ray|Photoshop|Lightroom|hashcat|Folding@home)\b"
    r"(?:(?!\b(?:py)?torch\b)[^.;\n]){0,60}$",
    re.IGNORECASE,
)
# "GPU usage only 30% while training": what a desktop takes by itself is less.
_IN_USE = regex(
    r"\bGPU (?:usage|utili[sz]ation|util|load|is(?: only)? at|runs at|sits at)\b[^.;,\n\d]{0,24}\b(\d{2,3}) ?%",
    re.IGNORECASE,
)
# A tensor that goes to the GPU, and that this takes long: what fails says so instead.
_TO_GPU = (".cuda()", '.to("cuda', ".to('cuda")
_SLOW = regex(
    r"\b(?:is|was|runs?|works?|goes|takes?)\b[^.;,\n]{0,12}\b(?:slow(?:ly|er)?\b|(?:\d+|several|many) (?:seconds|minutes)\b)|很慢|太慢|遅い|느려|lent[eo]?\b|langsam",
    re.IGNORECASE,
)
_NO_SUCCESS = regex(
    r"error|exception|traceback|\bfalse\b|not available|assert|\bcpu\b|is_available|(?<!\d)0 ?%",
    re.IGNORECASE,
)
_OF_USE = ("gpu u", "gpu load", "gpu is", "gpu runs", "gpu sits")
_AT_WORK = regex(r"\b(?:train\w*|infer\w*|epochs?|fine-?tun\w*)\b", re.IGNORECASE)
_WORK_OF_TORCH = 20  # percent
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what words say; a sentence is weaker than what a program printed."""
    for needs in ("cuda", "torch"):
        yield from _unusable(paste, _UNUSABLE, needs, 3)
    yield from _unusable(paste, _FAILS, "is_available", 3)
    yield from _of_next_line(paste)
    yield from _asserted(paste)
    for match, line in paste.find(_WORDS_BETWEEN, "is_av", 10):
        answer = match["answer"] or match["first"]
        between = match["between"] or match["behind"] or ""
        asked = _HOW.search(match.string[: match.start()])
        if len(match.string) < _LONGEST and not (asked or _NO_STATEMENT.search(between)):
            known = answer.lower() == "true"
            yield Claim("cuda_available", known, line, Seen.WORDS, implied=True)
    for match, line in paste.find(_ASKED, "available", 20):
        if len(match.string) < _LONGEST:
            known = match[1].lower() in ("true", "yes")
            yield Claim("cuda_available", known, line, Seen.WORDS)
    for match, line in paste.find(_NOW, "is_available", 5):
        yield Claim("cuda_available", match[1] == "True", line, Seen.COMMAND)
    denied = any(_NO_TORCH.search(text) for _, text in paste.with_("torch", 40))
    for needs in () if denied else _PROGRAM_WORDS:
        yield from _unusable(paste, _PROGRAM, needs, 2)
    for index in paste.holding(_PROPERTIES)[:1]:
        yield Claim("cuda_available", True, paste.number(index), Seen.SESSION, implied=True)
    for index in paste.holding(_BUILDER)[:1]:
        yield Claim("cuda_available", False, paste.number(index), Seen.SESSION, implied=True)
    for match, line in (hit for needs in _OF_USE for hit in paste.find(_IN_USE, needs, 5)):
        if _AT_WORK.search(match.string) and _WORK_OF_TORCH <= int(match[1]) <= 100:
            yield Claim("gpu_in_use", True, line, Seen.WORDS, implied=True)
    yield from _slow(paste)
    for needs in () if paste.text.isascii() else ("cuda", "gpu", "显卡"):
        yield from _unusable(paste, _EAST, needs, 5)


def _slow(paste: Paste) -> Iterator[Claim]:
    """Yield that the GPU works where a tensor goes to it slowly, and nothing fails."""
    for index in (index for words in _TO_GPU for index in paste.holding(words)[:5]):
        is_slow = any(map(_SLOW.search, paste.lines[index : index + 5]))
        if is_slow and not _NO_SUCCESS.search(paste.text):
            yield Claim("gpu_in_use", True, paste.number(index), Seen.WORDS, implied=True)


def _asserted(paste: Paste) -> Iterator[Claim]:
    """Yield that an assertion of CUDA failed: a traceback shows its line and the error, or words say so."""
    for index, text in paste.with_("assert", 10):
        below = paste.lines[index : index + _BELOW]
        line = paste.number(index)
        if _ASSERTION.search(text) and any(map(_REFUSED.match, below)):
            yield Claim("cuda_available", False, line, Seen.SESSION, implied=True)
        elif _ASSERTED.search(text) and len(text) < _LONGEST:
            yield Claim("cuda_available", False, line, Seen.WORDS, implied=True)


def _of_next_line(paste: Paste) -> Iterator[Claim]:
    """Yield the answer that a sentence gives to the call on the line behind it."""
    for index, text in paste.with_("false", 5):
        following = _FOLLOWING.search(text)
        behind = (line for line in paste.lines[index + 1 : index + 4] if line.strip(" `~"))
        if (
            following
            and _CALL_ALONE.match(next(behind, ""))
            and not _HOW.search(text[: following.start()])
        ):
            yield Claim("cuda_available", False, paste.number(index), Seen.WORDS, implied=True)


def _unusable(paste: Paste, form: re.Pattern[str], needs: str, limit: int) -> Iterator[Claim]:
    for match, line in paste.find(form, needs, limit):
        elsewhere = _TORCH_HAS_IT.search(match.string) or _OF_GRAPHICS.search(
            match.string[: match.start()]
        )
        if len(match.string) < _LONGEST and not elsewhere:
            yield Claim("cuda_available", False, line, Seen.WORDS, implied=True)
