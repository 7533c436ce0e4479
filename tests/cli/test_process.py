"""The program as a process: pipes, encodings, terminals, interruption."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import samples
from tests.resting import rests_on

ROOT = Path(__file__).resolve().parents[2]


def start(*words: str, **variables: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "torch_doctor", *words],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ran(*words: str, **variables: str) -> tuple[int, bytes, bytes]:
    with start(*words, **variables) as child:
        out, err = child.communicate(timeout=60)
    return child.returncode, out, err


def on_a_terminal(*words: str, columns: int = 80, **variables: str) -> str:
    """What the program writes to a terminal of so many columns."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-m", "torch_doctor", *words],
        cwd=ROOT,
        env={**env, "TERM": "xterm-256color", **variables},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ):
        os.close(theirs)
        chunks = []
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and select.select([ours], [], [], 60)[0]:
            try:
                chunk = os.read(ours, 65536)
            except OSError:
                break
            if not chunk:
                break
            chunks.append(chunk)
    os.close(ours)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def test_a_reader_that_leaves_is_no_error(broken: str) -> None:
    with start("--facts", broken, "-v") as child:
        assert child.stdout is not None
        child.stdout.read(10)
        child.stdout.close()
        assert child.stderr is not None
        err = child.stderr.read()
        assert child.wait(timeout=60) == 1
    assert err == b""


def test_a_reader_that_leaves_ends_a_batch(tmp_path: Path) -> None:
    """More reports than a pipe holds: what nobody reads is not judged either."""
    entry = (
        '{"report": "torch 2.9.1+cu130, RTX 3090, driver 535.183.01: is_available() is False"}\n'
    )
    many = tmp_path / "many.jsonl"
    many.write_text(entry * 200, encoding="utf-8")
    with start("triage", "--jsonl", str(many)) as child:
        assert child.stdout is not None
        child.stdout.read(10)
        child.stdout.close()
        assert child.stderr is not None
        err = child.stderr.read()
        assert child.wait(timeout=60) == 1
    judged = re.match(rb"torch-doctor: (\d+) reports? judged\n", err)
    assert judged and int(judged[1]) < 200
    assert b"failed" not in err


def test_a_closed_stdout_is_no_error(broken: str) -> None:
    child = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m torch_doctor --facts "{broken}" >&-'],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert child.returncode == 1
    assert child.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize(
    "words",
    [[], ["--json"], ["--version"], ["--help"], ["rules"], ["triage", "--jsonl", "REPORTS"]],
    ids=" ".join,
)
def test_a_full_disk_is_no_verdict(broken: str, words: list[str], tmp_path: Path) -> None:
    """Not 1 either: a gate takes that for a problem of the machine."""
    reports = tmp_path / "reports.jsonl"
    reports.write_text('{"report": "torch 2.9"}\n', encoding="utf-8")
    words = [str(reports) if word == "REPORTS" else word for word in words]
    judged = ["--facts", broken, *words] if words in ([], ["--json"]) else words
    with open("/dev/full", "wb") as full:
        child = subprocess.run(
            [sys.executable, "-m", "torch_doctor", *judged],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert child.returncode == 2
    assert child.stderr.count(b"\n") == 1
    assert b"No space left on device" in child.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_any_encoding_of_stdout_will_do(broken: str, encoding: str) -> None:
    for form in ("text", "markdown", "html", "github", "junit", "json"):
        code, out, err = ran(
            "--facts", broken, "--format", form, PYTHONIOENCODING=encoding, PYTHONUTF8="0"
        )

        assert (code, err) == (1, b"")
        assert samples.broken().primary.code in out.decode(encoding)


@rests_on("TD202")
def test_the_c_locale_will_do(broken: str) -> None:
    code, out, err = ran("--facts", broken, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")

    assert (code, err) == (1, b"")
    assert out.isascii()
    assert b"x PyTorch" in out


@rests_on("TD202")
def test_a_terminal_gets_colours_and_its_own_width(broken: str) -> None:
    pytest.importorskip("rich")
    for columns in (40, 120):
        out = on_a_terminal("--facts", broken, columns=columns)
        plain = on_a_terminal("--facts", broken, columns=columns, NO_COLOR="1")

        assert "\x1b[" in out
        assert "\x1b" not in plain
        longest = max(len(line) for line in plain.splitlines() if "http" not in line)
        assert columns * 0.7 < longest <= columns


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_may_ask_for_no_colours(broken: str, variables: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal("--facts", broken, **variables)


def test_a_pipe_gets_no_colours_unless_forced(broken: str) -> None:
    pytest.importorskip("rich")
    assert b"\x1b" not in ran("--facts", broken, FORCE_COLOR="")[1]
    assert b"\x1b[" in ran("--facts", broken, FORCE_COLOR="1", TERM="xterm")[1]
    assert b"\x1b" not in ran("--facts", broken, FORCE_COLOR="1", NO_COLOR="1")[1]


@rests_on("TD210", "TD770")
def test_without_rich_the_words_are_the_same(broken: str, tmp_path: Path) -> None:
    (tmp_path / "rich").mkdir()
    (tmp_path / "rich" / "__init__.py").write_text("raise ImportError('no rich here')\n")

    code, out, err = ran("--facts", broken, FORCE_COLOR="1", PYTHONPATH=str(tmp_path))

    assert (code, err) == (1, b"")
    assert out == ran("--facts", broken)[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check", "--static", "--json"), None),
        (("lint", "{files}"), 0),
        (("lint", "{files}/requirements.txt"), 0),
        (("triage", "{files}/report.txt", "--json"), None),
        (("recommend", "--gpu", "A100"), 0),
        (("matrix",), 0),
        (("settings",), 0),
    ],
    ids=str,
)
def test_a_current_folder_that_was_deleted_costs_no_answer(
    words: tuple[str, ...], code: int | None, tmp_path: Path
) -> None:
    files, gone = tmp_path / "files", tmp_path / "gone"
    files.mkdir()
    gone.mkdir()
    (files / "requirements.txt").write_text("requests==2.32.0\n")
    (files / "report.txt").write_text("torch 2.9.1+cu128, driver 580.95.05, H100\n")
    asked = [word.replace("{files}", str(files)) for word in words]

    done = subprocess.run(
        ("sh", "-c", 'rmdir "$PWD" && exec "$0" -m torch_doctor "$@"', sys.executable, *asked),
        cwd=gone,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == code or (code is None and done.returncode in (0, 1, 2)), done.stderr
    assert b"failed" not in done.stderr
    assert done.stdout
