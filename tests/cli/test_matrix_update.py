"""torch-doctor matrix update: what is taken, what is refused, and that what is refused changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.matrix import load
from torch_doctor.matrix.source.compile import compile_matrix
from torch_doctor.matrix.taken.place import BEFORE, NAME
from torch_doctor.matrix.taken.receive import handed_over
from torch_doctor.online import whole
from torch_doctor.online.web import Limits

from tests.cli.conftest import Run
from tests.cli.machines import machine
from tests.lying import Liar, certificate_in, lying

ROW = '{{branch: {branch}, cuda: "99.0", first: "{branch}.10", checked: {day}, how: docs, source: "https://example.org/x"}}'


def compiled(folder: Path, branch: int = 991, day: str = "") -> dict[str, Any]:
    """The packaged matrix with one branch of drivers more."""
    packaged = load.in_force().packaged
    folder.mkdir(parents=True, exist_ok=True)
    row = ROW.format(branch=branch, day=day or packaged.version)
    (folder / "new.yaml").write_text(f"drivers:\n  - {row}\n")
    return compile_matrix(None, folder, packaged)


def small(folder: Path, branch: int, day: str = "") -> bytes:
    """A whole matrix of a few rows, as it is handed over."""
    day = day or load.in_force().packaged.version
    rows = "".join(
        f"  - {ROW.format(branch=number, day=day)}\n" for number in (801, 802, 803, branch)
    )
    note = f"{{id: a-note, topic: x, fact: words, checked: {day}, how: docs, source: 'https://example.org/x'}}"
    (folder / "drivers.yaml").write_text(f"drivers:\n{rows}")
    (folder / "notes.yaml").write_text(f"notes:\n  - {note}\n")
    return handed_over(compile_matrix(folder)).encode()


@pytest.fixture(scope="session")
def whole_one(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return handed_over(compiled(tmp_path_factory.mktemp("whole"))).encode()


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return small(tmp_path_factory.mktemp("newer"), 991)


@pytest.fixture(scope="session")
def third(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return small(tmp_path_factory.mktemp("third"), 992)


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return small(tmp_path_factory.mktemp("older"), 993, "2025-01-31")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "data"
    monkeypatch.setenv("TORCH_DOCTOR_DATA", str(folder))
    load.look_again()
    yield folder
    load.look_again()


Update = Callable[..., Any]


@pytest.fixture
def update(run: Run, tmp_path: Path, data: Path) -> Update:
    """Hand a file over."""

    def made(content: bytes, *words: str) -> Any:
        file = tmp_path / "handed.json"
        file.write_bytes(content)
        return run("matrix", "update", "--from", file, *words)

    return made


def branches(run: Run) -> set[int]:
    load.look_again()
    rows = run("matrix", "show", "drivers", "--json").json["rows"]
    return {row["branch"] for row in rows} & {991, 992, 993}


def test_a_matrix_is_taken_answers_and_is_gone_back_from(
    run: Run, update: Update, data: Path, newer: bytes, third: bytes
) -> None:
    assert branches(run) == set()
    taken = update(newer)

    assert (taken.code, taken.err) == (0, "")
    assert "taken on" in taken.out and "handed.json" in taken.out
    assert run("matrix", "--version").out == taken.out
    assert branches(run) == {991}
    assert update(newer).out.endswith("nothing to change\n")
    assert not (data / BEFORE).exists()
    assert (update(third).code, branches(run)) == (0, {992})
    assert (run("matrix", "update", "--rollback").code, branches(run)) == (0, {991})
    back = run("matrix", "update", "--rollback", "--json")
    assert (back.code, back.json["matrix"]["origin"], branches(run)) == (0, "packaged", set())
    again = run("matrix", "update", "--rollback")
    assert (again.code, again.out) == (2, "") and again.err.count("\n") == 1
    assert list(data.iterdir()) == []


def test_what_was_taken_judges_hosts_and_carries_an_overlay(
    run: Run, update: Update, whole_one: bytes, tmp_path: Path
) -> None:
    file = machine("h100-580-cu130", tmp_path)
    before = run("check", "--facts", file, "--json").report
    update(whole_one)
    after = run("check", "--facts", file, "--json")
    over = tmp_path / "over"
    compiled(over, 992)

    assert after.err == ""
    assert before["matrix"]["digest"] != after.report["matrix"]["digest"]
    assert after.report["matrix"]["digest"] == json.loads(whole_one)["index"]["digest"]
    rows = run("matrix", "show", "drivers", "--matrix", over, "--json").json["rows"]
    assert {991, 992} < {row["branch"] for row in rows}


def test_what_compile_writes_is_taken_elsewhere(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(tmp_path / "rows")
    made = run("matrix", "compile", tmp_path / "rows", "-o", tmp_path / "m.json", "--json").json
    found = sha256((tmp_path / "m.json").read_bytes()).hexdigest()
    words = ("matrix", "update", "--from", tmp_path / "m.json", "--to", tmp_path / "to")
    taken = run(*words, "--sha256", made["sha256"].upper())

    assert made["sha256"] == found
    assert taken.code == 0 and "TORCH_DOCTOR_DATA" in taken.err
    assert branches(run) == set() and not data.exists()
    monkeypatch.setenv("TORCH_DOCTOR_DATA", str(tmp_path / "to"))
    assert branches(run) == {991}


def changed(content: bytes, change: Callable[[Any], object]) -> bytes:
    document = json.loads(content)
    change(document)
    return json.dumps(document).encode()


def _rename(document: Any) -> None:
    document["tables"]["inventions"] = document["tables"].pop("drivers")


def _another_cell(document: Any) -> None:
    document["tables"]["drivers"]["rows"][0][1] = "12.9"


UNSOUND: dict[str, tuple[Callable[[Any], object], str]] = {
    "another format": (lambda d: d.update(format="x"), "no matrix that torch-doctor compiled"),
    "other columns": (lambda d: d["index"].update(shape="0"), "another release of torch-doctor"),
    "no tables": (lambda d: d.pop("tables"), "no index or no tables"),
    "an unknown table": (_rename, "'inventions' that is not known"),
    "a row that was changed": (_another_cell, "something was changed"),
    "a row that is gone": (lambda d: d["tables"]["notes"]["rows"].pop(), "something was changed"),
    "a date that was changed": (lambda d: d["index"].update(version="2027-01-01"), "changed"),
    "a row cut short": (
        lambda d: d["tables"]["drivers"]["rows"][3].pop(),
        "drivers, 4: it has not",
    ),
    "a number for a text": (
        lambda d: d["tables"]["drivers"]["rows"][0].__setitem__(1, 12.8),
        "cuda is not str",
    ),
    "a source that is not there": (
        lambda d: d["tables"]["drivers"]["rows"][0].__setitem__(-1, 10**6),
        "a row that cannot be",
    ),
    "an escape code": (
        lambda d: d["tables"]["notes"]["rows"][0].__setitem__(2, "\x1b[2J"),
        "not plain text",
    ),
    "a row that says nonsense": (
        lambda d: d["tables"]["drivers"]["rows"][0].__setitem__(1, "twelve"),
        "is not sound",
    ),
    "a source of the future": (
        lambda d: d["tables"]["drivers"]["sources"][0].__setitem__(1, "2999-01-01"),
        "lies in the future",
    ),
    "rows that are no list": (lambda d: d["tables"].update(drivers={"rows": 3}), "no rows in"),
}


@pytest.mark.parametrize("lie", UNSOUND)
def test_an_unsound_file_is_refused_and_changes_nothing(
    run: Run, update: Update, data: Path, newer: bytes, third: bytes, lie: str
) -> None:
    update(newer)
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    ran = update(changed(third, UNSOUND[lie][0]))

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert UNSOUND[lie][1] in ran.err and "nothing was changed" in ran.err
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before
    assert branches(run) == {991}


def test_an_older_one_is_taken_only_when_asked(run: Run, update: Update, older: bytes) -> None:
    ran = update(older)

    assert (ran.code, branches(run)) == (2, set())
    assert "of 2025-01-31, older than" in ran.err and "--allow-older" in ran.err
    assert (update(older, "--allow-older").code, branches(run)) == (0, {993})


def test_a_program_that_brings_a_newer_matrix_uses_its_own(
    run: Run, update: Update, data: Path, newer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(newer)
    monkeypatch.setattr(load.in_force().packaged, "version", "2999-01-01")
    ran = run("matrix", "--version", "--json")

    assert ran.json["matrix"]["origin"] == "packaged" and ran.err == ""
    assert "is older and does not answer" in run("matrix", "--version").out


@pytest.mark.parametrize("words", [("--sha256", "0" * 64), ("--sha256", "12")])
def test_another_hash_is_refused(data: Path, update: Update, newer: bytes, words: Any) -> None:
    ran = update(newer, *words)

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert not data.exists()


@pytest.mark.parametrize("words", [(), ("--from", "x", "--rollback")])
def test_one_thing_at_a_time(run: Run, words: Any) -> None:
    assert run("matrix", "update", *words).code == 2


def test_no_file_a_folder_and_a_pipe_are_one_line(run: Run, data: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("absent", ".", "pipe"):
        ran = run("matrix", "update", "--from", tmp_path / name)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert not data.exists()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda found: found[:-100],
    "empty": lambda _: b"",
    "another byte": lambda found: found[:-10] + b"?" + found[-9:],
    "another program's": lambda _: b"\x89PNG\r\n\x1a\n" * 50,
    "other columns": lambda found: found.replace(b'"shape": "', b'"shape": "0', 1),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_does_not_load_gives_place_to_the_packaged_one_and_says_so(
    run: Run, update: Update, data: Path, newer: bytes, damage: str, tmp_path: Path
) -> None:
    packaged = load.in_force().packaged.digest
    update(newer)
    (data / NAME).write_bytes(DAMAGE[damage]((data / NAME).read_bytes()))
    load.look_again()
    ran = run("check", "--facts", machine("h100-580-cu130", tmp_path), "--json", "-q")

    assert ran.code == 0 and ran.report["matrix"]["digest"] == packaged
    assert str(data) in ran.err and "the packaged matrix answers" in ran.err
    assert ran.err.count("\n") == 1
    assert run("matrix", "--version", "--json").json["matrix"]["unfit"]
    assert (update(newer).code, branches(run)) == (0, {991})


def test_a_place_that_is_no_file_is_said_and_not_waited_for(run: Run, data: Path) -> None:
    data.mkdir()
    os.mkfifo(data / NAME)

    assert "is not a regular file" in run("matrix", "--version").err
    assert run("matrix", "show", "drivers", "580").code == 0


def test_root_uses_no_matrix_that_others_can_change(
    run: Run, update: Update, data: Path, newer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid():
        pytest.skip("only root can be tried")
    update(newer)
    for place, mode in ((data / NAME, 0o646), (data, 0o777), (data, 0o775)):
        usual = place.stat()
        if mode == 0o775:
            os.chown(place, 0, 4711)
        place.chmod(mode)
        load.look_again()
        ran = run("matrix", "--version")
        assert "root does not use the matrix there" in ran.err and "packaged with" in ran.out
        os.chown(place, usual.st_uid, usual.st_gid)
        place.chmod(usual.st_mode)
    os.chown(data / NAME, 4711, 4711)
    load.look_again()
    assert "belongs to user 4711" in run("matrix", "--version").err
    os.chown(data, 4711, 4711)
    ran = update(newer)
    assert (ran.code, ran.out) == (2, "") and "root would not use" in ran.err
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    load.look_again()
    assert branches(run) == {991}


def test_a_folder_that_cannot_be_written_is_one_line(
    run: Run, newer: bytes, tmp_path: Path
) -> None:
    (tmp_path / "m.json").write_bytes(newer)
    (tmp_path / "file").write_text("")
    ran = run("matrix", "update", "--from", tmp_path / "m.json", "--to", tmp_path / "file" / "x")

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_only_update_writes(
    run: Run, update: Update, data: Path, newer: bytes, tmp_path: Path
) -> None:
    file = machine("h100-580-cu130", tmp_path)
    for words in (("check", "--facts", file), ("matrix",), ("matrix", "show", "drivers"), ("recommend", "--gpu", "H100")):  # fmt: skip
        run(*words)
    assert not data.exists()
    update(newer)
    written = {path: path.stat().st_mtime_ns for path in data.iterdir()}
    run("check", "--facts", file)
    run("matrix", "show", "drivers")
    assert {path: path.stat().st_mtime_ns for path in data.iterdir()} == written


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    return certificate_in(tmp_path_factory.mktemp("tls"))


# So that only a test of a limit meets one, however busy the machine is.
PATIENT = Limits(connect_s=60.0, silence_s=60.0, total_s=120.0, page_bytes=32 << 20)
HASTY = {
    "/drips": PATIENT._replace(total_s=1.0),
    "/drips-headers": PATIENT._replace(total_s=1.0),
    "/silent": PATIENT._replace(silence_s=0.5),
}


@pytest.fixture
def liar(certificate: Path, newer: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setattr(whole, "LIMITS", PATIENT)
    with lying(newer, certificate) as served:
        yield served
        for thread in threading.enumerate():
            if (
                thread.name == whole.THREAD
            ):  # was not waited for, and ends when the server has had its say
                thread.join(10)


def test_a_matrix_is_taken_over_https(run: Run, liar: Liar, data: Path, newer: bytes) -> None:
    found = sha256(newer).hexdigest()
    ran = run("matrix", "update", "--from", f"{liar.url}/moved?token=secret", "--sha256", found)

    assert ran.code == 2  # that path is not served
    liar.answers["/moved?token=secret"] = liar.answers["/moved"]
    ran = run("matrix", "update", "--from", f"{liar.url}/moved?token=secret", "--sha256", found)
    assert (ran.code, branches(run)) == (0, {991})
    assert f"from {liar.url}/moved " in ran.out and "goes online" in ran.err
    assert "secret" not in ran.out + ran.err
    assert b"secret" not in (data / NAME).read_bytes()


LIES = {
    "/html": "is HTML and no matrix",
    "/not-found": "answers 404",
    "/broken": "is no matrix",
    "/cut": "is cut off or damaged",
    "/breaks-off": "broke off",
    "/another-document": "no matrix that torch-doctor compiled",
    "/deep": "nests too deep",
    "/announces-too-much": "more than 32 MiB",
    "/sends-too-much": "larger than 32 MiB",
    "/unfolds-too-much": "larger than 32 MiB",
    "/in-the-open": "redirects from https to http",
    "/IN-THE-OPEN": "redirects from https to http",
    "/circle": "redirects in circles",
    "/drips": "takes more than 1 s",
    "/drips-headers": "takes more than 1 s",
    "/silent": "is silent",
}


@pytest.mark.parametrize("path", LIES)
def test_a_server_that_lies_changes_nothing(
    run: Run,
    liar: Liar,
    data: Path,
    update: Update,
    third: bytes,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    update(third)
    monkeypatch.setattr(whole, "LIMITS", HASTY.get(path, PATIENT))
    before = {file.name: file.read_bytes() for file in data.iterdir()}
    ran = run("matrix", "update", "--from", liar.url + path)

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 2), ran.err
    assert LIES[path] in ran.err.splitlines()[1] and liar.asked
    assert {file.name: file.read_bytes() for file in data.iterdir()} == before


def test_what_comes_in_the_open_or_from_strangers_is_refused(
    run: Run, liar: Liar, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (liar.url.replace("https", "http"), "ftp://127.0.0.1/x", "file:///etc/hosts", "https:///x"):  # fmt: skip
        assert "over https alone" in run("matrix", "update", "--from", url).err
    assert not liar.asked
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    ran = run("matrix", "update", "--from", f"{liar.url}/sound")
    assert ran.code == 2 and "its certificate is not accepted" in ran.err
    assert not data.exists()
