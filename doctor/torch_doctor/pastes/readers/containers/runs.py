"""docker run and Dockerfile lines, manifests of Pods, and what containers print when they start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_fine_there
from torch_doctor.pastes.prose.statements import is_installed_natively, is_no_statement
from torch_doctor.pastes.text.paste import Paste

_RUN = regex(r"\b(docker|podman|nerdctl|nvidia-docker)(?: container)? run\b(.{0,1500})")
_APPTAINER = regex(r"\b(apptainer|singularity) (?:run|exec|shell)\b(.{0,600})")
_STARTS = (
    *((f"{program} run", _RUN) for program in ("docker", "podman", "nerdctl", "container")),
    *((f"{program} ", _APPTAINER) for program in ("apptainer", "singularity")),
)
_WANTS = regex(
    r"--gpus\b|--runtime[= ]nvidia|nvidia\.com/gpu|--device[= ]/dev/nvidia|--nv\b|NVIDIA_VISIBLE_DEVICES=(?!void|none)"
)
_LACKING = regex(
    r"\b(?:without|forgot|missing|no|not|lacks?|sans|ohne|sin|sem|senza|без)\b[^.;\n]{0,12}$|n['’]t\b[^.;\n]{0,12}$|(?:没有?|未|忘(?:记|了)?)\S{0,3}\s?$",
    2,
)
_IMAGE = regex(
    r"(?<![\w/.-])((?:nvcr\.io|ghcr\.io|docker\.io|quay\.io)/[\w./-]{2,80}(?::[\w.+-]{1,60})?"
    r"|(?:nvidia/cuda|pytorch/pytorch|vllm/vllm-openai|lmsysorg/sglang|dustynv/[\w-]{2,40}|rocm/[\w-]{2,40}|huggingface/[\w-]{2,60}|nvidia/[\w-]{2,30}|tensorflow/tensorflow)(?::[\w.+-]{1,60})?"
    r"|l4t-(?:pytorch|ml|base|cuda|jetpack)\b(?::[\w.+-]{1,60})?"
    r"|vllm-openai:[\w.+-]{1,60})"
)
_FROM = regex(r"^\s{0,8}(?:FROM|image:)\s{1,4}['\"]?([\w./:${}@+-]{3,120})")
# A run that only shows nvidia-smi is a test of the engine: what another container was started with, it does not say.
_TEST = regex(r"\bnvidia-smi\b")
_OWN = regex(
    r"\b(?:my|our|the actual|the real) (?:own |other |app(?:lication)? |compose |docker )?(?:container|image|service)s?\b|\bown container",
    re.IGNORECASE,
)
# The engine that an error is of: podman's own begin with "Error:", docker's name its daemon.
_BY_PODMAN = regex(r"^\W{0,4}Error: (?:crun|runc|OCI runtime|stat nvidia\.com/)")
# A container's host name is its short id, 12 figures: it stands in the prompt of its shell.
_PROMPT = regex(
    r"^\W{0,4}(?:\([\w.-]{1,40}\) )?[a-z_][\w-]{0,30}@(?=[0-9a-f]*\d)[0-9a-f]{12}:[~/][^#$]{0,80}[#$]"
)
_INSIDE = regex(
    r"\b(?:in|inside|into|within)\b.{0,30}(?:container|docker)|docker (?:container|exec)\b|\((?:in |inside )?(?:a |the )?container\)|^container\b",
    re.IGNORECASE,
)
_BOTH = regex(
    r"\b(?:host|outside|bare[- ]metal|but|only|works?|worked|fine|locally)\b", re.IGNORECASE
)
_SPEC = regex(
    r"^\s{0,8}kind:\s{0,4}['\"]?(?:Pod|Deployment|Job|CronJob|StatefulSet|DaemonSet|ReplicaSet|RayCluster|RayService|InferenceService)\b"
)
_CONTAINERS = regex(r"^\s{0,20}(?:initC|c)ontainers:\s*$")
_RESOURCES = regex(r"^\s{0,20}(?:limits|requests|cpu|memory):", re.MULTILINE)
_NOT_DETECTED = ("the nvidia driver was not detected", "nvidia driver was not detected")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of commands, files and start-up banners of containers."""
    yield from _run(paste)
    yield from _files(paste)
    yield from _pods(paste)
    for index, text in paste.with_("@", 200):
        if _PROMPT.match(text):
            yield Claim("container", "docker", paste.number(index), Seen.TRACE)
            break
    for _, line in paste.find(_BY_PODMAN, "error: ", 1):
        if not paste.has("response from daemon"):
            yield Claim("container", "podman", line, Seen.OBSERVED)
    for literal in _NOT_DETECTED:
        for index, _ in paste.with_(literal, 1):
            line = paste.number(index)
            yield Claim("container", "docker", line, Seen.BANNER)
            yield Claim("container_gpus_requested", False, line, Seen.WORDS)
    native = is_installed_natively(paste)
    for literal in ("container", "docker", "kubernetes", "k8s", "apptainer", "singularity"):
        for match, line in paste.find(_INSIDE, literal, 10):
            # "it works in the container, but not here" speaks of two places
            if is_fine_there(match.string, match.end()) or native:
                continue
            if is_no_statement(match.string, match.start(), match.end()):
                continue
            if literal != "container" or not _BOTH.search(match.string):
                podman = paste.has("podman") and not paste.has("docker")
                yield Claim("container", "podman" if podman else "docker", line, Seen.WORDS)
                break


def _run(paste: Paste) -> Iterator[Claim]:
    for needs, pattern in _STARTS:
        for index, text in paste.with_(needs, 400):
            match = pattern.search(text)
            if not match:
                continue
            line, command, ahead = paste.number(index), match[2], index
            while (
                command.rstrip().endswith(("\\", "^"))
                and ahead + 1 < len(paste.lines)
                and ahead < index + 40
            ):
                ahead += 1
                command += " " + paste.lines[ahead].strip()
            wants = _is_given(command) or match[1] == "nvidia-docker"
            name = {"nerdctl": "docker", "nvidia-docker": "docker"}.get(match[1], match[1])
            yield Claim("container", name, line, Seen.COMMAND)
            if wants and _TEST.search(command):
                yield Claim("container_gpus_requested", True, line, Seen.TRACE)
                yield from _beside_a_test(paste)
            else:
                yield Claim("container_gpus_requested", wants, line, Seen.COMMAND)


def _is_given(command: str) -> bool:
    """Whether a command has an option for GPUs; "without --nv" has none."""
    return any(not _LACKING.search(command[: found.start()]) for found in _WANTS.finditer(command))


def _beside_a_test(paste: Paste) -> Iterator[Claim]:
    """Yield that the container in question was started otherwise than the test that worked."""
    for needs in ("container", "service", "image"):
        for _, line in paste.find(_OWN, needs, 3):
            yield Claim("container_gpus_requested", False, line, Seen.WORDS, implied=True)


def _pods(paste: Paste) -> Iterator[Claim]:
    """Yield what the manifest of a Pod asks for; one that names no device of the kind asks for no GPU."""
    for _, line in paste.find(regex(r"\bnvidia\.com/(?:gpu|mig-)"), "nvidia.com/", 3):
        yield Claim("container", "kubernetes", line, Seen.COMMAND, implied=True)
    for _, line in paste.find(_SPEC, "kind:", 3) if paste.has("containers:") else ():
        yield Claim("container", "kubernetes", line, Seen.COMMAND)
        if not _asks_in_a_pod(paste):
            yield Claim("container_gpus_requested", False, line, Seen.COMMAND)
    for _, line in paste.find(_CONTAINERS, "containers:", 3) if paste.has("image:") else ():
        yield Claim("container", "kubernetes", line, Seen.COMMAND, implied=True)
        if not _asks_in_a_pod(paste) and not paste.has("claims:", "runtimeclass"):
            yield Claim("container_gpus_requested", False, line, Seen.COMMAND, implied=True)
    # a part of a manifest: the resources of the container, and no GPU among them
    for index, _ in paste.with_("resources:", 5) if paste.has("kubectl", "pod", "k8s") else ():
        block = "\n".join(paste.lines[index + 1 : index + 9])
        if _RESOURCES.search(block) and not _asks_in_a_pod(paste):
            line = paste.number(index)
            yield Claim("container", "kubernetes", line, Seen.COMMAND)
            yield Claim("container_gpus_requested", False, line, Seen.COMMAND)


def _asks_in_a_pod(paste: Paste) -> bool:
    return paste.has(".com/gpu", ".com/mig-", "resourceclaims")


def _files(paste: Paste) -> Iterator[Claim]:
    for needs in ("from ", "image:"):
        for match, line in paste.find(_FROM, needs, 60):
            image = match[1].rstrip("'\"")
            if "/" in image or ":" in image:
                yield Claim("container_image", one_line(image, 120), line, Seen.COMMAND)
    for needs in (
        "nvcr.io",
        "ghcr.io",
        "quay.io",
        "docker.io",
        "nvidia/",
        "pytorch/pytorch",
        "vllm-openai",
        "l4t-",
        "lmsysorg/sglang",
        "dustynv/",
        "rocm/",
    ):
        for match, line in paste.find(_IMAGE, needs, 20):
            if ":" in match[1] or "/" not in match[1]:
                yield Claim("container_image", match[1], line, Seen.COMMAND, implied=True)
