"""A torch without CUDA that came instead of one with it: "conda gave me the CPU variant", "torch went back to the CPU one"."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.prose.paraphrases.vocabulary import TORCH
from torch_doctor.pastes.text.not_here import is_not_here
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import Sentence, sentences

_KIND = (
    r"(?:one|flavou?r|versions?|builds?|variants?|wheels?|(?:py)?torch|edition|package|kind|thing)"
)
_OF_CPU = (
    rf"(?:\bcpu[- ]?(?:only[- ]?)?{_KIND}\b|\bcpu_(?:generic|mkl|openblas|py)\w*|\bpytorch-cpu\b|(?:the|a|just|only) cpu\b(?=\W*$)|(?<=gives )cpu\b(?=[,;]|\W*$)|(?<=gave me )cpu\b(?=[,;]|\W*$)"
    rf"|\b{_KIND} (?:with|that has|having) [`'\"]?cpu[`'\"]? in (?:its|the) (?:name|build(?: string)?|version|tag|filename)\b|\bcpu ?(?:版本?|的)|\bnon[- ]cuda {_KIND}\b|\b{_KIND} (?:with(?:out| no)|w/o) (?:any )?(?:cuda|gpu)\b(?! (?:toolkit|driver)))"
)
_CAME = (
    r"(?:\b(?:g[ai]ves?|gets?|got|getting|giving|became|becomes|turn(?:s|ed) into|went (?:back )?(?:from|to)|replac\w+|swapp?\w+|switched|overwr\w+"
    r"|pull(?:s|ed)?(?: in)?|pick(?:s|ed)?|br(?:ings?|ought)|downloads?|downloaded|resolv\w+|ends? up|ended up|chose|chooses|selects?|selected"
    r"|installs|installed|installing|came with|comes with|is now|now (?:is|has)|downgrad\w+|solved|lands?|keeps?|fell back|falls back|took|takes|ends? as|ended as|turned out|turns out|came out as|comes out as)\b|装的|装成|变成|下载的|换成)"
)
_COMES = (
    *("give", "gave", "giving", "get", "got", "becam", "becom", "turns into", "turned into"),
    *("went", "replac", "swap", "switched", "overwr", "pull", "pick", "bring", "brought"),
    *("download", "resolv", "end up", "ends up", "ended up", "chose", "choose", "select"),
    *("installs", "installed", "installing", "came with", "comes with", "is now", "now is"),
    *("now has", "downgrad", "solved", "land", "keep", "fell", "fall", "took", "take"),
    *("end as", "ends as", "ended as", "turns out", "turned out", "out as"),
    *("装的", "装成", "变成", "下载的", "换成"),
)
_INSTEAD = regex(rf"{_CAME}(?:[^.;\n]|\.\d){{0,60}}?{_OF_CPU}", 2, _COMES)
# What took its place is another.
_GONE = regex(
    rf"\b(?:replac|swapp?|switch|overwr)\w*(?: from)? (?:(?:the|my|a|that|this|our) )?{_OF_CPU} (?:with|by|for|to)\b",
    2,
)
_CAME_BACK = regex(
    rf"(?:{TORCH} cpu|\bcpu(?:[- ]only)? {TORCH})\b[^.;\n]{{0,12}}\b(?:got|gets|was|is|has|keeps?|being)\b(?: being)? (?:installed|pulled|downloaded|back|again|chosen|picked)|\b(?:has|have|had|is|with) the cpu(?:[- ]only)? {TORCH}",
    2,
    ("torch cpu", "cpu torch", "cpu pytorch", "only torch", "only pytorch"),
)
_NONE = regex(
    rf"\b(?:no|without|lacks?|missing) cuda (?:in|inside|support in) (?:my |the )?{TORCH}"
    rf"|{TORCH}[^.;\n]{{0,40}}(?:,|\bbut|\band|\bwith|\bhas|\bhad)? (?:no|without) cuda (?:in|inside) (?:it|there|that build)\b"
    rf"|{TORCH}[^。\n]{{0,12}}(?:入れ|インストールし|追加し)(?:たら|ると|ても|たところ)[^。\n]{{0,6}}cpu ?版"
    rf"|{TORCH}[^。\n]{{0,60}}(?:装|下载|安装)出来(?:的|后)?(?:还|却|都|总)?是 ?cpu ?(?:的|版)",
    2,
    *(
        (
            "no cuda",
            "without cuda",
            "lack cuda",
            "lacks cuda",
            "missing cuda",
            "cpu版",
            "cpu 版",
            "cpu的",
            "cpu 的",
        ),
    ),
)
_CHOSEN = regex(
    r"\b(?:had|with|left|used|picked|chose|clicked|selected|forgot)\b[^.;\n]{0,24}\bcpu\b[^.;\n]{0,12}\bselected\b|\b(?:selected|chose|picked|clicked|left it on) (?:the )?cpu\b(?! (?:mode|device))",
    2,
    ("selected", "chose", "picked", "clicked", "left it on"),
)
# "the version ends in +cpu": the sentence need not name torch, whose sign it is
_SIGN = regex(
    r"\b(?:version|string|build|tag|it|which|__version__)\b[^.;\n]{0,24}\b(?:ends?|ending|shows?|says?|prints?|has|is)\b[^.;\n]{0,16}[`'\"]?\+cpu\b"
    r"|(?:版本|后缀|末尾|バージョン)[^。;\n]{0,12}\+cpu\b|\+cpu\b(?:版|ビルド|バージョン)?\s?(?:に(?:なっ|なり|され)|が(?:入|付|インストール)|でした|だった|になる|结尾|后缀)",
    2,
    ("+cpu",),
)
_TORCH = regex(TORCH, 2)
# A wish, a plan, an order.
_WISHED = regex(
    r"\b(?:want\w*|how (?:to|do|can) (?:I )?(?:install|get)|try(?:ing)? to (?:install|get|switch)|would like|going to|plan\w*|should|deliberately|intentionally|to save|for (?:ci|tests)|in ci|no gpu|without gpu)\b(?![^.;\n]{0,40}\b(?:but|instead|although)\b)|故意|想装",
    2,
)
_BY_CONDA = regex(
    r"(?<![a-z])(?:conda|mamba|micromamba|miniforge|anaconda|pixi|conda-forge)(?![a-z])", 2
)
_BY_OTHERS = regex(r"(?<![a-z])(?:pip3?|uv|poetry|pdm|pipenv)(?![a-z])", 2)
_COMMAND = regex(
    r"(?<![a-z])(?:conda|mamba|micromamba|pip3?|uv|pixi|poetry) (?:pip )?(?:install|add|create)\b",
    2,
)
_MOST = 3
_WAYS = (_INSTEAD, _CAME_BACK, _NONE, _CHOSEN, _SIGN)
_WORDS = tuple(word for way in _WAYS for word in way.needs)  # type: ignore[attr-defined]


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that torch has no CUDA, that somebody minds it, and conda where it brought it."""
    found = 0
    for sentence in sentences(paste, "cpu", "cuda", "gpu", also=(_WORDS,)):
        text = sentence.text
        if found >= _MOST or not (_is_without_cuda(sentence) or _is_signed(paste, text)):
            continue
        found += 1
        came = torch_words.variant("cpu", sentence.line, Seen.WORDS)
        # what came outweighs what the command beside it asked for
        yield from came if _COMMAND.search(text) else implied(came)
        yield Claim("gpu_wanted", True, sentence.line, Seen.WORDS, implied=True)
        if _BY_CONDA.search(text) and not _BY_OTHERS.search(text):
            yield Claim("torch_installer", "conda", sentence.line, Seen.WORDS)


def _is_signed(paste: Paste, text: str) -> bool:
    found = _SIGN.search(text)
    return bool(found and paste.has("torch") and not is_not_here(text, *found.span()))


def _is_without_cuda(sentence: Sentence) -> bool:
    text = sentence.text
    if _WISHED.search(text) or _GONE.search(text):
        return False
    found = (
        _INSTEAD.search(text)
        or _CAME_BACK.search(text)
        or _NONE.search(text)
        or _CHOSEN.search(text)
    )
    if found is None or is_not_here(text, *found.span()):
        return False
    return bool(_TORCH.search(text))
