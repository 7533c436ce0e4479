"""What is named and is no file of text: each command says so in one line, and gives no verdict."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.text import wide_encoding

from tests.cli.conftest import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="devices, pipes and sockets")
FACTS = '{"schema_version": 2, "facts": {}}'
COMMANDS = (
    ("lint",),
    ("triage",),
    ("check", "--facts"),
    ("fleet", "judge"),
    ("recommend", "--host"),
    ("check", "--against"),
    ("lint", "--config"),
)


def no_file(kind: str, folder: Path) -> Path:
    place = folder / kind
    if kind == "device":
        return Path("/dev/zero")
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "loop":
        place.symlink_to(place)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as there:
            there.bind(os.path.relpath(place))
    elif kind == "zeros":
        with open(place, "wb") as file:
            file.truncate(1 << 30)
    return place


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("kind", ["device", "pipe", "socket", "loop", "zeros"])
def test_what_is_no_file_is_said_in_one_line(
    command: tuple[str, ...], kind: str, tmp_path: Path, run: Run
) -> None:
    place = no_file(kind, tmp_path)

    done = run(*command, str(place))

    assert done.code == 2
    output = " ".join((done.err or done.out).split())
    assert str(place) in output.replace(" ", "")
    assert any(
        words in output
        for words in ("not a regular file", "cannot be read", "larger than", "null bytes")
    )
    if command != ("fleet", "judge"):  # a fleet counts what it could not read
        assert done.err.count("\n") == 1
        assert not done.out


@pytest.mark.parametrize("command", [("lint",), ("triage",), ("fleet", "judge")], ids=" ".join)
def test_a_folder_that_may_not_be_read_is_not_said_to_be_empty(
    command: tuple[str, ...], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = os.scandir

    def denied(path: Any = ".") -> Any:
        if Path(path) == tmp_path:
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", denied)

    done = run(*command, str(tmp_path))

    assert done.code == 2
    assert "cannot be read: Permission denied" in " ".join((done.err or done.out).split())


@pytest.mark.parametrize("encoding", ["UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"])
@pytest.mark.parametrize("command", [COMMANDS[0], *COMMANDS[2:]], ids=" ".join)
def test_text_in_another_encoding_is_named_with_the_cure(
    command: tuple[str, ...], encoding: str, tmp_path: Path, run: Run
) -> None:
    place = tmp_path / "written"
    place.write_bytes(FACTS.encode(encoding))

    done = run(*command, str(place))

    assert done.code == 2
    output = " ".join((done.err or done.out).split())
    assert f"is {encoding} text" in output
    assert "write it as UTF-8" in output


@pytest.mark.parametrize(
    "data", [b"", b"a", b"\0", bytes(400), b"plain text", bytes(range(256)) * 8, "ä".encode() * 99]
)
def test_what_is_not_wide_is_not_called_so(data: bytes) -> None:
    assert not wide_encoding(data)
