"""Values that ``print(torch.__version__, torch.cuda.is_available())`` leaves on the lines below it.

Each argument says what its value is; the values are taken one after the other, and only where all of them fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.claims.hints import GpuCapability
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.launched import is_beside
from torch_doctor.pastes.text.paste import Paste

_ASKED = (
    "torch.__version__",
    "torch.version.cuda",
    "is_available()",
    "device_count()",
    "get_device_name(",
    "get_device_capability(",
)
_PRINT = regex(r"\bprint\s?\(")
_CODE = regex(r"\s*(?:>>> |\.\.\. |In \[|\$ |# |import |from |print ?\(|.*\bpython[\w.]* -c\b)")
_BETWEEN = regex(r"\W*(?:out(?:put)?|result|prints?|returns?|gives?|输出|结果)?\W*", re.IGNORECASE)
_LITERAL = regex(r"[frbu]{0,2}(['\"])(.*)\1", re.IGNORECASE)
_HOLE = regex(r"\{([^{}]{1,80}?)(?:[!:][^{}]*)?\}")
_MOST = 40  # calls of print that are looked at
_MOST_OF_A_LINE = 12  # calls; each is read to its end
_REACH = 8  # lines between a print and what it left


class _Kind(NamedTuple):
    """A value that an expression prints: what it looks like, and what it claims."""

    sign: str
    shape: str
    claims: Callable[[str, int], Iterator[Claim]]


def _version(text: str, line: int) -> Iterator[Claim]:
    return torch_words.version(text, line, Seen.SESSION)


def _cuda(text: str, line: int) -> Iterator[Claim]:
    return torch_words.build_cuda(text, line, Seen.SESSION)


def _available(text: str, line: int) -> Iterator[Claim]:
    return torch_words.available(text, line, Seen.SESSION)


def _count(text: str, line: int) -> Iterator[Claim]:
    yield Claim("torch_device_count", int(text), line, Seen.SESSION)


def _name(text: str, line: int) -> Iterator[Claim]:
    yield Claim("gpus", gpu_claims.gpu(0, text), line, Seen.SESSION)


def _capability(text: str, line: int) -> Iterator[Claim]:
    capability = GpuCapability(None, values.capability(text))
    yield Claim("gpu_capability", capability, line, Seen.SESSION)


def _nothing(_text: str, _line: int) -> Iterator[Claim]:
    return iter(())


_KINDS = (
    _Kind("torch.__version__", r"\d{1,2}\.\d{1,3}[\w.+]{0,40}", _version),
    _Kind("torch.version.cuda", r"\d{1,2}\.\d{1,2}|None", _cuda),
    _Kind("cuda.is_available()", r"True|False", _available),
    _Kind("device_count()", r"\d{1,3}", _count),
    _Kind("get_device_name(", r"[A-Z][\w ()/-]{2,60}", _name),
    _Kind("get_device_capability(", r"\(\d{1,2}, \d\)", _capability),
)
_OTHER = _Kind("", r"\S{1,200}", _nothing)


class _Part(NamedTuple):
    """A part of what one call prints: text as it stands, or a value of one kind."""

    text: str
    kind: _Kind | None


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the values below every line that prints them."""
    indexes = {index for sign in _ASKED for index, _ in paste.with_(sign, _MOST)}
    done = -1
    for index in sorted(indexes):
        text = paste.lines[index]
        if index > done and ("print" in text or (">>>" in text and "," in text)):
            last, calls = _block(paste, index)
            done = last
            found = _answers(paste, last, calls)
            yield from implied(found) if is_beside(paste, text) else found


def _block(paste: Paste, index: int) -> tuple[int, list[list[_Part]]]:
    """Return the last line of the code that starts at *index*, and what each of its calls prints."""
    calls = list(_calls(paste.lines[index]))
    last = index
    for at in range(index + 1, min(index + _MOST, len(paste.lines))):
        if not _CODE.match(paste.lines[at]):
            break
        calls += _calls(paste.lines[at])
        last = at
    return last, calls


def _calls(line: str) -> Iterator[list[_Part]]:
    starts = [match.end() for match in _PRINT.finditer(line)][:_MOST_OF_A_LINE]
    prompt = line.find(">>>")
    if not starts and prompt >= 0:
        starts, line = [prompt + 3], f"{line})"  # what the interpreter shows of a tuple
    for start in starts:
        arguments = _arguments(line, start)
        if arguments:
            yield [part for argument in arguments for part in _parts(argument)]


def _arguments(line: str, start: int) -> list[str]:
    """Return the arguments of a call, from behind its opening bracket; none where it does not end."""
    depth, quote, found, at = 0, "", [], start
    for here in range(start, len(line)):
        sign = line[here]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}" and depth:
            depth -= 1
        elif sign in ",)" and not depth:
            found.append(line[at:here].strip())
            at = here + 1
            if sign == ")":
                return [argument for argument in found if argument]
    return []


def _parts(argument: str) -> Iterator[_Part]:
    if re.match(r"(?:sep|end|file|flush)\s?=", argument):
        return
    literal = _LITERAL.fullmatch(argument)
    if literal is None:
        yield _Part("", next((kind for kind in _KINDS if kind.sign in argument), _OTHER))
        return
    formatted = argument[0] in "fF" or argument[1:2] in ("f", "F")
    at = 0
    for hole in _HOLE.finditer(literal[2]) if formatted else ():
        yield _Part(literal[2][at : hole.start()].strip(), None)
        yield _Part("", next((kind for kind in _KINDS if kind.sign in hole[1]), _OTHER))
        at = hole.end()
    yield _Part(literal[2][at:].strip(), None)


def _answers(paste: Paste, last: int, calls: list[list[_Part]]) -> Iterator[Claim]:
    """Yield what the lines below the code say, if the first of them fits within reach."""
    calls = [parts for parts in calls if parts]
    for start in range(last + 1, min(last + 1 + _REACH, len(paste.lines))):
        fitting = [] if not calls else _fit(calls[0], paste.lines[start])
        if fitting is None:
            if not _BETWEEN.fullmatch(paste.lines[start]):
                return
            continue
        at = start
        for parts in calls:
            found = _fit(parts, paste.lines[at]) if at < len(paste.lines) else None
            if found is None:
                return
            for kind, text in found:
                yield from kind.claims(text, paste.number(at))
            at += 1
        return


def _fit(parts: list[_Part], line: str) -> list[tuple[_Kind, str]] | None:
    """Return the values that *line* has for *parts*; None where it is not what they print."""
    shapes = [
        re.escape(part.text) if part.kind is None else f"({part.kind.shape})" for part in parts
    ]
    pattern = r"[\s,'\"]{0,4}".join(shape for shape in shapes if shape)
    match = re.fullmatch(rf"\W{{0,8}}?{pattern}[\s`|)'\"]{{0,8}}", line)
    kinds = [part.kind for part in parts if part.kind]
    if not match or not any(kind is not _OTHER for kind in kinds):
        return None
    return list(zip(kinds, match.groups(), strict=True))
