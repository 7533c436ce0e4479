"""What somebody typed or pasted → what is known of it: rules, topics, and what it means on a machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from torch_doctor.core.startup import TYPE_CHECKING, Any, regex
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.api import Report
    from torch_doctor.core.about import About
    from torch_doctor.core.fact import Facts
    from torch_doctor.core.finding import Topic
    from torch_doctor.core.rule import Rule

    Machine = Callable[[], tuple[Facts, About]]

_PASTED = "the text to explain"
# What most people ask first, in the words of their program.
_UNAVAILABLE = regex(
    r"(?:torch\.cuda\.)?is_available(?:\(\))?(?:\W|is|returns|gives)*False\W*", re.IGNORECASE
)
# A library by its name alone, or with what the loader says of it: an ImportError of Python carries more.
_LIBRARY = regex(r"(lib[\w.+-]*\.so(?:\.\d+)*)(?:: cannot open.*)?", re.IGNORECASE)
_MISSING = "ImportError: {}: cannot open shared object file: No such file or directory"
_A_SENTENCE = 3  # words: from here on it may be a text that only rules know


class Explained(NamedTuple):
    """What is known of some words.

    *rules* and *topics* are what they name. Of an error's text, *signatures* are the rows that recognise it, and
    *report* holds it against the machine, and *speaks* says whether that has a cause for it. Where nothing is known,
    *near* are names that are much alike, or none.
    """

    rules: tuple[Rule, ...] = ()
    topics: tuple[Topic, ...] = ()
    signatures: tuple[Any, ...] = ()
    report: Report | None = None
    near: tuple[str, ...] = ()
    speaks: bool = False

    @property
    def is_known(self) -> bool:
        """Whether anything is known of it."""
        return bool(self.rules or self.topics or self.report)


def named_by(words: Sequence[str], more: Callable[[str], tuple[Topic, ...]]) -> Explained | None:
    """Return the rules and topics that *words* name, together or each by itself; None for an error's text.

    *more* knows further topics, which come first.
    """
    whole = " ".join(words)
    rule = _rule(whole)
    topics = () if rule else _topics(whole, more)
    if rule or topics:
        named = [(rule, topics)]
    else:
        named = [(_rule(word), () if _rule(word) else _topics(word, more)) for word in words]
    found = [topic for _, each in named for topic in each]
    is_text = any(topic.kind == "error-text" for topic in found)
    if is_text or not all(rule or each for rule, each in named):
        return None
    return Explained(tuple(rule for rule, _ in named if rule), tuple(found))


def text_explained(text: str, machine: Machine) -> Explained:
    """Return what an error's text means, and what it comes from on *machine*, which is asked where it matters."""
    from torch_doctor.core.text import unquoted
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.matrix.signatures import recognise
    from torch_doctor.matrix.topics.find import mentioned_in, worded_in
    from torch_doctor.matrix.topics.texts import texts_in

    matrix = load_matrix()
    library = _LIBRARY.fullmatch(unquoted(text))
    text = _MISSING.format(library[1]) if library else text
    topics = tuple(dict.fromkeys((*texts_in(unquoted(text), matrix), *mentioned_in(text, matrix))))
    topics = topics or tuple(worded_in(unquoted(text), matrix))
    if not topics and len(text.split()) < _A_SENTENCE:
        return Explained(near=_near(text))
    facts, about = machine()
    report = _judged(text, facts, about)
    speaks = _is_known_to_rules(report, facts)
    if not topics and not speaks:
        return Explained(near=_near(text))
    return Explained((), topics, tuple(recognise(text, matrix)), report, speaks=speaks)


def _near(text: str) -> tuple[str, ...]:
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.matrix.topics.find import near
    from torch_doctor.rules import load_rules

    rules = {key: key for rule in load_rules() for key in (rule.code, rule.name)}
    return tuple(near(text, load_matrix(), rules))


def _is_known_to_rules(report: Report, facts: Facts) -> bool:
    """Whether a rule that names a cause speaks because of the text alone."""
    from torch_doctor.api import check

    without = {(one.code, one.message) for one in check(facts=facts).findings}
    named = [one for one in report.findings if one.cause not in (None, "unexplained")]
    return any((one.code, one.message) not in without for one in named)


def _judged(text: str, facts: Facts, about: About) -> Report:
    from torch_doctor.api import check
    from torch_doctor.core.fact import Known, Source
    from torch_doctor.core.records import ErrorSeen

    seen = (*facts.value("errors_seen", ()), ErrorSeen(text))
    known = Known(seen, Source("user", _PASTED))
    return check(facts=facts.with_(errors_seen=known), about=about)


def _rule(word: str) -> Rule | None:
    """Return the rule of a code or a name: ``td202``, ``TD-202``, ``gpu older than build``."""
    from torch_doctor.core.text import unquoted
    from torch_doctor.rules import load_rules

    typed = re.sub(r"[\s_]+", "-", unquoted(word).casefold())
    typed = re.sub(r"^td-?(\d+)$", r"td\1", typed)
    if _UNAVAILABLE.fullmatch(unquoted(word)):
        typed = "torch-cuda-unavailable"
    rules = {key.casefold(): rule for rule in load_rules() for key in (rule.code, rule.name)}
    return rules.get(typed)


def _topics(words: str, more: Callable[[str], tuple[Topic, ...]]) -> tuple[Topic, ...]:
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.matrix.topics.find import topics_of

    return more(words) or tuple(map(_with_rules, topics_of(words, load_matrix())))


def _with_rules(topic: Topic) -> Topic:
    """Return an error of CUDA of which no row tells a cause with the rules that speak of its text."""
    from torch_doctor.api import check
    from torch_doctor.core.fact import Facts, Known, Source
    from torch_doctor.core.finding import Said
    from torch_doctor.core.records import ErrorSeen

    if topic.kind != "cuda-error" or any(line.label in ("can be", "cure") for line in topic.lines):
        return topic
    seen = (ErrorSeen(f"CUDA error: {topic.title.partition(': ')[2]}"),)
    found = check(facts=Facts({"errors_seen": Known(seen, Source("user", _PASTED))})).findings
    spoken = [
        f"{one.code} {one.name}: {one.message}" for one in found if one.cause != "unexplained"
    ]
    return topic._replace(lines=(*topic.lines, *(Said("rule", words) for words in spoken)))
