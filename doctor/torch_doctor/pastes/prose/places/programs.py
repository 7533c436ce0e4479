"""Words that say that one program finds CUDA at one place and not at another: True in main(), False in the class."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_CALL = "is_av"
_SENTENCES = regex(r"[^.;!?。;\n](?:[^.;!?。;\n]|[.;!?](?!\s|$))*")
_SAYS = (
    r"(?:prints?|printed|returns?|returned|gives?|gave|is|was|be|becomes?|became|(?:turns?|turned|changes?|changed)(?: in)?(?:to)?"
    r"|shows?|showed|says?|said|and|but|get|got|是|为|返回|输出|变成了?|打印)(?: to me| me)?[ :]{0,2}"
)
_TRUE = regex(rf"{_SAYS}[`'\"*]{{0,3}}True\b", 2)
_FALSE = regex(rf"{_SAYS}[`'\"*]{{0,3}}False\b", 2)
# A place of a program, or a step of it.
_PLACE = regex(
    r"\b(?:in|inside|within|from|after|when|of|under)\b[^.;\n]{0,40}(?:\b(?:func(?:tion)?s?|class|method|module|script|subroutine|constructor)\b|\w\(\)|\w\.py\b)"
    r"|\b(?:after|before|since|once)\b[^.;\n]{0,20}(?:\bimport\w*\b|`from \w|\bit\b|\bthat (?:line|call)\b)|\bran from\b"
    r"|(?:到了?|在)[^。;\n]{0,24}(?:函数|类|方法|模块|脚本|\.py|\(\))[^。;\n]{0,4}(?:里面?|中|内|后)|(?:import|导入)[^。;\n]{0,16}(?:之)?后",
    2,
)
# Another environment, machine or process, a test that makes it so, and what is mended.
_ELSEWHERE = regex(
    r"(?<!same )\b(?:jupyter|notebook|ipython|pycharm|vs ?code|spyder|conda|env|venv|docker|container|pod|sudo|root|slurm|sbatch|srun|node|ray|workers?"
    r"|subprocess\w*|multiprocessing|spawn\w*|wsl|laptop|desktop|machine|pc|computer|runner|colab|reboot\w*|suspend\w*|upgrad\w+|updat\w+|reinstall\w*)\b"
    r"|\b(?:mock|patch|monkeypatch|expect\w*|should|must|skip|if|unless|solved|fixed|without (?:a )?gpu)\b|环境|机器|电脑|重启|应该|解决了"
    r"|\bTrue\b[^.;\n]{0,24}\bnow\b|\bnow\b[^.;\n]{0,40}\bTrue\b",
    2,
)
_REACH = 2  # sentences behind the one that names the call
_LONGEST = 500  # letters of a line that somebody wrote


def read(paste: Paste) -> Iterator[Claim]:
    """Yield where a program that found CUDA no longer does."""
    if not paste.has("true") or not paste.has("false"):
        return
    for index, _ in paste.with_(_CALL, 10):
        near = _sentences(paste, index)
        if not any(map(_TRUE.search, near)) or any(map(_ELSEWHERE.search, near)):
            continue
        for sentence in near:
            if _FALSE.search(sentence) and _PLACE.search(sentence):
                where = one_line(sentence.strip(" -*>#"), 300)
                yield Claim("cuda_lost_in_program", where, paste.number(index), Seen.WORDS)
                return


def _sentences(paste: Paste, index: int) -> list[str]:
    """Return the sentences from the line *index* on that may tell of one call."""
    lines = [line for line in paste.lines[index : index + 2 * _REACH] if line.strip()]
    text = "\n".join(line for line in lines[: _REACH + 1] if len(line) < _LONGEST)
    return _SENTENCES.findall(text)[: 2 * _REACH + 1]
