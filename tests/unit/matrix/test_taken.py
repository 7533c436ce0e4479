"""Where a matrix that was taken is kept, and what is read there."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.matrix.store import MatrixError
from torch_doctor.matrix.taken import aside, stored
from torch_doctor.matrix.taken.place import data_folder
from torch_doctor.matrix.taken.receive import received

MOUNTS = """/dev/sda1 / ext4 rw 0 0
proc /proc proc rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/local xfs rw 0 0
box:/ /mnt/far\\040away fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        ({"HOME": "/home/x"}, "linux", "/home/x/.local/share/torch-doctor"),
        ({"HOME": "/home/x", "XDG_DATA_HOME": "/data"}, "linux", "/data/torch-doctor"),
        ({"HOME": "/h", "XDG_DATA_HOME": "data"}, "linux", "/h/.local/share/torch-doctor"),
        ({"HOME": "/Users/x"}, "darwin", "/Users/x/Library/Application Support/torch-doctor"),
        ({"HOME": "/h", "TORCH_DOCTOR_DATA": "/opt/td"}, "linux", "/opt/td"),
        ({}, "linux", None),
        ({"HOME": "relative"}, "linux", None),
    ],
)
def test_the_folder_is_that_of_the_platform(
    environ: dict[str, str], platform: str, folder: str | None
) -> None:
    assert data_folder(environ, platform) == folder


@pytest.mark.parametrize(
    ("path", "waits"),
    [
        ("/home/x/.local", True),
        ("/home/local/x", False),
        ("/homework/x", False),
        ("/root/x", False),
        ("/mnt/far away/x", True),
    ],
)
def test_the_list_of_mounts_tells_where_nobody_may_answer(
    path: str, waits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    monkeypatch.setattr(aside, "MOUNTS", str(tmp_path / "mounts"))
    monkeypatch.setattr(aside.sys, "platform", "linux")

    assert aside.may_wait(path) is waits


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_is_read_aside_comes_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(10)  # of a server of another test: a process with threads is not doubled
    assert aside.aside(lambda: b"x" * 3_000_000, "") == b"x" * 3_000_000
    monkeypatch.setattr(aside, "ANSWERS_WITHIN_S", 0.2)
    started = time.monotonic()
    with pytest.raises(aside.NoAnswerError):
        aside.aside(lambda: time.sleep(600) or b"", "")
    assert time.monotonic() - started < 60


@pytest.fixture
def _a_second_thread() -> Iterator[None]:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    yield
    done.set()
    thread.join()


@pytest.mark.usefixtures("_a_second_thread")
@pytest.mark.parametrize(
    "code", ["import time; time.sleep(600)", "raise SystemExit(1)", "import nothing_of_this_name"]
)
def test_where_threads_run_nothing_is_waited_for_either(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "ANSWERS_WITHIN_S", 0.5)
    started = time.monotonic()
    with pytest.raises(aside.NoAnswerError):
        aside.aside(lambda: time.sleep(600) or b"", code)
    assert time.monotonic() - started < 60


@pytest.mark.usefixtures("_a_second_thread")
def test_where_threads_run_the_same_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "may_wait", lambda _: True)
    monkeypatch.setattr(aside, "ANSWERS_WITHIN_S", 20.0)
    monkeypatch.setattr(aside, "_by_double", lambda _: pytest.fail("a process with threads"))
    path = tmp_path / "matrix.tdm"
    head = {"index": {}, "version": "1"}
    path.write_bytes(stored.packed({"gpus": ["x" * 300_000]}, head))
    assert stored._aside(str(path)) == path.read_bytes()
    with pytest.raises(MatrixError, match="is damaged"):
        stored.read_taken(str(path))
    path.unlink()
    assert stored.read_taken(str(path)) is None
    path.mkdir()
    with pytest.raises(MatrixError, match="not a regular file"):
        stored.read_taken(str(path))


def test_the_same_is_found_aside_and_directly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "matrix.tdm"
    for waits in (False, True):
        monkeypatch.setattr(stored, "may_wait", lambda _, waits=waits: waits)
        assert stored.read_taken(str(path)) is None
        path.write_text("{}")
        with pytest.raises(MatrixError, match="is damaged"):
            stored.read_taken(str(path))
        path.unlink()
        path.mkdir()
        with pytest.raises(MatrixError, match="not a regular file"):
            stored.read_taken(str(path))
        path.rmdir()


@given(st.binary(max_size=300))
def test_no_bytes_are_taken_and_none_raise_anything_else(data: bytes) -> None:
    with pytest.raises(MatrixError):
        received(data)
