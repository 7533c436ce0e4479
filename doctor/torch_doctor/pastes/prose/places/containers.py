"""Words that tell a container apart from its host: the host shows its GPU, and the container sees none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.statements import is_supposed
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
    r"|(?:容器|docker|(?<![a-z])pod) ?(?:容器)?(?:里面?|内部?|中)?[^。，,;；\n]{0,8}"
    r"(?:看不到|找不到|检测不到|识别不到|无法(?:识别|检测|使用|访问|调用)|用不了|不能(?:识别|使用|调用|访问)|没有(?:检测|识别)到?)"
    r"[^。，,;；\n]{0,6}(?:gpu|显卡|cuda|nvidia|英伟达|驱动)",
    re.IGNORECASE,
)
_IN = r"(?:in|inside|within|from)(?: (?:inside|within))?(?: of)?"
_NOT = r"(?:not|no|never|n['’]t|False|fails?|failed|(?<![\w.])0(?![\w.+])|zero|nothing|unavailable|invisible)"
_FINE = r"(?:works?|working|worked|fine|ok|okay|good|normal|correct|True|detected|visible|present|seen|available|there is|(?:uses?|sees?|shows?|lists?|has) (?:the |my |an? |\d )?\w{0,10} ?(?:gpus?|rtx|tesla|a100|card))"
_HOST = r"(?:(?:on |from )?(?:the |my )?(?:host|bare[- ]metal)|outside|nativ(?:e|ely)|without docker|my machine)"
# The same in fewer words, and both places side by side: "no gpu in docker", "host: fine. docker: is_available False".
_SHORTLY = regex(
    rf"\b{_IN} {_ARTICLE}{_INSIDE}\b[^.;\n]{{0,24}}?\b(?:no|zero|0|not (?:see|find|detect)\w*|without) {_GPU}\b"
    rf"|\b(?:no|zero) {_GPU} {_IN} {_ARTICLE}{_INSIDE}\b|\b{_INSIDE}\b[^.;,\n]{{0,30}} (?:sees?|finds?|has|shows?|gets?|says?) (?:0|no|zero) {_GPU}\b"
    rf"|\b{_GPU} (?:(?:is|are) )?(?:not {_SEEN}|invisible|unavailable|missing) {_IN} {_ARTICLE}{_INSIDE}\b"
    rf"|\b{_INSIDE}\b[^.;\n]{{0,16}}: ?(?:no {_GPU}|{_GPU} (?:not|un)\s?{_SEEN})"
    r"|(?:コンテナ|docker)\s?(?:コンテナ)?(?:の)?(?:内|中|側)?(?:で|から|では|に|だと)[^。,;\n]{0,24}(?:gpu|cuda|nvidia-smi|グラボ|デバイス)[^。,;\n]{0,8}(?:見つから|見え|認識(?:され|し|でき)|使え|検出(?:され|でき)|利用でき)(?:て(?:い)?)?(?:ない|ません|なく)"
    r"|(?:容器|docker)\s?(?:容器)?(?:里面?|内部?|中)?[^。,;\n]{0,4}没有(?:gpu|显卡|cuda)|(?:도커|컨테이너|docker)[^.\n]{0,16}(?:gpu|그래픽)[^.\n]{0,6}(?:안 보|못|없|인식하지|인식되지)"
    r"|(?:contenedor|docker)\b[^.;\n]{0,24}\bno (?:se )?(?:detecta|ve|reconoce|encuentra|aparece)\w*[^.;\n]{0,12}(?:gpu|tarjeta|gráfica)|(?:contêiner|docker)\b[^.;\n]{0,24}não (?:detecta|vê|reconhece)[^.;\n]{0,12}(?:gpu|placa)"
    r"|(?:контейнер\w*|докер\w*|docker)[^.;\n]{0,24}(?:не вид\w+|нет|недоступн\w+|не наход\w+)[^.;\n]{0,12}(?:gpu|видеокарт\w+|cuda)|\bim (?:docker[- ])?container\b[^.;\n]{0,16}\bkeine? (?:gpu|grafikkarte)|dans le conteneur[^.;\n]{0,24}(?:pas|aucun)[^.;\n]{0,12}gpu",
    re.IGNORECASE,
)
_INSIDE_NOT = regex(
    rf"(?:\b{_INSIDE}\b|dockeri[sz]ed|contenedor|컨테이너|도커|контейнер|容器|コンテナ)(?:(?!\bhost\b|\bworks?\b|\bfine\b|\bTrue\b)[^\n]){{0,48}}?(?:\b{_NOT}\b|on (?:the )?CPU)"
    rf"|\b{_NOT} {_IN} {_ARTICLE}{_INSIDE}\b",
    re.IGNORECASE,
)
_FINE_OUTSIDE = regex(
    rf"(?:\b{_HOST}\b|\bhost\b|\bfuera\b|호스트|밖|\bхост\w*|снаружи|宿主机|ホスト)[^\n]{{0,40}}?(?:\b{_FINE}\b|정상|잘 |正常|可以用|работает|動|\bsí\b)"
    rf"|\b{_FINE}\b[^\n]{{0,24}}?\b{_HOST}\b",
    re.IGNORECASE,
)
_OF_GPUS = regex(
    r"\b(?:gpus?|cuda|nvidia(?:-smi)?|is_available|device_count)\b|显卡|그래픽|видеокарт", 2
)
# Whose memory ran out has a GPU, and what fails to build looks for none.
_OTHER_FAULT = regex(r"\b(?:out of memory|oom|(?:docker|container|image) build)\b", 2)
# What torch is asked for its GPUs.
_ASKED_TORCH = regex(r"\b(?:is_available|device_count)\b")
_SENTENCE = regex(r"[.;!?](?=\s|$)")
# Where somebody looked: in a container, or somewhere in whose line one is named.
_ONE = r"(?:docker|podman|container|pod)\b"
_LOOKED_IN_ONE = regex(
    rf"\b(?:in|inside|within|from) (?:(?:the|my|a|this|that|each) )?{_ONE}", re.IGNORECASE
)
_OF_ONE = regex(
    rf"\b(?:in|inside|within|with|my|the|using|runs?|running) (?:(?:the|my|a|an|this|app|it) ){{0,2}}(?:in )?{_ONE}",
    re.IGNORECASE,
)
_NEAR = 3  # lines
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that a container does not see the GPU, and which kind of container it is."""
    for needs in (
        "container",
        "docker",
        "podman",
        "容器",
        "컨테이너",
        "도커",
        "contenedor",
        "контейнер",
        "докер",
        "コンテナ",
        "pod",
    ):
        for index, text in paste.with_(needs, 20):
            shortly = _SHORTLY.search(text) if len(text) < _LONGEST else None
            shown = shortly is not None and not is_supposed(text, shortly.start())
            # what a program in a Pod prints tells of no other place where it is fine
            shown = shown and not (needs == "pod" and "Error" in text)
            if len(text) < _LONGEST and (shown or _is_beside(paste, index)):
                yield Claim("container", _kind(text), paste.number(index), Seen.WORDS, implied=True)
                yield Claim("gpu_hidden_in_container", True, paste.number(index), Seen.WORDS)
    for needs in ("container", "docker", "pod", "容器"):
        for match, line in paste.find(_HIDDEN, needs, 3):
            if is_supposed(match.string, match.start()):
                continue
            yield Claim("container", _kind(match.string), line, Seen.WORDS)
            yield Claim("gpu_hidden_in_container", True, line, Seen.WORDS)


def _kind(text: str) -> str:
    """The engine that a sentence names; where it names none, docker is the likeliest."""
    if re.search(r"(?<![a-z])(?:pods?|k8s|kubernetes)(?![a-z])", text, re.IGNORECASE):
        return "kubernetes"
    named = "podman" in text.lower() and not re.search(r"\bdocker\b", text, re.IGNORECASE)
    return "podman" if named else "docker"


def is_inside(text: str) -> bool:
    """Whether what a text tells was seen in a container."""
    return _LOOKED_IN_ONE.search(text) is not None


def speaks_of_one(text: str) -> bool:
    """Whether a text tells of a container that somebody uses."""
    return _OF_ONE.search(text) is not None


def _is_beside(paste: Paste, index: int) -> bool:
    """Whether a line says that a container has no GPU, and it or one beside it that the host's works."""
    around = paste.lines[max(0, index - _NEAR) : index + _NEAR + 1]
    near = [text for text in around if len(text) < _LONGEST]
    asked = any(map(_ASKED_TORCH.search, near))
    sentences = _SENTENCE.split(paste.lines[index])
    if not any(_denies(sentence, asked=asked) for sentence in sentences):
        return False
    return any(map(_FINE_OUTSIDE.search, near))


def _denies(sentence: str, *, asked: bool) -> bool:
    """Whether a sentence says that a container is without: it names the GPU or CUDA, or torch was *asked* nearby."""
    denied = _INSIDE_NOT.search(sentence)
    if not denied or _OTHER_FAULT.search(sentence):
        return False
    return asked or denied[0].endswith("CPU") or bool(_OF_GPUS.search(sentence))
