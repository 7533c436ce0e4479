"""What the user can put right: said in one line, with the cure, and exit code 2."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.text import one_line


class InputError(Exception):
    """Wrong input. *kind* is usage, input or matrix; *cure* is what to do about it."""

    def __init__(self, message: str, cure: str = "", kind: str = "usage") -> None:
        super().__init__(one_line(message, 2000))
        self.message = one_line(message, 2000)
        self.cure = one_line(cure, 1000)
        self.kind = kind


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean x?`` for the nearest known word, or an empty string."""
    from difflib import get_close_matches

    by_fold = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), list(by_fold), 1, 0.6)
    return f"did you mean {by_fold[near[0]]}?" if near else ""
