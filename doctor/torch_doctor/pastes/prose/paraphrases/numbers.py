"""Numbers of CUDA's errors that people name without their text: "getting 804 on a 4090", 报802, "stops with an error 803"."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import sentences

# Only numbers that no other program counts by: what each is the signature of.
_SIGNATURES = {"802": "cuda_802_fabric", "803": "cuda_803_mismatch", "804": "cuda_804_compat"}
_MET = (
    r"(?:\b(?:get|gets|getting|got|hit|hits|hitting|gives?|gave|giving|throws?|returns?|returned|says?|shows?|with|is|meets?|sees?|seeing|answers?)"
    r"(?: (?:me|us|an?|the|this|cuda|cuinit|only|just|still|always)){0,3}|报(?:了|出|错)?(?:的?(?:是|为))?|提示|返回|出现|遇到)"
)
_UNIT = r"(?!\s?(?:it|i?t/s|[kmg]i?b|px|ms|s|sec\w*|steps?|samples?|images?|files?|frames?|fps|tokens?|epochs?|lines?|rows?|watts?|w|°|%|x|张|个|行|步|秒)(?![a-z]))"
_NAMED = regex(
    r"(?:\b(?:errors?|err|code|status|failure)|错误(?:码|代码)?|エラー(?:コード)?)(?:\s?(?:code|number|no\.?|is|was|=|:|#|:))*\s?(80[234])(?![\w.:/-]\d|\w)"
    r"|(?<![\w.:/#-])(80[234])\s?(?:errors?\b|错误|报错|エラー)",
    2,
)
_IN_PASSING = regex(
    rf"{_MET}\s?[`'\"(]?(80[234])(?![\w:/-]|\.\d){_UNIT}|(?<![\w.:/#-])(80[234])\s?(?:が出|と(?:出|表示))",
    2,
)
_OF_GPUS = regex(
    r"\b(?:cuda|cuinit|gpus?|torch|nvidia|fabric\w*|nvswitch|nvlink|containers?|images?|rtx|[34]0[5-9]0|[abhlv]\d{2,3}s?)\b|显卡|容器|驱动|八卡|fabric",
    2,
)
# 804 without its number
_COMPAT = regex(
    r"\bforward[- ]compat\w*\b[^.;\n]{0,24}\b(?:non|not|un)[- ]?supported\b", 2, ("compat",)
)
_FROM_THE_WEB = regex(r"\b(?:https?|port|line|page|row|issue|pr)\b|#80|端口|第\s?80|行", 2)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the errors that numbers stand for, where the report is about a GPU."""
    about = paste.has("cuda", "gpu", "torch", "nvidia")
    for sentence in sentences(paste, *_SIGNATURES, "compat"):
        text = sentence.text
        of_gpus = _OF_GPUS.search(text)
        named = _NAMED.search(text) if about or of_gpus else None
        found = named or (_IN_PASSING.search(text) if of_gpus else None)
        refused = "804" if of_gpus and _COMPAT.search(text) else None
        number = next(filter(None, found.groups())) if found else refused
        if number is None or _FROM_THE_WEB.search(text):
            continue
        error = ErrorSeen(one_line(text, 320), _SIGNATURES[number], int(number), line=sentence.line)
        yield Claim("errors_seen", error, sentence.line, Seen.WORDS)
        return
