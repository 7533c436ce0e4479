"""Small matrices in a temporary folder, sound or not."""

from __future__ import annotations

from pathlib import Path

from torch_doctor.matrix.source.compile import validate

HEADER = "defaults: {source: 'https://example.org/page', checked: 2026-01-31, how: docs}\n"
DRIVERS = HEADER + "drivers:\n  - {branch: 580, cuda: '13.0', kind: LTSB}\n"


def folder(tmp_path: Path, text: str, name: str = "drivers.yaml", **more: str) -> Path:
    for path, content in {
        name: text,
        **{f"{key}.yaml": value for key, value in more.items()},
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return tmp_path


def faults(
    tmp_path: Path, text: str, name: str = "drivers.yaml", **more: str
) -> list[tuple[int, str]]:
    found = validate(folder(tmp_path, text, name, **more))
    assert all(problem.file.endswith(".yaml") for problem in found)
    return [(problem.line, problem.message) for problem in found]
