"""Calls of pip, uv, conda, poetry and their kin, read as what they install."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.startup import regex
from torch_doctor.linter.record import UNKNOWN, Include, IndexUse, InstallStep, Requirement
from torch_doctor.linter.requirement import canonical, project_at, requirement
from torch_doctor.linter.shell.calls import ShellCall, ShellWord
from torch_doctor.linter.text import Spot

_PIP = regex(r"(?:.*/)?pip[\d.]*(?:\.exe)?")
_PYTHON = regex(r"(?:.*/)?(?:python|py)[\d.]*t?(?:\.exe)?|\x00")
# A program that says which Python it installs for.
_INTERPRETER = regex(r"(?:.*/)?(?:python|pip)(3\.\d{1,2})t?")
_PYTHON_NAMED = regex(r"(?:.*/)?(?:python|cpython[@-]?)?(3\.\d{1,2})(?:\.\d+)?")
_CONDA = regex(r"(?:.*/)?(?:conda|mamba|micromamba|\$MAMBA_EXE)")
_BEFORE = frozenset(
    "sudo exec nohup time env nice command then do xvfb-run ionice retry eatmydata".split()
)
_VALUES = frozenset(
    """-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -t --target --python-version
    --platform --only-binary --no-binary --prefix --root --cache-dir --trusted-host --timeout --retries --proxy --log
    --src --python -p --torch-backend --index --default-index --index-strategy --extra --group --override
    --no-build-isolation-package --config-settings -C --upgrade-strategy --progress-bar --python-platform --resolution
    --prerelease -e --editable --implementation --abi --exists-action --build --cert --client-cert --use-feature
    --no-binary-package --only-binary-package --link-mode --keyring-provider --exclude-newer --requirements
    --constraints --build-constraint -b --no-extra --no-group --only-group --root-user-action --report --overrides
    --upgrade-package -P --reinstall-package --project --directory --package --global-option --build-option""".split()
)
# What these say is handed on to the builds of packages.
_TO_BUILDS = ("--config-settings", "-C", "--global-option", "--build-option")
_ALSO = {
    "-i": "--index-url",
    "-r": "--requirement",
    "--requirements": "--requirement",
    "-c": "--constraint",
    "--constraints": "--constraint",
    "-f": "--find-links",
    "-e": "--editable",
    "-U": "--upgrade",
    "--default-index": "--index-url",
    "-p": "--python",
}


def install_of(call: ShellCall, environ: Mapping[str, str]) -> InstallStep | None:
    """Return what a call installs; None where it is no installer. *environ* holds variables that pip and uv read."""
    words = list(call.words)
    while words and (words[0].text in _BEFORE or re.fullmatch(r"[A-Za-z_]\w*=.*", words[0].text)):
        words.pop(0)
        while words and words[0].text.startswith("-"):
            words.pop(0)
    words = _inner(words)
    if not words:
        return None
    step = _installed(words, call, environ)
    named = _INTERPRETER.fullmatch(words[0].text)
    return step._replace(python=named[1]) if step and named else step


def _installed(
    words: list[ShellWord], call: ShellCall, environ: Mapping[str, str]
) -> InstallStep | None:
    variables = {**environ, **dict(call.settings)}
    name = words[0].text
    if _PYTHON.fullmatch(name) and [w.text for w in words[1:3]] == ["-m", "pip"]:
        words = words[2:]
        name = "pip"
    if _PIP.fullmatch(name):
        rest = _after(words[1:], ("install",))
        return _pip("pip", rest, call, variables) if rest else None
    if name.rpartition("/")[2] == "uv":
        return _uv(words, call, variables)
    if _CONDA.fullmatch(name):
        return _conda(words, call)
    return _project(words, call)


def _inner(words: list[ShellWord]) -> list[ShellWord]:
    """Return the program behind ``conda run -n x``, ``poetry run`` and ``uv run``."""
    texts = [word.text for word in words]
    if (
        len(texts) > 2
        and texts[1] == "run"
        and (_CONDA.fullmatch(texts[0]) or texts[0] in ("poetry", "pdm"))
    ):
        place = 2
        while place < len(texts) and texts[place].startswith("-"):
            place += 2 if texts[place] in ("-n", "--name", "-p", "--prefix") else 1
        return words[place:]
    return words


def _after(words: list[ShellWord], verbs: tuple[str, ...]) -> list[ShellWord] | None:
    for place, word in enumerate(words):
        if word.text in verbs:
            return words[:place] + words[place + 1 :]
        if not word.text.startswith("-") and not (place and words[place - 1].text in _VALUES):
            return None
    return None


class _Options:
    """The options and the operands of one call."""

    def __init__(self, words: list[ShellWord]) -> None:
        self.operands: list[ShellWord] = []
        self.values: list[tuple[str, ShellWord]] = []
        self.flags: set[str] = set()
        self.unclear = False
        place = 0
        while place < len(words):
            place = self._take(words, place)

    def _take(self, words: list[ShellWord], place: int) -> int:
        word = words[place]
        flag, equals, value = word.text.partition("=")
        if not word.text.startswith("-") or word.text == "-":
            self.operands.append(word)
            self.unclear |= word.text.strip() == UNKNOWN
        elif not flag.startswith("--") and len(flag) > 2 and flag[:2] in _VALUES:
            column = word.spot._replace(column=word.spot.column + 2)
            self.values.append((_ALSO.get(flag[:2], flag[:2]), ShellWord(word.text[2:], column)))
        elif flag in _VALUES and equals:
            spot = word.spot._replace(column=word.spot.column + len(flag) + 1)
            self.values.append((_ALSO.get(flag, flag), ShellWord(value, spot)))
        elif flag in _VALUES and place + 1 < len(words):
            self.values.append((_ALSO.get(flag, flag), words[place + 1]))
            return place + 2
        else:
            self.flags.add(_ALSO.get(flag, flag))
        return place + 1

    def every(self, *flags: str) -> Iterator[ShellWord]:
        """Yield the values of options in the order in which they stand."""
        return (word for flag, word in self.values if flag in flags)


def _pip(
    tool: str, words: list[ShellWord], call: ShellCall, environ: Mapping[str, str]
) -> InstallStep:
    options = _Options(words)
    found: list[Requirement] = []
    includes = [Include("requirements", w.text, w.spot) for w in options.every("--requirement")]
    includes += [Include("constraints", w.text, w.spot) for w in options.every("--constraint")]
    for word in (*options.operands, *options.every("--editable")):
        for text, spot in _split(word):
            project = project_at(text)
            if project is not None:
                includes.append(Include("project", project[0], spot, project[1]))
            elif (one := requirement(text, spot)) is not None:
                found.append(one)
    index = next((IndexUse(w.text, w.spot) for w in options.every("--index-url")), None)
    prefix = "UV_" if tool == "uv" else "PIP_"
    environ_index = environ.get(f"{prefix}INDEX_URL", environ.get(f"{prefix}DEFAULT_INDEX", ""))
    if index is None and environ_index:
        index = IndexUse(environ_index, call.spot)
    extra = [IndexUse(w.text, w.spot) for w in options.every("--extra-index-url", "--index")]
    also = f"{environ.get(prefix + 'EXTRA_INDEX_URL', '')} {environ.get(prefix + 'INDEX', '')}"
    extra += [IndexUse(url, call.spot) for url in also.split()]
    links = [IndexUse(w.text, w.spot) for w in options.every("--find-links")]
    links += [IndexUse(url, call.spot) for url in environ.get(f"{prefix}FIND_LINKS", "").split()]
    flags = options.flags | {flag for flag, _ in options.values if flag in ("--target", "--prefix")}
    flags |= {word.text for word in options.every(*_TO_BUILDS)}
    flags |= {f"{name}=1" for name, value in environ.items() if value in ("1", "TRUE")}
    if options.unclear:
        flags.add("unclear")
    backend = next(
        (w.text for w in options.every("--torch-backend")), environ.get("UV_TORCH_BACKEND", "")
    )
    return InstallStep(
        tool, call.spot, tuple(found), index, tuple(extra), tuple(links), frozenset(flags),
        conditional=call.conditional, includes=tuple(includes), backend=backend if tool == "uv" else "",
        python=_python_asked_for(options),
    )  # fmt: skip


def _python_asked_for(options: _Options) -> str:
    """Return the minor version that an option such as ``--python 3.11`` names."""
    found = (_PYTHON_NAMED.fullmatch(word.text) for word in options.every("--python"))
    return next((match[1] for match in found if match), "")


def _split(word: ShellWord) -> Iterator[tuple[str, Spot]]:
    """A quoted word is one requirement; one that came from a variable may be several."""
    yield word.text, word.spot


def _uv(words: list[ShellWord], call: ShellCall, environ: Mapping[str, str]) -> InstallStep | None:
    texts = [word.text for word in words]
    if texts[1:2] == ["pip"]:
        rest = _after(words[2:], ("install",))
        return _pip("uv", rest, call, environ) if rest else None
    verb = next((text for text in texts[1:] if not text.startswith("-")), "")
    if verb == "add":
        return _pip("uv", [word for word in words[1:] if word.text != "add"], call, environ)
    if verb in ("sync", "run"):
        options = _Options(words[2:])
        extras = tuple(canonical(w.text) for w in options.every("--extra", "--group"))
        flags = frozenset({*options.flags, verb})
        include = Include("project", ".", call.spot, extras)
        return InstallStep(
            "uv", call.spot, flags=flags, includes=(include,), conditional=call.conditional,
            python=_python_asked_for(options),
        )  # fmt: skip
    return None


def _project(words: list[ShellWord], call: ShellCall) -> InstallStep | None:
    texts = [word.text for word in words]
    name = texts[0].rpartition("/")[2]
    if name not in ("poetry", "pdm", "pixi") or texts[1:2] not in (["install"], ["sync"]):
        return None
    include = Include("project", ".", call.spot)
    return InstallStep(name, call.spot, includes=(include,), conditional=call.conditional)


_CONDA_VALUES = frozenset(
    "-n --name -p --prefix -c --channel -f --file --solver --platform".split()
)
_MATCH = regex(r"(?:(?P<channel>[\w./:-]+)::)?(?P<name>[\w.-]+)\s*(?P<spec>(?:[=<>!~ ].*|\x00.*)?)")


def _conda(words: list[ShellWord], call: ShellCall) -> InstallStep | None:
    rest = _after(words[1:], ("install", "create", "update", "env"))
    if rest is None:
        return None
    found, channels, includes, place = [], [], [], 0
    while place < len(rest):
        word, after = rest[place], rest[place + 1] if place + 1 < len(rest) else None
        flag, _, value = word.text.partition("=")
        if flag in _CONDA_VALUES:
            given = ShellWord(value, word.spot) if value else after
            place += 0 if value else 1
            if given and flag in ("-c", "--channel"):
                channels.append(IndexUse(given.text, given.spot))
            elif given and flag in ("-f", "--file"):
                includes.append(Include("conda", given.text, given.spot))
        elif not flag.startswith("-") and (one := conda_spec(word.text, word.spot)) is not None:
            found.append(one)
        place += 1
    return InstallStep(
        "conda", call.spot, tuple(found), channels=tuple(channels), includes=tuple(includes),
        conditional=call.conditional,
    )  # fmt: skip


def conda_spec(text: str, spot: Spot) -> Requirement | None:
    """Return what a specification of conda asks for, ``pytorch::pytorch=2.1=*cuda*``; its channel is the source."""
    match = _MATCH.fullmatch(text.strip())
    if match is None:
        return None
    spec, _, build = match["spec"].strip().partition(" ")
    if re.fullmatch(r"=[^=<>!~,|]+=[^=]+", spec):
        version, _, build = spec[1:].partition("=")
        spec = f"={version}"
    if not spec and build:
        spec, build = build, ""
    return Requirement(
        canonical(match["name"]),
        spec,
        spot,
        extras=(build,) if build else (),
        source=match["channel"] or "",
    )
