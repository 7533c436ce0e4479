"""Words that tell a container apart from its host: the host shows its GPU, and the container sees none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_GPU = r"(?:gpus?|graphics? cards?|cuda(?: devices?)?|nvidia (?:devices?|cards?))"
_INSIDE = r"(?:docker|podman|containers?|pods?)"
_ARTICLE = (
    r"(?:(?:the|an?|my|our|any|this|its|each|host(?:'s)?|nvidia|docker|podman|running) ){0,3}"
)
_IS_NOT = r"(?:(?:(?:is|are|was|were|can|could)(?: ?not|n['’]t)|(?:(?:is|are|was|were) )?(?:not|never|no longer)|can['’]t)(?: be| being)?)"
_CANNOT = r"(?:(?:can|could|does|do|did)(?: ?not|n['’]t)|can['’]t|(?:is |are )?(?:not able|unable) to|fail(?:s|ed)? to)"
_SEEN = r"(?:visible|detected|found|seen|recogni[sz]ed|available|accessible|reachable)"
_SEES = r"(?:see|find|detect|access|reach|recogni[sz]e|use)"
_HIDDEN = regex(
    rf"\b{_GPU} {_IS_NOT} {_SEEN}\b[^.;\n]{{0,20}}\b(?:in|inside|within|from|to|by) {_ARTICLE}{_INSIDE}\b"
    rf"|\b{_INSIDE}\b[^.;\n]{{0,16}} {_CANNOT} {_SEES} {_ARTICLE}{_GPU}\b"
    rf"|\bno {_GPU} (?:(?:is|are|was|were) )?{_SEEN} (?:in|inside|within|from|by) {_ARTICLE}{_INSIDE}\b"
    r"|(?:容器|docker) ?(?:容器)?(?:里面?|内部?|中)?[^。，,;；\n]{0,8}"
    r"(?:看不到|找不到|检测不到|识别不到|无法(?:识别|检测|使用|访问|调用)|用不了|不能(?:识别|使用|调用|访问)|没有(?:检测|识别)到?)"
    r"[^。，,;；\n]{0,6}(?:gpu|显卡|cuda)",
    re.IGNORECASE,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that a container does not see the GPU, and which kind of container it is."""
    for needs in ("container", "docker", "pod", "容器"):
        for match, line in paste.find(_HIDDEN, needs, 3):
            kind = "kubernetes" if re.search(r"\bpods?\b", match[0], re.IGNORECASE) else "docker"
            yield Claim("container", kind, line, Seen.WORDS)
            yield Claim("gpu_hidden_in_container", True, line, Seen.WORDS)
