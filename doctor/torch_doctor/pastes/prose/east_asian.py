"""Chinese and Japanese for what decides: whether CUDA is available, the driver, that there is none, the container."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_CJK = r"[\u3040-\u30ff\u4e00-\u9fff]"
# What should be, or is only asked, was not seen: 应该, 期望, はず, べき.
_WISHED = re.compile(r"应|期望|想要|怎么|如何|才能|はず|べき|たい")
_ANSWER = re.compile(
    rf"is_available(?:\(\))?[`'\"]{{0,2}}[\s:,]{{0,3}}({_CJK}{{1,10}})[\s:,]{{0,3}}[`'\"「]?(True|False)(?![A-Za-z])",
    re.IGNORECASE,
)
_DRIVER = re.compile(
    r"(?:驱动(?:程序)?|ドライバー?)(?:的)?(?:の)?(?:版本|バージョン)?\s?(?:号)?(?:是|为|は|が)?[\s::]{0,3}(?:NVIDIA )?v?(\d{3}\.\d{1,4}(?:\.\d{1,3})?)(?![\w%])"
)
_INSTALLED = re.compile(
    r"(?<![\w-])(pip3?|conda)\s?(?:直接|默认)?(?:安装|装)(?:的|了)?\s?((?:py)?torch)\b",
    re.IGNORECASE,
)
_NO_DRIVER = re.compile(
    r"(?:没有|没|未|还没)(?:安装|装)(?:过)?\s?(?:NVIDIA|英伟达|显卡|GPU)?\s?(?:的)?驱动|ドライバー?(?:が|を)(?:入って|インストールして|入れて)(?:い)?(?:ない|ません)",
    re.IGNORECASE,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of sentences in Chinese and Japanese."""
    if paste.text.isascii():
        return
    for match, line in paste.find(_ANSWER, "is_available", 20):
        if not _WISHED.search(match[1]):
            yield Claim("cuda_available", match[2].lower() == "true", line, Seen.WORDS)
    for needs in ("驱动", "ドライバ"):
        for match, line in paste.find(_DRIVER, needs, 20):
            release = values.driver(match[1])
            if release and release.branch >= 300:
                yield Claim("driver_release", release, line, Seen.WORDS)
        for _, line in paste.find(_NO_DRIVER, needs, 3):
            yield Claim("cuda_available", False, line, Seen.WORDS, implied=True)
    for match, line in paste.find(_INSTALLED, "torch", 3):
        command = f"{match[1]} install {match[2]}"
        yield Claim("install_commands", command, line, Seen.WORDS)
