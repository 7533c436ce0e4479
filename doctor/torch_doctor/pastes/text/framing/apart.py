"""Sentences of other people, of another machine, and of what is over: whatever they quote, nothing of it is so here now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.rows import Rows
from torch_doctor.pastes.text.somebody import SOMEBODY, WORDS_OF_SOMEBODY

_LONGEST = 600  # letters of a line that somebody writes
_SHORTEST = 24
_NEXT = 80  # letters of the next sentence
_MOST = 200  # lines at either end of a text
_FEWEST = 5  # words of a sentence
_I = re.IGNORECASE
_NOT_PROSE = regex(
    r"^\s*(?:File \"|Traceback|[\[$#%>|{<+@]|\d{2,4}[-/:]\d|[\w./-]+:\d+:|(?-i:at [\w.$]+\()|import |from \w+ import)",
    _I,
)
_QUOTED = regex(
    r"(?<!\w)\"[^\"\n]{2,300}\"|(?<!\w)'[^'\n]{2,300}'(?!\w)|“[^”\n]{2,300}”|`[^`\n]{2,300}`"
)
_ENDS = regex(r"[.!?][\"'”’`)]{0,2}(?=\s+[^a-z\s]|\s*$)|(?<=\w{4})[.!?](?=\s)")
# Where a sentence goes on to something else.
_SEAM = regex(r"[;,]\s|\s(?:but|while|whereas|yet)\s|\s[-–—]\s|:\s", _I)

# --- other people
_STRANGER = (
    rf"(?:someone(?: else)?|somebody(?: else)?|folks|others|{SOMEBODY}s?|acquaintances?|supervisor|professor|posters?|the op|author|commenters?"
    r"|bloggers?|youtubers?|redditors?|maintainers?|moderators?|(?:other )?people|(?:other|another|some|many|most|several|two|few|arch|ubuntu|windows|fedora|linux) (?:\w+ )?(?:users?|customers?|persons?|groups?|teams?|labs?|guys?|students?|developers?)"
    r"|(?:users?|guys?|persons?|students?|customers?|developers?|devs?)(?= (?:on|in|at|from|of) (?:the |a |an )?(?:\w+ )?(?:forums?|reddit|discord|slack|github|stack ?overflow|internet|twitter|mailing list|youtube|blog|issue|thread|channel|server and))"
    r"|users(?= without\b))"
)
_SAYS = (
    r"(?:says?|said|told|tells|mention(?:s|ed)?|report(?:s|ed)?|got|gets?|sees?|saw|had|has|have|hits?|wrote|writes|post(?:s|ed)|swears|claims?|claimed"
    r"|ran into|run into|experiences?d?|encounter(?:s|ed)?|complain(?:s|ed)|install(?:s|ed)|exported|trained|uses|used|met|suffer(?:s|ed)|faced?|is getting|was getting|describe[sd]?)"
)
_OF_OTHERS = regex(
    rf"(?:^|(?<=[,;:(] )|(?<=\bthat )|(?<=\band )|(?<=\bsays )|(?<=\bpost )|(?<=\bthread )|(?<=\btopic )|(?<=\bissue ))\W{{0,3}}(?:(?:a|an|my|our|the|one of (?:the|my|our)|some|several|two|three|\w+['’]s)(?: \w+(?:['’]s)?)? )?{_STRANGER}"
    rf"(?! and (?:I|we)\b)(?: of mine)?(?:,? who [^,.;]{{3,60}},)?(?:(?: who| with| on| in| at| from| of| without)(?: [\w\"'#/-]+){{1,5}}?)?(?: \w+){{0,2}}? {_SAYS}\b"
    r"|\b(?:I|we)(?:['’]ve| have)? (?:\w+ )?(?:heard (?:of|that|about|from)|read (?:on|in|that|about|of|somewhere|online|several|a)\b"
    r"|(?:found|saw) (?:a|an|some|one|another) (?:\w+ )?(?:posts?|threads?|issue|comments?|blog|article|answers?|video|screenshot|tweet)\b)"
    r"|\baccording to (?:a|an|some|one|another|someone|the (?:forum|internet|blog|thread|post|article|tutorial|author|comments?|docs|documentation))\b",
    _I,
)
_BROUGHT_HOME = regex(
    r"\b(?:our|ours|mine|on my|for (?:me|us)|same (?:\bhere|problem|error|issue|thing|message|symptom)s?|I (?:also|too|get|got|see|have)|me too|too|as well|both|this (?:machine|server|node|box|host|cluster|pc|laptop|computer)\b(?! packs?\b)"
    r"|can you|could you|help)\b",
    _I,
)
_TOO = regex(r"\b(?:too|also|as well|same|both)\b", _I)
_MINE = regex(
    r"[,;]? (?:but|while|whereas|and|yet|however|so),? (?:I|we|mine|ours|my|our|on (?:my|our|this)|\bhere|this|it|then)\b|[,;] (?:mine|ours|on (?:my|our|this))\b",
    _I,
)

# --- another machine
_MACHINE = r"(?:laptop|notebook|desktop|pc|computer|machine|box|server|node|workstation|rig|cluster|vm|instance|host|mac(?:book)?|imac|system|agent|runner|rack)s?"
_OTHER = regex(
    rf"\b(?:other|second|another|neighbou?ring|borrowed|different|spare|former|{SOMEBODY}['’]s)(?: [\w-]+){{0,2}}? {_MACHINE}\b",
    _I,
)
_SOME = regex(
    rf"(?<!this )\b(?:my|our|the|a|his|her)(?: [\w-]+){{0,2}}? {_MACHINE}\b|\b(?:my|our) (?:[\w-]+ ){{0,2}}(?:pc|mac)\b|\bon [a-z]+-?\d+\b",
    _I,
)
_FINE = regex(
    r"\b(?:works?|worked|fine|succeeds?|no (?:problem|issue|trouble)s?|without (?:any )?(?:trouble|problem|issue|error)s?|runs (?:well|the same))\b",
    _I,
)
_AWAY = regex(
    r"\bthat (?:one|machine|box|server|node|laptop|pc)(?: (?:is|has|was)\b|['’]s)|\bnot (?:on )?(?:mine|ours|this|our|where|the (?:machine|one)|used|related|what)\b|n['’]t (?:the (?:machine|one)|used|related|what|mine|my|our)\b"
    r"|\b(?:somebody|someone) else['’]s\b|\bin contrast\b|\bnothing of (?:that|it|them)\b|\b(?:as expected|of course|naturally|on purpose)\b.*\bthere\b|\bthere\b.*\b(?:as expected|of course|naturally|on purpose)\b",
    _I,
)
_NOT_MEANT = regex(
    r"\bthat(?: one)?(?: is|['’]s) (?:of course |certainly |clearly )?(?:not (?:our|my|mine|ours|this|where|what|the (?:machine|one))|somebody else['’]s|someone else['’]s)\b",
    _I,
)
# A clause that goes over to the machine at hand, in its first words: "on this one it is True", "the server here does not".
_HERE = regex(
    rf"^\W{{0,3}}(?:[\w'’]+ ){{0,3}}?(?:(?:on|in|at|but|while|whereas) (?:this|these)\b|this (?:one|\bhere|{_MACHINE})\b|(?:ours|mine|\bhere)\b"
    rf"|our (?:\w+ )?{_MACHINE}\b|the (?:new|actual) (?:one|{_MACHINE})\b)",
    _I,
)
_BOTH = regex(r"\b(?:too|also|both|same|as well|either|likewise|neither|all|every|each)\b", _I)
# "runs the same script": not the same failure
_SAME_WORK = regex(
    r"\bthe same (?:scripts?|codes?|files?|commands?|images?|environment|setup|programs?|models?|jobs?|containers?|notebooks?)\b",
    _I,
)
_ALSO_OWNED = regex(r"^\W{0,3}(?:we|I) also (?:have|own|use|run)\b", _I)

# --- what is over
_OVER = regex(
    r"\b(?:went away|took care of (?:it|that|this)|(?:is|are|was|were|has been|have been|got|been) (?:now |long |since |all |then |quickly |easily )*(?:gone|fixed|solved|resolved|cured|history|repaired|corrected|sorted)"
    r"|(?:fixed|solved|cured|resolved|repaired|mended) (?:it|that|this|by)\b|(?:I|we|admins?|they) (?:have |has |since |then |had )*(?:removed|deleted|fixed|solved|replaced|corrected|unset|uninstalled|enrolled|swapped|took) (?:it|that|this|the|them)\b"
    r"|(?:which|that) (?:I|we) (?:have |had )?(?:since |then |now |just )*(?:removed|deleted|fixed|replaced|corrected|unset|uninstalled|swapped)\b"
    r"|(?:works?|loads?|runs?|fine|true|up|well|ok|okay) (?:now|again|ever since|since then|since)\b|(?:now|since then|ever since|today) (?:it |all |everything |that )?(?:works|runs|loads|is (?:fine|true|ok|well|well again))|(?:after|since) (?:the|a) (?:reboot|restart|update|upgrade|reinstall)[^,;]{0,40}\b(?:is|are|works?|runs?) (?:fine|again|well|ok)"
    r"|(?:solved|cured|fixed|helped|resolved)(?: it| that| this| the problem)?(?=\W*$)|fixed by|solved by)\b",
    _I,
)
# What is taken away was no trouble where it is what a GPU needs, and nobody tells of an earlier time.
_TAKEN = regex(
    r"\b(?:is|are|was|were|has been|have been|got) (?:now |long |since |all |then )*(?:replaced|removed|deleted|uninstalled|taken out|swapped)\b(?! (?:by|with) (?!a new ))",
    _I,
)
_NEEDED = regex(
    r"\b(?:driver|torch|pytorch|modules?|packages?|librar\w+|toolkit|wheels?|nvidia|cuda|cudnn)\b",
    _I,
)
_FORMERLY = regex(r"\b(?:used to|before|previously|until|formerly|earlier)\b", _I)
_THEN = regex(
    r"\b(?:used to|had|was|were|has been|have been|did|got|came|gave|said|ended|fought|until|previously|earlier|before|at first|initially|once|last|yesterday|went away|failed|complained|reported|crashed|showed|printed)\b",
    _I,
)
_NOTHING = regex(r"(?:\b(?:nothing|none|not|never|no|neither|nor)|n['’]t)(?: \w+){0,2} $", _I)
_LEFT = regex(
    r"\b(?:but|still|however|yet|unfortunately|only|although|though|instead|back|returned|returns|why|fails?|not|never|cannot|error|cpu)\b|n['’]t\b|\?",
    _I,
)

# A word of each group is in each sentence of a kind.
_NEEDS = {
    "others": (
        (
            *WORDS_OF_SOMEBODY,
            *("someone", "somebody", "people", "folks", "others", "acquaintance", "supervisor"),
            *("professor", "poster", "the op", "author", "commenter", "blogger", "youtuber"),
            *("redditor", "maintainer", "moderator", "user", "customer", "person", "group", "team"),
            *("guy", "student", "dev", "lab", "heard ", "read ", "found ", "saw ", "according to"),
        ),
    ),
    "elsewhere": (
        (
            *(
                "laptop",
                "notebook",
                "desktop",
                "pc",
                "computer",
                "machine",
                "box",
                "server",
                "node",
            ),
            *("workstation", "rig", "cluster", "vm", "instance", "host", "mac", "system", "agent"),
            *("runner", "rack", "on ", "that"),
        ),
        (
            *(
                "this",
                "these",
                "ours",
                "mine",
                "her",
                "our ",
                "the new",
                "the actual",
                "that ",
                "not ",
            ),
            *("n't", "n’t", "else", "contrast", "nothing of", "there", "work", "fine", "succeed"),
            *("no ", "without", "runs "),
        ),
    ),
    "over": (
        (
            *(
                "went away",
                "took",
                "gone",
                "fixed",
                "solved",
                "cured",
                "history",
                "replaced",
                "removed",
            ),
            *("repaired", "mended", "deleted", "corrected", "uninstalled", "taken out", "sorted"),
            *("unset", "enrolled", "swapped", "helped", "now", "again", "since", "after", "today"),
        ),
    ),
}


def without_what_is_apart(text: str) -> str:
    """Return *text* with blanks in place of such words; every letter that stays keeps its place."""
    rows = Rows(text)
    kinds: dict[int, set[str]] = {}
    for kind, needs in _NEEDS.items():
        for index in rows.holding(needs):
            kinds.setdefault(index, set()).add(kind)
    changed = {}
    looked_at = sorted(kinds)
    # of a long log, what stands before and behind it
    for index in {*looked_at[:_MOST], *looked_at[-_MOST:]}:
        line = rows.lines[index]
        if _SHORTEST < len(line) < _LONGEST and not _NOT_PROSE.match(line):
            changed[index] = _without(line, kinds[index])
    return rows.with_({index: line for index, line in changed.items() if line != rows.lines[index]})


def _without(line: str, kinds: Collection[str]) -> str:
    plain = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), line)
    at = 0
    for end in (*(found.end() for found in _ENDS.finditer(plain)), len(plain)):
        sentence, start = plain[at:end], at
        at = end
        if sentence.count(" ") < _FEWEST or sentence.rstrip("\"'`) ").endswith("?"):
            continue
        for first, last in _apart(sentence, plain[end : end + _NEXT], kinds):
            line = line[: start + first] + " " * (last - first) + line[start + last :]
    return line


def _apart(sentence: str, behind: str, kinds: Collection[str]) -> Iterator[tuple[int, int]]:
    """Yield what of a *sentence* tells of nothing that is so here now; *behind* is what follows it."""
    heard = _of_others(sentence) if "others" in kinds else None
    if heard:
        yield heard
        return
    if "elsewhere" in kinds:
        yield from _of_another_machine(sentence)
    if "over" in kinds and _is_over(sentence, behind):
        yield 0, len(sentence)


def _of_others(sentence: str) -> tuple[int, int] | None:
    heard = _OF_OTHERS.search(sentence)
    if heard is None:
        return None
    own = _MINE.search(sentence, heard.end())
    stop = own.start() if own else len(sentence)
    home = _BROUGHT_HOME.search(sentence, heard.end(), stop) or _TOO.search(sentence, stop)
    return None if home else (heard.start(), stop)


def _of_another_machine(sentence: str) -> Iterator[tuple[int, int]]:
    other = _OTHER.search(sentence)
    place = other or _SOME.search(sentence)
    shared = _BOTH.search(_AWAY.sub("", _SAME_WORK.sub("", sentence)))
    if _NOT_MEANT.search(sentence) or (place and _AWAY.search(sentence)):
        if not shared or _ALSO_OWNED.match(sentence):
            yield 0, len(sentence)
        return
    if shared or place is None:
        return
    unplaced = sentence[: place.start()] + "_" * len(place[0]) + sentence[place.end() :]
    clauses = _clauses(sentence)
    own = next(i for i, (_, end) in enumerate(clauses) if place.start() < end)
    here = [bool(_HERE.search(unplaced[start:end])) for start, end in clauses]
    if (other and _FINE.search(sentence)) or (any(here) and not here[own]):
        later = (clauses[i][0] for i in range(own + 1, len(clauses)) if here[i])
        yield clauses[own][0], next(later, len(sentence))


def _clauses(sentence: str) -> list[tuple[int, int]]:
    seams = [found.end() for found in _SEAM.finditer(sentence)]
    return list(zip((0, *seams), (*seams, len(sentence)), strict=True))


def _is_over(sentence: str, behind: str) -> bool:
    over = _OVER.search(sentence)
    if over is None:
        over = _TAKEN.search(sentence)
        needed = over and _NEEDED.search(sentence, 0, over.start())
        if over is None or (needed and not _FORMERLY.search(sentence)):
            return False
    if not _THEN.search(sentence) or _NOTHING.search(sentence, 0, over.start()):
        return False
    rest = _OVER.sub("", sentence[over.start() :])
    return not (_LEFT.search(rest) or _CAME_BACK.search(behind))


_CAME_BACK = regex(
    r"^\s*(?:but|however|unfortunately|it came back|it is back|then it|still)\b|\bcame back\b|\bis back\b|\bback again\b",
    _I,
)
