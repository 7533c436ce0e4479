"""No pattern is fitted to one text: what matches a single report of others must match a text of the project's own too."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.paste import JOINED
from torch_doctor.rules import load_rules
from torch_doctor.rules.libraries._not_found import BY_NAME, FILES

from tests.bench.pastes import paste
from tests.literals import is_in_every_match
from tests.patterns import ROOT, Corpus, compiled_at, late_patterns, own_texts, patterns, words
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


@pytest.mark.parametrize(
    ("pattern", "words", "held"),
    [
        (r"\b(?:get|got)s? an? error\b", ("error",), True),
        (r"\b(?:get|got)s? an? error\b", ("get", "got"), True),
        (r"\b(?:get|got)s? an? error\b", ("get",), False),
        (r"(?:an? )?[\"'`]x", ('"', "'", "`"), True),
        (r"[\"'`]x", ('"', "'"), False),
        (r"(?:the driver)? (?:is|was) old", ("driver",), False),
        (r"dri\w{0,3}ver", ("driver",), False),
        (r"(?=driver)\w+", ("driver",), False),
        (r"(?:cuda|gpu)+ lost", ("cuda lost", "gpu lost"), False),
        (r"CUDA (?:lost|gone)", ("cuda lost", "cuda gone"), True),
    ],
)
def test_what_every_match_holds_is_told(pattern: str, words: tuple[str, ...], held: bool) -> None:
    assert is_in_every_match(words, pattern) is held


def test_readers_compile_no_pattern_before_they_look_for_it() -> None:
    early = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "doctor" / "torch_doctor" / "pastes").rglob("*.py"))
        for line in compiled_at(path.read_text(encoding="utf-8"))
    ]

    assert compiled_at("import re\nA = re.compile('a')\n") == [2]
    assert not early, "write regex(…), of core/startup.py"


def test_every_match_of_a_pattern_holds_the_words_that_it_declares() -> None:
    declared = {name: one for name, one in late_patterns() if one.needs}

    assert "pastes.prose.without_gpu._OTHERS" in declared
    assert not [
        name
        for name, one in declared.items()
        if not is_in_every_match(one.needs, one.pattern, one.flags)
    ]
    assert is_in_every_match(FILES, BY_NAME, re.IGNORECASE)


def test_a_pattern_is_compiled_where_a_text_holds_a_word_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[str] = []
    compile_it = re.compile

    def noting(pattern: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(pattern)
        return compile_it(pattern, flags)

    monkeypatch.setattr(re, "compile", noting)
    lost = regex(r"gpu (\d) is lost", re.IGNORECASE, ("lost",))

    assert lost.search("GPU 3 is gone") is None
    assert list(lost.finditer("GPU 3 is gone")) == []
    assert compiled == []
    assert lost.search("GPU 3 is Lost")[1] == "3"
    assert lost.search("GPU 3 is lost, GPU 4 is lost", 13)[1] == "4"
    assert [one[1] for one in lost.finditer("GPU 3 is lost, GPU 4 is LOST")] == ["3", "4"]
    assert compiled


def test_no_pattern_is_looked_for_in_a_whole_report() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.whole_texts"],
        input=paste(1),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )

    # it begins with a blank, which is found without trying the pattern, and puts lost line ends back
    assert set(json.loads(run.stdout)) == {JOINED.pattern}, (
        "look for its word first: paste.find, paste.says, Rows or regex(…, needs=…)"
    )


def test_words_of_lists_are_found() -> None:
    assert "pastes.prose.remarks._WHEN[suspend]" in words()


def _fitted(found: dict[str, str], own: Corpus, reports: dict[str, Corpus]) -> dict[str, str]:
    """Return the patterns that no text of our own carries and exactly one report does, with its name."""
    fitted = {}
    for name, text in found.items():
        holding = (report for report, corpus in reports.items() if corpus.holds(text))
        first = tuple(islice(holding, _FEW))
        # own texts come last: they are fifty times as long, and few patterns are in one report alone
        if len(first) == 1 and not own.holds(text):
            fitted[name] = first[0]
    return fitted


def _texts(path: Path) -> list[str]:
    case = read_yaml(path)
    return [str(text) for text in case["input"].values() if text]
