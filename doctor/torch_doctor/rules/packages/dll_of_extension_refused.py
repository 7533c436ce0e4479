"""Windows refused the compiled part of a package: it was built for another torch.

What it checks
    Windows' errors 127 (procedure not found) and 126 (module not found) on the import of an extension of torch, in
    the languages in which Windows prints them. 127 is what an undefined symbol is on Linux.
Why it matters
    The module cannot be loaded: extensions are bound to one torch release, one CUDA major and one Python.
How to fix
    Install the build of the package for this torch, or build it here against the installed torch.
References
    https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--0-499-
    https://github.com/open-mmlab/mmcv/issues/1594
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import distribution_of, is_bound

_REFUSED = r"DLL load failed|WinError 127|Could not load this library: |\.pyd'? \(or one of its dependencies"
_NAME = (
    r"(?i)while importing (\w+)|load this library: [^\n]*[/\\](\w+)[/\\]\w+\.(?:pyd|dll)"
    r"|(\w+)\.pyd'? \(or one of its"
)
# Windows' text 127: English, Chinese, German, French, Spanish, Russian, Japanese, Korean.
_PROCEDURE = (
    r"specified procedure could not be found|找不到指定的程序|Prozedur wurde nicht gefunden"
    r"|procédure spécifiée est introuvable|(?:proceso|procedimiento) especificado"
    r"|указанная процедура|プロシージャが見つかりません|프로시저를 찾을 수 없"
)
# Names that the compiled parts of torch's extensions have, whatever they are of.
_FORM = regex(
    r"_ext|\w+_ext|\w*_cuda\w*|\w+_kernels?|_C_\w+|_version|torch(?!vision|audio|text|codec|ao\b)\w+"
)


@rule(
    "TD528",
    severity="error",
    cause="extension-abi-mismatch",
    breaks="cuda",
    about=("import_failures", "errors"),
)
def check(
    matrix: Matrix,
    import_failures: tuple[ImportFailure, ...] = (),
    traceback_packages: tuple[str, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    for error in errors.matching(_REFUSED):
        named = re.search(_NAME, error.text)
        names = [named[1] or named[2] or named[3]] if named else []
        names += [f.module for f in import_failures if f.module and f.line == error.line]
        module = next((n for n in names if _FORM.fullmatch(n) or is_bound(n, matrix)), None)
        if module is None or "Error loading" in error.text:
            continue
        why, sure = "a file that it needs is not there", "most likely it was"
        if re.search(_PROCEDURE, error.text, re.IGNORECASE):
            why, sure = "a function that it calls is not in torch's files", "it was"
        message = f"Windows refuses {module}, {why}: {sure} built for another torch"
        package = distribution_of(module, matrix, traceback_packages) or "that package"
        wheel = f"install the build of {package} for this torch, CUDA and Python"
        build = f"build {package} beside the installed torch, without build isolation"
        cure = [fixes.by_hand(wheel), fixes.build_package(build, package)]
        shown = f"{message} ({one_line(error.text, 160)})"
        yield finding("extensions", shown, fixes=cure, confidence="medium")
        return
