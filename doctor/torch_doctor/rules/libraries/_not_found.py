"""Texts that name a CUDA library as a file that is not there, in the words of loaders, programs and people."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.matrix.signatures import Errors

# TensorFlow warns in other words of what it would like to have: nothing fails there.
_UNOPENED = "cannot open shared object file"
_WORDS = (
    r"(?:ImportError|OSError|error while loading shared libraries): (?:\S+: )?"
    r"(lib(?:cudnn|nccl|cufft|curand|cusolver|cusparse|cusparseLt|cupti|nvToolsExt|npp\w+)\.so[.\d]*)"
    r": cannot open shared object file"
)
# Programs that load a library by name say so in words of their own; Windows puts the major into the file's name.
FILES = (
    "cudart",
    "cublas",
    "cufft",
    "curand",
    "cusolver",
    "cusparse",
    "nvrtc",
    "npp",
    "nvrtc-builtins",
)
_FILE = (
    r"((?:lib)?(?:cudart|cublas(?:Lt)?|cufft|curand|cusolver|cusparse|nvrtc(?:-builtins)?|npp\w{1,4})"
    r"(?:64_[\d_]+\.dll|\.so[.\d]*))"
)
_ABSENT = (
    r"(?:找不到|缺失|丢失|不存在|no se (?:encontró|encuentra)|não (?:foi )?encontra\w+|introuvable|"
    r"nicht gefunden|fehlt|не (?:обнаруж\w+|найден\w*)|отсутствует|bulunamadı)"
)
BY_NAME = (
    rf"(?:Library|Could not (?:locate|load library|load dynamic library)) '?{_FILE}'?"
    r"(?: is not found|\. (?:Please make sure|Error code)|[^\n]{0,40}not in your library path)"
    rf"|Could not find module '(?:[^'\n]{{0,200}}[\\/])?{_FILE}'"
    # before and behind the name, in other languages
    rf"|(?:{_ABSENT}|缺少|\bfalta\b|no se pudo encontrar|\bmanque)[^\n.]{{0,24}}?{_FILE}"
    rf"|{_FILE}[`'\"*]{{0,2}}[^\n.]{{0,12}}?(?:{_ABSENT}|が見つか(?:りません|らない)|未找到|찾을 수 없)(?!\w* ?[?？])"
    # what people make of it; no question
    rf"|\b(?:Import|OS)Error (?:related to|about|because of|due to|regarding|concerning) (?:the )?[`'\"*]{{0,2}}{_FILE}"
    rf"|(?<![\w./]){_FILE}[`'\"*]{{0,2}} (?:library )?(?:is |was |are )?"
    r"(?:missing|(?:could )?not (?:be )?found|cannot be (?:found|loaded))(?! ?\?)"
    r"|(?:can(?:'t|not)|could ?n(?:o|')t|unable to|fail(?:s|ed)? to) "
    rf"(?:find|locate|load|open) (?:the )?(?:file |library )?[`'\"*]{{0,2}}{_FILE}(?![\w.])"
)


def files_not_found(errors: Errors) -> Iterator[str]:
    """Yield the names of the files, ``libcudnn.so.9``."""
    for form, words, needs in ((_UNOPENED, _WORDS, ()), (BY_NAME, BY_NAME, FILES)):
        for error in errors.matching(form, *needs):
            match = re.search(words, error.text, re.IGNORECASE)
            if match:
                yield next(filter(None, match.groups())).rstrip(".")
