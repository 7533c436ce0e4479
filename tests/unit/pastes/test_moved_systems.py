"""Who has moved from one system to another is on the other one."""

from __future__ import annotations

import pytest
from torch_doctor.api import triage

CARD = "RTX 3070, torch 2.4.1, torch.cuda.is_available() is False"


@pytest.mark.parametrize(
    ("words", "system"),
    [
        ("Last week I changed from Windows to debian.", "linux"),
        ("We went from Windows 11 over to Fedora 40.", "linux"),
        ("I log in from Windows.", None),
        ("Windows 10.", "windows"),
    ],
)
def test_the_system_is_the_one_that_somebody_moved_to(words: str, system: str | None) -> None:
    assert triage(f"{words}\n{CARD}").facts.value("os_family") == system
