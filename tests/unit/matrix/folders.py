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


def new_gpus(path: Path) -> Path:
    """Return an overlay with a GeForce and a server GPU that nobody has heard of."""
    text = (
        HEADER + "gpus:\n"
        '  - {name: "NVIDIA GeForce RTX 7095", capabilities: ["12.0"], architecture: Blackwell,'
        " chips: [GB299], kind: consumer, memory_gb: [48], open_modules: required,"
        " first_driver: '580.65.06'}\n"
        '  - {name: "NVIDIA Q700", capabilities: ["10.3"], architecture: Blackwell, chips: [GQ700],'
        " kind: data_center, memory_gb: [288], open_modules: required,"
        " first_driver: '580.65.06'}\n"
    )
    return folder(path, text, "gpus_of_tests.yaml")
