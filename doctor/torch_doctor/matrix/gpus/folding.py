"""The form in which names of GPUs are compared."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex

_MAKER = regex(r"\b(nvidia|geforce|tesla|quadro|graphics)\b")
_BLANKS = str.maketrans("_-", "  ")


def fold(name: str) -> str:
    """Return a GPU name in the form in which names are compared."""
    plain = name.casefold().replace("(r)", "").replace("(tm)", "")
    folded = " ".join(plain.translate(_BLANKS).split())
    return _without_slice(folded)


def _without_slice(folded: str) -> str:
    """Cut a folded name before the word ``mig``, with which the name of a slice begins."""
    at = folded.find(" mig")
    while at >= 0:
        following = folded[at + 4 : at + 5]
        if not (following.isalnum() or following == "_"):
            return folded[:at]
        at = folded.find(" mig", at + 1)
    return folded


def without_maker(folded: str) -> str:
    """Return a folded name without the words for the maker and his series, ``rtx 4090``."""
    plain = " ".join(_MAKER.sub(" ", folded).split())
    return re.sub(r"^(gtx|rtx|gt)(\d)", r"\1 \2", plain)


def fold_all(names: list[str]) -> list[str]:
    """Return what fold makes of each: of all in one text, where none needs more than that."""
    text = "\n".join(names).casefold().replace("(r)", "").replace("(tm)", "").translate(_BLANKS)
    while "  " in text:
        text = text.replace("  ", " ")
    lines = text.replace(" \n", "\n").replace("\n ", "\n").strip().split("\n")
    if len(lines) != len(names) or not text.isascii() or "\t" in text:
        return list(map(fold, names))
    return [fold(name) if " mig" in line else line for line, name in zip(lines, names, strict=True)]


# A share of a board: the framebuffer in GB and the class of licence, "a100d 40c", "l40s 48q", "a100 3 20c" with MIG.
_SHARE = regex(r"(?:nvidia )?(?:grid )?(.+?)(?: \d)? \d{1,3}[qcab]e?")


def shared_board(folded: str) -> str | None:
    """Return the board behind the folded name of a virtual GPU, ``grid t4 16q``; None where it is no share of one."""
    share = _SHARE.fullmatch(folded)
    return share[1] if share else None
