"""What pip, uv, poetry, conda and pixi say when they cannot resolve."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_PIP = re.compile(
    r"Could not find a version that satisfies the requirement ([^\s(;]{1,80})[^()]{0,200}(?:\((?:from [^()]{0,200}\) \()?from versions: ?([^)]{0,1500}))?",
    re.IGNORECASE,
)
_NO_MATCH = re.compile(r"No matching distribution found for ([^\s;]{1,80})", re.IGNORECASE)
_NOT_SUPPORTED = re.compile(r"([\w.+-]{5,120}\.whl) is not a supported wheel on this platform")
_UV_PLATFORM = re.compile(
    r"Distribution `([\w.+-]{1,40}==[\w.+-]{1,60})[^`]{0,200}` can't be installed because (.{0,200})"
)
_UV_WHEELS = re.compile(
    r"You're (?:on|using) (?:([A-Za-z][\w ]{2,20}) \(`([\w.]{3,40})`\)|(CPython) (\d\.\d{1,2})[^`]{0,30}(?:\(`(\w{3,12})`\))?), but `([\w.-]{1,40})` \((v[\w.+-]{1,40})\) only has wheels (.{0,300})"
)
_UV_BECAUSE = re.compile(
    r"Because (?:there (?:is|are) no versions? of |only )?`?(torch(?:vision|audio)?(?:\[\w+\])?(?:[=<>!~,.\w+*{}-]{1,60})?)`? ?(.{0,300})"
)
_CONDA = re.compile(
    r"(?:PackagesNotFoundError|ResolvePackageNotFound|UnsatisfiableError|LibMambaUnsatisfiableError)[: ](.{0,300})"
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the requirements that could not be had."""
    yield from _pip(paste)
    yield from _uv(paste)
    for needs in ("packagesnotfounderror", "resolvepackagenotfound", "unsatisfiableerror"):
        for match, line in paste.find(_CONDA, needs, 5):
            yield _claim(
                UnresolvedRequirement(
                    one_line(match[1], 120), reason="conda found no solution", line=line
                ),
                line,
            )


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
    for match, line in paste.find(_NOT_SUPPORTED, "is not a supported wheel", 10):
        yield _claim(
            UnresolvedRequirement(
                match[1], reason="not a supported wheel on this platform", line=line
            ),
            line,
        )


def _uv(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_UV_PLATFORM, "can't be installed because", 10):
        yield _claim(
            UnresolvedRequirement(match[1], reason=one_line(match[2], 200), line=line), line
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
            reason = one_line(
                " ".join([match_because[2], *paste.lines[index + 1 : index + 4]]), 300
            )
            line = paste.number(index)
            yield _claim(UnresolvedRequirement(match_because[1], reason=reason, line=line), line)


def _claim(found: UnresolvedRequirement, line: int) -> Claim:
    return Claim("unresolved", found, line, Seen.OBSERVED)
