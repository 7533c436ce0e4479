"""From what somebody typed to topics: the whole of it, what a text mentions, and what is near."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from torch_doctor.core.finding import Said, Topic
from torch_doctor.core.startup import regex
from torch_doctor.core.text import unquoted
from torch_doctor.core.version import ComputeCapability, CudaVersion
from torch_doctor.matrix.query import gpus_like
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.matrix.topics import chips, codes, versions
from torch_doctor.matrix.topics.alike import alike
from torch_doctor.matrix.topics.kernel_log import xid, xid_named
from torch_doctor.matrix.topics.readable import readable
from torch_doctor.matrix.topics.texts import texts_in, title_of

_WRAPPED = 1 << 32  # Windows prints an NTSTATUS as a negative number, too
_SIGNALS = 128
_NEAR = 6
_MISSPELT = 0.8  # how much of two error texts has to be the same letters in one order
# A number that may have been mistyped, with what people write before it.
_NUMBER = regex(r"(?:(?:cuda|error|err|code|xid|nvrm)[ :=#]*)*(\d{1,4})\w?", re.IGNORECASE)
_LIBRARIES = ("nccl", "cublas", "cudnn")
_CALLED = {"nccl": "NCCL", "cublas": "cuBLAS", "cudnn": "cuDNN"}
# What makes a library tell more.
_LOGS = {
    "nccl": "run it again with NCCL_DEBUG=INFO: the first line with WARN names the fault",
    "cudnn": "run it again with CUDNN_LOGERR_DBG=1 and CUDNN_LOGDEST_DBG=stderr",
}
# What a shell or a container runtime prints for a program that was ended → the exit code that it returns.
_OF_SHELLS = {
    "killed": 137,
    "oomkilled": 137,
    "segmentation fault": 139,
    "segfault": 139,
    "bus error": 135,
    "illegal instruction": 132,
    "floating point exception": 136,
    "aborted": 134,
    "terminated": 143,
}
Reader = Callable[[str, Matrix], Iterator[Topic]]


def topics_of(typed: str, matrix: Matrix) -> tuple[Topic, ...]:
    """Return what is known of *typed* as a whole: a code, a name, a version, or an error's text."""
    text = unquoted(typed)
    found = [topic for form, reader in _FORMS if (match := form.fullmatch(text))
             for topic in reader(match[1], matrix)]  # fmt: skip
    found += codes.named(text, matrix)
    found += xid_named(text, matrix)
    found = found or [*codes.worded(text, matrix)]
    if not found:
        found = [*texts_in(text, matrix)] or [*chips.gpu(text, matrix)]
    return tuple(dict.fromkeys(found))


def mentioned_in(text: str, matrix: Matrix) -> tuple[Topic, ...]:
    """Return what a longer text mentions by code or name; its error texts are not among them."""
    found = [topic for form, reader in _MENTIONS for match in form.finditer(text)
             for topic in reader(match[1], matrix)]  # fmt: skip
    return tuple(dict.fromkeys((*found, *xid_named(text, matrix))))


def worded_in(text: str, matrix: Matrix) -> tuple[Topic, ...]:
    """Return the errors of CUDA whose own words a text carries behind "CUDA error:"."""
    found = (match[1] for match in _CUDA_ERROR.finditer(text))
    return tuple(dict.fromkeys(topic for begun in found for topic in codes.begun_by(begun, matrix)))


def near(typed: str, matrix: Matrix, more: dict[str, str]) -> list[str]:
    """Return what is called much like *typed*; *more* are further names, by what is shown for each."""
    from difflib import get_close_matches

    text = unquoted(typed)
    names = {codes.folded(name): shown for name, shown in (*_names(matrix), *more.items())}
    wanted = codes.folded(text)
    parts = [shown for name, shown in names.items() if len(wanted) > 3 and wanted in name]
    words = set(re.findall(r"\w+", text.casefold()))
    if len(words) > 1:
        parts += [
            shown
            for shown in names.values()
            if words <= set(re.findall(r"[a-z]+|\w+", shown.casefold()))
        ]
    close = [names[name] for name in get_close_matches(wanted, names, _NEAR, 0.72)]
    numbers = [f"{kind} {number}" for kind, number in _neighbours(text, matrix)]
    like = gpus_like(matrix, text, 2) if re.search(r"[a-z]\D*\d", text, re.IGNORECASE) else []
    meant = _meant(text, matrix) if len(words) > 1 else []
    return list(dict.fromkeys((*close, *numbers, *meant, *like, *parts)))[:_NEAR]


def _meant(text: str, matrix: Matrix) -> list[str]:
    """Return the texts of errors that are told in much the same words, each by what it is explained under.

    A text whose words are not on record may be one with a slip of the pen: it is compared by letters.
    """
    from difflib import get_close_matches

    titles = {row.text.rstrip("."): row.text for row in matrix.error_codes if row.text}
    for row in matrix.signatures:
        titles |= {readable(pattern): title_of(row) for pattern in row.patterns}
    found = alike(text, titles, _NEAR)
    if not found:
        spelled = {codes.folded(one): one for one in titles}
        found = [
            spelled[one] for one in get_close_matches(codes.folded(text), spelled, _NEAR, _MISSPELT)
        ]
    return [titles[one] for one in found]


def _names(matrix: Matrix) -> Iterator[tuple[str, str]]:
    for row in matrix.error_codes:
        yield row.name, row.name
        yield codes.label(row), codes.label(row)
    yield from ((f"xid{row.code}", f"Xid {row.code}") for row in matrix.xids)
    for architecture in matrix.architectures:
        sm = ComputeCapability.parse(architecture.capability).sm
        yield sm, sm
    yield from ((row.variant, row.variant) for row in matrix.torch_builds)
    yield from ((f"driver{row.branch}", f"driver {row.branch}") for row in matrix.drivers)
    yield from ((row.name, row.name) for row in matrix.gpus)
    yield from ((row.alias, row.alias) for row in matrix.gpu_aliases)
    yield from ((title_of(row), title_of(row)) for row in matrix.signatures)


def _neighbours(text: str, matrix: Matrix) -> Iterator[tuple[str, int]]:
    """Yield the numbers next to the one that was typed, of errors and of Xids."""
    match = _NUMBER.fullmatch(text)
    if not match:
        return
    wanted = int(match[1])
    kinds = {"Xid": {row.code for row in matrix.xids}}
    if "xid" not in text.casefold():
        kinds["CUDA error"] = {row.code for row in matrix.error_codes if row.api in codes.CUDA}
    for kind, numbers in kinds.items():
        yield from ((kind, number) for number in sorted(numbers, key=lambda n: abs(n - wanted))[:2])


def _of(*apis: str) -> Reader:
    return lambda digits, matrix: codes.numbered(int(digits), matrix, apis)


def _any_number(digits: str, matrix: Matrix) -> Iterator[Topic]:
    number = int(digits)
    yield from codes.numbered(number, matrix, (*codes.CUDA, "nvml", "windows", "process"))
    yield from xid(number, matrix)
    if number >= 1000:  # the categories of cuDNN 9; below it every library has such numbers
        yield from codes.numbered(number, matrix, ("cudnn",))
    if len(digits) == 3:
        yield from versions.driver(digits, matrix)


def _library(text: str, matrix: Matrix) -> Iterator[Topic]:
    name = next(name for name in _LIBRARIES if text.casefold().startswith(name))
    number = re.findall(r"\d+", text)[-1]
    of = ("cudnn", "cudnn-8") if name == "cudnn" else (name,)
    yield from codes.numbered(int(number), matrix, of)


def _whole_library(name: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield what the answers of a library are, where its name alone was given."""
    name = name.casefold()
    rows = [row for row in matrix.error_codes if row.api == name and row.text]
    heads = tuple(f"{row.name}_" for row in rows)
    others = [row for row in rows if not row.name.startswith(heads)]  # of a family its head alone
    lines = tuple(Said("can be", f"{row.name}: {row.text}") for row in others)
    if lines:
        log = (Said("next", _LOGS[name]),) if name in _LOGS else ()
        title = f"{_CALLED[name]} error: the name or the number behind it says which"
        yield Topic(name, title, lines + log, (receipt("error_codes", rows[0]),))


def _xid(digits: str, matrix: Matrix) -> Iterator[Topic]:
    yield from xid(int(digits), matrix)


def _shell(words: str, matrix: Matrix) -> Iterator[Topic]:
    yield from codes.numbered(_OF_SHELLS[words.casefold()], matrix, ("process",))


def _cuda_major(digits: str, matrix: Matrix) -> Iterator[Topic]:
    yield from versions.cuda_major(int(digits), matrix)


def _process(text: str, matrix: Matrix) -> Iterator[Topic]:
    number = int(text, 16) if text.lower().startswith("0x") else int(text)
    if -_SIGNALS < number < 0:
        number = _SIGNALS - number
    yield from codes.numbered(number % _WRAPPED, matrix, ("process",))


def _signal(text: str, matrix: Matrix) -> Iterator[Topic]:
    yield from codes.numbered(_SIGNALS + int(text), matrix, ("process",))


def _capability(text: str, matrix: Matrix) -> Iterator[Topic]:
    yield from chips.capability(ComputeCapability.parse(text), matrix)


def _target(text: str, matrix: Matrix) -> Iterator[Topic]:
    kind, digits = re.findall(r"[a-z]+(?=[ _-]?\d)|\d+[af]?", text.casefold())[:2]
    yield from chips.target(f"{kind}_{digits}", matrix)


def _cuda(text: str, matrix: Matrix) -> Iterator[Topic]:
    yield from versions.toolkit(CudaVersion.parse(text), matrix)


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ERROR = r"(?:cuda[ _-]*)?(?:runtime |driver |api )*(?:error|err)(?: code| number)?[ :=#(]*"
# What may be typed, each with the part that its reader takes.
_FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (_form(r"(\d{1,4})"), _any_number),
    (_form(_ERROR + r"(\d{1,3})\)?:?"), _of(*codes.CUDA)),
    (
        _form(r"(?:nvml|nvidia-smi)(?: return| exit)?(?: error| status| code)*[ :=#]*(\d{1,3})"),
        _of("nvml"),
    ),
    (
        _form(rf"((?:{'|'.join(_LIBRARIES)})(?: (?:error|status|result|code))*[ :=#]*\d{{1,4}})"),
        _library,
    ),
    (
        _form(rf"({'|'.join(_LIBRARIES)})(?: (?:errors?|status|results?|codes?))*[ :]*"),
        _whole_library,
    ),
    (_form(r"(?:nvrm: *)?xid(?: error| code)?[ :=#(]*(\d{1,3})\)?"), _xid),
    (_form(r"\[?win(?:dows )?error[ :#]*(\d{1,4})\]?"), _of("windows")),
    (
        _form(
            r"(?:process )?(?:exit|exited|return|rc)(?: with)?(?: code| status)*[ :=#]*(-?\d{1,10}|0x[0-9a-f]{8})"
        ),
        _process,
    ),
    (_form(r"(-\d{1,10}|0x[0-9a-f]{8})"), _process),
    (_form(r"signal[ :=#]*(\d{1,2})"), _signal),
    (_form(rf"({'|'.join(_OF_SHELLS)})(?: \(?core dumped\)?)?"), _shell),
    (_form(r"((?:sm|compute|lto)[ _-]?\d{2,3}[af]?)"), _target),
    (_form(r"(?:cuda )?(?:compute )?(?:capability|cc|arch)[ :=]*(\d{1,2}\.\d)"), _capability),
    (_form(r"(\d{1,2}\.\d)"), _capability),
    (_form(r"(?:cuda(?: toolkit| version)?)?[ :=-]*v?(\d{1,2}\.\d{1,2})"), _cuda),
    (_form(r"cuda(?: toolkit| version)?[ :=-]*(\d{1,2})(?:\.x)?"), _cuda_major),
    (_form(r"\+?(cu\d{2,4}|cpu|xpu|rocm\d[\d.]*)"), versions.variant),
    (_form(r"(?:py)?torch[ =v]*(\d\.\d{1,2}(?:\.\d)?(?:\+[a-z]+[\d.]*)?)"), versions.release),
    (_form(r"(\d\.\d{1,2}\.\d(?:\+[a-z]+[\d.]*)?)"), versions.release),
    (
        _form(
            r"(?:nvidia[ -]*)?(?:driver|branch|r)(?: branch| version| release)?[ :=-]*r?(\d{3}(?:\.\d+){0,2})"
        ),
        versions.driver,
    ),
    (_form(r"(\d{3}\.\d+(?:\.\d+)?)"), versions.driver),
)
_CUDA_ERROR = _form(r"\bcuda(?: runtime| driver)? error: *([^\r\n]{3,200})")
# What is looked for within a text: forms that mean nothing else.
_MENTIONS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (_form(r"\bxid *(?:\([^)\n]{0,60}\))? *[:#]? *(\d{1,3})\b"), _xid),
    (
        _form(
            r"\b((?:cudaError|CUDA_ERROR_|NVML_ERROR_|NVMLError_|CUDNN_STATUS_|CUBLAS_STATUS_|nccl)[A-Z]\w+)"
        ),
        codes.named,
    ),
    (_form(r"\berror:? (?:code )?(\d{1,3})\b(?!\.)"), _of(*codes.CUDA)),
    (_form(r"\bWinError (\d{1,4})\b"), _of("windows")),
    (
        _form(
            r"\bexit(?:ed)?(?: with)?(?: exit)? ?(?:code|status)[ :=]*(-?\d{1,10}|0x[0-9a-f]{8})\b"
        ),
        _process,
    ),
    (_form(r"\b((?:sm|compute)_\d{2,3}[af]?)\b"), _target),
)
