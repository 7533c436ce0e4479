"""Words that say that one torch took the place of another: "it replaced torch 2.5.1+cu124 by 2.6.0"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.not_here import is_asked, is_not_here
from torch_doctor.pastes.text.paste import Paste

_TORCH = r"(?<![\w./-])(?:py)?torch(?![\w.])"
_V = r"v?(\d\.\d{1,2}\.\d{1,2}(?:\.dev\d{8})?(?:\+\w{2,10})?)(?![\w.]\w)"
_VERB = r"(?:replac|overwr|downgrad|upgrad|updat|chang|swap|switch|revert|turn|reinstall|became|becomes)\w*"
_TO = r"(?:->|-->|→|=>|\bto\b|\bby\b|\bwith\b|\binto\b|\bfor\b|换成|变成|为|成|到|на)"
_MARKS = r"[\s`'\"*(=-]{0,4}"
_FORMS = regex(
    # "torch 2.1.0+cu118 got replaced by torch 2.1.1", "torch 2.1.0+cu118 -> 2.2.0+cpu", "torch 2.0.1 became 2.2.0+cpu"
    rf"{_TORCH}{_MARKS}(?:从|с )?\s?{_V}[`'\")]{{0,2}}(?:[^.;\n]{{0,24}}?\b{_VERB}[^.;\n]{{0,16}}?(?:{_TO}|\b)|[^.;\n\w]{{0,3}}{_TO}了?)\s?(?:an? |the |cpu |version |{_TORCH}){{0,3}}{_MARKS}{_V}"
    # "it downgraded torch from 2.5.1+cu124 to 2.4.1", "replaces my 2.6.0+cu126 torch by 2.7.0"
    rf"|\b{_VERB}\s(?:my |the |your |our |an? ){{0,2}}(?:{_TORCH}{_MARKS})?(?:from |version ){{0,2}}{_V}[`'\")]{{0,2}}(?: {_TORCH})?[^.;\n]{{0,20}}?{_TO}\s?(?:an? |the |cpu |version |{_TORCH}){{0,3}}{_MARKS}{_V}"
    # "it uninstalls torch-2.11.0+cu128 and installs torch-2.12.0"
    rf"|\b(?:uninstall|remov)\w*\b[^.;\n]{{0,16}}?{_TORCH}{_MARKS}{_V}[^;\n]{{0,40}}?\b(?:install|replac|get|pull|download)\w*\b[^.;\n]{{0,24}}?(?:{_TORCH}){_MARKS}{_V}"
    rf"|{_TORCH}\s?{_V}\s?(?:被|自动|会|又|给|就){{0,3}}(?:替换|卸载|覆盖|降级|升级|换|变)[^,。;\n]{{0,10}}?{_TO}?了?\s?(?:{_TORCH})?\s?{_V}",
    2,
)
# "torch 2.5.1+cu124 was replaced by a CPU build", "it swapped my torch 2.5.1+cu124 for the non-CUDA one": of what
# came nobody names the version.
_CPU = r"(?:cpu[- ]?only\b|cpu[- ](?:py)?torch\b|cpu[- ](?:version|build|variant|wheel|one)\b|cpu\b(?=[ .,;)]*$)|(?:the |an? )?(?:non|no)[- ]?cuda\b|(?:py)?torch (?:cpu|without (?:cuda|gpu))\b)"
_BY_CPU = regex(
    rf"{_TORCH}{_MARKS}(\d\.\d{{1,2}}\.\d{{1,2}}\+cu\d{{2,3}})[`'\")]{{0,2}}(?:[^.;\n]{{0,24}}?\b{_VERB}[^.;\n]{{0,16}}?(?:{_TO}|(?<=became)|(?<=becomes)))\s?(?:an? |the |my |{_TORCH} ){{0,3}}{_MARKS}{_CPU}"
    rf"|\b{_VERB}\s(?:my |the |your |our |an? ){{0,2}}(?:{_TORCH}{_MARKS})?(?:from |version ){{0,2}}(\d\.\d{{1,2}}\.\d{{1,2}}\+cu\d{{2,3}})[`'\")]{{0,2}}(?: {_TORCH})?[^.;\n]{{0,20}}?{_TO}\s?(?:an? |the |{_TORCH} ){{0,3}}{_MARKS}{_CPU}",
    2,
)
# A plan, advice, or what mended it.
_NOT_SO = regex(
    r"\b(?:should|can|could|would|want\w*|try|need|recommend\w*|suggest\w*|please|if|fix\w*|solved?|solution|resolved|works?|worked|instead|plan\w*|how|may|might|must|let)\b[^.;!?\n]{0,60}$",
    2,
)
_MENDED = regex(r"^[^.;\n]{0,40}\b(?:fix|solv|resolv|help|work)(?:ed|s)\b", 2)
# "is what conda would do", and not who asks for help: "could you".
_SUPPOSED = regex(
    r"^[^.;\n]{0,24}(?<!\bi)\s(?:would|could|might)\b(?! (?:you|like|any|some|appreciate|love|be|this|it|help))",
    2,
)
_WORDS = (
    "replac",
    "downgrad",
    "upgrad",
    "overwr",
    "uninstall",
    "->",
    "→",
    "became",
    "becomes",
    "turned into",
    "revert",
    "switch",
    "换",
    "变",
    "覆盖",
    " на ",
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the torch that took the place, as what an installer did, and the one that is gone."""
    done: set[int] = set()
    for needs in _WORDS:
        for match, line in (*paste.find(_FORMS, needs, 6), *paste.find(_BY_CPU, needs, 6)):
            if line in done or _is_no_deed(match):
                continue
            done.add(line)
            gone, *there = (text for text in match.groups() if text)
            yield Claim("torch_gone", values.torch(gone), line, Seen.WORDS)
            yield Claim("torch_replaced", values.torch(gone), line, Seen.WORDS)
            # a list of packages says it better
            for version in there:
                yield from implied(torch_words.version(version, line, Seen.PACKAGES))
            if not there:
                yield from implied(torch_words.variant("cpu", line, Seen.PACKAGES))


def _is_no_deed(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 60) : match.start()]
    behind = match.string[match.end() :]
    if _NOT_SO.search(before) or _MENDED.match(behind) or _SUPPOSED.match(behind):
        return True
    span = match.span()
    return is_asked(match.string, *span) or is_not_here(match.string, *span)
