"""Root runs what root alone can change: each file, folder, link and parent on the way counts, by owner and mode."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from torch_doctor.core.fact import Reason, Unavailable
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.live import refusal, trust
from torch_doctor.probes.live.trust import changed_by
from torch_doctor.probes.payloads import path_of

from tests.unit.probes.env_trees import write
from tests.unit.probes.test_torch_child import target

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives files to other users"
)
OTHER = 54321


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A site directory with a torch, three folders deep; all of it root's alone."""
    files = ("torch/__init__.py", "torch/lib/libtorch.so", "a.pth", "sitecustomize.py")
    place = tmp_path / "home" / "env" / "site"
    write(place, dict.fromkeys((*files, "torch/version.py"), ""))
    for path in [*tmp_path.rglob("*"), tmp_path]:
        path.chmod(0o755)
    yield place
    for path in [*tmp_path.rglob("*"), tmp_path]:
        os.chown(path, 0, 0, follow_symlinks=False)


def test_what_is_roots_alone_is_run(site: Path) -> None:
    assert changed_by([str(site)]) is None


@pytest.mark.parametrize(
    "place",
    ["", "..", "../..", "torch", "torch/lib", "torch/lib/libtorch.so", "a.pth", "sitecustomize.py"],
)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: os.chown(path, OTHER, 0), f"belongs to user {OTHER}"),
        (lambda path: path.chmod(0o777), "can be changed by everybody"),
        (lambda path: (os.chown(path, 0, OTHER), path.chmod(0o775)), f"changed by group {OTHER}"),
    ],
)
def test_what_another_user_can_change_is_named(
    site: Path, place: str, change: Callable[[Path], object], words: str
) -> None:
    there = (site / place).resolve()
    change(there)
    found = changed_by([str(site)])
    assert found and found[0] == str(there)
    assert words in found[1]


def test_a_link_of_another_user_and_one_into_a_folder_of_theirs(site: Path) -> None:
    elsewhere = site.parent.parent / "elsewhere"
    write(elsewhere, {"code.so": ""})
    link = site / "torch" / "code.so"
    link.symlink_to(elsewhere / "code.so")
    assert changed_by([str(site)]) is None

    os.chown(elsewhere, OTHER, 0)
    assert changed_by([str(site)]) == [str(elsewhere), f"belongs to user {OTHER}"]

    os.chown(elsewhere, 0, 0)
    os.chown(link, OTHER, 0, follow_symlinks=False)
    assert changed_by([str(site)]) == [str(link), f"belongs to user {OTHER}"]


def test_links_that_lead_nowhere_or_in_a_circle_end(site: Path) -> None:
    (site / "self").symlink_to(site / "self")
    (site / "up").symlink_to("..")
    (site / "masked").symlink_to("/dev/null")
    (site / "gone").symlink_to("/nowhere/at/all")
    assert changed_by([str(site), str(site / "self"), "/nowhere"]) is None


def test_a_sticky_parent_keeps_what_root_put_there(site: Path) -> None:
    site.parent.chmod(0o1777)
    assert changed_by([str(site)]) is None

    site.chmod(0o1777)
    assert changed_by([str(site)]) == [str(site), "can be changed by everybody"]


def test_a_group_without_members_is_nobody(site: Path, tmp_path: Path) -> None:
    """Debian lets the group staff, which is empty, install below /usr/local."""
    os.chown(site, 0, OTHER)
    site.chmod(0o2775)
    names = {"etc/group": f"staff:x:{OTHER}:\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\n"}
    write(tmp_path, names)

    def real(path: str) -> str:
        return f"{tmp_path}{path}" if path.startswith("/etc/") else path

    assert changed_by([str(site)], real) is None
    write(tmp_path, {"etc/group": f"staff:x:{OTHER}:alice\n"})
    assert changed_by([str(site)], real) == [str(site), f"can be changed by group {OTHER}"]
    write(tmp_path, {**names, "etc/passwd": f"alice:x:1000:{OTHER}::/home/alice:/bin/sh\n"})
    assert changed_by([str(site)], real) == [str(site), f"can be changed by group {OTHER}"]


def test_more_than_root_looks_at_is_not_run(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "MOST_FILES", 3)
    found = changed_by([str(site)])
    assert found and "more files" in found[1]


@pytest.mark.parametrize("variable", ["LD_LIBRARY_PATH", "LD_PRELOAD"])
def test_what_the_loader_would_take_from_another_user_is_not_run(site: Path, variable: str) -> None:
    theirs = site.parent.parent / "theirs"
    write(theirs, {"libcuda.so.1": ""})
    os.chown(theirs / "libcuda.so.1", OTHER, 0)
    value = str(theirs if variable == "LD_LIBRARY_PATH" else theirs / "libcuda.so.1")
    own = target(site)._replace(site_dirs=(str(site),), search_path=(str(site),))
    assert refusal.refusal(LiveHost(environ={}), own) is None

    denied = refusal.refusal(LiveHost(environ={variable: f"/usr/lib:{value}"}), own)
    assert isinstance(denied, Unavailable)
    assert denied.reason is Reason.DENIED
    assert f"user {OTHER}" in denied.detail


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LD_LIBRARY_PATH", "/usr/lib;{theirs}"),
        ("LD_LIBRARY_PATH", "{theirs};/usr/lib:"),
        ("LD_LIBRARY_PATH", "{up}{theirs}"),
        ("LD_PRELOAD", "libc.so.6 {theirs}/libcuda.so.1"),
        ("LD_PRELOAD", "{up}{theirs}/libcuda.so.1"),
    ],
)
def test_entries_are_parted_and_resolved_as_the_loader_does(
    site: Path, variable: str, value: str
) -> None:
    theirs = site.parent.parent / "their own"
    if variable == "LD_PRELOAD":
        theirs = site.parent.parent / "theirs"  # a space parts the entries of this one
    write(theirs, {"libcuda.so.1": ""})
    os.chown(theirs / "libcuda.so.1", OTHER, 0)
    host = LiveHost(environ={variable: value.format(theirs=theirs, up="../../../../..")})

    denied = refusal.loader_refusal(host)
    assert denied is not None
    assert denied.reason is Reason.DENIED
    assert f"{theirs}/libcuda.so.1 belongs to user {OTHER}" in denied.detail


@pytest.mark.parametrize(
    "environ",
    [
        {"LD_LIBRARY_PATH": ":"},
        {"LD_LIBRARY_PATH": "/usr/lib:./:."},
        {"LD_PRELOAD": " : "},
        {"LD_LIBRARY_PATH": ""},
    ],
)
def test_an_empty_entry_is_the_quiet_folder_that_children_work_in(environ: dict[str, str]) -> None:
    assert refusal.loader_refusal(LiveHost(environ=environ)) is None


def test_a_place_that_the_loader_alone_can_resolve_is_not_run(site: Path) -> None:
    host = LiveHost(environ={"LD_LIBRARY_PATH": "/usr/lib:$ORIGIN/x"})
    own = target(site)._replace(site_dirs=(str(site),), search_path=(str(site),))
    for denied in (refusal.loader_refusal(host), refusal.refusal(host, own)):
        assert denied is not None
        assert "LD_LIBRARY_PATH names $ORIGIN/x" in denied.detail
    trusted = LiveHost(environ={**host.environ, refusal.TRUST: "1"})
    assert refusal.loader_refusal(trusted) is None


def test_files_are_looked_at_once_for_each_check(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[list[str]] = []
    monkeypatch.setattr(trust, "changed_by_in_child", lambda paths, _: looks.append(paths))
    host = LiveHost(environ={})
    own = target(site)._replace(site_dirs=(str(site),), search_path=(str(site),))

    assert refusal.interpreter_refusal(host, own) is None
    first = len(looks)
    assert refusal.refusal(host, own) is None
    assert refusal.refusal(host, own) is None

    assert (first, len(looks)) == (1, 2)
    refusal.refusal(LiveHost(environ={}), own)
    assert len(looks) == 4  # another check looks again


def test_what_the_proof_imports_lies_where_root_looks_before_it_starts_its_own_interpreter() -> (
    None
):
    names = {
        name
        for source in ("proof", "proof_libraries", "libcuda")
        for node in ast.walk(ast.parse(Path(path_of(source)).read_text()))
        for name in _imported(node)
    }
    code = f"import sys, {', '.join(sorted(names))}\nfor m in sys.modules.values(): print(getattr(m, '__file__', None))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, check=True
    )
    library = os.path.dirname(os.__file__)
    looked_at = {library, *(f"{library}/{name}" for name in refusal._IMPORTED)}
    files = [line for line in done.stdout.splitlines() if line != "None"]
    assert len(files) > 20
    assert {os.path.dirname(file) for file in files} <= looked_at


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    known = isinstance(node, ast.ImportFrom) and node.module not in (None, "__future__", "typing")
    return [node.module] if known and isinstance(node, ast.ImportFrom) and node.module else []


@pytest.mark.parametrize("place", ["ctypes", "json/__pycache__", "."])
def test_of_its_own_interpreter_root_looks_at_what_a_script_imports(
    site: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = site.parent / "library"
    write(library, {"ctypes/__init__.py": "", "json/__pycache__/a.pyc": "", "far/away/a.py": ""})
    for path in [*library.rglob("*"), library]:
        path.chmod(0o755)
    monkeypatch.setattr(refusal.os, "__file__", str(library / "os.py"))
    own = target(site)._replace(executable=sys.executable, stdlib=str(library))
    other = own._replace(executable=str(site / "python"))
    os.chown(library / "far" / "away" / "a.py", OTHER, 0)
    assert refusal.starting_refusal(LiveHost(environ={}), own) is None
    assert refusal.starting_refusal(LiveHost(environ={}), other) is not None
    (library / place / "odd.py").write_text("")
    os.chown(library / place / "odd.py", OTHER, 0)
    denied = refusal.starting_refusal(LiveHost(environ={}), own)
    assert denied is not None
    assert denied.reason is Reason.DENIED


def test_a_process_of_its_own_finds_the_same(site: Path) -> None:
    assert trust.changed_by_in_child([str(site)]) is None
    odd = site / "torch" / 'a "name"\n\udce9.py'
    odd.write_text("")
    os.chown(odd, OTHER, 0)
    found = trust.changed_by_in_child([str(site)], ["/nonexistent"])
    assert found == changed_by([str(site)]) == [str(odd), f"belongs to user {OTHER}"]
    os.chown(odd, 0, 0)

    os.chown(site, OTHER, 0)
    assert trust.changed_by_in_child([], [str(site)]) == [str(site), f"belongs to user {OTHER}"]


def test_several_that_share_the_folders_leave_none_out(site: Path) -> None:
    """Also where one folder has two names, one of them a link, at other depths."""
    (site / "torch" / "a" / "b" / "c").mkdir(parents=True)
    (site / "other").mkdir()
    (site / "other" / "deep").symlink_to(site / "torch" / "a")
    for folder in [site, *(path for path in site.rglob("*") if path.is_dir())]:
        odd = folder / "odd.py"
        odd.write_text("")
        os.chown(odd, OTHER, 0)
        for count in (2, 3, 4):
            shares = [changed_by([str(site)], share=(one, count)) for one in range(count)]
            assert any(shares), (folder, count)
        odd.unlink()
    assert not any(changed_by([str(site)], share=(one, 4)) for one in range(4))


def test_several_processes_find_what_one_finds(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust.os, "cpu_count", lambda: 64)
    for number in range(8):
        (site / "torch" / str(number) / "below").mkdir(parents=True)
    assert trust.changed_by_in_child([str(site)]) is None
    for number in range(8):
        odd = site / "torch" / str(number) / "below"
        os.chown(odd, OTHER, 0)
        found = trust.changed_by_in_child([str(site)])
        assert found == [str(odd), f"belongs to user {OTHER}"]
        os.chown(odd, 0, 0)


@pytest.mark.parametrize("python", ["", "/nonexistent/python", "/bin/false"])
def test_where_no_process_can_be_had_it_is_looked_at_all_the_same(
    site: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust.sys, "executable", python)
    os.chown(site / "a.pth", OTHER, 0)
    found = trust.changed_by_in_child([str(site)])
    assert found == [str(site / "a.pth"), f"belongs to user {OTHER}"]


def test_a_disk_that_does_not_answer_is_not_trusted(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = site.parent / "python"
    sleeper.write_text("#!/bin/sh\nexec sleep 20\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(trust.sys, "executable", str(sleeper))
    monkeypatch.setattr(trust, "LONGEST_S", -0.5)
    found = trust.changed_by_in_child([str(site)])
    assert found and "no answer" in found[1]


def test_two_that_ask_at_the_same_time_share_one_look_and_others_do_not_wait_for_it(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go = [], threading.Event()

    def look(paths: list[str], _: object) -> None:
        asked.append(paths)
        if str(site) in paths:
            go.wait(10)

    monkeypatch.setattr(trust, "changed_by_in_child", look)
    host = LiveHost(environ={})
    own = target(site)._replace(site_dirs=(str(site),), search_path=(str(site),))
    both = [threading.Thread(target=refusal.refusal, args=(host, own)) for _ in range(2)]
    for one in both:
        one.start()
    try:
        assert refusal.interpreter_refusal(host, own) is None  # while the others are under way
    finally:
        go.set()
    for one in both:
        one.join()
    assert len(asked) == 2


@pytest.mark.parametrize("place", ["lib", "lib/libcudnn.so.9", "lib/libcudnn_ops.so.9", "theirs"])
def test_a_library_is_loaded_where_root_alone_can_change_it_and_what_lies_beside_it(
    site: Path, place: str
) -> None:
    write(site, {"lib/libcudnn.so.9": "", "lib/libcudnn_ops.so.9": "", "theirs": ""})
    asked = [str(site / "lib" / "libcudnn.so.9")]
    os.chown(site / "torch" / "__init__.py", OTHER, 0)  # of which nothing is loaded
    assert refusal.loading_refusal(LiveHost(environ={}), asked) is None

    if place == "theirs":
        (site / "lib" / "libcudnn.so.9").unlink()
        (site / "lib" / "libcudnn.so.9").symlink_to("../theirs")
    os.chown(site / place, OTHER, 0)
    denied = refusal.loading_refusal(LiveHost(environ={}), asked)
    assert isinstance(denied, Unavailable)
    assert f"user {OTHER}" in denied.detail


def test_the_interpreter_may_be_run_where_a_package_may_not(site: Path) -> None:
    os.chown(site / "torch" / "lib" / "libtorch.so", OTHER, 0)
    lib = site.parent / "lib"
    lib.mkdir()
    sites = (str(site),)
    own = target(site)._replace(site_dirs=sites, search_path=sites, stdlib=str(lib))

    assert refusal.interpreter_refusal(LiveHost(environ={}), own) is None
    assert refusal.refusal(LiveHost(environ={}), own) is not None
