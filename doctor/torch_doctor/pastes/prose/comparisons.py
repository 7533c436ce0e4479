"""Words that compare: what works elsewhere, what was there before, what something requires is not what is here."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.unmet import unmet

# "nvidia-smi works, driver 550" compares nothing, and neither does what an error says: "was attempted", "was not found".
_COMPARED = regex(
    r"(?<!longer )(?<!not )(?<!never )(?<!n't )(?<!n’t )(?<!cannot )(?<!stopped )(?<!stops )(?<!smi )(?<!smi is )(?<!smi looks )(?<!smi runs )"
    r"\b(?:works?|worked|working|fine|ok|okay|no (?:problem|issue)s?|was(?! (?:not |never )?(?:\w+ed|built|found|set|made|given|seen|run)\b)|before|older|previous(?:ly)?|earlier|upgrad\w+ to|updat\w+ to|downgrad\w+ to|requires?|needs?|expects?)\b(?:(?!\bbut\b)[^.;:()]|\.\d){0,50}$",
    re.IGNORECASE,
)
_REACH = 60  # letters before the name
_ARTICLE = r"(?:a |an |my |the |our |new |brand[- ]new |used |single |NVIDIA |GeForce |own ){0,4}"
# "updated to", "downgraded from 572.16 to": the release that follows is the one that is there now, unless it is a plan.
_CHANGED = regex(
    r"(?:\b(?:upgraded|updated|downgraded|rolled back|went back|switched|changed|moved)\b|\b(?:after|since) (?:upgrading|updating|downgrading|switching))"
    r"[^;:\n]{0,50}\bto (?:\w+ ){0,4}$",
    re.IGNORECASE,
)
_REMOVED = regex(r"uninstall|existing installation|removing ", re.IGNORECASE)
_WANTED = regex(
    r"could not find a version|no matching distribution|only has wheels|can't be installed because|requires |depends on|incompatible",
    re.IGNORECASE,
)
# "xFormers was built for PyTorch 2.1.2": what a package is for, not what is there
_MADE_FOR = regex(
    r"\b(?:built|compiled|made|linked|meant|wheels?)[ :]{1,2}(?:for|against|with|to)[ :]{1,2}(?:the )?(?:py)?(?:torch)?[ =]{0,2}$",
    re.IGNORECASE,
)
# "I upgraded to", "replaced it by", 换成: the GPU that follows is the one that is there now.
_NEW = regex(
    r"(?:\b(?:upgrad|switch|mov|chang|migrat|swap)\w*\b[^.;:\n]{0,40}\bto "
    r"|\b(?:replac|swap|exchang)\w*\b[^.;:\n]{0,40}\b(?:by|with|for) |\b(?:bought|got) )"
    rf"{_ARTICLE}$|(?:换成了?|换了|升级到|に(?:交換|変え)\w{{0,4}})\s?$",
    re.IGNORECASE,
)
# "replaced my 3080", "from a 3080", "instead of": the one that was there.
_OLD = regex(
    rf"\b(?:replac\w+|swapp?\w*|upgrad\w+ from|switch\w+ from|mov\w+ from|instead of|unlike|compared (?:to|with)|sold|coming from) {_ARTICLE}$"
    rf"|\b(?:ran|runs|run) (?:fine |well |great |perfectly |smoothly )?(?:on|with) {_ARTICLE}$",
    re.IGNORECASE,
)
# "I moved my 3090 to my server": it is in another machine now.
_GIVEN = regex(rf"\b(?:switch|mov|put|sent|send|gave|lent|transfer)\w* {_ARTICLE}$", re.IGNORECASE)
# "I plan to buy an RTX 5090": it is not there yet.
_PLANNED = regex(
    rf"\b(?:plan\w*|want|going|hope|hoping|intend\w*|like|about|thinking (?:of|about)|consider(?:ing)?)(?: to)? "
    rf"(?:buy|get|purchas|order|upgrad)\w*(?: to)? {_ARTICLE}$",
    re.IGNORECASE,
)
_AWAY = regex(
    r"^[^.;:\n]{0,12}\b(?:in)?to (?:my |the |an? |our |another )[\w -]{0,16}(?:server|machine|pc|box|computer|rig|workstation|laptop)\b",
    re.IGNORECASE,
)
_WRITTEN = regex(r"[\w-]+")
# "RTX 4060 works", "the 3090 is fine": and not "does not work".
_FINE = regex(
    r"^(?:[ ,]?(?:Ti|SUPER|Super|Laptop|GPU|cards?|servers?|machines?|boxes|containers?|images?|pods?|one|ones|和|都)){0,3} ?(?:(?:it|this|that|everything|all of it) )?"
    r"(?:(?:still |always |also |just |both |all ){0,2}(?:works?|worked|runs?|ran)\b(?! (?:out|into))|(?:is|are|was|were) (?:fine|ok|okay)\b|正常|没问题|可以)",
    re.IGNORECASE,
)


def is_compared(text: str, start: int) -> bool:
    """Whether the words before what stands at *start* of *text* say that it is of another case than this one."""
    return bool(_COMPARED.search(text[max(0, start - _REACH) : start]))


def is_of_another(match: re.Match[str]) -> bool:
    """Whether words around *match* say that it is another environment, or a wish that was not met."""
    around = match.string[max(0, match.start() - 160) : match.end() + 160]
    before = match.string[max(0, match.start() - _REACH) : match.start()]
    return (
        bool(_MADE_FOR.search(before))
        or is_compared(match.string, match.start())
        or bool(_WANTED.search(around))
        or bool(_REMOVED.search(around))
        or bool(unmet(match.string))
    )


def is_changed_to(match: re.Match[str]) -> bool:
    """Whether the words before *match* say that somebody went over to it."""
    return bool(_CHANGED.search(match.string[max(0, match.start() - _REACH) : match.start()]))


def is_another_gpu(text: str, start: int, name: str) -> bool:
    """Whether the words around a GPU's *name*, which starts at *start*, say that the case at hand has another one."""
    before = text[max(0, start - _REACH) : start]
    at = text.find(name, start)
    # the name may be completed from shorter words: "4090" is an RTX 4090
    written = _WRITTEN.match(text, start)
    end = at + len(name) if at >= 0 else written.end() if written else start
    if _PLANNED.search(before):
        return True
    if _NEW.search(before):
        return False
    if _GIVEN.search(before) and _AWAY.match(text[end : end + _REACH]):
        return True
    return bool(_OLD.search(before) or _FINE.match(text[end : end + _REACH])) or is_compared(
        text, start
    )


def is_fine_there(text: str, end: int) -> bool:
    """Whether the words behind *end* of *text* say that what was named there works: "(driver 550.54) works"."""
    return bool(_FINE.match(text[end : end + _REACH].lstrip("),.:\"'` ")))
