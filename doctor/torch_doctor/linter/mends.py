"""Edits that problems propose for requirements: a limit, another version, an option of the installer beside it."""

from __future__ import annotations

import re

from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Edit, Requirement
from torch_doctor.linter.text import Spot

# Formats whose lines a shell reads: words with signs are quoted there, and options stand beside requirements.
_SHELL = frozenset({"dockerfile", "workflow", "script", "gitlab", "devcontainer", "apptainer"})
_LISTS = frozenset({"requirements", "pyproject"})
Mends = tuple[tuple[Edit, ...], ...]


def limited(one: Requirement, limit: str, project: LintProject) -> Mends:
    """Return the edit that gives a requirement without a specifier a limit, such as ``<2``."""
    word, kind = _word(one, project), project.files[one.spot.file].kind
    bare = word.strip("'\"")
    if not bare or one.specifier:
        return ()
    if kind in _SHELL and bare == word:
        return ((Edit(one.spot, word, f"'{word}{limit}'"),),)
    return ((Edit(one.spot, bare, f"{bare}{limit}"),),) if kind in _LISTS else ()


def released(one: Requirement, version: str) -> Mends:
    """Return the edit that pins another release; a local part stays as it is."""
    public = one.pinned.partition("+")[0]
    return ((Edit(one.spot, f"=={public}", f"=={version}"),),) if public else ()


def replaced(spot: Spot, old: str, new: str, project: LintProject) -> Mends:
    """Return the edit that puts *new* in the place of *old*; none where the line gets *old* from a variable."""
    written = old in project.files[spot.file].text.line(spot.line)
    return ((Edit(spot, old, new),),) if written else ()


def with_option(one: Requirement, option: str, project: LintProject) -> Mends:
    """Return the edit that gives an installer an option: beside the requirement, in a list on a line before it."""
    kind, word = project.files[one.spot.file].kind, _word(one, project)
    if kind == "requirements" and option.startswith(("--index-url", "--extra-index-url")):
        return ((Edit(one.spot, "", option, below=False),),)
    return ((Edit(one.spot, word, f"{word} {option}"),),) if word and kind in _SHELL else ()


def _word(one: Requirement, project: LintProject) -> str:
    """Return a requirement as its line has it, with its quotes; empty where it stands there otherwise, or twice."""
    if not one.name or one.url:
        return ""
    line = project.files[one.spot.file].text.line(one.spot.line)
    name = re.escape(one.name).replace(r"\-", "[-_.]")
    pattern = (
        rf"(?<![\w.-])(['\"]?){name}(?:\[[\w,-]*\])?{re.escape(one.specifier)}\1(?![\w.=<>!~+-])"
    )
    found = [match[0] for match in re.finditer(pattern, line, re.IGNORECASE)]
    return found[0] if len(found) == 1 else ""
