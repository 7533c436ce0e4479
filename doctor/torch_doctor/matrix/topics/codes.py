"""Numbered answers of CUDA, NVML, NCCL, cuBLAS, cuDNN, Windows and of processes, by number or by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torch_doctor.core.finding import Topic, lines_of
from torch_doctor.core.startup import regex
from torch_doctor.core.text import listing
from torch_doctor.matrix.rows import ErrorCode, Signature
from torch_doctor.matrix.signatures import recognise
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.matrix.topics.texts import causes_of

CUDA = ("cuda-runtime", "cuda-driver")
_OLD = "cudnn-8"
# Interfaces whose rows carry their own texts; those of the others say what an answer means.
_OWN_TEXTS = ("cuda-runtime", "nvml", "windows")
_TITLES = {
    "cuda-runtime": "CUDA error {}",
    "cuda-driver": "CUDA error {}",
    "nvml": "NVML status {}",
    "nccl": "NCCL result {}",
    "cublas": "cuBLAS status {}",
    "cudnn": "cuDNN status {}",
    "cudnn-8": "cuDNN 8 status {}",
    "windows": "WinError {}",
    "process": "exit code {}",
}
_KINDS = {"cuda-runtime": "cuda-error", "cuda-driver": "cuda-error", "process": "exit-code"}
_STAGES = {
    "start": "CUDA did not start: no kernel can run",
    "launch": "a kernel could not be loaded or launched",
    "memory": "an allocation on the GPU was refused",
}
_IN = {"cuda-runtime": " (runtime)", "cuda-driver": " (driver)"}
_NO_WORDS = regex(r"^(?:cudaError|CUDA_ERROR_|NVML_ERROR_|CUDNN_STATUS_|CUBLAS_STATUS_|ERROR_)")
# What tools print before the answer: signatures know the texts with it.
_BEFORE = {"nvml": "Failed to initialize NVML: ", "windows": "WinError {}: "}


def numbered(number: int, matrix: Matrix, apis: Sequence[str]) -> Iterator[Topic]:
    """Yield what *number* means in these interfaces; the two of CUDA share their numbers."""
    rows = [row for row in matrix.error_codes if row.code == number and row.api in apis]
    rows.sort(key=lambda row: apis.index(row.api))
    for kind in dict.fromkeys(_kind(row) for row in rows):
        yield _topic(kind, [row for row in rows if _kind(row) == kind], matrix)


def named(name: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield the answer of this name, in capitals or not, with or without underscores."""
    wanted = folded(name)
    rows = [row for row in matrix.error_codes if folded(row.name) == wanted]
    newest = any(row.api == "cudnn" for row in rows)
    families = {(row.code, _family(row)): None for row in rows if not (newest and row.api == _OLD)}
    for code, family in families:
        yield from numbered(code, matrix, family)


def worded(text: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield the answers whose own text is *text*."""
    wanted = folded(text)
    families = {
        (row.code, _family(row)): None
        for row in matrix.error_codes
        if row.text and row.api in _OWN_TEXTS and folded(row.text) == wanted
    }
    for code, family in families:
        yield from numbered(code, matrix, family)


def begun_by(text: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield the error of CUDA with whose own text *text* begins: the longest, where several do."""
    begins = folded(text)
    texts = [row.text for row in matrix.error_codes if row.api == "cuda-runtime" and row.text]
    found = [own for own in texts if begins.startswith(folded(own))]
    if found:
        yield from worded(max(found, key=len), matrix)


def folded(text: str) -> str:
    """Return a name or a text without case, blanks and signs."""
    return re.sub(r"[\W_]+", "", text).casefold()


def label(row: ErrorCode) -> str:
    """Return how an answer is called by its number."""
    return _TITLES[row.api].format(row.code)


def _kind(row: ErrorCode) -> str:
    return _KINDS.get(row.api, row.api)


def _family(row: ErrorCode) -> tuple[str, ...]:
    return CUDA if row.api in CUDA else (row.api,)


def _topic(kind: str, rows: Sequence[ErrorCode], matrix: Matrix) -> Topic:
    first = rows[0]
    meaning = next((row.text for row in rows if row.text), None) or _in_words(first.name)
    signatures = _signatures(rows, matrix)
    stages = [_STAGES[row.stage] for row in rows if row.stage]
    lines = lines_of(
        ("name", listing([f"{row.name}{_IN.get(row.api, '')}" for row in rows])),
        ("proves", stages[0] if stages else None),
    )
    because = tuple(receipt("error_codes", row) for row in rows)
    because += tuple(receipt("signatures", row) for row in signatures)
    title = f"{label(first)}: {meaning.rstrip('.')}"
    return Topic(kind, title, lines + causes_of(signatures), because)


def _signatures(rows: Sequence[ErrorCode], matrix: Matrix) -> list[Signature]:
    """Return the signatures that carry this number, or that know the name or the text."""
    first = rows[0]
    texts = [row.name for row in rows]
    before = _BEFORE.get(first.api, "").format(first.code)
    texts += [f"{before}{row.text}" for row in rows if row.text and first.api != "process"]
    found = {row.id: row for text in texts for row in recognise(text, matrix)}
    if first.api in CUDA:
        found |= {row.id: row for row in matrix.signatures if row.code == first.code}
        # An answer's own number outranks a text that it shares with another.
        return [row for row in found.values() if row.code in (None, first.code)]
    return list(found.values())


def _in_words(name: str) -> str:
    words = _NO_WORDS.sub("", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", words).lower()
