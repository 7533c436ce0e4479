"""No pattern is fitted to one text: what matches a single report of others must match a text of the project's own too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.patterns import ROOT, Corpus, own_texts, patterns
from tests.rules.cases import read_yaml

CASES = ROOT.parent / "shared" / "cases"
_FEW = 2


def test_patterns_are_found() -> None:
    found = patterns()

    assert len(found) > 1000
    assert any(name.startswith("signatures.cuda_803_mismatch") for name in found)
    assert any(name.startswith("rules.cuda.hidden_by_mask._NO_GPUS") for name in found)


@pytest.mark.skipif(not CASES.is_dir(), reason="the labelled reports are not beside this checkout")
def test_no_pattern_is_of_one_report() -> None:
    own = Corpus(own_texts())
    alone = {name: text for name, text in patterns().items() if not own.holds(text)}
    reports = {path.stem: Corpus(_texts(path)) for path in sorted(CASES.glob("*.yaml"))}
    fitted = {}
    for name, text in alone.items():
        holding = [report for report, corpus in reports.items() if corpus.holds(text)][:_FEW]
        if len(holding) == 1:
            fitted[name] = (text, holding[0])

    assert not fitted, "widen these patterns, or write a text of your own for what they mean"


def _texts(path: Path) -> list[str]:
    case = read_yaml(path)
    return [str(text) for text in case["input"].values() if text]
