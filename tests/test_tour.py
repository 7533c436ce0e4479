"""The tour takes the README's own steps, and its page tells of all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bench.tour import PAGE, ROOT, Step, page, steps, take

if not PAGE.parent.is_dir():
    pytest.skip("needs the checkout", allow_module_level=True)

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_each_step_stands_in_the_readme() -> None:
    taken = list(steps(README))

    assert len(taken) >= 8
    for step in taken:
        line = step.typed.splitlines()[0]
        words = line if not line.startswith("python - ") else step.typed.splitlines()[1]
        assert all(word in README for word in re.findall(r"[^\s\"]+", words)), step


def test_the_page_tells_of_each_step() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert [step.typed for step in steps(README) if step.typed.splitlines()[0] not in text] == []


def test_a_step_is_timed_and_its_answer_kept(tmp_path: Path) -> None:
    answered = take(Step("", "sleep 0.2; echo one; echo 'Verdict: broken.'; exit 1"), tmp_path)
    silent = take(Step("", "true"), tmp_path)

    assert answered.seconds >= 0.2
    assert (answered.code, answered.output) == (1, "Verdict: broken.")
    assert (silent.code, silent.output) == (0, "")
    assert "| 1 | `Verdict: broken.` |" in "\n".join(page([answered, silent], 1.0))
