"""The facts of induced states, each saved as what differs from the healthy machine that it was made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.core.fact import Facts

BASE = "healthy"


def written(base: Mapping[str, Any], facts: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return the text of one state: what is *wanted* of it, and its facts where they differ, one a line."""
    changed = {name: fact for name, fact in facts.items() if base.get(name) != fact}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in wanted.items()]
    lines.append(f'"gone": {json.dumps(sorted(set(base) - set(facts)))}')
    inner = ",\n  ".join(
        f"{json.dumps(name)}: {json.dumps(changed[name])}" for name in sorted(changed)
    )
    lines.append(f'"facts": {{\n  {inner}\n }}' if inner else '"facts": {}')
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def read(path: Path) -> tuple[Mapping[str, Any], Facts]:
    """Return what is wanted of a saved state, and its facts."""
    # where states are induced, nothing of the program is installed
    from torch_doctor.core.codec import facts_from_json

    document = json.loads(path.read_text(encoding="utf-8"))
    if path.stem == BASE:
        return document, facts_from_json(document["facts"])
    base = json.loads(path.with_name(f"{BASE}.json").read_text(encoding="utf-8"))["facts"]
    kept = {name: fact for name, fact in base.items() if name not in document["gone"]}
    return document, facts_from_json({**kept, **document["facts"]})
