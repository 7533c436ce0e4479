"""Lines that say that a problem is solved: what they quote is gone, and so is what was mended long ago."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.rows import Rows

# How such a line begins, or that it tells of an earlier time.
OPENING = regex(
    r"^\W{0,6}(?:(?:update|edit)\W{1,3})?(?:"
    r"(?:solved|fixed it|(?:problem|issue) (?:is )?(?:solved|fixed|resolved)|(?:earlier|before|previously|this morning),? I (?:had|got|saw)|first try\b"
    r"|hat sich erledigt|gelöst|erledigt|problem gelöst|(?:vorher|früher) hatte ich"
    r"|solucionado|resuelto|(?:ya )?lo (?:he )?(?:solucioné|solucionado|resolví|resuelto)|resolvido|risolto"
    r"|résolu|problème résolu|tout (?:fonctionne|marche)|avant,? j'avais|решено|проблема решена)\b"
    r"|已解决|解决了|自己?解決|解決しました|해결)[^\n]{0,600}$",
    re.IGNORECASE | re.MULTILINE,
)
# A word of each of these, and the quotation.
NEEDS = (
    (
        *("solved", "fixed", "earlier", "before", "previously", "this morning", "first try"),
        *("erledigt", "gelöst", "vorher", "früher"),
        *("solucion", "resuelto", "resolv", "risolto", "résolu", "tout ", "avant"),
        *("решено", "решена", "解决", "解決", "해결"),
    ),
    ('"', "“", "«", "「", "『", "`"),
)
_WORKS = regex(
    r"\b(?:works?|working|runs|true|läuft|laufen|funktioniert|geht (?:jetzt|wieder)|funciona|entrena|fonctionne|marche|funziona|работает)\b"
    r"|可用|正常|能用|動(?:く|きます|きました)|使え(?:る|ます)|작동|\bTrue(?=[가를로])",
    re.IGNORECASE,
)
# Something is left, or comes instead.
_LEFT = regex(
    r"\b(?:but|however|still|yet|only|although|though|except|instead|another|different|not|never|why|fails?|failed|false|slow(?:er)?|cpu"
    r"|aber|noch|nur|nicht|kein\w*|warum|pero|todavía|aún|solo|sólo|mas|ainda|però|tuttavia|ancora|mais|encore|pas|pourquoi|но|не|почему)\b"
    r"|n't\b|但|还是|仍|不|没|しかし|まだ|ません|ない|하지만|아직|안 ",
    re.IGNORECASE,
)
QUOTED = regex(
    r"(?<!\w)\"[^\"\n]{12,300}\"|“[^”\n]{12,300}”|«[^»\n]{12,300}»|「[^」\n]{12,300}」|『[^』\n]{12,300}』|`[^`\n]{12,300}`"
)

# '… was missing yesterday ("…"), today it is there and works': behind the last quotation of the line, which asks nothing
SINCE = (("today", "by now", "in the end", "meanwhile", "now"), NEEDS[1])
_SINCE = regex(
    r"\b(?:today|by now|in the end|meanwhile|now)\b(?![^\n]{0,120}\b(?:nothing|no|none|nowhere)\b)[^\n?]{0,120}\b(?:works|runs)\b[^\n?]*$",
    re.IGNORECASE,
)

# "It fell off the bus last winter (Xid 79). The supply was replaced …": one sentence tells it, it or the next mends it.
LONG_AGO = (
    ("last ", " ago"),
    ("fixed", "solved", "replaced", "repaired", "swapped"),
)
_THEN = regex(
    r"\blast (?:year|month|winter|spring|summer|autumn|fall)\b|\b(?:years?|months?) ago\b",
    re.IGNORECASE,
)
_MENDED = regex(
    r"\b(?:was|were|has been|got|which|that)\b[^.!?]{0,40}?\b(?:fixed|solved|replaced|repaired|swapped)\b",
    re.IGNORECASE,
)
_CAME_BACK = regex(
    r"\b(?:still|again|since|came back|comes back|returned|not|never|but|until)\b|n['’]t\b",
    re.IGNORECASE,
)
_SENTENCE = regex(r"(?:(?![.!?][\"'”’`)]{0,2}\s)[^\n])+[.!?]?[\"'”’`)]{0,2}")


def without_solved(text: str) -> str:
    """Return *text* with blanks in place of what lines quote that say that all works now; letters keep their places."""
    changes = ((LONG_AGO, _without_long_ago), (NEEDS, _without_quotes), (SINCE, _without_quotes))
    for needs, without in changes:
        rows = Rows(text)
        text = rows.with_({index: without(rows.lines[index]) for index in rows.holding(needs)})
    return text


def _without_long_ago(line: str) -> str:
    sentences = list(_SENTENCE.finditer(line))
    for first, behind in zip(sentences, (*sentences[1:], None), strict=False):
        pair = line[first.start() : behind.end() if behind else first.end()]
        left = _CAME_BACK.search(line, first.start())
        if _THEN.search(first[0]) and _MENDED.search(pair) and not left:
            line = line[: first.start()] + " " * len(first[0]) + line[first.end() :]
    return line


def _without_quotes(line: str) -> str:
    behind = line[max((found.end() for found in QUOTED.finditer(line)), default=len(line)) :]
    if not OPENING.match(line) and not _SINCE.search(behind):
        return line
    unquoted = QUOTED.sub(" ", line)
    if unquoted == line or not _WORKS.search(unquoted) or _LEFT.search(unquoted):
        return line
    return QUOTED.sub(lambda quoted: " " * len(quoted[0]), line)
