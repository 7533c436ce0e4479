"""What facts bring into a command stays one word of it."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.person import person_of
from torch_doctor.fixes.quoting import word
from torch_doctor.fixes.wording import worded
from torch_doctor.matrix.load import load_matrix

HERE = Source("file", "host.json")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/usr/bin/python3", "/usr/bin/python3"),
        ("~/env/bin/python", "~/env/bin/python"),
        ("/home/$USER/env/bin/python", "/home/$USER/env/bin/python"),
        (r"C:\Program Files\Python\python.exe", r'"C:\Program Files\Python\python.exe"'),
        ("python; rm x", "'python; rm x'"),
        ("$(id)", "'$(id)'"),
        ("it's", """'it'"'"'s'"""),
    ],
)
def test_a_word_is_written_plainly_where_it_can_be(text: str, written: str) -> None:
    assert word(text) == written


@given(st.text(min_size=1).filter(lambda text: "\\" not in text and "~" not in text))
def test_any_text_is_one_word(text: str) -> None:
    assert shlex.split(word(text)) == [text]


def test_an_interpreter_from_a_file_starts_nothing_else() -> None:
    facts = Facts({"python_executable": Known("python;curl x|sh #", HERE)})
    cures, person = Cures(facts, load_matrix()), person_of(facts)

    for action in (
        cures.put("again", "torch==2.8.0"),
        cures.remove("away", "a;b"),
        cures.torch_again(),
    ):
        fix = worded(action, person)
        assert fix is not None
        for command in fix.commands:
            assert shlex.split(command)[0] == "python;curl x|sh #"
    removed = worded(cures.remove("away", "a;b"), person)
    assert removed is not None
    assert shlex.split(removed.commands[0])[-1] == "a;b"
