"""What all pages of the lookup share: escaped words, tables, and sources with their dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.core.finding import Receipt, Topic

_SIGNS = re.compile(r"([\\`*_|<>\[\]#])")


def slug(text: str) -> str:
    """Return a name as a file is called."""
    return re.sub(r"[^a-z0-9.]+", "-", text.casefold()).strip("-.")


def escaped(text: str) -> str:
    """Return text as Markdown that shows it as it is."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Return text as code within a table's cell, too."""
    return f"`{' '.join(text.split()).replace('`', chr(39))}`".replace("|", "\\|")


def asked(words: str, kind: str) -> str:
    """Return the command that says the page's words in a terminal, and the way back to all pages of its *kind*."""
    quoted = f'"{words}"' if " " in words else words
    return f"In a terminal: {code(f'torch-doctor explain {quoted}')} · [All {kind}](index.md)"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table of cells that are Markdown already; nothing where there is no row."""
    found = list(rows)
    if found:
        yield from ("", f"| {' | '.join(head)} |", "|---" * len(head) + "|")
        yield from (f"| {' | '.join(cells)} |" for cells in found)
        yield ""


def lines_of(topic: Topic, leave_out: Sequence[str] = ()) -> Iterator[str]:
    """Yield what is known of a topic as a table without a head."""
    rows = [(one.label, escaped(one.words)) for one in topic.lines if one.label not in leave_out]
    yield from table(("", ""), rows)


def sources(because: Iterable[Receipt]) -> Iterator[str]:
    """Yield where the page's claims were read, and on which day."""
    rows = {
        (one.row, one.source): (code(one.row), _link(one.source), one.checked, one.how)
        for one in because
    }
    yield from ("", "## Sources", "")
    yield from table(("row", "source", "checked", "how"), rows.values())


def _link(source: str) -> str:
    return f"<{source}>" if re.fullmatch(r"https?://[^\s<>]+", source) else escaped(source)
