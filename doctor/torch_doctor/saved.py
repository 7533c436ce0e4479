"""Facts that ``collect`` or ``check --json`` saved, read back for the Python API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from torch_doctor.core.about import SCHEMA_VERSION
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import facts_from_json
from torch_doctor.core.fact import Facts
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line


class FactsError(ValueError):
    """What was given holds no facts that this version can read; the message says where and why."""


def load(facts: str | Path | Mapping[str, Any]) -> Facts:
    """Return facts that were saved, for ``check(facts=…)``, ``require(facts=…)``, ``compare`` and ``recommend``.

    *facts* is a file that ``torch-doctor collect -o`` or ``check --json`` wrote, or its content as JSON values, or an
    object of facts by name. Raise FactsError where it holds none, OSError where the file cannot be read.
    """
    if isinstance(facts, Mapping):
        return _facts(facts, "facts")
    name = str(facts)
    try:
        document = json.loads(Path(name).read_bytes())
    except (ValueError, RecursionError) as error:
        raise FactsError(f"{name} is no JSON: {one_line(str(error), 200)}") from error
    if not isinstance(document, Mapping):
        raise FactsError(f"{name} holds no JSON object")
    return _facts(document, name)


def _facts(document: Mapping[str, Any], name: str) -> Facts:
    version = document.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        wanted = one_line(str(version), 40)
        raise FactsError(
            f"{name} is of schema version {wanted}, and this torch-doctor reads {SCHEMA_VERSION}: update it"
        )
    found = document.get("facts")
    if found is None and document and all(key in FACTS for key in document):
        found = document
    if not isinstance(found, Mapping):
        raise FactsError(
            f"{name} has no object named facts; torch-doctor collect -o FILE makes one"
        )
    try:
        return facts_from_json(found)
    except (ValueError, RecursionError) as error:
        raise FactsError(f"{name}: {one_line(str(error), 300)}") from error
