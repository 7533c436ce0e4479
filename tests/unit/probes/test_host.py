"""The port to a machine: links stay inside a tree, devices are refused, recordings answer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.probes.host.links import follow
from torch_doctor.probes.host.port import LiveHost, RecordedHost

from tests.unit.probes.tree import make


def test_an_absolute_link_stays_inside_the_tree(tmp_path: Path) -> None:
    host = make(
        tmp_path,
        {"/usr/lib/libcuda.so.580": "inside"},
        links={"/lib64": "/usr/lib", "/usr/lib/libcuda.so.1": "/usr/lib/libcuda.so.580"},
    )
    assert host.resolve("/lib64/libcuda.so.1") == "/usr/lib/libcuda.so.580"
    assert host.read_text("/lib64/libcuda.so.1") == "inside"
    assert host.readlink("/lib64/libcuda.so.1") == "/usr/lib/libcuda.so.580"
    assert host.exists("/lib64/libcuda.so.1")


def test_a_link_out_of_the_tree_finds_nothing(tmp_path: Path) -> None:
    host = make(
        tmp_path / "root",
        links={"/etc/passwd": "/../../../../etc/passwd", "/x": "../../../etc/hostname"},
    )
    assert not host.exists("/etc/passwd")
    assert not host.exists("/x")


def test_a_loop_of_links_is_not_there(tmp_path: Path) -> None:
    host = make(tmp_path, links={"/a": "b", "/b": "a"})
    assert not host.exists("/a")
    with pytest.raises(OSError, match="a"):
        host.read_text("/a")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="regular"):
        LiveHost(str(tmp_path)).read_text("/pipe")


def test_limit_and_offset(tmp_path: Path) -> None:
    host = make(tmp_path, {"/f": "0123456789"})
    assert host.read_bytes("/f", 3, 4) == b"456"
    assert host.read_text("/f", 2) == "01"


_part = st.sampled_from(["a", "b", "c", "..", ".", ""])
_path = st.lists(_part, max_size=6).map("/".join)


@given(_path, st.dictionaries(_path.map(lambda p: "/" + p.strip("/")), _path, max_size=4))
def test_following_ends_inside_the_tree(path: str, links: dict[str, str]) -> None:
    try:
        end = follow(path, links.get)
    except OSError:
        return
    assert end.startswith("/")
    assert ".." not in end.split("/")


@pytest.fixture
def recorded(tmp_path: Path) -> RecordedHost:
    document = {
        "environ": {"A": "1"},
        "calls": {"uid": 7},
        "children": {
            "nvml": {"status": "crash", "lines": [{"stage": "start"}], "detail": "SIGSEGV"}
        },
        "files": {"/usr/lib/os-release": "ID=x\n"},
        "links": {"/etc": "usr/lib"},
        "dirs": {"/dev": ["nvidia0"]},
        "sizes": {"/usr/bin/tool": 12},
        "access": {"/dev/nvidia0": [True, False]},
        "denied": ["/secret"],
    }
    (tmp_path / "host.json").write_text(json.dumps(document))
    (tmp_path / "root/opt").mkdir(parents=True)
    (tmp_path / "root/opt/blob").write_bytes(b"\xff\x00")
    return RecordedHost(tmp_path)


def test_a_recording_answers(recorded: RecordedHost) -> None:
    assert recorded.read_text("/etc/os-release") == "ID=x\n"
    assert recorded.resolve("/etc/os-release") == "/usr/lib/os-release"
    assert recorded.readlink("/etc") == "usr/lib"
    assert recorded.listdir("/usr") == ["bin", "lib"]
    assert recorded.is_dir("/usr/lib")
    assert not recorded.is_dir("/usr/bin/tool")
    assert recorded.exists("/dev/nvidia0")
    assert recorded.can_open("/dev/nvidia0") == (True, False)
    assert recorded.can_open("/nothing") == (False, False)
    assert recorded.size("/usr/bin/tool") == 12
    assert recorded.size("/etc/os-release") == 5
    assert recorded.read_bytes("/opt/blob") == b"\xff\x00"
    assert Path(recorded.real_path("/opt/blob")).read_bytes() == b"\xff\x00"
    assert recorded.listdir("/opt") == ["blob"]
    assert recorded.call("uid", lambda: 0) == 7
    assert recorded.call("unknown", lambda: 0) is None
    assert recorded.environ == {"A": "1"}


def test_a_recording_fails_as_the_machine_did(recorded: RecordedHost) -> None:
    with pytest.raises(PermissionError):
        recorded.read_text("/secret")
    with pytest.raises(FileNotFoundError):
        recorded.read_text("/nothing")
    with pytest.raises(FileNotFoundError):
        recorded.listdir("/nothing")
    with pytest.raises(OSError, match="dev"):
        recorded.readlink("/dev")


def test_children_of_a_recording(recorded: RecordedHost) -> None:
    seen: list[dict[str, object]] = []

    def on_line(line: dict[str, object]) -> None:
        seen.append(line)

    result = recorded.child("nvml", [], timeout_s=1, on_line=on_line)
    assert (result.status, result.detail) == ("crash", "SIGSEGV")
    assert seen == [{"stage": "start"}]
    assert recorded.child("torch", [], timeout_s=1).status == "not-recorded"


def test_a_name_with_a_null_byte_is_that_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    for host in (LiveHost(), LiveHost(str(tmp_path))):
        assert not host.exists("/a\0b")
        assert not host.is_dir("/a\0b")
        assert host.can_open("/a\0b") == (False, False)
        for look in (host.read_bytes, host.listdir, host.readlink, host.size):
            with pytest.raises(FileNotFoundError):
                look("/a\0b")
