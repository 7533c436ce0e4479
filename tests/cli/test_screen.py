"""Width and colours: what --width and --color say, what a pipe gets."""

from __future__ import annotations

import re
import sys

import pytest
from torch_doctor.cli.output import streams

from tests.cli.conftest import Run
from tests.samples import A_RULE


def longest(text: str) -> int:
    return max(map(len, text.splitlines()))


def test_a_pipe_gets_lines_that_are_not_broken(run: Run, broken: str) -> None:
    ran = run("check", "--facts", broken)
    command = next(line for line in ran.out.splitlines() if "pip install" in line)

    assert "--index-url" in command and not command.endswith("\\")
    assert ran.out.splitlines()[-1].startswith("Verdict: broken. ")
    assert ran.out.splitlines()[-1].endswith("a problem was found.")


@pytest.mark.parametrize("width", [60, 100])
def test_a_width_is_kept(width: int, run: Run, broken: str) -> None:
    ran = run("check", "--facts", broken, "--width", str(width))
    over = [line for line in ran.out.splitlines() if len(line) > width]

    assert [line for line in over if "/" not in line] == []
    assert longest(ran.out) > width - 20


def test_a_width_comes_before_the_environment(
    run: Run, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    narrow, whole = run("check", "--facts", broken), run("check", "--facts", broken, "--width", "0")
    again = run("check", "--facts", broken)

    assert longest(narrow.out) <= longest(whole.out) - 20
    assert again.out == narrow.out


def test_colours_are_asked_for_or_refused(
    run: Run, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = run("check", "--facts", broken)
    monkeypatch.setenv("NO_COLOR", "1")
    coloured = run("check", "--facts", broken, "--color", "always")
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    refused = run("check", "--facts", broken, "--color", "never")

    assert "\x1b[1;31m" in coloured.out
    assert refused.out == plain.out and "\x1b" not in plain.out


@pytest.mark.parametrize(
    ("environ", "taken"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4000"}, False),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"TERM_PROGRAM": "vscode", "STY": "1.pts"}, False),
        ({"TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.4", "WT_SESSION": "1"}, True),
        ({"TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.3a", "WT_SESSION": "1"}, False),
        ({"TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "next-3.6"}, False),
    ],
)
def test_links_go_to_terminals_that_have_them(
    environ: dict[str, str], taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not streams.takes_links(environ)
    monkeypatch.setattr(streams, "is_terminal", lambda stream: stream is sys.stdout)

    assert streams.takes_links(environ) is taken


def test_a_link_is_its_address(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run("explain", A_RULE.code, "--width", "100")
    monkeypatch.setattr(streams, "is_terminal", lambda stream: stream is sys.stdout)
    monkeypatch.setenv("TERM_PROGRAM", "vscode")
    monkeypatch.setenv("TERM", "xterm")
    linked = run("explain", A_RULE.code, "--width", "100")
    refused = run("explain", A_RULE.code, "--width", "100", "--color", "never")

    found = re.findall(r"\x1b]8;[^;]*;(https?://[^\x1b]+)\x1b\\(.*?)\x1b]8;;\x1b", linked.out)
    assert found and all(address in re.sub(r"\x1b\[[\d;]*m", "", words) for address, words in found)
    bare = re.sub(r"\x1b\[[\d;]*m|\x1b]8;.*?\x1b\\", "", linked.out)
    assert bare == plain.out == refused.out


@pytest.mark.parametrize(
    "words",
    [
        ("explain", A_RULE.code),
        ("rules",),
        ("recommend", "--gpu", "A100", "--driver", "535"),
        ("matrix", "show", "cuda"),
        ("matrix", "query", "--torch", "2.9.1", "--gpu", "A100"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_with_text_takes_both(words: tuple[str, ...], run: Run) -> None:
    ran = run(*words, "--width", "60", "--color", "always")

    assert "\x1b[" in ran.out
