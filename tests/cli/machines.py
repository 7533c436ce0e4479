"""Files of facts for the command line's tests, made from the machines that rules are tested on."""

from __future__ import annotations

from pathlib import Path

from torch_doctor.core.fact import Facts
from torch_doctor.render.formats.json import facts_document
from torch_doctor.render.laid_out import dump

from tests.rules.cases import host_facts


def save(facts: Facts, folder: Path, name: str = "facts.json") -> str:
    """Write facts as collect does; return the path."""
    path = folder / name
    path.write_text(dump(facts_document(facts, {})))
    return str(path)


def machine(name: str, folder: Path, **values: object) -> str:
    """Save a machine of tests/rules/hosts.yaml, changed as asked; return the path."""
    from tests.rules.cases import fact_of

    changes = {key: fact_of(key, raw) for key, raw in values.items()}
    return save(host_facts(name).with_(**changes), folder)
