"""What somebody who waits for a fleet sees: a bar, how many hosts there were, and how far that is."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from torch_doctor.cli.fleet.reading import HostLines
from torch_doctor.cli.output import progress

pytest.importorskip("rich")


def row(node: str) -> str:
    return json.dumps({"node": node, "facts": {}}) + "\n"


def test_the_share_goes_by_what_was_read_of_all_files(tmp_path: Path) -> None:
    folder = tmp_path / "hosts"
    folder.mkdir()
    (folder / "a.jsonl").write_text(row("n1") + row("n2"))
    (folder / "b.jsonl").write_text(row("n3"))
    (tmp_path / "c.jsonl").write_text(row("n4"))
    hosts = HostLines([str(folder), str(tmp_path / "c.jsonl")])

    before = hosts.share()
    shares = [hosts.share() for _ in hosts]

    assert before == 0
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_no_share_is_known_of_what_comes_through_a_pipe(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(row("n1"))

    assert HostLines([str(file), "-"]).share() is None


@pytest.mark.parametrize("known", [True, False])
def test_a_bar_is_shown_where_somebody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], known: bool
) -> None:
    monkeypatch.setattr(progress, "is_terminal", lambda _: True)
    for name, value in {"TTY_COMPATIBLE": "1", "COLUMNS": "100", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    shares = iter((0.0, 0.25, 0.5, 0.75, 1.0))

    items = progress.counted(
        range(4), "hosts judged", quiet=False, share=lambda: next(shares) if known else None
    )

    assert list(items) == [0, 1, 2, 3]
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "4 hosts judged" in shown
    assert ("100%" in shown) is known


def test_nothing_is_shown_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    items = progress.counted(range(4), "hosts judged", quiet=False, share=lambda: 0.5)

    assert list(items) == [0, 1, 2, 3]
    assert capsys.readouterr().err == ""
