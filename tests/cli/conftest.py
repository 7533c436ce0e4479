"""The program as a user runs it, with its outputs and its exit code."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
from torch_doctor.__main__ import main
from torch_doctor.cli.schema import SCHEMA
from torch_doctor.probes.host.port import RecordedHost

from tests import samples
from tests.cli.machines import machine


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def report(self) -> Any:
        """The JSON of stdout, which must follow the schema."""
        jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(self.json)
        return self.json


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TORCH_DOCTOR_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def made(*words: str | Path, host: Any = None) -> Ran:
        code = main([os.fspath(word) for word in words], host)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return made


@pytest.fixture
def empty_host(tmp_path: Path) -> RecordedHost:
    """A machine about which nothing at all is known."""
    (tmp_path / "host" / "root").mkdir(parents=True)
    (tmp_path / "host" / "host.json").write_text("{}")
    return RecordedHost(tmp_path / "host")


@pytest.fixture
def healthy(tmp_path: Path) -> str:
    return machine("h100-580-cu130", tmp_path)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    sample = samples.broken()
    return machine(sample.machine, tmp_path, **sample.changes)
