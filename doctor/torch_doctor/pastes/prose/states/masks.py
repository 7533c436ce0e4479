"""A mask of GPUs in other words than its variable's: "the mask is set to 3", "an empty CUDA_VISIBLE_DEVICES", --cuda-device 1."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.statements import is_asked, is_of_other_days, is_supposed
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.uses import is_meant

_NAME = r"CUDA[_ ]VISIBLE[_ ]DEVICES?"
_EMPTY = regex(
    rf"\b(?:an? |with |sets? |has |the )?(?:empty|blank) [`'\"]?{_NAME}\b|\b{_NAME}\b[`'\"]? (?:is |was |gets |being )?(?:set (?:to )?)?(?:to nothing|but (?:is |it is |it's )?empty|blanked|cleared|emptied)\b"
    rf"|\bEnvironment=['\"]{_NAME}=['\"]"
    rf"|\b(?:blanks|clears|empties|blanked|cleared|emptied) (?:out )?[`'\"]?{_NAME}\b",
    2,
)
# A word where numbers belong is set by somebody; printed, None says that nothing is.
_WORD = regex(
    rf"\b(?:export(?:s|ed)?|setenv|set|sets|Environment|ENV|env|put)\b[ =`'\"]{{1,3}}{_NAME}[`'\"]?\s?(?:=|to)\s?[`'\"]?(none|void|off|cpu|false|no|null)\b",
    2,
)
_MASK = regex(
    rf"\$\{{?{_NAME}\}}?[`'\"]{{0,2}} (?:prints?|gives?|shows?|returns?|is|says?|=) [`'\"]?(-?\d{{1,2}}(?:,\d{{1,2}}){{0,7}})(?![\d.]\d)"
    rf"|\b{_NAME}\s?(?:被)?设(?:置)?(?:为|成)了?\s?(-?\d{{1,2}}(?:,\d{{1,2}}){{0,7}})(?!\d)"
    r"|\b(?:(?:device|gpu|cuda|visibility|visible[- ]devices?) )?mask (?:is |was |has been |got )?(?:set (?:to|as) |= ?)(-?\d{1,2}(?:, ?\d{1,2}){0,7})(?![\d.]|\s?(?:bits?|%))"
    r"|\bvisible devices? (?:is|are|was|were|:|=) ?(?:set to )?[`'\"]?(-?\d{1,2}(?:,\d{1,2}){0,7})\b(?!\.)",
    2,
)
# Programs that write the mask from an option of theirs.
_OPTION = regex(
    r"(?:^|\s)--(?:cuda-device|cuda-visible-devices|gpu-device-id)[ =](\d{1,2}(?:,\d{1,2}){0,7})(?![\w.])"
)
_OF_GPUS = regex(r"\b(?:cuda|gpus?|torch)", 2)
_NEEDS = ("visible", "mask")
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the mask that words or a program's option tell; a wish, a rule and a plan of tests tell none."""
    for needs in _NEEDS:
        for index, text in paste.with_(needs, 20):
            if len(text) < _LONGEST and _OF_GPUS.search(text):
                yield from _in_words(paste, text, paste.number(index))
    for needs in ("--cuda-", "--gpu-device"):
        for match, line in paste.find(_OPTION, needs, 3):
            yield Claim("cuda_visible_devices", match[1], line, Seen.COMMAND, implied=True)
            yield Claim("mask_set_by", "program", line, Seen.WORDS, implied=True)


def _in_words(paste: Paste, text: str, line: int) -> Iterator[Claim]:
    for form in (_EMPTY, _WORD, _MASK):
        found = form.search(text)
        if found is None or is_asked(text, found.start()) or is_supposed(text, found.start()):
            continue
        value = next(filter(None, found.groups()), "") if found.groups() else ""
        if not (is_of_other_days(text, found.start()) or is_meant(value, text, paste)):
            yield Claim("cuda_visible_devices", value, line, Seen.WORDS, implied=True)
            return
