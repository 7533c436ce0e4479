"""Sentences that quote an error without having it: somebody else's, one that is denied, or what a document says.

They are blanked before anything is read, so that no reader takes them for what happened on the machine at hand.
"""

from __future__ import annotations

import re

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
    rf"\b(?:my|a) {SOMEBODY}(?:['’]s [\w -]{{2,24}}?)? {_SAYS}\b(?![^.\n]{{0,60}}\b(?:too|as well|same|our|on my)\b){_BUT_MINE}{_END}",
    # "I don't have the error '…'", "No tengo el error …"
    (
        rf"\b(?:I|we) (?:do not|don['’]?t|did not|didn['’]?t|never|no longer) (?:have|get|see|had|got|saw|receive)"
        rf"(?: the| this| that| any)? (?:error|message|warning)\b[^.\n]{{0,12}}{_QUOTE}"
        rf"(?![^\n]{{0,300}}\b(?:until|unless|before|except|without)\b){_END}"
    ),
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
    rf"|{_QUOTE} in \w|\bexpected {_QUOTE}",
    re.IGNORECASE,
)

# Who asks for somebody else tells of the machine that fails.
_ON_BEHALF = re.compile(
    r"\b(?:what|how) (?:should|can|could|must|does|do) (?:she|he|they)\b|\bhelp (?:her|him|them)\b",
    re.IGNORECASE,
)


def unframed(text: str) -> str:
    """Return *text* with blanks in place of such sentences; every line stays where it is."""
    if not _WORDS.search(text) or _ON_BEHALF.search(text):
        return text
    return _FRAME.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
