"""What pip, uv and poetry say when they cannot resolve."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import NOT_WHERE_ASKED, WITHOUT_ITS_TAG, UnresolvedRequirement
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_PIP = regex(
    r"Could not find a version that satisfies the requirement ([^\s(;]{1,80})[^()]{0,200}(?:\((?:from [^()]{0,200}\) \()?from versions: ?([^)]{0,1500}))?",
    re.IGNORECASE,
)
_NO_MATCH = regex(r"No matching distribution found for ([^\s;]{1,80})", re.IGNORECASE)
_NOT_SUPPORTED = regex(
    r"([A-Za-z][\w.+-]{5,120}\.whl)[^\n]{0,60}?\bnot (?:a )?supported(?: wheel)? (?:on this platform|\bhere\b|for this python)",
    re.IGNORECASE,
)
_UV_PLATFORM = regex(
    r"Distribution `([\w.+-]{1,40}==[\w.+-]{1,60})(?: @ registry\+([^\s`]{1,160}))?[^`]{0,200}` can't be installed because (.{0,200})"
)
# uv stops at the first index that has a package of that name, whatever its versions.
_UV_FIRST_INDEX = regex(
    r"`([\w.-]{1,60})` was found on (https?://\S{1,160}?),? but not at the requested version"
)
_UV_PYTHON = regex(
    r"current Python version \((\d\.\d{1,2})[\d.]{0,4}\) does not satisfy (Python\S{1,40}) and (?:all versions of )?`?(torch[\w=.+-]{0,40})"
)
_POETRY_PYTHON = regex(
    r"\b(torch(?:vision|audio)?) \((\d[\w.+]{1,30})\) requires (Python [^\n;)]{3,60}?)(?:, torch| is forbidden|,? so|$)"
)
_POETRY_FILES = regex(
    r"Unable to find installation candidates for (torch(?:vision|audio)?) \((\d[\w.+]{1,30})\)"
)
# "torchvision (0.10.0+cu111) depends on torch (1.9.0)": of another source, whose name has no tag
_POETRY_TAGS = regex(
    r"\b(torch(?:vision|audio|text)) \((\d[\w.]{1,20}\+(?:cu\d{2,3}|cpu|rocm[\d.]{1,6}))\) depends on torch \(=?=?(\d[\d.]{1,12})\)"
)
_UV_NOTHING = regex(
    r"No compatible version found for:? `?(torch(?:vision|audio)?)\b", re.IGNORECASE
)
_UV_WHEELS = regex(
    r"You're (?:on|using) (?:([A-Za-z][\w ]{2,20}) \(`([\w.]{3,40})`\)|(CPython) (\d\.\d{1,2})[^`]{0,30}(?:\(`(\w{3,12})`\))?), but `([\w.-]{1,40})` \((v[\w.+-]{1,40})\) only has wheels (.{0,300})"
)
_UV_BECAUSE = regex(
    r"Because (?:(there (?:is|are) no versions? of )|only )?`?(torch(?:vision|audio)?(?:\[\w+\])?(?:[=<>!~,.\w+*{}-]{1,60})?)`? ?(.{0,300})"
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the requirements that could not be had."""
    yield from _pip(paste)
    yield from _uv(paste)
    yield from _uv_log(paste)
    yield from _uv_choices(paste)
    yield from _poetry(paste)


def _pip(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_PIP, "could not find a version that satisfies", 20):
        offered = None
        if match[2] is not None:
            listed = [v.strip() for v in match[2].split(",")]
            offered = tuple(v for v in listed if v and v != "none" and ".." not in v)[:60]
        yield _claim(UnresolvedRequirement(match[1].rstrip(":,."), offered, line=line), line)
    for match, line in paste.find(_NO_MATCH, "no matching distribution found for", 20):
        yield _claim(
            UnresolvedRequirement(
                match[1].rstrip(":,."), reason="no matching distribution", line=line
            ),
            line,
        )
    for index, _ in paste.with_("pytorch does not currently provide packages for pypi", 1):
        # pip took the source package of 2017, whose setup.py says this: no wheel fitted
        reason = "no wheel fitted, so that pip took a source package of 2017"
        line = paste.number(index)
        yield _claim(UnresolvedRequirement("torch", reason=reason, line=line), line)
    for match, line in paste.find(_NOT_SUPPORTED, ".whl", 10):
        yield _claim(
            UnresolvedRequirement(
                match[1], reason="not a supported wheel on this platform", line=line
            ),
            line,
        )


def _uv(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_UV_PLATFORM, "can't be installed because", 10):
        yield _claim(
            UnresolvedRequirement(
                match[1], index=match[2], reason=one_line(match[3], 200), line=line
            ),
            line,
        )
    for match, line in paste.find(_UV_WHEELS, "only has wheels", 10):
        name = f"{match[6]}=={match[7].removeprefix('v')}"
        yield _claim(
            UnresolvedRequirement(
                name, reason=one_line(f"only has wheels {match[8]}", 300), line=line
            ),
            line,
        )
        if match[1]:
            yield from host_words.from_platform(match[1].lower(), line, Seen.OBSERVED)
            yield from host_words.from_platform(f"{match[1]} {match[2]}", line, Seen.OBSERVED)
        elif match[4]:
            yield from torch_words.python_version(match[4], line, Seen.OBSERVED)
    for index, text in paste.with_("because ", 200):
        match_because = _UV_BECAUSE.search(text)
        if match_because and re.search(
            r"no wheels|no version|unsatisf|cannot be used|has no|not found|are unavailable",
            " ".join(paste.lines[index : index + 4]),
        ):
            _, wanted, rest = match_because.groups()
            reason = one_line(" ".join([rest, *paste.lines[index + 1 : index + 4]]), 300)
            # uv has other words where a Python or a platform is the reason
            if match_because[1] and "+" in wanted:
                reason = NOT_WHERE_ASKED
            line = paste.number(index)
            yield _claim(UnresolvedRequirement(wanted, reason=reason, line=line), line)


def _uv_log(paste: Paste) -> Iterator[Claim]:
    """Yield what uv's log says that it did not find; the command, or what it searched for, names the release."""
    for match, line in paste.find(_UV_NOTHING, "no compatible version found", 5):
        name = match[1]
        asked = re.search(rf"(?<![\w-]){name}==(\d[\w.+]{{0,30}})", paste.text)
        searched = re.search(
            rf"compatible version of {name} \(>=(\d[\w.]{{0,30}}), <\1\+", paste.text
        )
        release = asked or searched
        wanted = f"{name}=={release[1]}" if release else name
        reason = "uv found no compatible version"
        yield _claim(UnresolvedRequirement(wanted, reason=reason, line=line), line)


def _uv_choices(paste: Paste) -> Iterator[Claim]:
    """Yield what uv says of the index and of the Python that it chose."""
    for match, line in paste.find(_UV_FIRST_INDEX, "was found on", 10):
        reason = "found on that index first, but not at the requested version"
        yield _claim(
            UnresolvedRequirement(match[1], index=match[2], reason=reason, line=line), line
        )
    for match, line in paste.find(_UV_PYTHON, "current python version", 10):
        reason = f"it depends on {match[2].rstrip(',')}"
        yield _claim(UnresolvedRequirement(match[3].rstrip("."), reason=reason, line=line), line)
        yield from torch_words.python_version(match[1], line, Seen.OBSERVED)


def _poetry(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_POETRY_PYTHON, "requires python", 10):
        name = f"{match[1]}=={match[2]}"
        yield _claim(UnresolvedRequirement(name, reason=f"it requires {match[3]}", line=line), line)
    for match, line in paste.find(_POETRY_TAGS, "depends on torch (", 10):
        name = f"torch=={match[3]}+{match[2].partition('+')[2]}"
        wish = UnresolvedRequirement(name, reason=WITHOUT_ITS_TAG, line=line)
        yield _claim(wish, line)
    for match, line in paste.find(_POETRY_FILES, "installation candidates", 10):
        name = f"{match[1]}=={match[2]}"
        reason = "none of its files fits this Python and platform, or the source does not have it"
        yield _claim(UnresolvedRequirement(name, reason=reason, line=line), line)


def _claim(found: UnresolvedRequirement, line: int) -> Claim:
    return Claim("unresolved", found, line, Seen.OBSERVED)
