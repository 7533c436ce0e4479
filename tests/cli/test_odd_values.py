"""Values that nothing can have, in a file of facts: one line with the file and the fact, exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.cli.main import run


def fact(name: str, item: str) -> str:
    return f'{{"schema_version": 2, "facts": {{"{name}": {{"value": {item}}}}}}}'


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 4001])
@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("gpus", '{"index": 0, "memory_mib": NUMBER}'),
        ("live_stages", '{"stage": "import", "ok": true, "seconds": NUMBER}'),
    ],
)
def test_a_number_that_nothing_can_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: str, name: str, item: str
) -> None:
    text = f"[{item.replace('NUMBER', number)}]"
    assert name in _output(tmp_path, capsys, fact(name, text))


@pytest.mark.parametrize("number", ["2147483647", "9" * 4001, "-1.0", "1e5"])
@pytest.mark.parametrize("name", ["torch_cuda", "driver_cuda", "driver_release"])
def test_a_version_that_nothing_can_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: str, name: str
) -> None:
    assert name in _output(tmp_path, capsys, fact(name, f'"{number}"'))


@pytest.mark.parametrize("depth", [400, 900, 990, 100_000])
def test_a_value_that_is_nested_too_deeply(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], depth: int
) -> None:
    _output(tmp_path, capsys, fact("remarks", "[" * depth + "]" * depth))


def _output(folder: Path, capsys: pytest.CaptureFixture[str], text: str) -> str:
    file = folder / "facts.json"
    file.write_text(text, encoding="utf-8")
    assert run(["check", "--facts", str(file)]) == 2
    output = capsys.readouterr().err
    assert output.startswith("torch-doctor: --facts ")
    assert str(file) in output
    assert output.count("\n") == 1 and len(output) < 1000
    assert "itself failed" not in output
    return output
