"""Lines as text for a screen. Colours come from rich and only where they are wanted; the words are the same."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.startup import regex
from torch_doctor.render.text.line import Line, Segment, wrap

_STYLES = {
    "ok": "green",
    "error": "bold red",
    "warning": "yellow",
    "note": "cyan",
    "unknown": "magenta",
    "absent": "dim",
    "dim": "dim",
    "bold": "bold",
    "command": "cyan",
}


_ADDRESS = regex(r"https?://[^\s\"'<>()\[\]]+[^\s\"'<>()\[\].,;:]")


def to_text(
    laid_out: Iterable[Line], *, width: int, colour: bool = False, links: bool = False
) -> str:
    """Return lines as text, with or without colours; with *links*, coloured addresses can be followed (OSC 8)."""
    rows = list(wrap(laid_out, width))
    if colour:
        try:
            return _coloured(rows, links)
        except ImportError:
            pass  # a broken environment is what people run this in: the words matter more
    return "".join(f"{''.join(segment.text for segment in row).rstrip()}\n" for row in rows)


def _coloured(rows: list[list[Segment]], links: bool) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.style import Style
    from rich.text import Text

    out = StringIO()
    console = Console(
        file=out, force_terminal=True, width=10_000, markup=False, highlight=False, emoji=False,
        legacy_windows=False, color_system="standard", no_color=False, _environ={},
    )  # fmt: skip
    for row in rows:
        line = Text()
        for segment in row:
            line.append(segment.text, _STYLES.get(segment.style, ""))
        for found in _ADDRESS.finditer(line.plain) if links else ():
            line.stylize(Style(link=found[0]), *found.span())
        line.rstrip()
        console.print(line, soft_wrap=True)
    return out.getvalue()
