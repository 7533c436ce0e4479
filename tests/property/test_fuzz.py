"""Fifty thousand inputs that nobody wrote: no reader raises, and none takes long over one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.fuzz import readers, run

INPUTS, LONGEST_S = 50_000, 5.0


@pytest.mark.parametrize("name", ["reports", "lint", "facts", "settings", "overlay"])
def test_inputs_that_nobody_wrote_raise_nothing(name: str, tmp_path: Path) -> None:
    reader = readers(tmp_path, 1)[name]
    found = run(name, reader, 1, most=INPUTS * reader.share // 100)
    assert found.count * 100 == INPUTS * reader.share
    assert found.raised == 0
    assert found.longest_s < LONGEST_S
