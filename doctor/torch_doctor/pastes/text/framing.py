"""Sentences that quote an error without having it: somebody else's, one that is denied, or what a document says.

They are blanked before anything is read, so that no reader takes them for what happened on the machine at hand.
"""

from __future__ import annotations

import re

from torch_doctor.pastes.text.solved import without_solved
from torch_doctor.pastes.text.somebody import SOMEBODY

_END = r"(?:[^\n]{0,400}?[.!?][\"'”`)]{0,2}(?=\s+(?-i:[^a-z\s])|\s*$)|[^\n]{0,400}$)"
# In the same sentence the one who writes may tell of their own.
_BUT_MINE = (
    r"(?!(?:(?![.!?][\"'”`)]{0,2}\s)[^\n]){0,300}"
    r"\b(?:but|while|whereas|and|yet|however),? (?:I|we|mine|ours|my|our|it|this|then)\b)"
)
_QUOTE = r"[\"'“‘`]"
_SAYS = (
    r"(?:gets?|got|sees?|saw|says?|said|prints?|shows?|reports?|ran into|is getting|was getting)"
)
_FORMS = (
    # "My friend gets '…'", "my colleague's laptop says …": with nobody beside, and on no machine of ours
    rf"\b(?:my|a) {SOMEBODY}(?:['’]s [\w -]{{2,24}}?)? {_SAYS}\b(?![^.\n]{{0,60}}\b(?:too|as well|same(?! (?:file|code|script|command|requirements)\b)|our|on my)\b){_BUT_MINE}{_END}",
    # "I don't have the error '…'", "No tengo el error …"
    (
        rf"\b(?:I|we) (?:do not|don['’]?t|did not|didn['’]?t|never|no longer) (?:have|get|see|had|got|saw|receive)"
        rf"(?: the| this| that| any)? (?:error|message|warning)\b[^.\n]{{0,12}}{_QUOTE}"
        rf"(?![^\n]{{0,300}}\b(?:until|unless|before|except|without)\b){_END}"
    ),
    # "I don't see '…' and no '…' either"
    (
        rf"\b(?:I|we) (?:do not|don['’]?t|did not|didn['’]?t|never) (?:have|get|see|had|got|saw|receive)(?: any)? {_QUOTE}"
        rf"(?![^\n]{{0,300}}\b(?:until|unless|before|except|without|anymore|but|when|while|if)\b){_END}"
    ),
    # "If we moved to it, would we get '…'?"
    (
        r"(?:^|(?<=[.!?] ))if (?:I|we) (?:were to \w{2,12}|had|went|took|put|\w{3,12}ed)\b(?:(?!\bwhy\b|[.!?]\s)[^\n]){0,160}"
        rf"\bwould (?:I|we|it|that|this|torch) (?:\w{{3,8}} )?(?:get|see|hit|fail|say|raise|throw|end)\b[^\n]{{0,20}}{_QUOTE}[^\n?]{{4,200}}\?"
    ),
    # "as torch would complain of '…' otherwise"
    rf"\bwould (?:complain|fail|say|refuse|raise|throw|stop)\b[^.\n]{{0,24}}{_QUOTE}[^\n]{{4,200}}?[\"'”’`] otherwise\b",
    # a list of changes: '- Fixed: "…" when …'
    (
        rf"^\s{{0,8}}[-*•] (?:fixed|fixes)\b(?![^\n]{{0,300}}\b(?:but|now|still|then|yet)\b)[^\n]{{0,120}}{_QUOTE}[^\n]{{4,300}}$"
    ),
    # code in a sentence: `if not …: raise …("…")`
    rf"\bif [^\n:]{{3,80}}: raise [\w.]{{4,60}}\({_QUOTE}[^\n]{{4,160}}?[\"'”’]\)",
    # advice about logs in general: "grep your logs for these: …"
    rf"(?:^|(?<=[.:!] ))(?:grep|search|watch|scan) (?:your|all|the) logs? for (?:these|those|any of|one of|the following)\b{_END}",
    rf"\b(?:no|não|nicht|pas) (?:tengo|tenho|veo|vejo) (?:el|o|la|a) (?:error|erro)\b[^.\n]{{0,12}}{_QUOTE}{_END}",
    # "If you see `…`", "you will see '…'"
    (
        rf"\b(?:if|when|where) (?:you|users?|they) (?:see|get|encounter|hit|receive)(?: the| this| an?)?"
        rf"(?: error| message| warning)?:? ?{_QUOTE}{_END}"
    ),
    rf"\byou (?:will|may|might|would) (?:see|get)(?: the| this| an?)?(?: error| message| warning)?:? ?{_QUOTE}{_END}",
    # what documents say, and what they say of an exception
    (
        r"\b(?:the |in the |nvidia )?(?:docs?|documentation|faq|readme|manual|release notes?)\b(?: of \w{2,20})?"
        rf"(?: it)? (?:lists?|says?|mentions?|describes?|explains?)\b{_BUT_MINE}{_END}"
    ),
    r"^[^\n]{0,300}\bwill be raised (?:on|if|when|for|where)\b(?![^\n]{0,60}\b(?:I|we|my|our)\b)[^\n]{0,200}$",
    # code and tests that look for a text
    rf"^[^\n]{{0,40}}\bif {_QUOTE}[^\n]{{4,160}}{_QUOTE} in \w[^\n]{{0,60}}$",
    rf"^[^\n]{{0,60}}\bexpected {_QUOTE}[^\n]{{4,200}}{_QUOTE} in (?:the )?(?:log|output|stderr|stdout|message|text|str|err)\b[^\n]{{0,160}}$",
)
_FRAME = re.compile("|".join(_FORMS), re.IGNORECASE | re.MULTILINE)
# One of these is in each of them; most reports hold none.
_WORDS = re.compile(
    rf"{SOMEBODY}|\b(?:have|get|see|had|got|saw|receive)\b[^\n]{{0,12}}\b(?:error|message|warning)\b|tengo el|tenho o|veo el"
    r"|\b(?:you|users?|they) (?:will |may |might |would )?(?:see|get|encounter|hit|receive)\b"
    r"|\b(?:docs?|documentation|faq|readme|manual|release notes?)\b|\braised (?:on|if|when|for|where)\b"
    rf"|{_QUOTE} in \w|\bexpected {_QUOTE}|\bif (?:I|we) |[\"'”’`] otherwise\b|[-*•] fixe[ds]\b|: raise |\blogs? for\b"
    rf"|\b(?:have|get|see|had|got|saw|receive)(?: any)? {_QUOTE}",
    re.IGNORECASE,
)

# Who asks for somebody else tells of the machine that fails.
_ON_BEHALF = re.compile(
    r"\b(?:what|how) (?:should|can|could|must|does|do) (?:she|he|they)\b|\bhelp (?:her|him|them)\b",
    re.IGNORECASE,
)


def unframed(text: str) -> str:
    """Return *text* with blanks in place of such sentences; every line stays where it is."""
    text = without_solved(text)
    if not _WORDS.search(text) or _ON_BEHALF.search(text):
        return text
    return _FRAME.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
