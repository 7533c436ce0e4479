"""Sentences of a report, and whether one tells what happens on the machine at hand: no question, advice, history or hearsay."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from weakref import WeakKeyDictionary

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.pastes.text.framing.elsewhere import is_no_trouble
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.rows import Needs
from torch_doctor.pastes.text.somebody import SOMEBODY, WORDS_OF_SOMEBODY

_ENDS = regex(r"(?<=[.;!?])(?<!\.\.)[\"'`)*]{0,3}\s+|(?<=[。！？；])|(?<=[一-鿿])[!?;]")
_ENDS_IN_ASCII = regex(r"[.;!?](?<!\.\.)[\"'`)*]{0,3}\s+")
# Chinese and Japanese stand beside words of English without a blank.
_SEAMS = regex(
    r"(?<=[\u3040-\u30ff\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3040-\u30ff\u4e00-\u9fff])"
)
_LONGEST = 320  # letters; more are a log, a table or a list
_ENOUGH = 60  # lines with one word

# A question asks whether something is so; "why does it fail", "how do I mend it" tell that it does.
_ASKS = regex(
    r"^\W{0,4}(?:(?:hi|hello|hey|so|and|but|also|or|ok|question|quick question|btw)\b\W{1,3}){0,2}"
    r"(?:do|does|did|is|are|was|will|would|can|could|may|might|should|shall|has|have|which|what|where|who|when|how (?:much|many|does|do|long|to|can)"
    r"|any(?:one|body) (?:tried|using|know (?:if|whether|which|when)))\b(?!n['’]t)"
    r"|(?:吗|呢|是否|能不能|可以不可以|哪个|多少)",
    2,
)
_FAULT_IN_QUESTION = regex(
    r"\b(?:why|how (?:do|can|to|should) (?:I |we |you )?(?:fix|solve|get rid|avoid|resolve|repair|mend)|fails?|failing|failed|crash\w*|keeps?|always|n['’]t|cannot|what(?:'s| is) wrong|help)\b|怎么(?:办|解决|处理|回事)|为什么|为何|如何解决",
    2,
)
# "does it work?" is asked even with a word of failure in it
_WHETHER = regex(
    r"^\W{0,4}(?:does|do|is|are|will|would|can|could|should)\b(?! (?:anyone|anybody|someone|somebody|you)\b)",
    2,
)
# These stand by themselves, and not in other words.
_CONDITIONS = (
    *("if", "whether", "unless", "suppose", "imagine", "would"),
    *("wenn", "falls", "si", "se"),
)
_CONDITION = regex(
    r"(?<![\w'])(?:if|whether|unless|in case|whenever|should you|when you|^when(?:ever)? (?!I\b|we\b|my\b|our\b|the\b|\w+ing\b)\w+ \w+s\b|suppose|imagine|would|what happens|wenn|falls|si|se|если)(?![\w'])(?! (?:I|we) (?:run|do|try|install|import|start|use|call|launch|set|unset|don['’]?t|remove|open|execute)\b)|如果|假如|的话|是否",
    2,
    (
        *_CONDITIONS,
        *"in case|when|should you|what happens|если|如果|假如|的话|是否".split("|"),
    ),
)
_ADVICE = regex(
    r"\b(?:make sure|be sure|you (?:need|should|must|have to|can|may|will|want)|must be|has to|have to|needs? to be|remember|don['’]t forget|note to self|note that|psa|fyi|tip|keep in mind|good to know|beware|recommended|prefer\w*|(?:^|[,;.] |so |please |just )always (?:use|take|install|check|pin|match)|instead use|use [^.;\n]{1,40} instead|(?:docs?|documentation|readme|faq|manual|guide|tutorial|changelog|release notes?)(?: \w+)? (?:says?|lists?|mentions?|states?|explains?|describes?)|^\W*(?:tutorial|guide|faq|note|docs?)\W*:|the error means|this means|means that|feature request|proposal|everybody knows|everyone knows|I know (?:that )?|we know (?:that )?|as expected|by design|known (?:issue|limitation)s? of|in general|generally|known to)\b|(?:请|建议|推荐|记得|注意|教程|应该(?:用|装|先)|需要.{0,12}才能)",
    2,
    tuple(
        "make sure|be sure|you |must be|has to|have to|to be|remember|forget|note|psa|fyi|tip|in mind|to know|beware|recommended|prefer|doc|always |instead|readme|faq|manual|guide|tutorial|changelog|release note|means|feature request|proposal|knows|i know |we know |as expected|by design|known |general|请|建议|推荐|记得|注意|教程|应该|需要".split(
            "|"
        )
    ),
)
_THEY = (
    *("people", "users", "others", "everyone", "everybody", "somebody", "someone", "folks"),
    *("customer", "customers", "they", "he", "she", "his", "her"),
)
_OTHERS = regex(
    rf"(?<![\w'])(?:(?:my|a|our|the|an) {SOMEBODY}s?\b|{SOMEBODY}s? of mine|people|users|others|other people|everyone|everybody|somebody|someone|folks|customers?|they|he|she|his|her)(?![\w'])|(?<!和)(?:同事|朋友|同学)|别人|有人|室友|他的|她的",
    2,
    (
        *WORDS_OF_SOMEBODY,
        *_THEY,
        *"同事|朋友|同学|别人|有人|室友|他的|她的".split("|"),
    ),
)
_OURS = regex(
    r"(?<![\w'])(?:me|my|mine|I|I'm|we|our|us|same|too|\bhere)(?![\w'])|我",
    2,
)
_HISTORY = regex(
    r"\b(?:last (?:year|month|week|winter|summer|spring|time)|(?:years?|months?|weeks?|days?) ago|back then|in the past|(?<!was )(?<!is )(?<!are )(?<!were )(?<!be )used to|once upon|formerly|at first|initially|in the old|on the old|before (?:I|we)|old (?:laptop|machine|pc|computer|server|rig)|earlier today|previously)\b|之前|以前|原来|当时|曾经",
    2,
    tuple(
        "last |year|month|week|day|ago|back then|in the past|used to|once upon|formerly|at first|initially|the old|before |old |previously|之前|以前|原来|当时|曾经".split(
            "|"
        )
    ),
)
_STILL = regex(r"\b(?:now|still|again|today|but|yet|since)\b|现在|还是|仍|又|今天|但", 2)
_NEGATED = regex(
    r"\b(?:no longer (?:get|see|have|hit)|(?:don['’]?t|do not|didn['’]?t|did not|never|doesn['’]?t) (?:get|see|have|hit|give|show|raise|throw) (?:any|the|a|an|that|this)|without any|is gone|are gone|went away|disappear\w*|nothing (?:fails|breaks|crashes)|no (?:errors?|problems?|issues?|trouble))\b|没有(?:报错|问题|错误)|不再",
    2,
    tuple(
        "no longer |don't|don’t|dont|do not |didn|did not |never |doesn|without any|is gone|are gone|went away|disappear|nothing |no error|no problem|no issue|no trouble|没有|不再".split(
            "|"
        )
    ),
)
_MENDED = regex(
    r"\b(?:solved|fixed|resolved|cured|helped|mended|sorted|(?:works?|working|runs?|running|trains?|imports?|loads?|compiles?|builds?) (?:now|again|fine|great|well|perfectly|ok|okay|\bhere|without)|now (?:it |everything |all |cuda |torch |training )?(?:works?|runs?|trains?|is fine)|all (?:is |are |was )?(?:good|well|fine|ok)|everything (?:works|runs|is fine)|without (?:any )?(?:problems?|trouble|errors?|issues?)|(?<!where )(?:it|both|that|all) (?:works|pass(?:es)?|runs)\b(?! on (?:the )?cpu)|(?:so|and|then) (?:I|we) (?:replaced|swapped|sold|switched|moved|reinstalled)|sees all|is fine|are fine|no problem|thanks[,!] )\b|(?<!又)好了|正常|解决了|可以用了|没问题|搞定",
    2,
    tuple(
        "solved|fixed|cured|helped|mended|sorted| now| again|fine| great| well| perfectly| ok| her| without|now |good|everything |without |works|pass|runs|replaced|swapped|sold|switched|moved|reinstalled|sees all|no problem|thanks|好了|正常|解决了|可以用了|没问题|搞定".split(
            "|"
        )
    ),
)
_LEFT = regex(
    r"\b(?:but|still|however|yet|except|not|never|until|fails?|failed|although|though|false|only|instead|cpu)\b|n['’]t\b|不|没|但|还是|仍",
    2,
)
# "if I unset it everything works": it is not mended, and what makes it work is known
_ONLY_IF = regex(r"\b(?:if|when|whenever|as soon as|once) (?:I|we|you) [^.;\n]{1,60}$", 2)

# What a sentence holds that tells of another machine, another time, or of what is mended.
_TOLD_OTHERWISE = (_CONDITION, _NEGATED, _ADVICE, _OTHERS, _HISTORY, _MENDED)


class Sentence(NamedTuple):
    """One sentence of a report, the line it stands on, and what stands before and behind it there."""

    text: str
    line: int
    before: str = ""
    behind: str = ""


def sentences(paste: Paste, *needs: str, also: Needs = ()) -> Iterator[Sentence]:
    """Yield the sentences that hold one of *needs* (in lower case) and tell what happens on the machine at hand.

    Lines that do not hold a word of each group of *also* are left out.
    """
    lines: set[int] = set()
    for word in needs:
        lines.update(paste.holding(word)[:_ENOUGH])
    for words in also if lines else ():
        lines.intersection_update(set().union(*map(paste.holding, words)))
    if not lines:
        return
    here = _HERE.get(paste) or _HERE.setdefault(paste, _Here(paste))
    for index in sorted(lines):
        for sentence, low in here.on_line(index, paste):
            for word in needs:
                if word in low:
                    if here.tells(sentence, index):
                        yield sentence
                    break


class _Here:
    """The sentences of a report: readers ask for some hundred words, and most of these stand in the same few."""

    def __init__(self, paste: Paste) -> None:
        self._lines: dict[int, tuple[tuple[Sentence, str], ...]] = {}
        self._tells: dict[Sentence, bool] = {}
        alone = {_CONDITION: _CONDITIONS, _OTHERS: _THEY}
        self._where = [(one, paste.where(one, alone.get(one, ()))) for one in _TOLD_OTHERWISE]

    def on_line(self, index: int, paste: Paste) -> tuple[tuple[Sentence, str], ...]:
        """The sentences of ``lines[index]``, each with its text in lower case."""
        found = self._lines.get(index)
        if found is None:
            every = _of_line(paste.lines[index], paste.number(index))
            found = tuple((sentence, sentence.text.lower()) for sentence in every)
            self._lines[index] = found
        return found

    def tells(self, sentence: Sentence, index: int) -> bool:
        """Whether a sentence of ``lines[index]`` tells what happens on the machine at hand."""
        found = self._tells.get(sentence)
        if found is None:
            likely = [pattern for pattern, lines in self._where if index in lines]
            found = self._tells[sentence] = is_of_here(sentence, likely)
        return found


# what was read of a report goes with it
_HERE: WeakKeyDictionary[Paste, _Here] = WeakKeyDictionary()


def holds_here(text: str, start: int, end: int) -> bool:
    """Whether the sentence of ``text[start:end]``, on one line, tells what happens on the machine at hand."""
    first = max((found.end() for found in _ENDS.finditer(text, 0, start)), default=0)
    stop = next((found.start() for found in _ENDS.finditer(text, end)), len(text))
    sentence = Sentence(text[first:stop].strip(), 0, text[:first], text[stop : stop + _LONGEST])
    return len(sentence.text) > _LONGEST or is_of_here(sentence)


def is_of_here(sentence: Sentence, likely: Collection[re.Pattern[str]] = _TOLD_OTHERWISE) -> bool:
    """Whether a sentence tells what happens on the machine at hand; it may hold the *likely* patterns alone."""
    text = sentence.text
    asked = text.rstrip("\"'`)* ").endswith(("?", "？")) or "吗" in text
    if asked and _ASKS.search(text):
        fails = _FAULT_IN_QUESTION.search(text) and not _WHETHER.search(text)
        if not fails:
            return False
    if is_no_trouble(text):
        return False
    found = {one for one in likely if one is not _MENDED and one.search(text)}
    if _CONDITION in found or _NEGATED in found:
        return False
    if (_ADVICE in found or _HISTORY in found) and not _STILL.search(text):
        return False
    if _OTHERS in found and not _OURS.search(text):
        return False
    return _MENDED not in likely or not any(map(_is_mended, (text, sentence.behind)))


def _is_mended(text: str) -> bool:
    found = _MENDED.search(text)
    if found is None or _ONLY_IF.search(text, 0, found.start()):
        return False
    return not _LEFT.search(text, found.start())


def _of_line(line: str, number: int) -> Iterator[Sentence]:
    at, plain = 0, line.isascii()
    ends = _ENDS_IN_ASCII if plain else _ENDS
    for end in (*[found.end() for found in ends.finditer(line)], len(line)):
        text = line[at:end].strip()
        if not plain:
            text = _SEAMS.sub(" ", text)
        if 0 < len(text) < _LONGEST:
            yield Sentence(text, number, line[:at], line[end : end + _LONGEST])
        at = end
