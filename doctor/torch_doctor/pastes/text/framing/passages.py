"""Passages of more than one line that nobody tells of a machine: what a change takes out, a page of common errors."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.rows import Rows

_CHANGE = ("diff --git ", "\n@@ -")
# A line that is taken out, and the message of the change that quotes what was wrong.
_TAKEN_OUT = regex(
    r"^-(?![-\s])[^\n]{1,300}$"
    r"|^(?i:commit|fix|chore|build)\b[^\n:]{0,24}: (?![^\n]*\b(?:I|my|still|but)\b)[^\n]{0,200}[\"'“‘`][^\n]{4,300}$",
    re.MULTILINE,
)
_COMMENT = regex(r"^\[//\]: # [^\n]{0,400}$", re.MULTILINE)  # of Markdown: nobody sees it
_PAGES = ("# troubleshooting", "# faq", "# common errors", "# common problems", "# known issues")
_HEADING = regex(
    r"^#{1,4} (?:troubleshooting|faq|common (?:errors|problems)|known issues)\W*$",
    re.IGNORECASE | re.MULTILINE,
)
# Each error in bold, on a line of its own, and what it means below.
_ENTRY = regex(r"^\*\*[^\n*]{8,200}\*\*$", re.MULTILINE)
_NEXT = regex(r"^#{1,4} ", re.MULTILINE)
_SOMEBODY_TELLS = regex(
    r"\b(?:I|my|My|we|We|our|Our|mine)\b|我(?!们(?:将|可以|需要|会|先|来|接下来))|请问|请教|求助"
)
# A page that explains errors: a template for answers, a help text of a package.
_EXPLAINS = regex(
    r"\bhow to identify\b|\bwhat happened\b|\bclosing template\b|\bto (?:solve|fix|resolve) this\b|\bthis (?:problem|error|issue) (?:arises|occurs|means|indicates|happens)\b"
    r"|\bthe error (?:indicates|means)\b|\byou (?:need to|should|can|may|have to)\b|\bif you(?:['’]re| are)?\b|\bwhen you\b|\byour (?:gpu|local|system|path)\b|\btwo possibilities\b"
    r"|\bit is recommended\b|\bplease (?:check|open|see)\b|\bif not\b|\bmake sure\b|本文|学习者|读者|如未|需要先|首先",
    re.IGNORECASE,
)
_OUTPUT = regex(
    r"^(?:Traceback \(|>>> |\$ |Collecting |\+-{5}|[\w.]{0,40}(?:Error|Exception|Warning): |\[pip|NVRM|\d{4}-\d\d-\d\d \d\d:)|(?:PyTorch|CUDA|torch|Driver|OS|Python)(?: [Vv]ersion)?\s{0,4}: \S|\b(?:steps to reproduce|expected behaviou?r|actual behaviou?r)\b",
    re.MULTILINE,
)
_SHORTEST, _LONGEST = 400, 20_000  # letters of such a page
_MARKS = 3
_LETTERS = regex(r"[^\n]+")
_BOX = r"^[ \t>]*(?:[-*+]|\d{1,2}[.)]) \[%s\] [^\n]*"
# Where somebody ticks boxes of a form, the others say what is not so.
_TICKED = regex(_BOX % "[xX✓✔]", re.MULTILINE)
_UNTICKED = regex(_BOX % " ", re.MULTILINE)
_LEAST = 2  # entries of a page, questions and answers
# "Q: …", "**A2:** …": who fills in a form answers, too, but what fails stands in the answer.
_NUMBERS = "123456789"
_QUESTION = regex(rf"^\W{{0,4}}(?:q[{_NUMBERS}]?|question)\**:", re.IGNORECASE)
_QUESTIONS = (("q:", "q*", "question", *(f"q{number}" for number in _NUMBERS)),)
_ANSWER = regex(rf"^\W{{0,4}}(?:a[{_NUMBERS}]?|answer)\**:", re.IGNORECASE)
_ANSWERS = (("a:", "a*", "answer", *(f"a{number}" for number in _NUMBERS)),)

_FENCE = (("```", "~~~"),)
_OPENS = regex(r"^\s{0,8}(?:```|~~~)")
# Who fills in a form, or tells of himself, shows what he met.
_OWN_WORDS = regex(
    r"\b(?:paste|please|provide|attach|post|share|include|add|I|I['’]m|my|we|our|still|now|instead|always)\b|我|请|粘贴",
    2,
)
_MAY_BE_MET = regex(
    r"\b(?:if|when|in case) (?:you|one|users?)\b[^.\n]{0,60}\b(?:gets?|sees?|runs? into|encounters?|receives?|hits?|faces?)\b"
    r"|\b(?:you|one|users?|people) (?:may|might|could|can|will|would)\b[^.\n]{0,30}\b(?:get|see|run into|encounter|receive|hit|face)\b"
    r"|(?:如果|若|假如|要是)[^。\n]{0,16}(?:出现|报错|遇到|提示|看到)|(?:可能会?|也许会?)(?:出现|报|遇到|看到)",
    2,
)
_LONGEST_LEAD = 500  # letters of the line before a block


def without_passages(text: str) -> str:
    """Return *text* with blanks in place of such passages; letters keep their places."""
    if _is_page(text):
        return _LETTERS.sub(_blank, text)
    if "[//]: #" in text:
        text = _COMMENT.sub(_blank, text)
    if any(sign in text for sign in _CHANGE):
        text = _TAKEN_OUT.sub(_blank, text)
    if "[ ]" in text and _TICKED.search(text):
        text = _UNTICKED.sub(_blank, text)
    return _without_supposed(_without_common_errors(_without_questions(text)))


def _is_page(text: str) -> bool:
    """Whether *text* explains errors to whoever has them: it speaks to somebody, of nobody's machine, and shows no output."""
    if not _SHORTEST < len(text) < _LONGEST or _SOMEBODY_TELLS.search(text):
        return False
    marks = {found[0].lower() for found in _EXPLAINS.finditer(text)}
    return len(marks) >= _MARKS and not _OUTPUT.search(text)


def _without_questions(text: str) -> str:
    rows = Rows(text)
    asked = [index for index in rows.holding(_QUESTIONS) if _QUESTION.match(rows.lines[index])]
    if len(asked) < _LEAST:
        return text
    answers = [index for index in rows.holding(_ANSWERS) if _ANSWER.match(rows.lines[index])]
    if len(answers) < _LEAST:
        return text
    return rows.with_({index: " " * len(rows.lines[index]) for index in asked})


def _without_common_errors(text: str) -> str:
    if "**" not in text or "# " not in text:
        return text
    low = text.lower()
    heading = _HEADING.search(text) if any(page in low for page in _PAGES) else None
    if heading is None or _SOMEBODY_TELLS.search(text):
        return text
    following = _NEXT.search(text, heading.end())
    end = following.start() if following else len(text)
    if len(_ENTRY.findall(text, heading.end(), end)) < _LEAST:
        return text
    return text[: heading.end()] + re.sub(r"[^\n]", " ", text[heading.end() : end]) + text[end:]


def _without_supposed(text: str) -> str:
    """Blank what a page shows between fences for what somebody may meet, and headings that quote it."""
    rows = Rows(text)
    fences = [index for index in rows.holding(_FENCE) if _OPENS.match(rows.lines[index])]
    taken: set[int] = set()
    for first, last in zip(fences[::2], fences[1::2], strict=False):
        before = next((line for line in reversed(rows.lines[:first]) if line.strip()), "")
        if len(before) < _LONGEST_LEAD and _is_supposed(before):
            taken.update(range(first + 1, last))
    if not taken:
        return text
    quoted = {index for index in taken if rows.lines[index].strip()}
    texts = [rows.lines[index].lower() for index in quoted]
    for index, line in enumerate(rows.lines):
        words = line.strip("# \t\r*`").lower()
        if line.startswith("#") and words and any(words in one for one in texts):
            quoted.add(index)
    return rows.with_({index: " " * len(rows.lines[index]) for index in quoted})


def _is_supposed(line: str) -> bool:
    ends = line.rstrip().endswith((":", "："))
    return ends and bool(_MAY_BE_MET.search(line)) and not _OWN_WORDS.search(line)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
