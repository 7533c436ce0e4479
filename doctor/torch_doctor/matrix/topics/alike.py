"""Which of many texts somebody may have meant: cut short, mistyped, or told in words of their own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from torch_doctor.core.startup import regex

_WORD = regex(r"[a-z]{3,}|\d+")
# What stands around every error, or in every sentence, and tells none.
_FRAME = regex(r"cuda|err\w*|\w*(?:error|warning|exception)|the|and|for|was|not|has|with")

_SHARE = 0.5  # of the weight of the typed words, which a text must have to be near
_CUT = 3  # letters from which on a word may be one that was cut short
_LONG = 5  # letters from which on a word may be mistyped
_TYPED = 60  # words; of a longer text its end, where the error stands
_STRANGE = 3.0  # what a word weighs that no text has


def alike(typed: str, texts: Iterable[str], most: int) -> list[str]:
    """Return at most *most* of *texts*, the nearest first: rare words that both have count more than common ones."""
    of = {text: set(_words(text)) for text in dict.fromkeys(texts)}
    known = Counter(word for words in of.values() for word in words)
    wanted = [_meant(word, known) for word in dict.fromkeys(_words(typed)[-_TYPED:])]
    weights = [
        min((_weight(known[word], len(of)) for word in each), default=_STRANGE) for each in wanted
    ]
    found = []
    for text, words in of.items():
        hits = [weight for each, weight in zip(wanted, weights, strict=True) if each & words]
        if len(hits) > 1 and sum(hits) >= _SHARE * sum(weights):
            found.append((sum(hits), len(hits) / len(words), text))
    return [text for *_, text in sorted(found, key=lambda one: one[:2], reverse=True)[:most]]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if not _FRAME.fullmatch(word)]


def _weight(texts_with_it: int, texts: int) -> float:
    return math.log((1 + texts) / texts_with_it)


def _meant(word: str, known: Counter[str]) -> set[str]:
    """Return the known words that *word* may be: itself, longer ones that it begins, and ones that differ little."""
    from difflib import get_close_matches

    if word.isdigit():
        return {word} & known.keys()
    begun = {one for one in known if len(word) >= _CUT and one.startswith(word)}
    close = get_close_matches(word, known, 3, 0.8) if len(word) >= _LONG else ()
    return begun | set(close)
