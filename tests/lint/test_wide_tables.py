"""pixi.toml may be TOML 1.1: inline tables over several lines, with comments and a comma at the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.linter.check import read_file
from torch_doctor.linter.readers.of_toml.lines import parsed
from torch_doctor.linter.readers.of_toml.wide_tables import narrowed
from torch_doctor.linter.text import source

WIDE = """\
[tasks]
train = {
  cmd = "python train.py # not a comment, { nor a table",  # a comment with }
  args = [
    "a",
    { arg = '#b', default = "{" },
  ],
}

[pypi-dependencies]
torch = { version = "==2.6.0", index = "https://download.pytorch.org/whl/cu124" }
"""


def test_a_table_over_lines_is_the_same_table_on_one() -> None:
    found, flaw = parsed(source("pixi.toml", WIDE), wide=True)

    assert flaw is None

    assert found["tasks"]["train"] == {
        "cmd": "python train.py # not a comment, { nor a table",
        "args": ["a", {"arg": "#b", "default": "{"}],
    }
    assert narrowed(WIDE).split("\n").index("[pypi-dependencies]") == 9


def test_pixi_takes_it_and_pip_does_not() -> None:
    written = read_file("pixi.toml", "pixi", WIDE).written
    project = read_file("pyproject.toml", "pyproject", "[tool.x]\na = {\n b = 1,\n}\n").written

    assert not written.flaws
    [step] = [one for one in written.environments[0].steps if one.requirements]
    assert (step.requirements[0].name, step.requirements[0].spot.line) == ("torch", 11)
    assert [flaw.problem for flaw in project.flaws] == ["unreadable"]


def test_what_is_no_toml_is_told_with_its_own_line() -> None:
    text = "[a]\nb = {\n  c = 1,\n}\n\nd = = 2\n"

    [flaw] = read_file("pixi.toml", "pixi", text).written.flaws

    assert (flaw.problem, flaw.spot.line) == ("unreadable", 6)


@pytest.mark.parametrize(
    "line", ["x = '''\na{\n'''\n", 'x = """\n{,}\n\\"""" \n', "x = [1,\n2,\n]\n"]
)
def test_what_stands_in_texts_and_lists_is_left_alone(line: str) -> None:
    assert narrowed(line) == line


@given(st.text(alphabet="{}[],=#'\"\n\\ ab1"))
def test_nothing_makes_it_raise_or_lose_a_line(text: str) -> None:
    assert len(narrowed(text)) <= len(text)
