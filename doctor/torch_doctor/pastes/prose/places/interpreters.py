"""Which Python ran: an environment that was made and that nothing shows to be active, a program with another torch than its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.statements import is_asked, is_supposed
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import holds_here

_NAME = r"([A-Za-z][\w.-]{0,40}|\.?venv[\w.-]{0,20}|\./[\w.-]{1,40})"
# conda names its environments, venv and its like make folders.
_MADE = regex(
    rf"\b(?:conda|mamba|micromamba) (?:env )?create\b[^\n]{{0,80}}? (?:-n|--name)[ =]{_NAME}"
    rf"|\b(?:python[\d.]{{0,4}}|py(?: -3[.\d]{{0,3}})?) -m venv {_NAME}|\buv venv {_NAME}|\bvirtualenv (?:-p \S{{1,40}} )?{_NAME}",
    2,
)
_NO_TORCH = regex(r"No module named ['\"]?torch['\"]?(?![.\w])", 2)
# "torch 2.4.0 in the venv, and the program shows 2.3.1+cpu"
_CPU_THERE = regex(
    r"\b(?:app|program|webui|gui|ui|script|server|launcher|service|start\w*|runs?|running|launch\w*|\w+\.(?:py|bat|sh))\b(?:[^;!?\n]|[;!?](?!\s)){0,60}?(?:\b(?:shows?|prints?|says?|finds?|loads?|uses?|reports?|sees|logs?|is)\b)(?:[^;!?\n]){0,30}?[12]\.\d{1,2}(?:\.\d)?(?:\+cpu| ?\(?cpu)"
    r"|(?:运行|执行|启动|程序|脚本|webui|gui|\.py)[^。;!?\n]{0,24}?(?:显示|识别|用|加载|打印|检测|提示|变成)[^。;!?\n]{0,16}?[12]\.\d{1,2}(?:\.\d)?(?:\+cpu|\s?(?:的|\(|（)?\s?cpu)",
    2,
)
_OTHER_HERE = regex(
    r"\b(?:pip (?:show|list|freeze)|conda list|venv|env\w*|terminal|shell|console|prompt|installed)\b[^;!?\n]{0,50}?([12]\.\d{1,2}(?:\.\d)?(?:\+cu\d{3})?)(?!\+cpu|[\d.]*\+cpu| ?\(?cpu)"
    r"|(?:venv|虚拟环境|环境|pip|终端|命令行)[^。;!?\n]{0,24}?([12]\.\d{1,2}(?:\.\d)?(?:\+cu\d{3})?)(?!\+cpu|[\d.]*\+cpu|\s?(?:的|\()?\s?cpu)",
    2,
)
# "sudo python says …, without sudo it runs on the GPU": root's Python is another one
_BAD = r"(?:False|not compiled with CUDA|no module named|not (?:find|see|work|detect)\w*|on (?:the )?cpu|fails?|errors?|no (?:cuda|gpu))"
_GOOD = r"(?:works?|runs?|fine|True|ok|okay|finds? (?:it|the gpu))"
_BY_SUDO = regex(
    rf"\bsudo\b(?![^.;!?\n]{{0,24}}\b(?:docker|podman|apt)\b)[^;!?\n]{{0,80}}?\b{_BAD}[^;!?\n]{{0,60}}?\bwithout (?:sudo|it)\b[^.;!?\n]{{0,40}}\b{_GOOD}\b"
    rf"|\bwithout sudo\b[^.;!?\n]{{0,40}}\b{_GOOD}\b[^;!?\n]{{0,60}}?\bwith (?:sudo|it)\b[^.;!?\n]{{0,60}}?\b{_BAD}",
    2,
)
_NUMBER = regex(r"[12]\.\d{1,2}(?:\.\d)?")
_REACH = 4  # lines
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the environment that was made and not entered, and the words that tell of two torches."""
    if paste.has("no module named"):
        yield from _not_entered(paste)
    for match, line in paste.find(_BY_SUDO, "without ", 5) if paste.has("torch", "cuda") else ():
        text, start = match.string, match.start()
        if len(text) < _LONGEST and not (is_asked(text, start) or is_supposed(text, start)):
            where = one_line(match[0], 200)
            yield Claim("other_torch_in_program", where, line, Seen.WORDS)
            return
    if paste.has("+cpu", "cpu") and paste.has("pip", "venv", "env", "conda", "terminal", "环境"):
        yield from _two(paste)


def _not_entered(paste: Paste) -> Iterator[Claim]:
    if not any(_NO_TORCH.search(text) for _, text in paste.with_("no module named", 20)):
        return
    for needs in ("create", "venv", "virtualenv"):
        for match, line in paste.find(_MADE, needs, 3):
            name = next(filter(None, match.groups()))
            here = holds_here(match.string, match.start(), match.end())
            if here and not _is_entered(paste, name):
                yield Claim("environment_made", name, line, Seen.COMMAND)
                return


def _is_entered(paste: Paste, name: str) -> bool:
    bare = re.escape(name.removeprefix("./"))
    signs = rf"\({bare}\)|\bactivate\b|\benvs[/\\]{bare}\b|\b{bare}[/\\](?:bin|Scripts|lib)\b|conda run|uv run"
    return any(re.search(signs, text, re.IGNORECASE) for text in paste.lines)


def _two(paste: Paste) -> Iterator[Claim]:
    for index, text in paste.with_("cpu", 20):
        found = _CPU_THERE.search(text) if len(text) < _LONGEST else None
        if found is None or not holds_here(text, found.start(), found.end()):
            continue
        near = paste.lines[max(0, index - _REACH) : index + 1]
        own = _NUMBER.findall(found[0])[-1]
        others = (_OTHER_HERE.search(line) for line in near if len(line) < _LONGEST)
        for other in filter(None, others):
            release = next(filter(None, other.groups()))
            if release.partition("+")[0] != own or "+cu" in release:
                where = one_line(f"{release} {found[0]}", 200)
                yield Claim("other_torch_in_program", where, paste.number(index), Seen.WORDS)
                return
