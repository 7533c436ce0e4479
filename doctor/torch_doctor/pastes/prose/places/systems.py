"""Words and traces of the operating system: names of distributions, kernels, paths, prompts, files that one system has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_OS = regex(
    r"(?<![A-Za-z0-9_])((?<!from )Win(?:dows)? ?(?:1[01]|[78])(?![A-Za-z0-9_.])|(?<!from )Windows ?(?:\d{1,2}|Server \d{4})|[KXL]?Ubuntu[ :-]?\d\d(?:\.\d\d(?:\.\d)?)?(?!\d)"
    r"|Debian(?: GNU/Linux)?(?:[ :-]?\d{1,2}| (?:trixie|bookworm|bullseye|buster))|CentOS(?: Linux)?(?: release)?[ -]?\d|RHEL ?\d(?:\.\d)?|Red Hat Enterprise Linux (?:release )?\d(?:\.\d)?"
    r"|Fedora(?: Linux)? ?\d\d|Arch Linux|EndeavourOS|CachyOS|Manjaro|Garuda Linux|Rocky Linux \d|AlmaLinux ?\d?|Oracle Linux \d|openSUSE(?: Tumbleweed| Leap(?: \d\d\.\d)?)?"
    r"|Pop!?_?OS!?(?: \d\d\.\d\d)?|Linux Mint(?: \d\d(?:\.\d)?)?|NixOS(?: \d\d\.\d\d)?|Gentoo(?: Linux)?|macOS ?\d{0,2}(?:\.\d{1,2})?|Mac OS(?: X)?(?! ?[\w-]*\.\w)|Amazon Linux \d)",
    re.IGNORECASE,
)
_NAMES = (
    *("win", "ubuntu", "debian", "centos", "rhel", "red hat", "fedora", "arch linux", "rocky"),
    *("macos", "mac os", "amazon linux", "endeavouros", "cachyos", "manjaro", "garuda", "alma"),
    *("oracle linux", "opensuse", "pop!", "pop_os", "linux mint", "nixos", "gentoo"),
)
# What /etc/os-release and lsb_release print.
_RELEASE = regex(
    r"^\W{0,4}(?:ID=|Distributor ID:\s{1,9}|Distro:?\s{1,9})[\"']?([A-Za-z][\w .-]{1,40})",
    re.IGNORECASE,
)
# Kernels and tools that one family of distributions has tell which it is.
_PACKAGING = regex(
    r"\b(linux-cachyos|linux-zen|linux-lts|linux-hardened|pacman|makepkg|akmods?)\b", re.IGNORECASE
)
_DISTRIBUTIONS = {
    "linux-cachyos": "cachyos",
    **dict.fromkeys(("linux-zen", "linux-lts", "linux-hardened", "pacman", "makepkg"), "arch"),
    **dict.fromkeys(("akmod", "akmods"), "fedora"),
}
_WINDOWS = regex(
    r"(?<![A-Za-z])(?:[A-Z]:|[c-e]:(?=\\[A-Za-z]))\\|(?<![\w.])~\\(?=[\w.-]{1,60}\\)|(?<!from )\bWindows\b|win_amd64|win-64|win32|\b(?:on|under|in|en|auf|sous|my|this) windows\b"
)
_WSL = regex(r"windows subsystem|wsl", re.IGNORECASE)
# Archives made by a Mac have a folder __MACOSX; "not supported in Windows or MacOS" names what it could be.
_DARWIN = regex(
    r"-darwin\.so\b|(?<!__)macos|/Library/Frameworks/Python\.framework/|\bnot a mach-o file\b",
    re.IGNORECASE,
)
_OTHER_SYSTEMS = regex(
    r"\b(?:Windows|Linux)\b(?:,? (?:or|and)|\s?[,/|&]) (?:on )?mac ?OS|\bmac ?OS(?:,? (?:or|and)|\s?[,/|&]) (?:on )?(?:Windows|Linux)\b",
    re.IGNORECASE,
)
# A system as one item of a list of things, "RTX 3060 windows, torch 2.5", in whatever letters: behind a stop, a card or a
# release, and before a stop or the next thing.
_ITEM = regex(
    r"(?:(?:^|[,;|(:，；、。])\W{0,4}|\b(?:on|under) |\b[A-Za-z]{1,5}[ -]?\d{3,4}[A-Za-z]{0,2}(?: (?:ti|super|laptop|gpu|max-q|\d{1,3} ?gb))* |\d\.\d{1,2}(?:\.\d{1,2})?(?:\+\w{2,6})? )"
    r"(?<![\w/-])(?P<system>windows|linux|ubuntu|debian|fedora|centos|macos)(?=\s?(?:$|[,;|)，；、。]|[.!?](?!\w))"
    r"| (?:x64|64|[rg]tx|py|torch|cuda\b|driver\b|nvidia\b|laptop\b|desktop\b|pc\b|machine\b|box\b|server\b))",
    re.IGNORECASE,
)
_ITEMS = {
    "windows": "windows",
    "macos": "darwin",
    **dict.fromkeys(("linux", "ubuntu", "debian", "fedora", "centos"), "linux"),
}
# What one system alone has, and the least that it says: kernels, prompts, paths, files.
_TRACES = (
    (
        "linux",
        "linux",
        r"\bLinux (?:version )?\d\.\d{1,2}\.\d|\bLinux \S{1,60} \d\.\d{1,2}\.\d|GNU/Linux|\bon linux\b|\blinux_x86_64\b|^\W{0,4}os ?= ?linux\b",
    ),
    ("linux", "/home/", r"(?<![\w:.])/home/\w"),
    ("linux", "/usr/", r"(?<![\w:.])/usr/(?:lib|bin|local)/"),
    ("linux", "~$", r"\w@[\w.-]{1,40}:~\$"),
    ("linux", "apt", r"\bapt(?:-get)? (?:install|update|upgrade)\b"),
    ("windows", "scripts\\", r"\bScripts\\(?:activate|python|pip)"),
    ("windows", ".bat", r"\b(?:webui|run|start|install|update)[\w-]{0,24}\.bat\b"),
    (
        "windows",
        ".exe",
        r"\b(?:cmd|powershell|python(?:w|\d)?|conda|pip|nvidia-smi|webui|main|run|app)\.exe\b",
    ),
    ("windows", "powershell", r"\bpowershell\b(?! core)"),
    ("windows", "ウィンドウズ", r"ウィンドウズ"),
    ("windows", "윈도우", r"윈도우즈?(?!\s?(?:서브|리눅스))"),
    ("windows", "винд", r"\b(?:на|под|в) винд(?:а|е|у|ы|ой)\b|\bвинд(?:овс|оуз)\w*\b"),
    ("linux", "линукс", r"\bлинукс\w*"),
    (
        "linux",
        "from win",
        r"\bfrom win(?:dows)?(?: ?(?:7|8|1[01]))? (?:over )?to (?:ubuntu|linux|debian|fedora|arch|mint|pop|centos)\b",
    ),
    ("linux", "убунт", r"\bубунт\w+"),
    ("linux", "우분투", r"우분투|리눅스"),
    ("linux", "ubuntu", r"(?:在|用的?|是|系统[::]?)\s?ubuntu"),
    ("windows", "os build", r"\(?OS Build \d{5}"),
    ("darwin", "darwin", r"\bDarwin Kernel Version"),
    ("linux", "manylinux", r"manylinux"),
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the system; a name that somebody gives counts more than a trace."""
    for needs in _NAMES:
        for match, line in paste.find(_OS, needs, 3):
            name = re.sub(r"(?i)^win ?(?=\d)", "Windows ", match[1])
            if name[:3].lower() == "mac" and _OTHER_SYSTEMS.search(match.string):
                continue
            yield from host_words.from_os_name(name, line, Seen.WORDS)
    for needs in ("id=", "distributor id", "distro"):
        for match, line in paste.find(_RELEASE, needs, 3):
            yield from host_words.from_os_name(match[1], line, Seen.WORDS)
    for needs in (":\\", "~\\", "windows", "win_amd64", "win-64", "win32"):
        for index, text in paste.with_(needs, 6):
            if _WINDOWS.search(text) and not (_WSL.search(text) or _OTHER_SYSTEMS.search(text)):
                yield Claim("os_family", "windows", paste.number(index), Seen.TRACE)
    for needs in ("linux-", "pacman", "makepkg", "akmod"):
        for match, line in paste.find(_PACKAGING, needs, 3):
            slug = _DISTRIBUTIONS[match[1].lower()]
            yield Claim("os_id", slug, line, Seen.TRACE, implied=True)
            yield Claim("os_family", "linux", line, Seen.TRACE)
    yield from _traces(paste)
    yield from _items(paste)


def _items(paste: Paste) -> Iterator[Claim]:
    """Yield the system that stands by itself among other things; several are what could be."""
    found = [
        (match["system"].lower(), line)
        for needs in _ITEMS
        for match, line in paste.find(_ITEM, needs, 6)
        if not _WSL.search(match.string)
    ]
    if len({_ITEMS[name] for name, _ in found}) == 1:
        for name, line in found:
            yield Claim("os_family", _ITEMS[name], line, Seen.TRACE)
            yield from host_words.os_ids(name, line, Seen.TRACE)


def _traces(paste: Paste) -> Iterator[Claim]:
    for needs in ("-darwin.so", "macos", "python.framework", "mach-o"):
        for match, line in paste.find(_DARWIN, needs, 3):
            if not _OTHER_SYSTEMS.search(match.string):
                yield Claim("os_family", "darwin", line, Seen.WORDS)
                break
    for family, needs, form in _TRACES:
        # a name of macOS's own is as good as a word; paths and prompts may be those of a container
        seen = Seen.WORDS if family == "darwin" else Seen.TRACE
        least = family == "linux" and needs != "manylinux"
        for index, text in paste.with_(needs, 3):
            if re.search(form, text, re.IGNORECASE):
                yield Claim("os_family", family, paste.number(index), seen, implied=least)
                break
