"""Where pip and uv are told to look for packages; credentials never leave this module."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import text
from torch_doctor.probes.python.target import Target

OWNS = ("pip_index_url", "pip_extra_index_urls")
_OPTION = regex(r"\s*([\w-]+)\s*[=:]\s*(.*)")


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the index and the extra indexes, the strongest setting first: environment, then venv, user, system."""
    found: dict[str, tuple[list[str], Source]] = {}
    for option, urls, source in _settings(host, target):
        if urls and option not in found:
            found[option] = (urls, source)
    nothing = Source("env", "PIP_INDEX_URL")
    if "index-url" in found:
        urls, source = found["index-url"]
        yield "pip_index_url", Known(urls[0], source)
    else:
        yield (
            "pip_index_url",
            Unavailable(Reason.NOT_PRESENT, "pip uses its default index", nothing),
        )
    urls, source = found.get("extra-index-url", ([], nothing))
    yield "pip_extra_index_urls", Known(tuple(urls), source)


def without_credentials(url: str) -> str:
    """Return *url* without user, password, query and fragment: any of them may carry a token."""
    url = re.sub(r"^([A-Za-z][\w+.-]*:/+)?[^/?#]*@", r"\1", url.strip())
    return one_line(re.split(r"[?#]", url)[0], 300)


def parse_pip_conf(document: str) -> dict[str, list[str]]:
    """Return the index options of a pip.conf; [install] and [global] count, the former first, values may span lines."""
    sections: dict[str, dict[str, list[str]]] = {}
    section, option = "", ""
    for line in document.splitlines()[:2000]:
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if match := re.fullmatch(r"\[([^\]]*)\]\s*", line):
            section, option = match[1].strip().lower(), ""
        elif line[0] in " \t" and option:
            sections[section][option] += line.split()
        elif match := _OPTION.fullmatch(line):
            option = match[1].lower().replace("_", "-")
            sections.setdefault(section, {})[option] = match[2].split()
    found: dict[str, list[str]] = {}
    for name in ("install", "global"):
        for key in ("index-url", "extra-index-url"):
            if urls := [without_credentials(url) for url in sections.get(name, {}).get(key, ())]:
                found.setdefault(key, urls)
    return found


def _settings(host: Host, target: Target) -> Iterator[tuple[str, list[str], Source]]:
    variables = (
        ("PIP_INDEX_URL", "index-url"),
        ("PIP_EXTRA_INDEX_URL", "extra-index-url"),
        ("UV_DEFAULT_INDEX", "index-url"),
        ("UV_INDEX_URL", "index-url"),
        ("UV_INDEX", "extra-index-url"),
        ("UV_EXTRA_INDEX_URL", "extra-index-url"),
    )
    for variable, option in variables:
        urls = host.environ.get(variable, "").split()
        # uv writes NAME=URL where an index has a name.
        urls = [re.sub(r"^[\w.-]+=(?=\w+://)", "", url) for url in urls]
        yield option, [without_credentials(url) for url in urls], Source("env", variable)
    for path in _files(host, target):
        for option, urls in parse_pip_conf(text(host, path)).items():
            yield option, urls, Source("file", path)


def _files(host: Host, target: Target) -> Iterator[str]:
    """Yield pip's configuration files, strongest first."""
    explicit = host.environ.get("PIP_CONFIG_FILE")
    if explicit == "/dev/null":
        return
    if explicit:
        yield explicit
    if target.windows:
        yield f"{target.prefix}/pip.ini"
        appdata = host.environ.get("APPDATA", "").replace("\\", "/")
        yield from [f"{appdata}/pip/pip.ini"] if appdata else []
        return
    yield f"{target.prefix}/pip.conf"
    home = host.environ.get("HOME", "").rstrip("/")
    config = host.environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    yield from [f"{config}/pip/pip.conf"] if config else []
    yield from [f"{home}/.pip/pip.conf"] if home else []
    yield "/etc/xdg/pip/pip.conf"
    yield "/etc/pip.conf"
