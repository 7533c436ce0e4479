"""What cuInit answered, as the errors of torch's start-up carry it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ApiStatus
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.matrix.codes import answer_name
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.error_codes import code_of
from torch_doctor.pastes.text.paste import Paste

# What cuInit answers where CUDA does not start.
_INIT = frozenset({2, 3, 34, 46, 100, 101, 304, 802, 803, 804, 999})
# What a line about the start of CUDA contains.
_OF_START = (
    "cudagetdevicecount|cuda initialization:|cuda runtime error (|thccudacheck fail|cuinit|error 80"
    "|cuda unknown error|cuda driver|not yet initialized"
).split("|")
# Answers that programs also get long after the start: no memory, no such device, a device that is busy.
_ALSO_LATER = frozenset({2, 46, 101})
_AT_START = regex(r"cudaGetDeviceCount|cuInit|CUDA initialization:|THCGeneral", re.IGNORECASE)
# Numbers that only the start of CUDA answers with, as people name them: no HTTP status, and nothing that was mended.
_IN_WORDS = regex(
    r"(?<!http )(?<!status )\berror(?: code| number)?[ :#]{1,3}(80[234])\b(?![.,]?\d| (?:is |was )?(?:gone|fixed|solved))",
    re.IGNORECASE,
)
_ASKED = regex(r"\bwhat (?:does|do|is)\b[^.?]{0,60}\bmean|\bmeaning of\b", re.IGNORECASE)
# A number alone is of many programs: in its sentence stands whose it is, or it is all of its line.
_CONTEXT = regex(r"nvidia|cuda|torch|gpu|geforce|hgx|dgx|docker|compose", re.IGNORECASE)
_ALONE = regex(r"\W{0,6}error(?: code)?[ :#]{1,3}80[234]\W{0,6}", re.IGNORECASE)
_SENTENCE = regex(r"[.!?](?:\s|$)")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what cuInit answered, as the errors of torch's start-up carry it."""
    for literal in _OF_START:
        for index, text in paste.with_(literal, 3):
            if _ASKED.search(text):
                continue
            whole = " ".join(line.strip() for line in paste.lines[index : index + 2])
            code = code_of(whole)
            if code in _INIT and (code not in _ALSO_LATER or _AT_START.search(whole)):
                line = paste.number(index)
                name = answer_name("cuda-driver", code, paste.matrix)
                answer = ApiStatus(code, name, one_line(paste.lines[index], 200))
                yield Claim("cuda_init", answer, line, Seen.SESSION)
                yield Claim("cuda_available", False, line, Seen.SESSION, implied=True)
    for match, line in paste.find(_IN_WORDS, "error", 2):
        sentence = _SENTENCE.split(match.string[: match.end()])[-1]
        sentence += _SENTENCE.split(match.string[match.end() :])[0]
        if _ASKED.search(match.string) or not (
            _CONTEXT.search(sentence) or _ALONE.fullmatch(match.string)
        ):
            continue
        code = int(match[1])
        name = answer_name("cuda-driver", code, paste.matrix)
        answer = ApiStatus(code, name, one_line(match.string, 200))
        yield Claim("cuda_init", answer, line, Seen.WORDS)
        yield Claim("cuda_available", False, line, Seen.WORDS, implied=True)
