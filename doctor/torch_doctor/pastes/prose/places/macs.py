"""Words that the machine is a Mac, and the device that torch has on Macs alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

# Apple's machines by name. A path below /Users says it too, unless a drive letter stands before it.
_MAC = regex(
    r"(?<![A-Za-z0-9])(?:MacBook|macbook|iMac|Mac (?:with )?(?:mini|Studio|Pro|M\d)|[Mm]\d(?: [Pp]ro| [Mm]ax| [Uu]ltra)? [Mm]ac"
    r"|(?:[Oo]n|[Ii]n|[Aa]s|using) (?:a |an |my |the )?(?:Apple |Intel )?(?:Mac|mac(?!\s?address))"
    r"|[Mm]ac (?:mini|[Ss]tudio)"
    r"|[Aa]pple (?:[Mm]\d|[Ss]ilicon)|M\d(?:/M\d)? chip|OS ?X|OSX|M[1-5] (?:[Pp]ro|[Mm]ax|[Uu]ltra)|[Mm]ac [Mm][1-5]|(?:[Mm][1-5]|Mac|MacBook) [Aa]ir"
    r"|(?:[Hh]ave|[Gg]ot|[Oo]n|[Ii]s|[Uu]sing|[Ww]ith) (?:an? |my |the )?M[1-5](?: (?:[Cc]hip|machine|laptop|computer|mini|(?:with )?\d+ ?GB))"
    r"|(?:20[12]\d |[1i]\d[\"-]? ?(?:inch )?|[Mm][1-5] )(?:MBP|MBA))(?![A-Za-z0-9])"
    r"|(?<![\w/.-])macOS|(?<![A-Za-z])(?:El Capitan|High Sierra|Mojave|Catalina|Big Sur|Monterey|Ventura|Sonoma|Sequoia) (?:v?1[0-5](?:\.\d+)*|on (?:my|a|an) )"
    r"|/opt/homebrew/|(?:电脑|系统)(?:是|用的是|为)\s?mac"
    r"|\bOS\W{1,4}[Mm]ac|[Mm]ac ?(?:版|电脑|系统|笔记本|上)|苹果\s?(?:的\s?)?(?:电脑|系统|笔记本|芯片|[Mm][1-5](?![A-Za-z0-9]))"
    r"|(?<![A-Za-z0-9])[Mm][1-5](?: ?(?:[Pp]ro|[Mm]ax|[Uu]ltra))? ?(?:芯片|チップ|的? ?[Mm]ac(?![A-Za-z0-9])|苹果|칩)"
    r"|(?:电脑|笔记本|芯片|系统|本子)(?:是|用的是|为|:|：)\s?(?:苹果\s?)?[Mm][1-5](?![0-9])(?! ?000)"
)
_MAC_PATH = regex(r"(?<![\w:/\\.-])/Users/[\w.{}@-]{1,60}/")
_MAC_WORDS = (
    *("m1 air", "macbook air", "mac air"),
    *("mbp", "mba", "/opt/homebrew/", "是mac", "mac m"),
    *(
        "mojave",
        "catalina",
        "big sur",
        "monterey",
        "ventura",
        "sonoma",
        "sequoia",
        "sierra",
        "el capitan",
    ),
    "macbook",
    "imac",
    "mac ",
    "mac,",
    "mac.",
    "mac:",
    "mac)",
    "on mac",
    "my mac",
    "a mac",
    "apple m",
    "apple s",
    " chip",
    "osx",
    "os x",
    ": mac",
    "mac版",
    "mac电",
    "mac系",
    "mac上",
    "苹果",
    "芯片",
    "チップ",
    "mac mini",
    "mac studio",
    *(
        f"{chip}{word}"
        for chip in ("m1", "m2", "m3", "m4", "m5")
        for word in ("芯", "チ", "的", "칩")
    ),
    *("是m", "为m", "本m"),
)
_FINE_THERE = regex(
    r"\b(?:works|worked|(?:can|does) run|runs|ran(?! (?:in)?to\b)|fine|no problem)\b", re.IGNORECASE
)
# whoever writes is on it: "I'm on a MacBook Pro; that can run …"
_OWN = regex(
    r"\bI(?:['’]?m| am) (?:on|using|running)(?: it)?(?: on)? (?:an? |my )(?:(?!\b(?:and|with|from|to)\b)[\w-]+ ){0,3}$",
    re.IGNORECASE,
)
# "on M1," names a Mac where something else of a Mac's is told too.
_BARE = regex(
    r"(?<![A-Za-z0-9])(?:[Hh]ave|[Gg]ot|[Oo]n|[Ii]s|[Uu]sing|[Ww]ith) (?:an? |my |the )?M[1-5](?=[.,;!?)]|$| (?:and|so|but|which|with|it)\b)"
)
_CHIP = regex(r"m\d", re.IGNORECASE)
# Its processor: "my Intel iMac", "MacBook Pro (Intel)"
_INTEL_MAC = regex(
    r"\bIntel[- ](?:based )?(?:Mac(?:Book)?|iMac)\b|\b(?:MacBook(?: Pro| Air)?|iMac|Mac mini|Mac Pro)\W{1,2}(?:\w{2,5}[- ]\w{2,5} ?|\d{4},? ?){0,2}\(?Intel\b",
    re.IGNORECASE,
)
_LONGEST = 400
_BESIDE = ("mps", "apple", "macos", "homebrew", "brew ", "not compiled with cuda")
# An NVIDIA GPU, or a CUDA that runs: the device that the program has is another one then.
_NVIDIA = regex(
    r"\+cu\d{2,3}\b|\bcuda:\d\b|NVIDIA-SMI|\b(?:GeForce|Quadro|Tesla)\b"
    r"|\bcuda\b[^\n]{0,24}available\b\W{0,6}(?:is |are |returns |gives )?True\b|\bdevice\W{1,4}cuda\b|\b(?:works?|runs?|fine|ok) (?:on|with) cuda\b|\bcuda (?:it )?(?:works|runs|is fine)\b",
    re.IGNORECASE,
)
# torch's device of Macs, as a program prints that it has it; code and options ask for what there may be.
_DEVICE = regex(
    r"\b(?:device|device_type|device type|got|backend|accelerator)\b(?: (?:is|was|used))?\s?[:='\"`(][\s='\"`(]{0,3}mps\b(?![ -]?(?:server|daemon|control|or\b|is_available|/))"
    r"|\bmps:0\b|\bMPS framework does|\ba MPS Tensor\b|\bMPS backend out of memory\b|\bfor the MPS device\b|\ballocated on MPS device\b",
    re.IGNORECASE,
)
_CODE = regex(
    r"\btorch\.device\(|\btorch\.mps\.|\.to\(|--?\w[\w-]{0,30}[ =]['\"]?mps|^(?!\s{0,8}tensor\()[^\n]*=\s?['\"]mps|^\s{0,40}(?:#|//|usage\b)|\be\.g\.|\bfor example\b|\bdefaults?\b"
    r"|\bmps['\"]?\s?[|/,]\s?['\"]?(?:cuda|cpu)|\b(?:cuda|cpu)['\"]?\s?[|/,]\s?['\"]?mps",
    re.IGNORECASE,
)
_COULD_BE = regex(
    r"\bif\b|\belse\b|\belif\b|mps\.is_available|==|!=|\bcuda\b[^\n]{0,12}(?:/|,|\bor\b|\bnor\b)\s?mps|\bmps\b[^\n]{0,6}(?:/|,|\bor\b)\s?(?:cuda|cpu)|\bnot (?:available|supported|built|enabled)|(?:nvidia|multi-process)",
    re.IGNORECASE,
)


_CHIPS = tuple(f" m{chip}" for chip in range(1, 6))


@cache
def _names() -> tuple[str, ...]:
    # "an M1 mac" may end its line: no sign follows
    kinds = (" mac", " pro", " max", " ultra", " air")
    return (*_MAC_WORDS, *(f"{chip[1:]}{kind}" for chip in _CHIPS for kind in kinds), *_CHIPS)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that the system is macOS."""
    for needs in paste.among(_names()):
        for match, line in paste.find(_MAC, needs, 20):
            own = _OWN.search(match.string[: match.start()])
            if own or not _FINE_THERE.search(match.string):
                yield Claim("os_family", "darwin", line, Seen.WORDS, implied=True)
    for _, line in paste.find(_INTEL_MAC, "intel", 5):
        yield Claim("host_arch", "x86_64", line, Seen.WORDS, implied=True)
    for _, line in paste.find(_MAC_PATH, "/users/", 3):
        yield Claim("os_family", "darwin", line, Seen.COMMAND)
    yield from _seldom(paste)


def _seldom(paste: Paste) -> Iterator[Claim]:
    """Yield what is a Mac's only where nothing is told of NVIDIA's: a short name of its chip, and torch's device."""
    if not paste.has("mps", *_CHIPS) or _has_nvidia(paste):
        return
    for chip in _CHIPS if paste.has(*_BESIDE) else ():
        for match, line in paste.find(_BARE, chip, 20):
            if not _FINE_THERE.search(match.string):
                yield Claim("os_family", "darwin", line, Seen.WORDS, implied=True)
    for match, line in paste.find(_DEVICE, "mps", 10):
        if not _COULD_BE.search(match.string) and not _CODE.search(match.string):
            yield Claim("os_family", "darwin", line, Seen.TRACE, implied=True)


def _has_nvidia(paste: Paste) -> bool:
    """Whether NVIDIA's are told of; a Tesla M4 has the name of one of Apple's chips, and tells nothing."""
    if _NVIDIA.search(paste.text):
        return True
    lines = (line for line in paste.text.splitlines() if len(line) < _LONGEST)
    named = (mention.name for line in lines for mention in paste.gpu_names.find(line))
    return any(not _CHIP.fullmatch(name) for name in named)
