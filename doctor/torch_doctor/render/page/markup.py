"""Text as HTML: nothing that a machine or a report said becomes markup, and only addresses of rows become links."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line, visible

_ADDRESS = regex(r"https://[A-Za-z0-9.-]+\.[a-z]{2,}(?:/[A-Za-z0-9._~/?#=&%+,@:!-]*)?")


def text(words: str) -> str:
    """Return words as one line of HTML."""
    return escape(one_line(words, 4000))


def address(words: str) -> str:
    """Return a web address as a link, any other words as text."""
    if not _ADDRESS.fullmatch(words):
        return text(words)
    return f'<a href="{escape(words)}" rel="noreferrer">{text(words)}</a>'


def receipt(one: Receipt) -> str:
    """Return the row that says something: its key, its source as a link, how and when it was read."""
    return f"{text(one.row)}: {address(one.source)} ({text(one.how)}, checked {text(one.checked)})"


def items(rows: Iterable[str]) -> str:
    """Return rows, which are HTML already, as a list."""
    return f"<ul>{''.join(f'<li>{row}</li>' for row in rows)}</ul>"


def row(cells: Iterable[str]) -> str:
    """Return cells of plain text as a row of a table."""
    return f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in cells)}</tr>"


def commands(lines: Iterable[str], label: str = "commands") -> str:
    """Return commands, or what *label* says, with a button that copies them.

    They break between words alone, so that each can be read.
    """
    shown = visible("\n".join(lines))
    words = "\n".join(
        " ".join(f"<span>{escape(word)}</span>" if word else "" for word in line.split(" "))
        for line in shown.split("\n")
    )
    return (
        f'<div class="command"><pre tabindex="0" aria-label="{label}">{words}</pre>'
        '<button type="button" data-copy hidden>Copy</button></div>'
    )
