"""No pattern is fitted to one text: what matches a single report of others must match a text of the project's own too."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.rules import load_rules

from tests.patterns import ROOT, Corpus, own_texts, patterns, words
from tests.rules.cases import read_yaml

CASES = ROOT.parent / "shared" / "cases"
_FEW = 2


def test_patterns_are_found() -> None:
    found = patterns()

    assert len(found) > 1000
    assert any(name.startswith("signatures.cuda_803_mismatch") for name in found)
    assert any(name.startswith("rules.cuda._masks._HARD_CODED") for name in found)
    own = {rule.module.removeprefix("torch_doctor.") for rule in load_rules()}
    assert any(name.rpartition(".")[0] in own for name in found), "a rule's own file has some"


def test_a_pattern_of_one_report_is_found() -> None:
    reports = {
        "one": Corpus(["the fan of rank 3 fell off"]),
        "two": Corpus(["no kernel image", "rank 3"]),
    }
    of_one = {"rule._FAN": r"the fan of rank \d fell"}

    assert _fitted(of_one, Corpus(["nothing of the kind"]), reports) == {"rule._FAN": "one"}
    assert not _fitted(of_one, Corpus(["the fan of rank 7 fell silent"]), reports)
    assert not _fitted({"rule._RANK": r"rank \d"}, Corpus(["nothing"]), reports)


@pytest.mark.skipif(not CASES.is_dir(), reason="the labelled reports are not beside this checkout")
def test_no_pattern_is_of_one_report() -> None:
    reports = {path.stem: Corpus(_texts(path)) for path in sorted(CASES.glob("*.yaml"))}

    assert not _fitted(patterns(), Corpus(own_texts()), reports), (
        "widen these patterns, or write a text of your own for what they mean"
    )


@pytest.mark.skipif(not CASES.is_dir(), reason="the labelled reports are not beside this checkout")
def test_no_word_is_of_one_report() -> None:
    reports = {path.stem: Corpus(_texts(path)) for path in sorted(CASES.glob("*.yaml"))}

    assert not _fitted(words(), Corpus(own_texts()), reports), "take a word for what it stands for"


def test_words_of_lists_are_found() -> None:
    assert "pastes.prose.remarks._WHEN[suspend]" in words()


def _fitted(found: dict[str, str], own: Corpus, reports: dict[str, Corpus]) -> dict[str, str]:
    """Return the patterns that no text of our own carries and exactly one report does, with its name."""
    fitted = {}
    for name, text in found.items():
        if own.holds(text):
            continue
        holding = [report for report, corpus in reports.items() if corpus.holds(text)][:_FEW]
        if len(holding) == 1:
            fitted[name] = holding[0]
    return fitted


def _texts(path: Path) -> list[str]:
    case = read_yaml(path)
    return [str(text) for text in case["input"].values() if text]
