"""What tells of a fault here tells of none where it is supposed, denied, asked, advised or of another time: for all readers."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from torch_doctor.core.report import Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

MATRIX = load_matrix()
_LONGEST, _EACH = 100, 12
# What would bring it home again, or has sentences and times of its own.
_OWN = ("?", ". ", "still", "again", "now", "today", "but", "since", "however", "yet", "fix", "why")
TEXTS = [
    text
    for case in yaml.safe_load(Path(__file__).with_name("causes.yaml").read_text("utf-8"))
    if "\n" not in (text := case["text"].strip())
    and len(text) < _LONGEST
    and text.isascii()
    and not any(word in text.lower() for word in (*_OWN, "solve", "help"))
][::_EACH]
FORMS = {
    "history": "Last year on my old laptop: {}",
    "condition": "What would happen if {}",
    "negation": "It is not true that {}",
    "question": "Does anyone know whether {}?",
    "advice": "The docs say: {}",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_guarded_sentence_tells_of_no_fault(text: str, form: str) -> None:
    report = diagnose(read_text(form.format(text.rstrip(".")), "report", MATRIX), MATRIX)

    assert report.verdict is not Verdict.BROKEN
