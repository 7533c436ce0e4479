"""Words for WSL, and for a Linux driver that somebody put into it."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.statements import is_asked, is_supposed
from torch_doctor.pastes.text.paste import Paste

_NAME = regex(r"(?<![A-Za-z0-9])WSL ?[12]?(?![A-Za-z0-9])|wsl2?(?![A-Za-z0-9])")
_WINDOWS = regex(r"\b10\.0\.(\d{5})\b")
_PACKAGE = r"(?:nvidia-(?:driver|utils|headless|compute|kernel|dkms)[\w-]{0,24}|libnvidia-[\w-]{3,24}|cuda-drivers[\w-]{0,8}|(?:(?:nvidia|linux|ubuntu|gpu|proprietary|native|\.run|latest|newest|\d{3}) ){1,4}(?:display |graphics )?drivers?)"
_PUT = r"(?:(?:re-?)?install(?:ed|ing)?|pulled(?: in)?|put|apt(?:-get)? (?:full-|dist-)?(?:install|upgrade)|upgraded|got|added|ran)"
_INSIDE = r"(?:in|inside|into|within|on|to|under) (?:of )?(?:my |the |that |this )?(?:(?:ubuntu |debian )?(?:\(?wsl ?2?\b|distro|distribution)|ubuntu\b|debian\b)"
_DRIVER = regex(
    rf"\b{_PUT}\b[^.;\n]{{0,50}}\b{_PACKAGE}[^.;\n]{{0,24}}? {_INSIDE}"
    rf"|\b{_INSIDE}[^.;\n]{{0,60}}\b{_PUT}\b[^.;\n]{{0,40}}\b{_PACKAGE}"
    r"|\bdpkg\b[^.;\n]{0,24}\b(?:libnvidia-compute|nvidia-utils|nvidia-driver)[\w-]{0,24}\b"
    rf"|\bthere (?:is|was) (?:an? )?{_PACKAGE} {_INSIDE}"
    rf"|wsl ?2?\s?(?:里|中|下|内)?(?:面)?[^。,;\n]{{0,8}}(?:装|安装)(?:了|过)[^。,;\n]{{0,8}}(?:nvidia-driver|nvidia-utils|cuda-drivers|(?:linux|nvidia|显卡|英伟达)[^。,;\n]{{0,6}}驱动)",
    2,
)
_NEVER = regex(r"\b(?:not|never|n['’]t|no need|instead of|without|before)\b[^.;\n]{0,30}$|不|没", 2)
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that this is WSL, the build of its Windows, and a Linux driver inside."""
    for match, line in paste.find(_NAME, "wsl", 20):
        yield Claim("wsl", True, line, Seen.WORDS)
        text = match.string
        driver = _DRIVER.search(text) if len(text) < _LONGEST else None
        if driver and not _is_no_deed(text, driver.start()):
            yield Claim("linux_driver_in_wsl", True, line, Seen.WORDS)
    for index, _ in paste.with_("/mnt/c/", 2):
        yield Claim("wsl", True, paste.number(index), Seen.TRACE, implied=True)
    for index, _ in paste.with_("的 windows 子系统", 2):
        yield Claim("wsl", True, paste.number(index), Seen.WORDS)
    for index, _ in paste.with_("windows subsystem for linux", 3):
        yield Claim("wsl", True, paste.number(index), Seen.WORDS)
        yield Claim("os_family", "linux", paste.number(index), Seen.WORDS)
    for match, line in paste.find(_WINDOWS, "10.0.", 3):
        yield Claim("windows_build", int(match[1]), line, Seen.WORDS)


def _is_no_deed(text: str, start: int) -> bool:
    before = text[:start]
    return bool(is_supposed(text, start) or _NEVER.search(before)) or is_asked(text, start)
