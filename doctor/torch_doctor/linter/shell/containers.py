"""Images that programs of a script start or fetch: docker, podman, pyxis, Apptainer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.linter.record import UNKNOWN, ImageUse, RunStep

_ENGINES = frozenset({"docker", "podman", "nerdctl"})
_BEFORE = frozenset({"sudo", "exec", "time"})
# Options of docker run that take no value; every other one takes the next word.
_ALONE = regex(
    r"-[itdP]+|--(?:rm|init|privileged|detach|interactive|tty|read-only|no-healthcheck|oom-kill-disable|publish-all|quiet)"
)
_REFERENCE = regex(r"[a-z0-9][\w./-]*(?::\d+/[\w./-]+)?(?::[\w.-]+)?(?:@sha256:\w+)?")


def images_of(step: RunStep) -> Iterator[ImageUse]:
    """Yield the images that a call names."""
    words = list(step.words)
    while words and words[0] in _BEFORE:
        words.pop(0)
    for word in words:
        named = re.fullmatch(r"--container-image=(.+)|docker://(.+)", word)
        if named is not None:
            yield _use((named[1] or named[2]).removeprefix("docker://").replace("#", "/"), step)
    if len(words) > 2 and words[0].rpartition("/")[2] in _ENGINES and words[1] in ("run", "pull"):
        operand = _operand(words[2:])
        if operand and _REFERENCE.fullmatch(operand):
            yield _use(operand, step)


def started(step: RunStep) -> tuple[ImageUse, bool, str] | None:
    """Return the image of a ``docker run``, whether it asks for GPUs, and what it runs; None for any other call."""
    words = [word for word in step.words if word not in _BEFORE]
    if len(words) < 3 or words[0].rpartition("/")[2] not in _ENGINES or words[1] != "run":
        return None
    operand = _operand(words[2:])
    if not operand or UNKNOWN in operand or UNKNOWN in words:
        return None
    asks = any(
        re.match(r"--gpus|--runtime=nvidia|nvidia$|--device", word) or "nvidia.com/gpu" in word
        for word in words
    )
    return _use(operand, step), asks, " ".join(words[words.index(operand) + 1 :])


def _operand(words: list[str]) -> str:
    place = 0
    while place < len(words):
        word = words[place]
        if not word.startswith("-"):
            return word
        place += 1 if "=" in word or _ALONE.fullmatch(word) else 2
    return ""


def _use(reference: str, step: RunStep) -> ImageUse:
    return ImageUse(reference, reference, step.spot, "run")
