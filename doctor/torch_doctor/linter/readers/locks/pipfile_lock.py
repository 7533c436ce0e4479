"""Pipfile.lock of pipenv: locked releases, and the sources that they are bound to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import Any
from torch_doctor.linter.record import (
    Environment,
    Flaw,
    IndexUse,
    InstallStep,
    Requirement,
    Written,
)
from torch_doctor.linter.requirement import canonical
from torch_doctor.linter.text import SourceText, Spot


def read(source: SourceText) -> Written:
    """Return what is locked: a package comes from the source that it names, else from the first."""
    try:
        document = json.loads(source.text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        message = "this is no JSON"
        flaw = Flaw("unreadable", Severity.ERROR, Spot(source.path, line), message, "lock again")
        return Written(flaws=(flaw,))
    except RecursionError:
        return Written()
    meta = _table(document, "_meta")
    listed = meta.get("sources")
    urls = {
        str(one.get("name", "")): one["url"]
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict) and isinstance(one.get("url"), str)
    }
    first = Spot(source.path, 1)
    main = next((IndexUse(url, first) for url in urls.values()), None)
    wanted = tuple(_wanted(_table(document, "default"), urls, source))
    python = str(_table(meta, "requires").get("python_version", ""))
    step = InstallStep("lock", first, wanted, main)
    return (
        Written((Environment("pipfile_lock", first, python=python, steps=(step,)),))
        if wanted
        else Written()
    )


def _table(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _wanted(
    table: dict[str, Any], urls: dict[str, str], source: SourceText
) -> Iterator[Requirement]:
    places = {
        match[1]: number
        for number, line in reversed(list(enumerate(source.lines, 1)))
        if (match := re.match(r"\s*\"([\w.-]{1,100})\"\s*:\s*\{", line))
    }
    for name, given in table.items():
        version = given.get("version") if isinstance(given, dict) else None
        if isinstance(version, str) and version.startswith("=="):
            index = urls.get(str(given.get("index", "")), "")
            spot = Spot(source.path, places.get(name, 1))
            marker = given.get("markers")
            yield Requirement(
                canonical(name), version, spot, marker=marker if isinstance(marker, str) else "",
                source=index,
            )  # fmt: skip
