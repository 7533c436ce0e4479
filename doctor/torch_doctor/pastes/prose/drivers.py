"""Words for the driver: its release, its branch, and the CUDA that it serves, in English, Chinese and Japanese."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.query import driver_branch
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_changed_to, is_fine_there, is_of_another
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_OLDEST = 300  # the branch below which a number is no driver's
_LONGEST = 600  # letters of a line that is a sentence
_NAMED = r"(?:d(?:ri|ir)vers?(?:'s)?|驱动(?:程序)?|ドライバー?)"
_RELEASE = r"(\d{3}(?:\.\d{1,4}){0,2})(?![A-Za-z0-9_%]|\.\d)"
# "driver: 535.54.03", "driver version 470.42", 驱动已经更新到 552.22, ドライバーのバージョンは536.99
_DRIVER = regex(
    rf"(?<![a-z]){_NAMED}(?:[\s_-]{{0,3}}(?:version|release|ver)\b|(?:的)?版本(?:号)?|のバージョン|バージョン)?"
    r"(?:已经?|也|都)?(?:更新到|更新为|升级到|升级为|是|为|は|が|を)?[\s:=`*(v\"'|-]{0,8}(?:from \S{3,12} to |of |is |was |at |being )?v?"
    + _RELEASE,
    re.IGNORECASE,
)
# "551.23 drivers", "the 535.86 nvidia driver"
_BEFORE = regex(
    r"(?<![\w.-])v?(\d{3}\.\d{1,4}(?:\.\d{1,3})?) (?:(?:nvidia|game[- ]ready|studio|gpu|graphics|display|server|open|proprietary) ){0,3}d(?:ri|ir)vers?\b",
    re.IGNORECASE,
)
# A branch: "R535 driver", "driver branch R470", "the 470 driver branch".
_BRANCH = regex(
    r"\bR(\d{3}) (?:nvidia |gpu )?driver|\bdriver(?: branch| series)? R(\d{3})\b|\b(\d{3}) (?:driver (?:branch|series)|(?:branch|series) (?:of the )?driver)",
    re.IGNORECASE,
)
# "CUDA 11.6 drivers (510)", "it wants a newer driver, we are stuck on 535": the branch alone, in a sentence about the driver.
_AGE = r"(?: (?:is|are|was|very|quite|so|too|pretty|really|rather|an?|old|older|ancient|outdated|new|newer|newest|latest|recent|current|installed)){0,4}"
_IN_BRACKETS = regex(
    rf"(?<![a-z])d(?:ri|ir)vers?(?:['’]s)?{_AGE} \((?:version |v|r)?{_RELEASE}\)", re.IGNORECASE
)
_STAYS_AT = regex(
    r"(?:\b(?:I['’]?m|we['’]?re|I am|we are|stuck|still|am|are) (?:stuck |still |currently |only )?(?:on|at)|\b(?:mine|ours|it) is) (?:version |v|r)?"
    + _RELEASE
    + r"(?! ?(?:gpu|machine|node|epoch|step|batch|token|mb|gb))",
    re.IGNORECASE,
)
# "4090 w/ 551.23": a release as Windows has them, right behind a GPU.
_BESIDE_A_GPU = regex(
    r"(?:\bw/|\bwith\b|\bon\b|[,+(]) ?(?:nvidia |version |v)?([3-6]\d\d\.\d\d)(?![\d.%])",
    re.IGNORECASE,
)
_GPU = regex(r"\b(?:[RG]TX|GeForce|Quadro|[2-5]0[5-9]0)", re.IGNORECASE)
_PACKAGE = regex(
    r"\b(?:nvidia-driver-|cuda-drivers[- ]|nvidia-driver-latest-dkms-|nvidia-headless-)(\d{3}(?:\.\d{1,4}){0,2})"
)
_LISTED = regex(r"^driver[^\n\d]{0,3}(\d{3}(?:\.\d{1,4}){0,2})(?=[^\n\w])", re.IGNORECASE)
_SMI = r"(?:nvidia[-_ ]smi)"
# "nvidia-smi: 410.48"; in its banner the tool's own release stands there, and the driver's behind it.
_BY_SMI = regex(
    rf"\b{_SMI}\b(?![^\n]*driver version)[`'\")]{{0,3}}(?: (?:says?|shows?|prints?|reports?|gives?))?\s?[:=]?\s{{0,2}}([3-6]\d\d\.\d\d(?:\.\d\d)?)(?![\d.%])",
    re.IGNORECASE,
)
_X = r"(\d{1,2}\.\d)(?![\d]|\.\d{3})"
_SAYS = r"(?: ?(?:version|ver|v|is|was|says?|shows?|reports?|displays?|supports?|up|to|only|at|most|max(?:imum)?|的|版本|最高|为|是|到|=|:|\(|`|'|\"|\*|->|→)){0,6}\s?"
# Who says it, and which CUDA: nvidia-smi shows it, the driver supports it.
_CUDA = tuple(
    regex(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_SMI}\b(?:(?!nvcc|torch|toolkit|python)[^\n\d.]){{0,40}}cuda{_SAYS}{_X}",
        rf"\bcuda(?: version)?\s?\(?(?:from |in |of |by |per |via |reported by |according to )?(?:the )?{_SMI}(?: output)?\)?[\s:=`*]{{1,4}}(?:is |says |shows )?{_X}",
        rf"\bcuda(?: version)?[\s:=]{{1,3}}{_X}[`*)]{{0,3}} ?(?:\(|,|-)? ?(?:from|in|of|by|per|via|reported by|according to|as shown (?:by|in)) (?:the )?{_SMI}",
        rf"\b(?:nvidia |gpu |my |the )?driver(?:s)?(?: version)?(?: \d{{3}}[\d.]{{0,10}})?,? (?:only |just |itself |that )?(?:supports?|supporting|serves?|can do|is limited to|allows?|reports?|shows?)(?: (?:only|up|to|at most|max|a|maximum|of)){{0,4}} cuda{_SAYS}{_X}",
        # a card's own limit is its driver's; numbers up to 9.0 may be its compute capability
        rf"\b(?:my|our|the|this) (?:(?:nvidia|graphics?|video|old) ){{0,2}}(?:card|gpu|graphics)(?: (?:of|in) (?:my|our|the|this) \w+)? (?:only |just )?(?:supports?|can do|goes|is limited to)(?: (?:only|up|to|at most|max|a|maximum|of)){{0,4}} cuda ?(?:version )?(?=9\.[12]|1\d\.){_X}",
        rf"\bcuda {_X} (?:nvidia )?drivers?\b",
        rf"\bmax(?:imum|imal)?\.? (?:supported )?cuda(?: version)?(?: supported)?(?: (?:by|of) (?:the |my )?(?:nvidia )?driver)?[\s:=is]{{1,5}}{_X}",
        rf"\bdriver[^\n\d]{{0,3}}\d{{3}}[\d.]{{0,10}}[^\n\w]{{1,4}}(?:(?:with|and|,) ?)?cuda(?: version)?[ :=]{{1,4}}{_X}",
        rf"\bcuda[- ]?driver(?: version)?(?: ?/ ?runtime version)?[\s:=]{{1,14}}{_X}",
        rf"\bdriver[\s:=]{{1,3}}{_X} ?\({_SMI}",
        rf"(?<!\w)driver=\"?{_X}(?=[ \"])",
        rf"(?:驱动|显卡)[^\n\d]{{0,8}}(?:支持|対応)[^\n\d]{{0,8}}cuda{_SAYS}{_X}",
        rf"{_SMI}\s?(?:里|中|では|显示|で|上)[^\n\d]{{0,10}}cuda{_SAYS}{_X}",
    )
)
_NUMBER = regex(r"\bcuda driver version[\s:=]{1,4}(1\d0\d0)\b", re.IGNORECASE)
_WORDS = ("driver", "dirver", "驱动", "ドライバ")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what words say of the driver, least where a comparison or an older state may be meant."""
    yield from _releases(paste)
    yield from _branches(paste)
    seen: set[int] = set()
    for needs in ("smi", "driver", "max", "support", "驱动", "显卡"):
        seen.update(paste.holding(needs)[:200])
    for index in sorted(seen):
        text = paste.lines[index]
        if len(text) < _LONGEST and ("cuda" in text.lower() or "driver" in text):
            yield from _served(paste, text, paste.number(index))


def _releases(paste: Paste) -> Iterator[Claim]:
    for needs in _WORDS:
        for pattern in (_DRIVER, _BEFORE, _IN_BRACKETS, _STAYS_AT):
            for match, line in paste.find(pattern, needs, 200):
                yield from _in_words(match, line)
    for match, line in paste.find(_BY_SMI, "smi", 20):
        yield from _in_words(match, line)
    for needs in ("tx", "0", "quadro"):
        for index, text in paste.with_(needs, 40):
            named = len(text) < _LONGEST and _GPU.search(text)
            beside = _BESIDE_A_GPU.search(text) if named else None
            if beside:
                release = values.driver(beside[1])
                yield Claim("driver_release", release, paste.number(index), Seen.TRACE)


def _in_words(match: re.Match[str], line: int) -> Iterator[Claim]:
    release = values.driver(match[1])
    if release is None or release.branch < _OLDEST:
        return
    if is_changed_to(match):
        yield Claim("driver_release", release, line, Seen.WORDS, implied=True)
    elif not is_of_another(match):
        fine = is_fine_there(match.string, match.end())
        seen = Seen.TRACE if fine else Seen.WORDS
        yield Claim("driver_release", release, line, seen, implied=fine or "." not in release.text)


def _branches(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_BRANCH, "driver", 20):
        release = DriverRelease.parse(match[1] or match[2] or match[3])
        if release.branch >= _OLDEST and not is_of_another(match):
            yield Claim("driver_release", release, line, Seen.WORDS, implied=True)
    for needs in ("nvidia-driver-", "cuda-drivers", "nvidia-headless-"):
        for match, line in paste.find(_PACKAGE, needs, 10):
            yield Claim("driver_release", values.driver(match[1]), line, Seen.WORDS, implied=True)


def _served(paste: Paste, text: str, line: int) -> Iterator[Claim]:
    number = _NUMBER.search(text)
    if number:
        yield Claim("driver_cuda", values.cuda_from_number(number[1]), line, Seen.SESSION)
    for pattern in _CUDA:
        match = pattern.search(text)
        if match and not is_of_another(match):
            cuda = values.cuda(match[1])
            if cuda is not None and not _is_a_toolkit(cuda, match[0], paste):
                yield Claim("driver_cuda", cuda, line, Seen.WORDS)
            return


def _is_a_toolkit(cuda: CudaVersion, clause: str, paste: Paste) -> bool:
    """Whether a CUDA that stands beside a driver in a list is newer than that driver's, so of something else."""
    listed = _LISTED.search(clause)
    branch = driver_branch(paste.matrix, DriverRelease.parse(listed[1])) if listed else None
    return branch is not None and cuda > CudaVersion.parse(branch.cuda)
