"""Words of a command line: what comes from a fact stays one word, whoever wrote it."""

from __future__ import annotations

from torch_doctor.core.startup import regex

_PLAIN = regex(r"[\w@%+=:,./~$\\-]+")
_WITH_BLANKS = regex(r"[\w@%+=:,./~\\ ()-]+")
_SPEC = regex(r"[\w.+\[\],<>=!~*@ :/-]+")


def word(text: str) -> str:
    """Return *text* as one word of a command line: a fact may come from a file that somebody wrote to be pasted."""
    if _PLAIN.fullmatch(text):
        return text
    if _WITH_BLANKS.fullmatch(text):
        return f'"{text}"'
    import shlex  # for what hardly any path or name holds

    return shlex.quote(text)


def requirement(spec: str) -> str:
    """Return a requirement (``torch==2.8.0``) as one word, in quotes that every shell reads."""
    return f'"{spec}"' if _SPEC.fullmatch(spec) else word(spec)
