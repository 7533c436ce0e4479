"""Names of nodes as schedulers write them: ``node[001-128],login1``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import regex

MOST = 1_000_000
_NUMBERED = regex(r"([^.]*?)(\d+)([^0-9.]*(?:\..*)?)", re.DOTALL)
_BRACKETED = regex(r"([^\[\],]*)\[([\d,\-]+)\]([^\[\],]*)")


def folded(names: Iterable[str]) -> str:
    """Return names in the short form: those that differ in their last number are one entry."""
    families: dict[tuple[str, str], list[str]] = {}
    plain: list[str] = []
    for name in dict.fromkeys(names):
        match = _NUMBERED.fullmatch(name)
        if match and not set("[],").intersection(name):
            families.setdefault((match[1], match[3]), []).append(match[2])
        else:
            plain.append(name)
    entries = [
        (prefix, _entry(prefix, numbers, tail)) for (prefix, tail), numbers in families.items()
    ]
    entries += [(name, name) for name in plain]
    return ",".join(entry for _, entry in sorted(entries))


def unfolded(text: str) -> Iterator[str]:
    """Yield the names of a list with commas or blanks between; raise ValueError on brackets that mean nothing."""
    for word in re.findall(r"(?:[^\s,\[\]]|\[[^\]]*\])+|[\[\]]", text):
        match = _BRACKETED.fullmatch(word)
        if match:
            yield from (f"{match[1]}{number}{match[3]}" for number in _numbers(match[2], word))
        elif "[" in word or "]" in word:
            msg = f"{word[:80]} is no list of nodes"
            raise ValueError(msg)
        else:
            yield word


def _entry(prefix: str, numbers: list[str], tail: str) -> str:
    if len(numbers) == 1:
        return f"{prefix}{numbers[0]}{tail}"
    runs: list[list[str]] = []
    for number in sorted(numbers, key=lambda one: (len(one), one)):
        if runs and _follows(runs[-1], number):
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return f"{prefix}[{','.join('-'.join(run) for run in runs)}]{tail}"


def _follows(run: list[str], number: str) -> bool:
    """Whether *number* goes on a run; one of another width only where neither is padded."""
    if int(number) != int(run[-1]) + 1:
        return False
    return len(number) == len(run[-1]) or (run[0][0] != "0" and len(run[-1]) == len(run[0]))


def _numbers(text: str, word: str) -> Iterator[str]:
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            msg = f"{word[:80]} is no list of nodes"
            raise ValueError(msg)
        low, high = int(first), int(last or first)
        if not low <= high < low + MOST:
            msg = f"{word[:80]} is no list of nodes: {part[:40]} is no range"
            raise ValueError(msg)
        yield from (str(number).zfill(len(first)) for number in range(low, high + 1))
