"""What conda's plan changes: ``pytorch  2.0.1-py3.10_cuda11.7_cudnn8.5.0_0 --> 2.1.0-py3.10_cpu_0``."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.packages import from_package, matters
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_BUILD = r"(?:[\w/-]{2,24}::)?(?:[a-z][\w-]{1,30}-)?(\d[\w.]{0,20})[- ]([\w.]{2,60}~?)"
_CHANGE = regex(
    rf"^\W{{0,8}}([a-z][\w.-]{{1,40}}):?\s{{1,40}}{_BUILD}[^>\n]{{0,80}}-->\s{{1,4}}{_BUILD}(?=\s|$)"
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the packages as they are after the plan; of torch also the one that is gone."""
    for match, line in paste.find(_CHANGE, "-->", 200):
        name, before, _, after, build = match.groups()
        if not matters(name):
            continue
        yield from from_package(name, after, "conda", build.rstrip("~"), line)
        if name == "pytorch" and before != after:
            yield Claim("torch_gone", values.torch(before), line, Seen.PACKAGES)
            yield Claim("torch_replaced", values.torch(before), line, Seen.PACKAGES)
