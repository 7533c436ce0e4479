"""Each fact is read in the many forms in which people and tools state it; they stand in forms.yaml, by fact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from torch_doctor.core.fact import Facts
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

MATRIX = load_matrix()
FORMS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("forms.yaml").read_text(encoding="utf-8")
)
PARAMETERS = [
    pytest.param(fact, form["text"], form["value"], id=f"{fact}-{number}")
    for fact, forms in FORMS.items()
    for number, form in enumerate(forms)
]


@pytest.mark.parametrize(("fact", "text", "value"), PARAMETERS)
def test_a_form_is_read(fact: str, text: str, value: str | bool | None) -> None:
    known = _shown(read_text(text, "report", MATRIX), fact)

    assert (known if known is None or isinstance(known, bool) else str(known)) == value


def _shown(facts: Facts, fact: str) -> Any:
    """Return what the report tells: of GPUs their names, joined, or their compute capabilities."""
    if fact == "gpus":
        return " + ".join(gpu.name or "?" for gpu in facts.value("gpus", ()))
    if fact == "compute_capability":
        return " ".join(str(gpu.compute_capability) for gpu in facts.value("gpus", ()))
    if fact == "other_gpus":
        return " + ".join(facts.value("other_gpus", ()))
    if fact == "tried":
        return ", ".join(facts.value("tried", ())) or None
    if fact == "torch_version":
        version = facts.value("torch_version")
        return version.text if version else None
    return facts.value(fact)
