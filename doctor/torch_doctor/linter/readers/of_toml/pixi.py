"""pixi.toml: what its features ask conda and the package index for."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.linter.readers.of_toml.lines import Lines, at, parsed, texts
from torch_doctor.linter.record import (
    UNKNOWN,
    Environment,
    IndexUse,
    InstallStep,
    Requirement,
    Written,
)
from torch_doctor.linter.requirement import canonical
from torch_doctor.linter.text import SourceText, Spot


def read(source: SourceText) -> Written:
    """Return the environments that features describe."""
    document, flaw = parsed(source, wide=True)
    if flaw is not None:
        return Written(flaws=(flaw,))
    return Written(tuple(environments(document, Lines(source), "")))


def environments(document: dict[str, Any], lines: Lines, prefix: str) -> Iterator[Environment]:
    """Yield an environment for each table of dependencies; *prefix* is where the tables stand, ``tool.pixi.``."""
    workspace = at(document, "workspace") or at(document, "project")
    named = texts(workspace.get("channels"))
    channels = tuple(IndexUse(one, lines.text(one, f"{prefix}workspace")) for one in named)
    declared = "cuda" in at(document, "system-requirements") or any(
        isinstance(one, dict) and "cuda" in one for one in workspace.get("platforms") or ()
    )
    system, arch = _platform(workspace)
    features = [("", document), *at(document, "feature").items()]
    for name, feature in features:
        where = f"{prefix}feature.{name}." if name else prefix
        conda = tuple(
            _asked(at(feature, "dependencies"), f"{where}dependencies", lines, conda=True)
        )
        pypi = tuple(
            _asked(
                at(feature, "pypi-dependencies"), f"{where}pypi-dependencies", lines, conda=False
            )
        )
        if conda or pypi:
            first = Spot(lines.path, 1)
            says = declared or "cuda" in at(feature, "system-requirements")
            flags = frozenset({"declares-cuda"} if says else ())
            one = InstallStep("conda", first, conda, channels=channels, flags=flags)
            # Names on the index that conda brings, too, are taken from conda.
            yield Environment(
                "pixi", first, steps=(one, InstallStep("pixi", first, pypi)), name=name,
                system=system, arch=arch,
            )  # fmt: skip


def _platform(workspace: dict[str, Any]) -> tuple[str, str]:
    """Return the system and the architecture of a workspace: Linux on x86_64 where that is one of several."""
    listed = workspace.get("platforms")
    names = (
        [str(one.get("platform") if isinstance(one, dict) else one) for one in listed or ()]
        if isinstance(listed, list)
        else []
    )
    for name, platform in (
        ("linux-64", ("linux", "")),
        ("linux-aarch64", ("linux", "aarch64")),
        ("win-64", ("windows", "")),
        ("osx", ("macos", "")),
    ):
        if any(one.startswith(name) for one in names):
            return platform
    return "linux", ""


def _asked(table: Any, where: str, lines: Lines, *, conda: bool) -> Iterator[Requirement]:
    for name, given in table.items():
        version = given.get("version", "") if isinstance(given, dict) else given
        source = (
            str(given.get("index") or given.get("channel") or "") if isinstance(given, dict) else ""
        )
        stated = version if isinstance(version, str) else UNKNOWN
        stated = "" if stated == "*" else stated
        yield Requirement(
            canonical(name) if not conda else name, stated, lines.key(name, where), source=source
        )
