"""Credentials in texts: users and passwords of URLs, tokens in their paths and queries, and tokens that stand alone.

They are taken out of whatever is shown, also where somebody asks for identifiers: no diagnosis needs one.
"""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex

HIDDEN = "REDACTED"
# ``git@`` names nobody, and what a shell puts in later is no secret yet.
_USERINFO = regex(
    r"(?<=://)(?!git@|\$\{?\w+\}?(?::\$\{?\w+\}?)?@)[^/@?#\s\"'<>\\]*@(?:[^/@?#\s\"'<>\\]*@)*"
)
# Without a scheme only before a host with a domain; a digest of an image (``name:tag@sha256:…``) is none.
_LOGIN = regex(r"(?<![\w/.@-])[\w.+-]+:[^\s@/:\"'<>]+@(?=[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_URL = regex(r"(?<![\w.])[A-Za-z][\w+.-]*://[^\s\"'<>`|\\]+")
_PARAMETER = regex(r"(?<=[?&#;])([\w.%-]+)=([^&#;\s]+)")
_SECRET_KEY = regex(
    r"(?i)token|secret|passw|pwd|signature|credential|api_?key|^(?:x-.*|sig|key|auth|code|sas|se|sp|sv|session)$"
)
# What a package or a file is, and the digest that checks it.
_OPEN_KEYS = ("egg", "subdirectory", "sha256", "sha384", "sha512", "sha1", "md5", "blake2b")
_FILE = regex(r"(?i)\.(?:whl|tar|t?gz|bz2|xz|zip|conda|html?|json|txt|ya?ml|md|py|sh|run|deb|rpm)$")
# Their paths name what everybody may fetch.
_OPEN_HOSTS = regex(
    r"(?i)^(?:[\w-]+\.)*(?:pytorch\.org|pythonhosted\.org|nvidia\.com|github\.com|huggingface\.co)(?::\d+)?$"
)
_ALONE = regex(
    r"(?<![A-Za-z0-9])(?:hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|dt)-[\w-]{16,}"
    r"|pypi-[\w-]{32,}|(?:AKIA|ASIA)[A-Z0-9]{16}|sk-[\w-]{20,}|nvapi-[\w-]{20,}|xox[abprs]-[\w-]{10,}"
    r"|dckr_pat_[\w-]{20,}|AIza[\w-]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,})"
)
# Each of these begins in one of these ways, which is looked for first: there is hardly ever one.
_BEGINS = (
    *("hf_", "ghp_", "gho_", "ghu_", "ghr_", "ghs_", "github_pat_", "glpat-", "gldt-", "pypi-"),
    *("AKIA", "ASIA", "sk-", "nvapi-", "xox", "dckr_pat_", "AIza", "eyJ"),
)
_NAMED = regex(
    r"(?i)((?:token|secret|api[_-]?key|access[_-]?key|private[_-]?key|passw(?:or)?d)[\"']?\s*[=:]\s*[\"']?)"
    r"(?=[A-Za-z0-9_+/=-]*[A-Za-z])(?=[A-Za-z0-9_+/=-]*\d)[A-Za-z0-9_+/=-]{10,}(?![\w.(\[])"
)
_PASSWORD = regex(
    r"(?i)(passw(?:or)?d[\"']?=[\"']?)(?![$<{]|None\b|True\b|False\b)[^\s\"',;&()\[\]]{4,}"
)
_OPTION = regex(
    r"(--(?:auth-|access-|api-)?(?:token|password|secret|key)(?:=|\s+))(?![-$<{])[^\s\"']{8,}"
)
_HEADER = regex(r"(?i)\b((?:bearer|basic|token)\s+)(?=\S*\d)[A-Za-z0-9._~+/=-]{16,}")
_WORDS = ("oken", "OKEN", "ecret", "ECRET", "assw", "ASSW", "key", "KEY", "Key", "earer", "asic ")


def without_userinfo(text: str) -> str:
    """Return *text* without the user and the password of any URL in it. Cheap for long texts."""
    return _USERINFO.sub("", text) if "://" in text and "@" in text else text


def without_credentials(text: str) -> str:
    """Return *text* without what opens a door: logins and tokens, in URLs and beside them. Idempotent."""
    if "@" in text:
        text = _LOGIN.sub(f"{HIDDEN}@", without_userinfo(text))
    if "://" in text:
        text = _URL.sub(_url, text)
    if len(text) > 19 and _may_hold_token(text):
        text = _ALONE.sub(HIDDEN, text)
    if any(word in text for word in _WORDS):
        text = _NAMED.sub(rf"\1{HIDDEN}", text)
        text = _PASSWORD.sub(rf"\1{HIDDEN}", text)
        text = _HEADER.sub(rf"\1{HIDDEN}", _OPTION.sub(rf"\1{HIDDEN}", text))
    return text


def _may_hold_token(text: str) -> bool:
    # a loop: this is asked of every text, and a generator would take longer than the search
    for beginning in _BEGINS:  # noqa: SIM110
        if beginning in text:
            return True
    return False


def _url(match: re.Match[str]) -> str:
    scheme, _, rest = match[0].partition("://")
    path, mark, more = _split(rest)
    host, *parts = path.split("/")
    if not _OPEN_HOSTS.match(host):
        parts = [
            part if _shown(part, before) else HIDDEN
            for part, before in zip(parts, ["", *parts], strict=False)
        ]
    if mark:
        more = _PARAMETER.sub(_parameter, mark + more)[1:]
    return f"{scheme}://{'/'.join((host, *parts))}{mark}{more}"


def _split(rest: str) -> tuple[str, str, str]:
    """Return the place, the first of ``?`` and ``#``, and what follows it."""
    found = re.search(r"[?#]", rest)
    return (rest[: found.start()], found[0], rest[found.end() :]) if found else (rest, "", "")


def _shown(part: str, before: str) -> bool:
    """Whether a part of a path may be shown. Behind ``/t/`` conda has its token."""
    if part == HIDDEN or not part:
        return True
    if before in ("t", "token", "priv"):
        return False
    return bool(_FILE.search(part)) or not _random(part)


def _random(part: str) -> bool:
    """Whether a word looks drawn, not written: letters and digits that change places. Digests of files do, too."""
    if _may_hold_token(part) and _ALONE.search(part):
        return True
    longest = max(re.split(r"[-_.+:~%@=]", part), key=len)
    if len(longest) < 12 or re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{60}|[0-9a-f]{64}", longest):
        return False
    return len(re.findall(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])", longest)) > 2


def _parameter(match: re.Match[str]) -> str:
    key, value = match.groups()
    if key.lower() in _OPEN_KEYS or value == HIDDEN:
        return match[0]
    hide = _SECRET_KEY.search(key) or _random(value)
    return f"{key}={HIDDEN}" if hide else match[0]
