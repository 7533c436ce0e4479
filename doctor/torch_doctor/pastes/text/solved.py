"""Lines that say that a problem is solved: what they quote is gone."""

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


def without_solved(text: str) -> str:
    """Return *text* with blanks in place of what lines quote that say that all works now; letters keep their places."""
    rows = Rows(text)
    return rows.with_({index: _without_quotes(rows.lines[index]) for index in rows.holding(NEEDS)})


def _without_quotes(line: str) -> str:
    if not OPENING.match(line):
        return line
    unquoted = QUOTED.sub(" ", line)
    if unquoted == line or not _WORKS.search(unquoted) or _LEFT.search(unquoted):
        return line
    return QUOTED.sub(lambda quoted: " " * len(quoted[0]), line)
