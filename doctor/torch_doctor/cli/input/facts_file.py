"""Read a file of facts: whatever is wrong with it is one line that names the file, the line and the cure."""

from __future__ import annotations

import os
from collections.abc import Mapping

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.input.given import Given
from torch_doctor.cli.input.json_file import (
    Form,
    JsonFile,
    JsonFileError,
    kind_of,
    read_json,
    wrong,
)
from torch_doctor.core.about import SCHEMA_VERSION, About, AboutKind
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import facts_from_json
from torch_doctor.core.fact import Fact, Facts
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line

MAKES_ONE = "torch-doctor collect -o FILE"
_FORM = Form(
    what="file of facts",
    cure=f"make it with {MAKES_ONE}",
    name_one=f"name a file that {MAKES_ONE} made",
    by_stdin="--facts - reads standard input",
)


def read_facts(name: str, option: str = "--facts") -> Given:
    """Return the facts in a file that ``collect`` or ``check --json`` wrote; ``-`` is standard input.

    Raise InputError, which names *option*, where it cannot be read.
    """
    try:
        file = read_json(name, _FORM)
        facts = facts_of(file)
    except JsonFileError as fault:
        raise InputError(f"{option} {fault.message}", fault.cure, "input") from fault
    return Given(facts, _about(file.document, "" if name == "-" else os.path.basename(file.shown)))


def facts_of(file: JsonFile) -> Facts:
    """Return the facts that a file holds; raise JsonFileError where it holds none."""
    return _decoded(_facts(_document(file), file.shown), file)


def _document(file: JsonFile) -> Mapping[str, Any]:
    shown, document = file.shown, file.document
    if not isinstance(document, Mapping):
        raise wrong(shown, f"holds a JSON {kind_of(document)}, not an object", _FORM.cure)
    version = document.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        written = one_line(str(version), 40)
        message = f"is of schema version {written}, and this torch-doctor reads {SCHEMA_VERSION}"
        raise wrong(shown, message, "update torch-doctor")
    return document


def _facts(document: Mapping[str, Any], shown: str) -> Mapping[str, Any]:
    facts = document.get("facts")
    if facts is None and document and all(key in FACTS for key in document):
        facts = document
    if not isinstance(facts, Mapping):
        raise wrong(shown, "has no object named facts", _FORM.cure)
    return facts


def _about(document: Mapping[str, Any], name: str) -> About:
    """Return what the facts are about: a report's JSON says whether that was a machine, a paste or an assumption."""
    written = document.get("about")
    written = written if isinstance(written, Mapping) else {}
    kind = written.get("kind")
    if kind == AboutKind.REPORTED_MACHINE.value:
        return About(AboutKind.REPORTED_MACHINE, name)
    if kind == AboutKind.HYPOTHETICAL.value:
        assumed = written.get("assumed")
        texts = assumed if isinstance(assumed, list) else []
        return About(AboutKind.HYPOTHETICAL, name, tuple(map(str, texts)))
    return About(AboutKind.SAVED_MACHINE, name)


def _decoded(facts: Mapping[str, Any], file: JsonFile) -> Facts:
    for name in facts:
        if name not in FACTS:
            cure = (
                did_you_mean(name, FACTS)
                or "the file may be of a newer torch-doctor: update this one"
            )
            raise wrong(file.place(name), f"there is no fact named {name!r}", cure)
    found: dict[str, Fact[Any]] = {}
    for name, raw in facts.items():
        try:
            found.update(facts_from_json({name: raw}))
        except (ValueError, RecursionError) as error:
            raise wrong(
                file.place(name),
                one_line(str(error), 300),
                f"see docs/facts.md for the form of {name}",
            ) from error
    return Facts(found)
