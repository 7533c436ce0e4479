"""Sentences that quote an error without having it: somebody else's, one that is denied, or what a document says.

They are blanked before anything is read, so that no reader takes them for what happened on the machine at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.pastes.text.framing.apart import without_what_is_apart
from torch_doctor.pastes.text.framing.elsewhere import without_elsewhere
from torch_doctor.pastes.text.framing.passages import without_passages
from torch_doctor.pastes.text.framing.solved import without_solved
from torch_doctor.pastes.text.rows import Needs, Rows
from torch_doctor.pastes.text.somebody import SOMEBODY, WORDS_OF_SOMEBODY

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
_QUOTES = ('"', "'", "“", "‘", "`")
_DENIALS = ("do not", "don", "did", "never", "no longer")


class Framing(NamedTuple):
    """One way to frame a quotation: words of each match, by group, and the pattern."""

    needs: Needs
    pattern: re.Pattern[str]


def _framing(pattern: str, *needs: tuple[str, ...]) -> Framing:
    return Framing(needs, regex(pattern, re.IGNORECASE | re.MULTILINE))


# To the end of the line, unless something of it holds today.
_FOR_GOOD = r"(?![^\n]{0,300}\b(?:still|again|now|today|but|since|however|yet)\b)[^\n]{3,300}$"
FORMS = (
    # "My friend gets '…'", "my colleague's laptop says …": with nobody beside, and on no machine of ours
    _framing(
        rf"\b(?:my|a) {SOMEBODY}(?:['’]s [\w -]{{2,24}}?)? {_SAYS}\b(?![^.\n]{{0,60}}\b(?:too|as well|same(?! (?:file|code|script|command|requirements)\b)|our|on my)\b){_BUT_MINE}{_END}",
        WORDS_OF_SOMEBODY,
        ("get", "got", "see", "saw", "sa", "print", "show", "report", "ran into"),
    ),
    # "A friend's PC has the CPU build. Mine works": beside whose own machine is told of
    _framing(
        rf"\b(?:my|a) {SOMEBODY}(?:['’]s [\w -]{{2,24}}?)? (?:has|had|runs|uses|used)\b(?![^.\n]{{0,80}}\b(?:too|as well|same|our|on my|me)\b){_BUT_MINE}"
        rf"(?=[^\n]{{0,300}}[.!?] (?:mine|ours|on my (?:own )?(?:machine|pc|laptop|computer|side|box)|my own (?:machine|pc|laptop|computer))\b){_END}",
        WORDS_OF_SOMEBODY,
        (" has", " had", " runs", " use"),
    ),
    # "I don't have the error '…'", "No tengo el error …"
    _framing(
        rf"\b(?:I|we) (?:do not|don['’]?t|did not|didn['’]?t|never|no longer) (?:have|get|see|had|got|saw|receive)"
        rf"(?: the| this| that| any)? (?:error|message|warning)\b[^.\n]{{0,12}}{_QUOTE}"
        rf"(?![^\n]{{0,300}}\b(?:until|unless|before|except|without)\b){_END}",
        ("error", "message", "warning"),
        _DENIALS,
        _QUOTES,
    ),
    # "I don't see '…' and no '…' either"
    _framing(
        rf"\b(?:I|we) (?:do not|don['’]?t|did not|didn['’]?t|never) (?:have|get|see|had|got|saw|receive)(?: any)? {_QUOTE}"
        rf"(?![^\n]{{0,300}}\b(?:until|unless|before|except|without|anymore|but|when|while|if)\b){_END}",
        _DENIALS,
        _QUOTES,
    ),
    # "If we moved to it, would we get '…'?"
    _framing(
        r"(?:^|(?<=[.!?] ))if (?:I|we) (?:were to \w{2,12}|had|went|took|put|\w{3,12}ed)\b(?:(?!\bwhy\b|[.!?]\s)[^\n]){0,160}"
        rf"\bwould (?:I|we|it|that|this|torch) (?:\w{{3,8}} )?(?:get|see|hit|fail|say|raise|throw|end)\b[^\n]{{0,20}}{_QUOTE}[^\n?]{{4,200}}\?",
        ("would ",),
        ("if ",),
        _QUOTES,
    ),
    # "as torch would complain of '…' otherwise"
    _framing(
        rf"\bwould (?:complain|fail|say|refuse|raise|throw|stop)\b[^.\n]{{0,24}}{_QUOTE}[^\n]{{4,200}}?[\"'”’`] otherwise\b",
        (" otherwise",),
        ("would ",),
    ),
    # a list of changes: '- Fixed "…" when …', '- fix(loader): "…"'
    _framing(
        rf"^\s{{0,8}}[-*•] (?:fix(?:es|ed)?(?:\([\w-]{{1,24}}\))?:|(?:fixed|fixes)\b(?![^\n]{{0,300}}\bnow\b))"
        rf"(?![^\n]{{0,300}}\b(?:but|still|then|yet)\b)[^\n]{{0,120}}{_QUOTE}[^\n]{{4,300}}$",
        ("fix",),
        _QUOTES,
    ),
    # a line of a diff that raises
    _framing(r"^[-+]\s{1,24}(?:raise|throw)\s[^\n]{4,300}$", ("raise", "throw")),
    # a test that expects it: "with pytest.raises(…, match='…')", "the test asserts that '…' is raised"
    _framing(r"^[^\n]{0,60}\braises?\([^\n]{0,120}\bmatch=[^\n]{4,300}$", ("match=",), ("raise",)),
    _framing(
        rf"\btests? (?:asserts?|expects?|checks?|verif(?:y|ies))\b[^.\n\"'“‘`]{{0,60}}{_QUOTE}{_BUT_MINE}{_END}",
        ("assert", "expect", "check", "verif"),
        ("test",),
        _QUOTES,
    ),
    # code in a sentence: `if not …: raise …("…")`
    _framing(
        rf"\bif [^\n:]{{3,80}}: raise [\w.]{{4,60}}\({_QUOTE}[^\n]{{4,160}}?[\"'”’]\)",
        (": raise ",),
        _QUOTES,
    ),
    # advice about logs in general: "grep your logs for these: …"
    _framing(
        rf"(?:^|(?<=[.:!] ))(?:grep|search|watch|scan) (?:your|all|the) logs? for (?:these|those|any of|one of|the following)\b{_END}",
        (" log",),
        ("grep", "search", "watch", "scan"),
    ),
    _framing(
        rf"\b(?:no|não|nicht|pas) (?:tengo|tenho|veo|vejo) (?:el|o|la|a) (?:error|erro)\b[^.\n]{{0,12}}{_QUOTE}{_END}",
        ("tengo", "tenho", "veo", "vejo"),
        _QUOTES,
    ),
    # "If you see `…`", "you will see '…'"
    _framing(
        rf"\b(?:if|when|where) (?:you|users?|they) (?:see|get|encounter|hit|receive)(?: the| this| an?)?"
        rf"(?: error| message| warning)?:? ?{_QUOTE}{_END}",
        ("you", "user", "they"),
        ("see", "get", "encounter", "hit", "receive"),
        ("if", "whe"),
        _QUOTES,
    ),
    _framing(
        rf"\byou (?:will|may|might|would) (?:see|get)(?: the| this| an?)?(?: error| message| warning)?:? ?{_QUOTE}{_END}",
        ("you ",),
        ("will", "ma", "might", "would"),
        _QUOTES,
    ),
    # "If pip says '…', check …", "If it is not found, install …"
    _framing(
        rf"\bif (?:the )?[\w.]{{2,16}} (?:says?|prints?|shows?|complains?|reports?|raises?|throws?|fails with)\b(?![^\n]{{0,300}}\b(?:I|we|my|our|mine|me)\b)[^\n]{{0,16}}{_QUOTE}{_END}",
        ("if ",),
        ("say", "print", "show", "complain", "report", "raise", "throw", "fail"),
        _QUOTES,
    ),
    _framing(
        rf"(?:^|(?<=[.!?] ))if [^\n,]{{3,80}}\b(?:is|are) (?:not found|missing|not there|absent)\b[^\n,]{{0,24}}, (?:then )?(?:install|set|check|add|run|try|use|make|please|you|reinstall|put)\b{_END}",
        ("if ",),
        ("not found", "missing", "not there", "absent"),
    ),
    # "it could not find … until I upgraded it"
    _framing(
        r"(?:^|(?<=[.!?] ))[^.\n]{0,60}\b(?:could(?: not|n['’]?t)|did(?: not|n['’]?t)|failed to|was(?: not|n['’]?t)|kept \w{3,12}ing) [^\n]{3,140}? (?:until|before) (?:I|we) (?:\w{3,14}ed|put|set|made|built|took)\b"
        r"(?![^\n]{0,200}\b(?:but|still|again|however)\b)[^.\n]{0,80}\.",
        (" until ", " before "),
        ("could", "did", "failed", "was", "kept"),
    ),
    # what documents say, and what they say of an exception
    _framing(
        r"\b(?:the |in the |nvidia )?(?:docs?|documentation|faq|readme|manual|release notes?)\b(?: of \w{2,20})?"
        rf"(?: it)? (?:lists?|says?|mentions?|describes?|explains?)\b{_BUT_MINE}{_END}",
        ("doc", "faq", "readme", "manual", "release note"),
        ("list", "say", "mention", "describe", "explain"),
    ),
    _framing(
        r"^[^\n]{0,300}\bwill be raised (?:on|if|when|for|where)\b(?![^\n]{0,60}\b(?:I|we|my|our)\b)[^\n]{0,200}$",
        ("will be raised ",),
    ),
    # another time, told of before a colon: "Last year on my old laptop: …"
    _framing(
        rf"(?:^|(?<=[.!?] ))(?:last (?:year|month|winter|summer|spring|autumn)|(?:some |a few |two |three |many )?(?:years?|months?) ago|back (?:then|in \d{{4}}))\b[^\n:]{{0,60}}: {_FOR_GOOD}",
        (":",),
        ("last ", " ago", "back "),
    ),
    # what would be, what is not, and whether it is so at all
    _framing(
        rf"(?:^|(?<=[.!?] ))(?:what (?:would|will) happen if|suppose (?:that )?|imagine (?:that )?|it (?:is|['’]s) not (?:true|the case) that|it (?:is|['’]s) false that)\b{_FOR_GOOD}",
        ("happen if", "suppose", "imagine", "not true", "not the case", "false that"),
    ),
    _framing(
        r"(?:^|(?<=[.!?] ))(?:does|do) any(?:one|body) (?:\w+ )?know (?:whether|if) (?![^\n]{0,300}\b(?:fix|solve|help|why)\b)[^\n]{3,300}\?",
        ("know whether ", "know if "),
    ),
    # an exercise
    _framing(
        r"^\W{0,6}(?:exercise|assignment|quiz|exam question)\b[^\n]{0,500}$",
        ("exercise", "assignment", "quiz", "exam"),
    ),
    # code and tests that look for a text
    _framing(
        rf"^[^\n]{{0,40}}\bif {_QUOTE}[^\n]{{4,160}}{_QUOTE} in \w[^\n]{{0,60}}$",
        (" in ",),
        ("if ",),
        _QUOTES,
    ),
    _framing(
        rf"^[^\n]{{0,60}}\bexpected {_QUOTE}[^\n]{{4,200}}{_QUOTE} in (?:the )?(?:log|output|stderr|stdout|message|text|str|err)\b[^\n]{{0,160}}$",
        ("expected ",),
        (" in ",),
        _QUOTES,
    ),
)

# Who asks for somebody else tells of the machine that fails.
_BEHALF = (("what", "how", "help "), (" she", " he", " they", " him", " them"))
_ON_BEHALF = regex(
    r"\b(?:what|how) (?:should|can|could|must|does|do) (?:she|he|they)\b|\bhelp (?:her|him|them)\b",
    re.IGNORECASE,
)


def unframed(text: str) -> str:
    """Return *text* with blanks in place of such sentences; every line stays where it is."""
    passed = without_solved(without_passages(text))
    rows = Rows(without_elsewhere(without_what_is_apart(passed)))
    likely: dict[int, list[Framing]] = {}
    for form in FORMS:
        for index in rows.holding(form.needs):
            likely.setdefault(index, []).append(form)
    left = {index: _without(rows.lines[index], forms) for index, forms in likely.items()}
    unframed_text = rows.with_({i: line for i, line in left.items() if line != rows.lines[i]})
    return passed if unframed_text != passed and _is_on_behalf(text) else unframed_text


def _is_on_behalf(text: str) -> bool:
    rows = Rows(text)
    return any(_ON_BEHALF.search(rows.lines[index]) for index in rows.holding(_BEHALF))


def _without(line: str, forms: Iterable[Framing]) -> str:
    """Return *line* with blanks in place of what one of *forms* frames: of several, the first that begins."""
    kept, at = "", 0
    while at < len(line):
        found = [match for form in forms if (match := form.pattern.search(line, at))]
        if not found:
            break
        first = min(found, key=re.Match.start)
        kept += line[at : first.start()] + " " * len(first[0])
        at = first.end()
    return kept + line[at:]
