"""Width and colours: what --width and --color say, what a pipe gets."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run


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
    "words",
    [
        ("explain", "TD120"),
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
