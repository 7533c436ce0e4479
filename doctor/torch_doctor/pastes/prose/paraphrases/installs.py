"""Installs of torch that people say are damaged: cut off half way, left over, hidden by a script, a DLL that does not start."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.paraphrases.vocabulary import FAILS, NOT, TORCH
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import sentences

_UNIMPORTABLE = (
    rf"\bimport(?:ing)? {TORCH}[^.;\n]{{0,24}}{FAILS}|{TORCH}[^.;\n]{{0,12}}{NOT} (?:\w+ )?(?:import|load|start)\w*"
    rf"|{NOT} (?:\w+ )?import {TORCH}"
)
_DAMAGED = regex(
    r"file too short|invalid elf|truncated|corrupt\w*|invalid distribution|disk (?:was|is|got|ran) full|no space left|out of disk|interrupted|aborted|half[- ]installed|only half|left ?overs?|ctrl-?c|killed"
    r"|磁盘满|中断|损坏",
    2,
)
_FAILS = regex(_UNIMPORTABLE, 2)
# A DLL of torch's own that Windows does not load, in any order of words.
_DLL = regex(r"(?<![\w-])(?:c10(?:_cuda)?|torch_(?:cpu|cuda|python)|fbgemm|shm|asmjit)\.dll\b", 2)
_REFUSED = regex(
    r"\bWinError (?:126|127|182|193|1114)\b|\berror loading\b|\b(?:dll )?load(?:ing)? (?:failed|fails|error)\b|加载.{0,6}失败|加载(?:出错|错误)",
    2,
)
_SCRIPT = regex(
    r"\b(?:named|called|name|renamed|have|has|is|was)\b[^.;\n]{0,24}[`'\"]?(?<![/\\\w])torch\.py\b|文件名?(?:叫|是|为)?\s?torch\.py",
    2,
)
# Of each of the ways, words that a sentence holds.
_SIGNS = ("import", "load", "start", ".dll", "torch.py")
_BROKEN = regex(rf"{FAILS}|\bnothing (?:imports|works|runs)\b|attribute", 2)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that torch cannot be imported, with the words that say why, and the script that hides it."""
    for sentence in sentences(paste, "torch", "dll", also=(_SIGNS,)):
        text, line = sentence.text, sentence.line
        around = f"{sentence.before} {text}"
        damaged = _FAILS.search(text) and _DAMAGED.search(around)
        refused = _DLL.search(text) and _REFUSED.search(text)
        if damaged or refused:
            yield Claim("torch_import_error", one_line(text, 300), line, Seen.WORDS)
        if refused:
            yield Claim("os_family", "windows", line, Seen.WORDS, implied=True)
        if _SCRIPT.search(text) and _BROKEN.search(text):
            yield Claim("torch_shadows", "torch.py", line, Seen.WORDS)
            yield Claim("torch_import_error", one_line(text, 300), line, Seen.WORDS)
