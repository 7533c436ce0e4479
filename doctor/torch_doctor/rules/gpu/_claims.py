"""Sentences of a report that say of torch, or of its CUDA, that a generation of GPUs does not work with it."""

from __future__ import annotations

import re

from torch_doctor.matrix.gpus.generations import is_named_in
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix

_NOT = r"(?:n['’]t|\bnot|\bcannot|\bnever|\bno) (?:\w+ ){0,2}(?:works?|support(?:s|ed)?|compatible|runs?)\b"
_OF_TORCH = r"torch|\bCUDA (?:1\d|9)|\bcu1[0-3]\d"
# who looks for a torch that supports it, while kernels fail
_WISH = r"torch\b[^.;?\n]{0,24} (?:that|which) (?:supports?|works? (?:with|on)|runs on)\b"
_FAILING = r"CUDA kernel errors might be asynchronously reported"
_QUESTION = r"\W*(?:(?:so|and|but|hi|hello)\W+)?(?:does|do|is|are|will|would|can|could|if|when|why)\b|[^?]*\?\W*$"
_SENTENCE = r"[;\n]|\.(?!\d)"


def claims_in(errors: Errors, matrix: Matrix) -> list[str]:
    """Return the sentences of *errors* that say so, each without the blanks around it."""
    failing = bool(errors.matching(_FAILING))
    seen = errors.matching(f"{_NOT}|{_WISH}")
    sentences = [text for error in seen for text in re.split(_SENTENCE, error.text)]
    return [text.strip() for text in sentences if _is_claim(text, matrix, failing=failing)]


def _is_claim(sentence: str, matrix: Matrix, *, failing: bool) -> bool:
    """Whether a sentence says of torch, or of its CUDA, that a generation of GPUs does not work with it."""
    if failing and re.search(_WISH, sentence, re.IGNORECASE):
        return is_named_in(sentence, matrix)
    asked = re.match(_QUESTION, sentence, re.IGNORECASE)
    parts = all(re.search(part, sentence, re.IGNORECASE) for part in (_NOT, _OF_TORCH))
    return parts and not asked and is_named_in(sentence, matrix)
