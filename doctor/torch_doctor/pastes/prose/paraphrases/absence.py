"""Programs that people say find no torch: "kohya says torch is missing", "vscode can't import torch, in a terminal it is fine"."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Reason
from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.builds import isolated
from torch_doctor.pastes.claims.claim import Absence, Claim, Seen
from torch_doctor.pastes.prose.paraphrases.vocabulary import TORCH
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import sentences

# What Python says, which stands for all of its paraphrases.
_ERROR = "No module named 'torch'"
_ABSENT = Absence(Reason.NOT_PRESENT, _ERROR)
_END = r"(?![\w-]|\.\w| (?:compiled|built|with|for|version|wheel|gpu|cuda|that|extension))"
_SAYS = r"(?:says?|said|tells? me|complains?|reports?|claims?|thinks?|keeps saying|insists|warns?)"
_LACKING = regex(
    rf"\bno module (?:named |called |name )?[`'\"]{{0,2}}{TORCH}[`'\"]{{0,2}}(?![\w-]|\.\w)"
    rf"|\b{_SAYS}\b[^.;\n]{{0,16}}{TORCH} (?:\w+ )?(?:is |was )?(?:missing|not (?:installed|found|there)|isn['’]t (?:installed|there|found))(?! (?:cuda|gpu))"
    rf"|\b(?:can(?:no|['’]?)t|can not|could(?: not|n['’]t)|unable to|does(?: not|n['’]t)|fails? to) (?:find|locate) (?:the )?(?:module |package )?[`'\"]?{TORCH}{_END}"
    rf"|(?:没有|找不到|缺少|提示没有)(?:名为|叫)?\s?[`'\"]?{TORCH}[`'\"]?\s?(?:的)?(?:模块|这个模块|包)",
    2,
)
# The same import, and a place where it works: two Pythons.
_IMPORT = regex(
    rf"\b(?:can(?:no|['’]?)t|can not|could(?: not|n['’]t)|unable to|fails? to) import {TORCH}{_END}",
    2,
)
_WORKS_ELSEWHERE = regex(
    r"\bin (?:the |a |my )?(?:terminal|shell|console|cmd|command line|powershell|notebook|jupyter|ipython|idle|other (?:env\w*|terminal))\b[^.;\n]{0,24}\b(?:works?|fine|ok|okay|no problem|imports?)\b",
    2,
)
# What an installer is asked for, and what a program is built against.
_OF_INSTALLER = regex(r"\b(?:pip3?|uv|poetry|conda|mamba|index|distribution|version)\b", 2)
_WORDS = ("torch",)
# Of a sentence that tells it, one of these.
_LACK = (
    *("no module", "missing", "not ", "n't ", "n’t ", "cannot ", "cant ", "unable to ", "fail"),
    *("没有", "找不到", "缺少"),
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that the Python which ran has no torch, unless an installer made that environment for a build."""
    for sentence in sentences(paste, *_WORDS, also=(_LACK,)):
        text, line = sentence.text, sentence.line
        lacking = _LACKING.search(text)
        if lacking and "module" not in lacking[0].lower() and _OF_INSTALLER.search(text):
            lacking = None
        two = _IMPORT.search(text) and _WORKS_ELSEWHERE.search(text)
        if (lacking or two) and isolated(paste) is None:
            yield Claim("torch_import_error", _ERROR, line, Seen.WORDS)
            yield Claim("torch_version", _ABSENT, line, Seen.WORDS)
            return
