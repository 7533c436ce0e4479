"""CUDA libraries that people say are not found: "libnccl.so.2 not found when importing torch"."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ImportFailure
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.paraphrases.vocabulary import (
    CUDA_FILE,
    EXTENSION,
    MISSING,
    OF_EXTENSIONS,
    TORCH,
)
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import sentences

_LACKED = regex(
    rf"(?P<first>{CUDA_FILE})[`'\")]{{0,2}}(?:[^.;\n]{{0,16}}?{MISSING}|: cannot open shared object)|(?:{MISSING}[^.;\n]{{0,24}}?|\bImportError:? )(?P<then>{CUDA_FILE})",
    2,
)
_IMPORTING = regex(
    rf"{TORCH} (?:wants?|needs?|asks for|looks for|misses)\b|\bimport(?:ing|s|ed)? (?:of )?[`'\"]?{TORCH}|{TORCH}[`'\"]? (?:\w+ )?(?:import|starts?|loads?)\b|{TORCH}[^.;\n]{{0,24}}\bfails? (?:to (?:import|load|start)|on import)",
    2,
)
# What no other package than torch asks for.
_OF_TORCH_ALONE = regex(r"lib(?:cusparseLt|nvshmem_host|cufile)\.so", 2)
_OF_OTHERS = regex(
    rf"{EXTENSION}|torch(?:vision|audio|codec|text)|tensorflow|\bjax\b|onnx|vllm|ctranslate|whisper|dlerror|paddle|cupy|triton",
    2,
)
# "flash_attn wants libcudart.so.13"
_WANTED = regex(
    rf"(?P<who>{EXTENSION})[^.;\n]{{0,24}}\b(?:wants?|needs?|asks? for|looks? for|looking for|requires?|searches for|is linked (?:to|against))\b[^.;\n]{{0,16}}(?P<file>{CUDA_FILE})",
    2,
)
_WORDS = (*("libcu", "libnccl", "libnv", "nvrtc-builtins"),)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the library that is missing, and that it is torch which asks for it, where the sentence says so."""
    for sentence in sentences(paste, *_WORDS):
        text, line = sentence.text, sentence.line
        lacked = _LACKED.search(text)
        name = (lacked["first"] or lacked["then"]) if lacked else None
        if name and not _OF_OTHERS.search(text):
            asked_by_torch = _IMPORTING.search(text) or _OF_TORCH_ALONE.search(name)
            if asked_by_torch:
                failure = ImportFailure(None, missing=name, line=line)
                yield Claim("import_failures", failure, line, Seen.WORDS)
                yield Claim("torch_import_error", one_line(text, 300), line, Seen.WORDS)
    for sentence in sentences(paste, *OF_EXTENSIONS):
        wanted = _WANTED.search(sentence.text)
        if wanted:
            failure = ImportFailure(
                wanted["who"].lower().replace("-", "_"), missing=wanted["file"], line=sentence.line
            )
            yield Claim("import_failures", failure, sentence.line, Seen.WORDS)
