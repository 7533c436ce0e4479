"""A recorded machine answers as the live one did, and names nobody."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from torch_doctor.core.fact import Fact
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host.port import LiveHost, RecordedHost
from torch_doctor.probes.inquiry import Inquiry
from torch_doctor.probes.record import RecordingHost, record

from tests.faults.driver import FakeDriver

SETTINGS = {"driver": "580.65.06", "cuda": 13000, "count": 2, "gpu1.lost": 1}


def test_a_replay_tells_the_same(fake_driver: FakeDriver, tmp_path: Path) -> None:
    environ = {**fake_driver(SETTINGS), "CUDA_VISIBLE_DEVICES": "0"}
    live = record(LiveHost(environ=environ), tmp_path / "saved", static=True).facts
    again = collect(RecordedHost(tmp_path / "saved"), Inquiry(static=True)).facts

    def shown(fact: Fact[object]) -> str:  # UUIDs differ, and so do times
        return str(fact).replace(
            "abc00000-aaaa-bbbb-cccc-0123456789ab", "00000000-0000-0000-0000-000000000000"
        )

    assert {name: shown(fact) for name, fact in again.items()} == {
        name: shown(fact) for name, fact in live.items()
    }
    assert again.value("gpus")[1].lost


def test_only_what_was_asked_for_is_saved(fake_driver: FakeDriver, tmp_path: Path) -> None:
    environ = {**fake_driver(SETTINGS), "MY_TOKEN": "hunter2", "CUDA_HOME": "https://u:hunter3@h/"}
    record(LiveHost(environ=environ), tmp_path / "saved", static=True)
    text = (tmp_path / "saved/host.json").read_text()
    assert "hunter" not in text
    assert "abc00000" not in text
    assert "MY_TOKEN" not in json.loads(text)["environ"]


def test_names_and_homes_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "root/home/alice/x").mkdir(parents=True)
    (tmp_path / "root/home/alice/x/f").write_text("made by alice in /home/alice/x")
    (tmp_path / "root/home/alice/x/b").write_bytes(b"\xff\xfe")
    host = RecordingHost(LiveHost(str(tmp_path / "root"), {"USER": "alice"}))
    host.read_text("/home/alice/x/f")
    host.read_bytes("/home/alice/x/b")
    host.save(tmp_path / "saved")
    assert "alice" not in (tmp_path / "saved/host.json").read_text()
    again = RecordedHost(tmp_path / "saved")
    assert again.read_text("/home/USER/x/f") == "made by somebody in /home/USER/x"
    assert again.read_bytes("/home/USER/x/b") == b"\xff\xfe"


def test_what_may_not_be_read_stays_so(tmp_path: Path) -> None:
    class Guarded(LiveHost):
        def read_bytes(self, path: str, limit: int = 1, offset: int = 0) -> bytes:
            raise PermissionError(13, "Permission denied", path)

    host = RecordingHost(Guarded(str(tmp_path / "root"), {}))
    with pytest.raises(PermissionError):
        host.read_text("/secret")
    host.save(tmp_path / "saved")
    with pytest.raises(PermissionError):
        RecordedHost(tmp_path / "saved").read_text("/secret")


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    host = RecordingHost(LiveHost(environ={}))
    host.save(tmp_path)
    with pytest.raises(FileExistsError):
        host.save(tmp_path)


def test_of_a_header_only_versions_are_kept(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "cuda.h").write_text("/* terms */\n#define CUDA_VERSION 13000\nint x;\n")
    host = RecordingHost(LiveHost(str(root), {}))
    assert "terms" in host.read_text("/cuda.h")
    host.save(tmp_path / "saved")
    assert RecordedHost(tmp_path / "saved").read_text("/cuda.h") == "#define CUDA_VERSION 13000\n"


def test_a_child_still_gets_the_whole_environment() -> None:
    host = RecordingHost(LiveHost(environ={**os.environ, "HIDDEN": "1", "SEEN": "2"}))
    assert host.environ.get("SEEN") == "2"
    code = "import json,os; print(json.dumps(dict(os.environ)))"
    import sys

    changed = {**host.environ, "SEEN": "3"}
    (line,) = host.child("x", [sys.executable, "-I", "-c", code], timeout_s=10, env=changed).lines
    assert (line["HIDDEN"], line["SEEN"]) == ("1", "3")
