"""What conda, mamba and pixi say when they cannot solve: packages that no channel has, and what is missing of the system."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_NO_CHANNEL = "no channel that conda asks has it"
_FAILED = regex(
    r"(?:PackagesNotFoundError|ResolvePackageNotFound|UnsatisfiableError|LibMambaUnsatisfiableError)[: ](.{0,300})"
)
_LISTED = regex(r"\s{0,8}- (?:[\w.-]+(?:/[\w-]+)?::)?([\w.-]{1,60}(?:[ =<>!~][^\n]{0,200})?)$")
# __cuda stands for the driver that conda sees: "nothing provides __cuda needed by", "__cuda *, for which no candidates".
_NO_CUDA = regex(
    r"nothing provides _{0,2}cuda\b|__cuda\b[^\n]{0,40}(?:missing on the system|no candidates|not available|does not exist)"
    r"|virtual package \W?__cuda\W?[^\n]{0,12}\bdoes not match"
    r"|(?:missing|requires?|needed)\b[^\n]{0,30}virtual package[^\n]{0,12}__cuda",
    re.IGNORECASE,
)
_NEEDS_PYTHON = regex(r"- (pytorch\S{0,60}) -> (python\S{3,200})")
# libmamba, mamba and pixi: what no channel has, in words of their own
_NOTHING_HAS = regex(
    r"(?:nothing provides requested|package) (?P<spec>[\w.-]{1,60} ?(?:[=<>!~\d][\w.=<>!~*,| -]{0,100})?)(?P<rest>$|[,;]? (?:needed|does not exist|which does not))"
    r"|[├└│─\s]{2,40}(?P<tree>[\w.-]{1,60} ?(?:[=<>!~\d][\w.=<>!~*,|-]{0,100}(?: \S{3,60})?)?) {1,2}does not exist"
)
_MOST = 12  # lines of a list


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the requirements that the solver could not meet."""
    for needs in ("packagesnotfounderror", "resolvepackagenotfound", "unsatisfiableerror"):
        for match, line in paste.find(_FAILED, needs, 5):
            yield _claim(one_line(match[1], 120), "conda found no solution", line)
            yield from _listed(paste, paste.index(line))
    for needs in ("nothing provides requested", "does not exist"):
        for match, line in paste.find(_NOTHING_HAS, needs, _MOST):
            spec = one_line((match["spec"] or match["tree"]).strip(), 120)
            yield _claim(spec, _NO_CHANNEL, line)
    for index, text in paste.with_("cuda", 200):
        if _NO_CUDA.search(text):
            yield _claim("__cuda", one_line(text, 200), paste.number(index))
    for match, line in paste.find(_NEEDS_PYTHON, "-> python", 5):
        yield _claim(match[1], one_line(f"it needs {match[2]}", 200), line)


def _listed(paste: Paste, index: int) -> Iterator[Claim]:
    """Yield the packages that stand in a list below the line that says what they have in common."""
    kind = paste.lines[index].lower()
    if "notfound" not in kind:
        return
    for number in range(index + 1, min(index + 1 + _MOST, len(paste.lines))):
        match = _LISTED.match(paste.lines[number])
        if match:
            yield _claim(one_line(match[1], 120), _NO_CHANNEL, paste.number(number))


def _claim(requirement: str, reason: str, line: int) -> Claim:
    wish = UnresolvedRequirement(requirement, reason=reason, line=line)
    return Claim("unresolved", wish, line, Seen.OBSERVED)
