"""Addresses in texts: of networks (IPv4, IPv6, MAC) and of people. A version with four numbers is none.

``12.4.5.8`` is a cuBLAS, ``10.3.5.147`` a cuRAND: what starts low is an address only where the words or signs around
it say so. Such a number alone cannot be told from a version, and stays.
"""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = regex(rf"(?<![\w.])({_OCTET})\.({_OCTET})\.{_OCTET}\.{_OCTET}(?!\w|\.\d|-[A-Za-z])")
_IPV6 = regex(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_MAC = regex(
    r"(?<![\w:.-])(?:[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5,19}(?![\w:])"
    r"|(?=[0-9-]*[A-Fa-f])[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}(?![\w-]))"
)
_AWS = regex(r"(?<![\w.])ip(?:-\d{1,3}){4}(?:(?:\.[\w-]+)+)?")
_PERSON = regex(
    r"(?<![\w.+/@-])(?!git@|user@\d)[\w.+-]*[A-Za-z][\w.+-]*@(?:[A-Za-z0-9-]+\.)+"
    r"(?!service\b|slice\b|scope\b|socket\b)[A-Za-z]{2,12}(?![\w@])"
)
# Signs and words right before a number that make it a version, or an address.
_VERSION = regex(
    r"(?i)(?:[=<>~!^]=\s*|[-_+^v/]|\b(?:versions?|release|driver|cudnn|cublas|nccl|tensorrt|curand|cufft|cuda)\W{0,3})$"
)
_NETWORK = regex(
    r"(?i)(?:://|@|\w\d:|\b(?:ips?|ipv4|inet|peer|interface|proxy|dns|gateway|subnet|endpoint|tcp|udp|ssh|ping)\W{1,4}"
    r"|(?:addr|address|addresses|host|hostname|hosts)\W{1,4}|\b(?:connect\w*|listen\w*|bind\w*|bound)(?:\W+\w+)?\W{1,3})$"
)
_BEHIND = regex(r":\d{2,5}(?![\w.])|<\d+>|/\d{1,2}(?![\w.])")
_LOOPBACK = ("127.", "0.0.0.0", "255.255.255.")  # noqa: S104  compared, not bound
# Below this, four numbers are more often the version of a library.
_FIRST_SURE = 14


def without_addresses(text: str) -> str:
    """Return *text* without addresses of networks and people. Idempotent."""
    if text.count(".") > 2:
        text = _IPV4.sub(_ipv4, text)
    if text.count(":") > 1:
        text = _IPV6.sub(_ipv6, _without_macs(text))
    if text.count("-") > 3:
        text = _without_macs(text)
        text = _AWS.sub("HOST", text) if "ip-" in text else text
    return _PERSON.sub("USER@HOST", text) if "@" in text else text


def _without_macs(text: str) -> str:
    """Leave out the addresses of network cards: at least five signs part the numbers of each."""
    return _MAC.sub("MAC", text) if text.count(":") > 4 or text.count("-") > 4 else text


def _ipv4(match: re.Match[str]) -> str:
    if match[0].startswith(_LOOPBACK):
        return match[0]
    before = match.string[max(0, match.start() - 40) : match.start()]
    if _NETWORK.search(before):
        return "IP"
    if _VERSION.search(before):
        return match[0]
    first, second = int(match[1]), int(match[2])
    if first >= _FIRST_SURE or (first == 10 and second > _FIRST_SURE):
        return "IP"
    return "IP" if _BEHIND.match(match.string, match.end()) else match[0]


def _ipv6(match: re.Match[str]) -> str:
    text = match[0]
    groups = text.split(":")
    if "::" not in text:
        return "IP" if len(groups) == 8 and all(groups) else text
    written = [group for group in groups if group]
    whole = text.count("::") == 1 and ":::" not in text and groups[0] and groups[-1]
    sure = len(written) > 1 and len(groups[0]) > 2 and re.search(r"\d", text)
    return "IP" if whole and sure else text
