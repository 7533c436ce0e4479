"""Words that a program runs in a container, and that nvidia-smi answers there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_compared, is_fine_there
from torch_doctor.pastes.prose.statements import is_installed_natively, is_no_statement
from torch_doctor.pastes.text.paste import Paste

# "installed via docker", "the dockerized app", "docker logs app": not a system without it, nor one that it is compared with
_BY_DOCKER = regex(
    r"(?<!not )(?<!without )(?<!instead of )(?<!nor )\b(?:via|using|use|used|with|through|by|under|in|on|run|runs|running|inside) (?:the |a |my |nvidia[ -])?[`'\"]?(?:docker|podman)(?:[ -]compose)?\b(?! desktop| hub)"
    r"|\b(?:docker|podman) (?:logs|exec|attach|start|stack|swarm|setup|version of|deployment|installation)\b|\bdocker(?:[ -]compose)? build\b|\bdockeri[sz]ed\b"
    r"|\b(?:the|this|your|my) (?:official |provided |latest )?docker ?container\b",
    re.IGNORECASE,
)
# "I enter the container", 进入容器: where an image is named, too
_IN_CONTAINER = regex(
    r"\b(?:enter(?:ed|ing)?|inside|within|into|in|from|open(?:ed)?|start(?:ed)?|run(?:ning)?|ran|launch(?:ed)?) (?:the|my|this|that|a) (?:running |new |resulting |pulled )?container\b(?! (?:registry|toolkit|runtime|engine))"
    r"|进入?(?:到)?(?:了)?(?:该|这个)?容器|容器(?:里面?|内部?|中)|コンテナ(?:に入|内|の中)",
    re.IGNORECASE,
)
_IMAGE = regex(
    r"\b(?:image|docker\.io|nvcr\.io|ghcr\.io|nvidia/cuda|pytorch/pytorch)\b|镜像|イメージ",
    re.IGNORECASE,
)
_IMAGE_WORDS = (
    *("image", "docker.io", "nvcr.io", "ghcr.io", "nvidia/cuda", "pytorch/pytorch"),
    *("镜像", "イメージ"),
)
# A program that somebody says to run of an image: "using the team/app:1.2-cuda12 image", 用 … 这个镜像.
# A device (cuda:0) and an address are no images.
_NAMED = r"(?<![\w./:@-])[`'\"]?(?!(?:cuda|xpu|gpu|cpu|mps|device|localhost|https?):\S{0,5}(?![\w.-]))[a-z][\w./-]{2,80}:(?=[\w.+-]{0,40}\d)[\w.+-]{1,80}[`'\"]?"
_USED_IMAGE = regex(
    rf"\b(?:us(?:e|es|ed|ing)|runs?|running|ran|start(?:ed)?|tried|based on|from|with|on|in) (?:(?:the|this|an?|my|your|official) ){{0,2}}(?:docker )?(?:image {_NAMED}|{_NAMED} (?:docker |container )?image\b)"
    rf"|(?:用|使用|基于|采用|拉取?了?|启动|跑)[^。;\n]{{0,12}}{_NAMED}[^。;\n]{{0,6}}镜像|镜像\s?(?:是|为|:)?\s?{_NAMED}|{_NAMED}\s?(?:という|の)?イメージ",
    re.IGNORECASE,
)
_NEGATED = regex(
    r"\b(?:not|n['’]t|without|never|no|instead of|rather than|avoid\w*|outside)\b[^.;,\n]{0,24}$", 2
)
# "on the CPU in docker it works, but on the GPU …": both are there
_BUT_ON_GPU = regex(
    r"\bon (?:the |my )?CPU\b[^.;\n]{0,60}\b(?:but|while|however|not)\b[^.;\n]{0,24}\b(?:on|with) (?:the |a |my )?GPU\b",
    re.IGNORECASE,
)
_BOTH = regex(r"\b(?:host|outside|bare[- ]metal|locally|natively)\b", re.IGNORECASE)
_ANSWERS = regex(
    r"\bnvidia-smi\b[^.;\n]{0,40}\b(?:works?|working|fine|ok(?:ay)?|shows?|sees?|lists?|detects?|displays?|normal\w*|correct\w*|returns?|success\w*)\b[^.,;\n]{0,40}\b(?:in|inside|within|from) (?:the |my |this |a )?(?:docker |running )?(?:container|docker|pod)\b"
    r"|\b(?:in|inside|within|from) (?:the |my |this |a )?(?:docker |running )?(?:container|docker|pod)\b[^.;\n]{0,40}\bnvidia-smi\b[^.;\n]{0,24}\b(?:works?|working|fine|ok(?:ay)?|shows?|sees?|lists?|detects?|normal\w*|correct\w*|success\w*)\b"
    r"|(?:容器|docker)\s?(?:里面?|内部?|中)?[^。;\n]{0,12}nvidia-smi[^。;\n]{0,10}(?:正常|可以|能|没问题|有输出)",
    re.IGNORECASE,
)
_FAILS = regex(r"\b(?:not|n['’]t|no|fails?|failed|never)\b|不|没", re.IGNORECASE)
_LONGEST = 500  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the container that words put the program into; where nvidia-smi answers in it, it was given GPUs."""
    for needs in () if is_installed_natively(paste) else ("docker", "podman"):
        for index, text in paste.with_(needs, 20):
            place = len(text) < _LONGEST and _BY_DOCKER.search(text)
            if place and not _is_elsewhere(text, place):
                kind = "podman" if "podman" in place[0].lower() else "docker"
                yield Claim("container", kind, paste.number(index), Seen.WORDS, implied=True)
                break
    named = paste.has("image", "镜像", "イメージ", "/cuda:", "nvcr.io")
    if named and paste.says(_IMAGE, *_IMAGE_WORDS):
        yield from _beside_an_image(paste)
    for match, line in paste.find(_ANSWERS, "nvidia-smi", 5):
        if len(match.string) < _LONGEST and not _FAILS.search(match[0]):
            yield Claim("container_gpus_requested", True, line, Seen.WORDS, implied=True)


def _beside_an_image(paste: Paste) -> Iterator[Claim]:
    """Yield the container that words speak of beside an image, or that runs it, and name no program for that."""
    for needs in () if is_installed_natively(paste) else ("image", "镜像", "イメージ"):
        for index, text in paste.with_(needs, 20):
            place = len(text) < _LONGEST and _USED_IMAGE.search(text)
            if place and not _is_elsewhere(text, place):
                yield Claim("container", "docker", paste.number(index), Seen.WORDS, implied=True)
                return
    for needs in () if is_installed_natively(paste) else ("container", "容器", "コンテナ"):
        for index, text in paste.with_(needs, 20):
            place = len(text) < _LONGEST and _IN_CONTAINER.search(text)
            if place and not _is_elsewhere(text, place):
                yield Claim("container", "docker", paste.number(index), Seen.WORDS, implied=True)
                return


def _is_elsewhere(text: str, place: re.Match[str]) -> bool:
    """Whether the words deny it, or tell of another place than the one that fails."""
    start, end = place.span()
    before = text[max(0, start - 40) : start]
    if _NEGATED.search(before) or _BOTH.search(text):
        return True
    if _BUT_ON_GPU.search(text):
        return False
    if is_compared(text, start) or is_fine_there(text, end):
        return True
    return is_no_statement(text, start, end)
