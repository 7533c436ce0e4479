"""Facts in words: every fact has some, no two the same, and none is a name for programs."""

from __future__ import annotations

import re

import pytest
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Source
from torch_doctor.core.finding import Evidence
from torch_doctor.render.fact_words import _table, fact_words, place_words, seen_words


def test_every_fact_is_called_something_of_its_own() -> None:
    called = [fact_words(name) for name in FACTS]

    assert len(set(called)) == len(called)
    assert not [words for words in called if words != words.strip() or len(words) > 60]


def test_no_words_are_a_name_for_programs() -> None:
    names = re.compile(r"\b[a-z0-9]+_[a-z0-9_]+\b")
    allowed = {"torch.cuda.is_available()", "torch.cuda.device_count()"}
    wrong = {name: fact_words(name) for name in FACTS if names.search(fact_words(name))}

    assert {name for name, words in wrong.items() if words not in allowed} == {
        "uvm_loaded",  # nvidia_uvm is the module's name
        "uvm_hmm",
    }


def test_the_table_has_facts_alone() -> None:
    assert set(_table()) <= set(FACTS)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source("nvml", "nvmlInit"), "NVML nvmlInit"),
        (Source("child", "/usr/bin/python3 -I"), "asked /usr/bin/python3 -I"),
        (Source("file", "torch/version.py", 3), "torch/version.py:3"),
        (Source("env", "CUDA_HOME"), "environment CUDA_HOME"),
        (Source("derived"), ""),
        (Source("user", "--assume"), "--assume"),
    ],
)
def test_a_place_is_words(source: Source, words: str) -> None:
    assert place_words(source) == words


def test_what_was_seen_is_one_line_of_words() -> None:
    driver = Evidence("driver_release", "535.183.01", Source("nvml", "nvmlInit"))
    worked_out = Evidence("nouveau_loaded", "no", Source("derived"))

    assert seen_words(driver) == "driver release: 535.183.01 [NVML nvmlInit]"
    assert seen_words(worked_out) == "whether nouveau is loaded: no"
