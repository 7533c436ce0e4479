"""A package asks for a CUDA library that the loader does not find.

What it checks
    Import errors and dead programs that name cuDNN, NCCL, cuFFT or another CUDA library as a missing file, where
    torch itself did not ask for it. Libraries whose number is the CUDA major have a rule of their own.
Why it matters
    torch brings these libraries for itself. A package that was built to use the system's finds them only where they
    are installed and where the loader looks.
How to fix
    Install the library with the major that the file's name says, or import torch first where it brings the same.
References
    https://man7.org/linux/man-pages/man8/ld.so.8.html
    https://docs.nvidia.com/deeplearning/cudnn/installation/latest/linux.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.libraries._wheels import for_jetson, for_library

# TensorFlow warns in other words of what it would like to have: nothing fails there.
_UNOPENED = "cannot open shared object file"
_WORDS = (
    r"(?:ImportError|OSError|error while loading shared libraries): (?:\S+: )?"
    r"(lib(?:cudnn|nccl|cufft|curand|cusolver|cusparse|cusparseLt|cupti|nvToolsExt|npp\w+)\.so[.\d]*)"
    r": cannot open shared object file"
)
# Programs that load a library by name say so in words of their own; Windows puts the major into the file's name.
_FILE = (
    r"((?:lib)?(?:cudart|cublas(?:Lt)?|cufft|curand|cusolver|cusparse|nvrtc|npp\w{1,4})"
    r"(?:64_[\d_]+\.dll|\.so[.\d]*))"
)
_ABSENT = (
    r"(?:找不到|缺失|丢失|不存在|no se (?:encontró|encuentra)|não (?:foi )?encontra\w+|introuvable|"
    r"nicht gefunden|fehlt|не (?:обнаруж\w+|найден\w*)|отсутствует|bulunamadı)"
)
_BY_NAME = (
    rf"(?:Library|Could not (?:locate|load library|load dynamic library)) '?{_FILE}'?"
    r"(?: is not found|\. (?:Please make sure|Error code)|[^\n]{0,40}not in your library path)"
    rf"|Could not find module '(?:[^'\n]{{0,200}}[\\/])?{_FILE}'"
    # before and behind the name, in other languages
    rf"|(?:{_ABSENT}|缺少|\bfalta\b|no se pudo encontrar|\bmanque)[^\n.]{{0,24}}?{_FILE}"
    rf"|{_FILE}[`'\"*]{{0,2}}[^\n.]{{0,12}}?(?:{_ABSENT}|が見つか(?:りません|らない)|未找到|찾을 수 없)(?!\w* ?[?？])"
    # what people make of it; no question
    rf"|(?<![\w./]){_FILE}[`'\"*]{{0,2}} (?:library )?(?:is |was |are )?"
    r"(?:missing|(?:could )?not (?:be )?found|cannot be (?:found|loaded))(?! ?\?)"
    r"|(?:can(?:'t|not)|could ?n(?:o|')t|unable to|fail(?:s|ed)? to) "
    rf"(?:find|locate|load) (?:the )?(?:file |library )?[`'\"*]{{0,2}}{_FILE}(?![\w.])"
)


@rule("TD767", severity="error", cause="cuda-libs-missing", breaks="import")
def check(
    errors: Errors,
    torch_import_error: str | None = None,
    torch_cuda: CudaVersion | None = None,
    jetson: str | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    told = [re.search(_WORDS, error.text, re.IGNORECASE) for error in errors.matching(_UNOPENED)]
    told += [re.search(_BY_NAME, error.text, re.IGNORECASE) for error in errors.matching(_BY_NAME)]
    names = [next(filter(None, match.groups())) for match in told if match]
    missing = [name for name in names if name not in (torch_import_error or "")]
    if not missing or any(result.ok for result in kernel_results):
        return
    known = {failure.missing: failure.module for failure in errors.refusals}
    message = (
        f"{known.get(missing[0]) or 'a package'} needs {missing[0]}, which the loader does not find"
    )
    # the libraries of a Jetson come with its JetPack: a build or an image that lacks one is for another
    cause = "jetson" if jetson else None
    cures = for_jetson(jetson, container) if jetson else for_library(missing[0], torch_cuda)
    yield finding("libraries", message, cause=cause, fixes=cures)
