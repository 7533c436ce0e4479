"""Help within the width of a terminal: paragraphs and lists are broken, commands that people copy are not."""

from __future__ import annotations

import os


def fitted(text: str) -> str:
    """Return a help within the columns of this terminal; a pipe's lines are not broken."""
    from torch_doctor.cli.output.streams import width

    return within(text, width(os.environ))


def within(text: str, width: int) -> str:
    """Return *text* whose longer lines are broken; those of lists hang, and those of commands are left whole."""
    if all(len(line) <= width for line in text.splitlines()):
        return text
    import re
    from textwrap import fill

    broken: list[str] = []
    for line in _joined(text.splitlines(), width):
        example = len(line) > width and re.match(r"( +torch-doctor(?: \S+)*?) {2,}(\S.*)", line)
        if example:
            hang = " " * 6
            remark = fill(example[2], width, initial_indent=hang, subsequent_indent=hang)
            broken += (example[1], remark)
            continue
        item = re.match(r"( +(?!torch-doctor)[\w-]+ {2,})\S", line)
        if len(line) <= width or (line.startswith(" ") and not item):
            broken.append(line)
            continue
        hang = " " * min(len(item[1]), width // 3) if item else ""
        broken.append(
            fill(
                line, width, subsequent_indent=hang, break_on_hyphens=False, break_long_words=False
            )
        )
    return "\n".join(broken) + "\n" * text.endswith("\n")


def _joined(lines: list[str], width: int) -> list[str]:
    """Return the lines, those of a paragraph that does not fit joined into one."""
    found: list[str] = []
    together = False
    for line in lines:
        plain = bool(line) and not line.startswith((" ", "usage:"))
        if plain and together:
            found[-1] = f"{found[-1]} {line}"
        else:
            found.append(line)
        together = plain and (len(found[-1]) > width or together)
    return found
