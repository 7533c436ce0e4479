"""Two builds of torch on one machine, of which people say that one finds the GPU and the other does not: each by its CUDA."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_CUDA = regex(
    r"\+cu(\d{2,3})\b|\bcu(1[0-3]\d|9[0-2])\b|\bcuda[ -]?(?:version )?(\d{1,2}\.\d)(?![\d])|_cuda(\d{1,2}\.\d)|\bthe (\d{1,2}\.\d) (?:one|build|version|wheel)\b",
    2,
)
# Which release a build of conda's list is for: "pytorch-1.4.0-py3.7_cuda10.1.243_cudnn7.6.3_0".
_LISTED = regex(r"\bpytorch-(\d\.\d{1,2})\.\d{1,2}-py\d[\d.]{0,4}_cuda(\d{1,2}\.\d)")
_RELEASE = regex(r"\b(?:py)?torch[ =v-]{1,3}(\d\.\d{1,2})(?:\.\d{1,2})?(?![\d.]*\+)", 2)
_SEAM = regex(r"[,;]\s|\s(?:but|while|whereas|and|yet|though)\s|\.\s", 2)
_ASKED = regex(r"\b(?:is_available|cuda|gpus?|works?|working|detect\w*|finds?|sees?|runs?)\b", 2)
_FAILS = regex(
    r"\bFalse\b|\b(?:does|do|is|can|could)(?:n['’]?t| not)\b|\bcannot\b|\bfails?\b|\bnot (?:work\w*|detect\w*|available|find|see)\b|\bno (?:gpu|cuda)\b",
    2,
)
_WORKS = regex(
    r"\bTrue\b|\b(?:works?|worked|working|fine|ok|okay|detects?|finds? (?:it|the gpu))\b", 2
)
_ELSEWHERE = regex(
    r"\b(?:laptop|other (?:pc|machine|computer|server|box|node)|another (?:pc|machine|computer|server|box|node)|colab|colleague|friend|after (?:the )?(?:driver|reboot)|old (?:driver|gpu|card)|new (?:driver|gpu|card)|container|docker|wsl|toolkit|nvcc|compil\w*|symbols?|imports?|apex|xformers|flash\S*|mmcv|bitsandbytes|numpy|kernel|capabilit\w*|sm_\d+|warn\w*|memory|oom|slow\w*|nan|hangs?)\b",
    2,
)
# What would be, what is advised, and what a page says.
_SUPPOSED = regex(
    r"\b(?:if|unless|whether|should|would|will|could|may|might|must|expect\w*|suppose|docs?|documentation|readme|guide|tutorial|known|people|users|he|she|they)\b",
    2,
)
_LONGEST = 400  # letters of a line that somebody wrote


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the CUDA of the build that works and of the one that does not, where words tell of one of each."""
    listed = {release: cuda for _, release, cuda in _of_conda(paste)}
    for needs in ("torch", "cuda"):
        for index, text in paste.with_(needs, 40):
            if len(text) > _LONGEST or _is_apart(text):
                continue
            works, fails = _told_apart(text, listed)
            if works and fails and works != fails:
                line = paste.number(index)
                yield Claim("cuda_of_working_build", works, line, Seen.WORDS)
                yield Claim("cuda_of_failing_build", fails, line, Seen.WORDS)
                return


def _is_apart(text: str) -> bool:
    """Whether words ask, suppose, or tell of two machines."""
    asked = text.rstrip().endswith(("?", "？"))
    return bool(asked or _ELSEWHERE.search(text) or _SUPPOSED.search(text))


def _of_conda(paste: Paste) -> Iterator[tuple[int, str, CudaVersion]]:
    for match, line in paste.find(_LISTED, "_cuda", 10):
        cuda = values.cuda(match[2])
        if cuda is not None:
            yield line, match[1], cuda


def _told_apart(
    text: str, listed: dict[str, CudaVersion]
) -> tuple[CudaVersion | None, CudaVersion | None]:
    """Return the CUDA of the build that works and of the one that fails; None where there is not one of each."""
    found: dict[bool, set[CudaVersion]] = {True: set(), False: set()}
    open_still: CudaVersion | None = None
    for clause in _SEAM.split(text):
        named = _named(clause, listed)
        if len(named) > 1:
            return None, None
        cuda = next(iter(named), None) or open_still
        fails = _FAILS.search(clause)
        works = _WORKS.search(clause) if not fails else None
        if cuda and (fails or works) and _ASKED.search(text):
            found[works is not None].add(cuda)
            open_still = None
        else:
            open_still = cuda
    both = [found[True], found[False]]
    if any(len(one) != 1 for one in both):
        return None, None
    return both[0].pop(), both[1].pop()


def _named(clause: str, listed: dict[str, CudaVersion]) -> set[CudaVersion]:
    texts = (next(filter(None, match.groups())) for match in _CUDA.finditer(clause))
    cudas = {_of_tag(text) for text in texts} - {None}
    if not cudas:
        cudas = {listed.get(match[1]) for match in _RELEASE.finditer(clause)} - {None}
    return {cuda for cuda in cudas if cuda is not None}


def _of_tag(text: str) -> CudaVersion | None:
    written = text if "." in text else re.sub(r"(\d)$", r".\1", text)
    return values.cuda(written)
