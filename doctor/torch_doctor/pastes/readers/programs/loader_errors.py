"""What the dynamic loader refused: missing libraries, undefined symbols, ldd and LD_DEBUG lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ImportFailure, LibraryFile, LoadedLibrary
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_MISSING = regex(
    r"(?:([^\s:'\"(]{1,300}): )?(lib[\w+-]{1,60}\.so(?:\.\d{1,4}){0,4}|[\w-]{1,60}\.dll)[`'\")]{0,2}:? cannot open shared object file"
)
# "Failed to load library libX.so with error: libY.so.1: cannot open": it is X that lacks Y.
_LOADING = regex(r"\bload\w*\b.{0,40}?([^\s:'\"()]{0,200}\.so(?:\.\d{1,4}){0,4})\b", re.IGNORECASE)
# What stands before the name of a library in a sentence, and is no module.
_NO_MODULE = regex(
    r"(?:Error|Exception)$|^(?:(?:dl)?error|libraries|library|message|reason|fail(?:s|ed|ing|ure)?|says?|with|gives?|raises?|throws?|because|now|and|then|got|gets?|still)$"
)
# The folder of a package that is installed, and a module somewhere in it.
_INSTALLED = regex(r"(?:site|dist)-packages[/\\]([A-Za-z]\w{1,40})[/\\]\S{1,200}\.(?:so|pyd)\b")
_LDD = regex(
    r"(lib[\w+-]{1,60}\.so(?:\.\d{1,4}){0,4})(?: \([\w,. :-]{1,60}\))? => (not found|/\S{1,300})"
)
_SYMBOL = regex(
    r"(?:([^\s:'\"(]{1,300}?): )?(?:undefined symbol|symbol lookup error|Symbol not found|undefined reference to)[: ]{1,3}[`'\"]?(?:\S{1,300}: undefined symbol: )?(?=[\w.]*[A-Z_0-9@])(_?\w[\w@.]{2,300})[`'\"]?(?:,? version (\S{1,80}))?"
)
_DLOPEN = regex(r"dlopen\(([^,()]{1,300})")
_GLIBC = regex(
    r"([^\s:'\"(]{0,200}): version [`'‘]?((?:GLIBC|GLIBCXX|CXXABI)_[\d.]{1,12})[`'’]? not found(?: \(required by ([^\s)]{1,300}))?"
)
# Windows: a path in quotes, one without (it may hold blanks behind its drive), or a bare name.
_DLL = regex(
    r"(?:\[?WinError \d{1,5}\]? .{0,160}?)?(?:Error loading|DLL load failed while importing|Could not find module"
    r"|(?:procedure entry point .{0,160}?)?could not be located in the dynamic link library|(?:程序输入点.{0,160}?)?于动态链接库)"
    r":? {0,2}(?:[\"']([^\"'\n]{1,260})[\"']|([A-Za-z]:[^\"':\n]{1,240}?\.(?:dll|pyd)\b|[^\s\"':]{1,200}))"
)
_OF_DLLS = (
    "error loading",
    "dll load failed",
    "could not find module",
    "in the dynamic link library",
    "于动态链接库",
)
# The DLLs of torch itself, wherever they lie.
_TORCHS_DLL = r"(?:^|[\\/\"' ])(?:torch(?:_cpu|_cuda\w*|_python|_global_deps)?|c10(?:_\w+)?|caffe2\w*|shm|fbgemm|asmjit)\.dll"
# Windows names no module (Python before 3.8, ctypes), or only the last part of its name.
_DLL_REFUSED = regex(r"DLL load failed|WinError 127\](?!.{0,120}Error loading)")
# What ctypes raises; of a line that was cut before the DLL's name, the traceback tells who was imported.
_OF_WINDOWS = regex(r"OSError: \[WinError (?:126|127|182|193|1114)\](?!.*Error loading).*")
_DEBUG = regex(r"(?:trying file=|calling init: |init: )(/\S{1,300})")
_OF_TORCH = regex(
    r"(?:[\w.]*Error: )?lib(?:torch(?!audio|vision|text)|c10)\w*\.so\S{0,20}:? cannot open"
)
_IMPORTS_TORCH = regex(r"(?:>>> |\bpython[\w.]* -c [\"']|^)import torch\b(?![\w.])", re.MULTILINE)
_ARROW = regex(r"\s{0,4}-{2,6}> ?\d")  # a notebook's mark of the line that failed
_IMPORTER = regex(
    r"(?:site|dist)-packages[/\\]([A-Za-z_]\w{0,60})[/\\][^\"']{1,200}[\"']?, line \d|(?:site|dist)-packages[/\\]([A-Za-z_]\w{0,60})[/\\]\S{1,200}\.py:\d"
)
# "I cannot import torchaudio", ">>> import torchvision": where one companion is imported, it is the one that failed.
_IMPORTED = regex(
    r"\bimport(?:ing)? (?:of )?[`'\"*]{0,2}(torch(?:vision|audio|text|codec|ao)|xformers|flash_attn|vllm|deepspeed|mmcv|detectron2|bitsandbytes)\b",
    re.IGNORECASE,
)
# The arrow of a notebook's traceback stands before the line that failed.
_ARROW_IMPORT = regex(
    r"^\s{0,4}-{2,6}>\s{0,2}\d{1,5}\s{1,20}(?:from|import)\s{1,3}([A-Za-z_]\w{1,40})"
)
# torch opens its libraries by ctypes, which says OSError; modules of packages are imported, and fail with ImportError.
_BY_CTYPES = regex(r"^\W{0,4}OSError: ")
_BARE_IMPORT = regex(r"^\W{0,6}import torch\s*$")
_LAST_WORD = regex(r"([A-Za-z]\w{2,40})[`'\")]{0,2} $")
_LIBRARIES = regex(
    r"lib(cudart|cudnn|cublas|cublasLt|nccl|nvJitLink|cusparse|cufft|curand|cusolver|nvrtc|cuda|cupti|torch)[\w-]{0,30}\.so"
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield import failures, and the libraries that ldd or LD_DEBUG name."""
    for match, line in paste.find(_MISSING, "cannot open shared object", 40):
        module = _module(match[1]) or _loading(match) or _importer(paste, line)
        yield _failed(ImportFailure(module, missing=match[2], line=line), line)
        yield from _torch_failed(paste, match[0], line, match[2])
    for needs in (
        "undefined symbol",
        "symbol lookup error",
        "symbol not found",
        "undefined reference",
    ):
        for match, line in paste.find(_SYMBOL, needs, 40):
            version = match[3].strip("'\"`,;") if match[3] else None
            opened = _DLOPEN.search(match.string)
            module = _module(match[1]) or _module(opened[1] if opened else None)
            module = _named_in_words(match) or module
            symbol = match[2].rstrip(".")
            yield _failed(ImportFailure(module, symbol=symbol, version=version, line=line), line)
            yield from _owner(match[1], line)
            yield from _torch_failed(paste, match[0], line, match[1] or "")
    for match, line in paste.find(_GLIBC, "not found", 40):
        yield _failed(
            ImportFailure(
                _module(match[3] or match[1]), missing=match[1] or None, version=match[2], line=line
            ),
            line,
        )
    yield from _dlls(paste)
    yield from _ldd(paste)


def _named_in_words(match: re.Match[str]) -> str | None:
    """The module of "torch_scatter import: undefined symbol", where the word before the colon is none."""
    if (match[1] or "").lower() not in ("import", "importing", "error", "importerror"):
        return None
    before = _LAST_WORD.search(match.string[: match.start(1)])
    return before[1] if before else None


def _dlls(paste: Paste) -> Iterator[Claim]:
    """Yield what Windows refused to load."""
    for needs in _OF_DLLS:
        for match, line in paste.find(_DLL, needs, 10):
            library = match[1] or match[2]
            yield _failed(ImportFailure(_module(library), line=line), line)
            if library.lower().endswith((".dll", ".pyd")):
                yield Claim("os_family", "windows", line, Seen.TRACE)
            yield from _torch_failed(paste, match[0], line, library)
    for needs in ("dll load failed", "winerror 127"):
        for match, line in paste.find(_DLL_REFUSED, needs, 3):
            importer = _importer(paste, line)
            if importer:
                yield _failed(ImportFailure(importer, line=line), line)
            else:
                yield from _torch_failed(paste, match.string.strip(), line, "")
    for match, line in paste.find(_OF_WINDOWS, "winerror", 5):
        yield from _torch_failed(paste, match[0], line, "")


def _owner(path: str | None, line: int) -> Iterator[Claim]:
    """Yield the package in whose folder a compiled module lies, where its own name tells nothing: vllm/_C.so."""
    folder = re.search(r"([A-Za-z]\w{1,40})[/\\](?:lib[/\\])?_\w*\.", path or "")
    folder = folder or _INSTALLED.search(path or "")
    if folder and folder[1] != "torch":
        name = folder[1].replace("_", "-").lower()
        yield Claim("traceback_packages", name, line, Seen.OBSERVED)


def _ldd(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_LDD, " => ", 400):
        if not _LIBRARIES.match(match[1]):
            continue
        if match[2] == "not found":
            yield _failed(ImportFailure(None, missing=match[1], line=line), line)
        else:
            version = _version(match[2])
            if match[1].startswith("libcuda.so") and version and len(version) < len("535"):
                version = None  # libcuda.so.1 is the name that programs ask for, not a release
            pick = LibraryFile(one_line(match[2], 300), _kind(match[2]), version, "ldd")
            kind = "libcuda_copies" if match[1] == "libcuda.so.1" else "library_picks"
            yield Claim(kind, pick, line, Seen.OBSERVED)
            if kind == "libcuda_copies":
                yield Claim("libcuda", pick, line, Seen.OBSERVED)
    for match, line in paste.find(_DEBUG, "calling init: ", 400):
        path = match[1]
        if _LIBRARIES.search(path):
            name = path.rpartition("/")[2]
            yield Claim(
                "loaded_libraries",
                LoadedLibrary(name, one_line(path, 300), _version(path)),
                line,
                Seen.OBSERVED,
            )


def _failed(failure: ImportFailure, line: int) -> Claim:
    return Claim("import_failures", failure, line, Seen.OBSERVED)


def _torch_failed(paste: Paste, message: str, line: int, library: str) -> Iterator[Claim]:
    """Yield torch's own import error where the library, or the traceback above, is torch's."""
    own = re.search(
        rf"[/\\]torch[/\\]lib[/\\]|libtorch(?!audio|vision|text)|libc10|{_TORCHS_DLL}",
        f"{message} {library}",
        re.IGNORECASE,
    )
    # torch finds its own files beside itself: who misses one by its bare name is linked to another torch
    if not own or _OF_TORCH.match(message):
        own = None
        index = paste.index(line)
        above = "\n".join(paste.lines[max(0, index - 12) : index])
        at_torch = re.search(r"[/\\]torch[/\\]__init__\.py", above)
        last = above.rstrip().splitlines()[-2:] if above.strip() else []
        last += [text for text in above.splitlines() if _ARROW.match(text)]
        own = (
            at_torch
            if at_torch
            and any("torch._C" in text or "ctypes" in text or "torch" in text for text in last)
            else None
        )
        own = own or _IMPORTS_TORCH.search("\n".join(last))
        below = paste.lines[index + 1 : index + 3]
        own = own or (
            _BY_CTYPES.match(message) and next(filter(None, map(_BARE_IMPORT.match, below)), None)
        )
        if own and re.search(
            r"torch(vision|audio)|vllm|flash|xformers|site-packages[/\\](?!torch\b)",
            "\n".join(last),
        ):
            own = None
    if own:
        yield Claim("torch_import_error", one_line(message, 400), line, Seen.SESSION)


def _importer(paste: Paste, line: int) -> str | None:
    """Return the package whose code stands last in the traceback above *line*, or that words say was imported."""
    index = paste.index(line)
    above = "\n".join(paste.lines[max(0, index - 12) : index])
    found = [first or second for first, second in _IMPORTER.findall(above)]
    named = next((name for name in reversed(found) if name not in ("torch", "ctypes")), None)
    if named or found:
        return named
    arrows = [match[1] for match, _ in paste.find(_ARROW_IMPORT, "import", 40)]
    named = next((name for name in reversed(arrows) if name not in ("torch", "ctypes")), None)
    if named:
        return named
    imported = {match[1].lower() for match, _ in paste.find(_IMPORTED, "import", 20)}
    return imported.pop() if len(imported) == 1 else None


def _loading(missing: re.Match[str]) -> str | None:
    """Return the library that the same line says was being loaded, unless it is the *missing* one itself."""
    opened = _LOADING.search(missing.string[: missing.start()])
    name = _module(opened[1]) if opened else None
    return None if name == missing[2] else name


def _module(path: str | None) -> str | None:
    if not path:
        return None
    name = re.split(r"[/\\]", path.strip("'\"`(),"))[-1]
    if not re.search(r"\.(?:so|dll|pyd|dylib)|^[a-z_]\w+$", name) or _NO_MODULE.search(name):
        return None
    return one_line(name, 120)


def _kind(path: str) -> str:
    if "/stubs/" in path:
        return "stub"
    if "/compat/" in path:
        return "compat"
    if "site-packages" in path or "dist-packages" in path:
        return "wheel"
    if "/usr/local/cuda" in path:
        return "toolkit"
    if "conda" in path:
        return "conda"
    return "driver" if re.search(r"lib(cuda|nvidia-)", path) and "cudart" not in path else "system"


def _version(path: str) -> str | None:
    match = re.search(r"\.so\.(\d[\d.]*)$", path)
    return match[1] if match else None
