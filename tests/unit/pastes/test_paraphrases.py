"""Errors that people tell in words of their own, and the same words where nothing fails here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from torch_doctor.core.finding import Severity
from torch_doctor.core.report import Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.prose.paraphrases import absence, cpu_builds, installs
from torch_doctor.pastes.prose.paraphrases.failures import PARAPHRASES, Paraphrase
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import is_of_here, sentences

from tests.literals import is_in_every_match
from tests.patterns import own_texts

MATRIX = load_matrix()
QUIET: list[str] = yaml.safe_load(
    Path(__file__).with_name("quiet.yaml").read_text(encoding="utf-8")
)
_PAGE = """
### A library is missing

**How to identify:** `OSError: libcublas.so.11: cannot open shared object file: No such file or directory`.

**What happened:** The program was compiled for one CUDA, and the system has another. If you build it yourself, you should
build it for the CUDA that is there. Please check which one that is. To solve this, install a release that brings a build
for each CUDA; you can see in its notes which those are. It is recommended to make a new environment for it.
"""


@pytest.mark.parametrize("text", QUIET)
def test_words_of_faults_without_a_fault(text: str) -> None:
    report = diagnose(read_text(text, "report", MATRIX), MATRIX)

    assert report.verdict is not Verdict.BROKEN
    assert not [finding for finding in report.findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("one", PARAPHRASES, ids=lambda one: one.signature)
def test_a_part_of_a_paraphrase_holds_the_words_that_its_lines_are_looked_for_by(
    one: Paraphrase,
) -> None:
    for words in one.words[1:]:
        assert any(is_in_every_match(words, part.pattern, re.IGNORECASE) for part in one.parts)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        *((pattern, absence._LACK) for pattern in (absence._LACKING, absence._IMPORT)),
        *((one, installs._SIGNS) for one in (installs._FAILS, installs._DLL, installs._SCRIPT)),
        *((way, cpu_builds._WORDS) for way in cpu_builds._WAYS),
    ],
)
def test_what_a_reader_of_sentences_looks_for_holds_the_words_of_its_lines(pattern, words) -> None:
    assert is_in_every_match(words, pattern.pattern, re.IGNORECASE)


def test_a_sentence_is_weighed_alike_where_its_line_rules_patterns_out() -> None:
    paste = Paste("\n".join(text for text in own_texts() if "\n" not in text))
    letters = "abcdefghijklmnopqrstuvwxyz"

    weighed = {one for letter in letters for one in sentences(paste, letter, "most")}

    assert len(weighed) > 500
    assert all(map(is_of_here, weighed))


def test_a_page_that_explains_errors_tells_of_no_machine() -> None:
    assert "import_failures" not in read_text(_PAGE, "report", MATRIX)
    assert "import_failures" in read_text(
        _PAGE + "\nThis is what I get on my server.", "report", MATRIX
    )


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("cudnn is not found on my machine", True),
        ("why is cudnn not found?", True),
        ("is cudnn not found there?", False),
        ("if cudnn is not found, install it", False),
        ("cudnn was not found last year", False),
        ("cudnn was not found last year, and now again", True),
        ("people here and I see that cudnn is not found", True),
        ("a colleague says cudnn is not found", False),
        ("make sure that cudnn is found", False),
        ("cudnn was not found, it works now", False),
        ("cudnn was not found, it works now but only on the cpu", True),
        ("I don't get any error about cudnn", False),
    ],
)
def test_a_sentence_tells_of_this_machine(text: str, tells: bool) -> None:
    assert bool(list(sentences(Paste(text, MATRIX), "cudnn"))) is tells


@pytest.mark.parametrize(
    ("text", "version", "cuda"),
    [
        ("pip gave me cu130 and the driver is 535", None, "13.0"),
        ("the cu128 wheel does not see my card", None, "12.8"),
        ("cuda 12.8 torch on a P40", None, "12.8"),
        ("我装了torch2.9.1,显卡4060", "2.9.1", None),
    ],
)
def test_a_build_in_few_words(text: str, version: str | None, cuda: str | None) -> None:
    facts = read_text(text, "report", MATRIX)

    assert (str(facts.value("torch_version") or "") or None) == version
    assert cuda is None or str(facts.value("torch_cuda")) == cuda
