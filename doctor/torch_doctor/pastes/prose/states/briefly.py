"""A no of torch's in very few words: "torch says no cuda", "cuda is False there", "-> no CUDA"."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_fine_there
from torch_doctor.pastes.prose.statements import is_of_other_days, is_supposed
from torch_doctor.pastes.text.framing import solved
from torch_doctor.pastes.text.paste import Paste

_TORCH = r"\b(?:py)?torch(?: \d[\w.+]{0,16})?(?: cu\d{3})?(?: (?:in|inside|on) (?:my |the |a )?(?:\w+ ){0,2}(?:wsl2?|distro|venv|container|docker|notebook|laptop|vm|guest|service))?"
_SAYS = r"(?:says?|said|shows?|prints?|printed|reports?|gives?|returns?|returned|answers?|claims?|tells me|sees?|saw|finds?|found|has|gets?|got|=>|->|→)"
_STILL = r"(?:(?:still|just|now|also|always|then|simply|only|me|that|there(?:'s| is| are)) ){0,3}"
# Not a part of CUDA or of a GPU, nor what nobody needs.
_ITSELF = (
    r"(?![\w-])(?!\W{0,2}(?:support|toolkit|graphs?|streams?|kernels?|memory|process\w*|drivers?|version|builds?|wheels?|errors?|problems?|issues?|code|cores?|extensions?|package\w*"
    r"|acceleration|usage|load|needed|required|necessary|instances?|nodes?|quota|tests?|options?|is (?:needed|required|necessary)|in (?:it|use|your)\b|at all needed))"
)
_NONE = rf"(?:(?:no|zero) (?:more |longer )?(?:cuda|(?:cuda |nvidia )?gpus?)|(?:0|zero) (?:cuda |nvidia )?(?:gpus?|devices?))(?: (?:devices?|gpus?|cards?)(?! ?\w*drivers))?{_ITSELF}"
_BRIEFLY = regex(
    rf"{_TORCH}:? {_STILL}{_SAYS} {_STILL}{_NONE}"
    rf"|{_TORCH}(?:: ?|, | (?:has |with |and )?){_NONE}"
    rf"|(?:->|=>|→) ?{_STILL}{_NONE}"
    rf"|\b(?:it|which|python|service|script|program|notebook|job|pod|container|step|app|server|log|processes(?: inside)?|inside|inference|training|worker) {_STILL}(?:says?|said|sees?|saw|finds?|found|gets?|shows?|reports?|prints?) {_STILL}{_NONE}"
    rf"|\b(?:but|still|and|now|suddenly|so) no (?:cuda|gpus?) (?:in|for|with|by|under|inside) (?:(?:the|my|this|a) )?(?:\w+ )?(?:py)?torch\b"
    rf"|\bno (?:cuda|gpus?) (?:in|for|from) (?:(?:the|my|this) )?(?:py)?torch\b(?! ?[\d.])"
    rf"|{_TORCH}:? (?:{_SAYS} )?{_STILL}[`'\"]?False\b|{_TORCH} (?:falls?|fell|goes|switche[sd]) (?:back )?(?:to|on) (?:the )?cpu\b"
    r"|\bcuda (?:is|was) gone\b|\bgpus? (?:is |are )?(?:not (?:found|detected|visible|available|seen)|invisible|missing) inside\b"
    rf"|(?<![\w.=-])cuda(?: is| was| still| now| stays?| remains?| always| ->| =>){{0,3}} [`'\"]?False\b"
    rf"|\b(?:says?|prints?|shows?|reports?|logs?|logged|gives?|returns?|get|gets) {_STILL}[`'\"]{{0,2}}cuda ?[:=]? ?False\b"
    rf"|\b(?:says?|prints?|shows?|reports?|gives?|returns?|get|gets) {_STILL}[`'\"]?False[`'\"]? for (?:torch[. ])?cuda\b"
    r"|(?:torch|cuda|python)[^,。;\n]{0,8}(?:显示|提示|返回|输出|打印)(?:是|为)?\s?(?:False|没有\s?(?:cuda|gpu|显卡))",
    2,
    ("no ", "0 ", "zero ", "false", "没有", "cpu", "gone", "inside"),
)
_SETTING = regex(
    r"^\W{0,6}[\w.]{1,40}\s?[:=]\s?\S{1,24}\s*$|\bdef |\blambda\b|[{}]|\bargparse\b|\bassert\b", 2
)
_OVER = regex(
    r"\b(?:now|since then|today|in the end|finally|after (?:that|this))\b[^.;\n]{0,60}\b(?:works?|working|fine|True|gone|solved|fixed)\b"
    r"|\b(?:solved|fixed|resolved)\b(?! by hand)",
    2,
)
_LONGEST = 400  # letters of a line that is a sentence
_ENOUGH = 40


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that torch has no CUDA, as a person puts it in passing: weaker than what a program printed."""
    for needs in ("torch", "cuda", "gpu"):
        for index, text in paste.with_(needs, _ENOUGH):
            if index in paste.where(_BRIEFLY) and len(text) < _LONGEST and _is_no(text):
                yield Claim("cuda_available", False, paste.number(index), Seen.WORDS, implied=True)
                return


def _is_no(text: str) -> bool:
    if _SETTING.search(text) or solved.OPENING.match(text):
        return False
    return any(
        not (
            is_supposed(text, found.start())
            or is_of_other_days(text, found.start())
            or is_fine_there(text, found.end())
            or _OVER.search(text, found.end())
        )
        for found in _BRIEFLY.finditer(text)
    )
