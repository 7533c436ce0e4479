"""Where a program ran, from words and the shape of its lines: a container, a Pod."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_fine_there
from torch_doctor.pastes.prose.statements import is_no_statement
from torch_doctor.pastes.text.paste import Paste

# What only the inside of a container has.
_INSIDE = (
    ("/.dockerenv", "docker", r"/\.dockerenv\b(?! (?:not|does not|doesn't|is missing))"),
    ("kubernetes_", "kubernetes", r"\bKUBERNETES_(?:SERVICE_HOST|PORT)\W{0,3}[=:]"),
    ("nv_cuda_", "docker", r"^\W{0,4}NV_CUDA_\w{3,24}VERSION="),
    (
        "devcontainer",
        "docker",
        r"\b(?:in|inside|using|my|the|a) (?:a |the )?(?:VS ?Code )?devcontainer\b|\.devcontainer/",
    ),
    (
        "the container",
        "docker",
        r"\bthe container (?:has|sees|finds|shows|gets|cannot|can't|doesn't|does not|reports)\b",
    ),
    ("docker desktop", "docker", r"\b(?:using|on|with|in) docker desktop\b"),
    ("docker compose", "docker", r"\b(?:via|using|with|through|by) docker[- ]compose\b"),
    ("docker-compose", "docker", r"\b(?:via|using|with|through|by) docker[- ]compose\b"),
    (
        "k8s",
        "kubernetes",
        r"\bk8s (?:deployment|job|pod|cluster)\b|k8s(?:集群)?(?:里|中|上|内)?(?:面)?(?:起|跑|启动|部署|创建|新建|运行)?了?(?:的)?(?:一个)?\s?pod",
    ),
    ("podman", "podman", r"\b(?:rootless|in|with|using|via) podman\b"),
    ("katib", "kubernetes", r"\bkatib (?:trials?|experiments?|jobs?|workers?)\b"),
    (
        "kubeflow",
        "kubernetes",
        r"\bkubeflow (?:notebooks?|pipelines?|trainer|jobs?|steps?|component)\b",
    ),
    ("argo", "kubernetes", r"\bargo (?:workflows?|wf) ?(?:steps?|templates?|pods?|tasks?)?\b"),
    (
        "pod ",
        "kubernetes",
        r"^\W{0,4}(?:(?:the|my|our|this) )?(?:\w+ )?pod (?:sees|has|finds|shows|gets|loses|lost|runs|says|prints|cannot|can't|doesn't)\b",
    ),
)
# docker compose puts the name of the service before each line of its output.
_SERVICE = regex(
    r"^\s{0,4}[a-z0-9](?=[\w.-]{0,8}[a-z]{2})[\w.-]{1,60}\s{1,30}\| (?![^|\n]{0,200} \| [^|\n]{0,200} \| )"
)
_FAILED = regex(r"(?:Error|Exception)\b|NVIDIA driver on your system", re.IGNORECASE)
_COMPOSE = regex(r"\bdocker[- ]compose\b[^\n`\"']{0,60}\b(?:up|run|start)\b")
# Its own lines while it starts services: "Creating app_web_1 ... done", "Attaching to web-1".
_BY_COMPOSE = regex(
    r"^\W{0,4}(?:(?:Creating|Recreating|Starting|Stopping) \w[\w.-]{1,60}[_-]\w[\w.-]{0,40}[_-]\d{1,3} {1,8}\.\.\. {0,4}(?:done|error)\b"
    r"|Attaching to [\w.-]{2,80}[_-]\d{1,3}(?:, |\s*$)|Creating network \"[\w.-]{3,80}\" with )"
)
# The same with a name that anything may have: "Starting nginx ... done" is compose's where something else says compose.
_MAY_BE_COMPOSE = regex(
    r"^\W{0,4}(?:(?:Creating|Recreating|Starting|Stopping) [\w.-]{3,80} {1,8}\.\.\. {0,4}(?:done|error)\b|Attaching to [\w.-]{3,80}(?:, |\s*$))"
)
_POD = regex(
    r"\b(?:(?:in|on|with|to) (?:an? |the |our |my )?(?:[Kk]ubernetes|[Kk]8[Ss]|k3s|GKE|EKS|AKS|OpenShift)|[Pp]ods?|[Tt]he container|(?:in|inside) (?:a|the|my) container)\b"
)
# "docker run works, but in kubernetes it fails": the container in question is the Pod's.
_BUT_IN_A_POD = regex(
    r"\b(?:but|however|fails?|failed|not work(?:ing)?|errors?)\b[^.;\n]{0,60}\b(?:in|on|with|to|under|by) (?:kubernetes|k8s|k3s|GKE|EKS|AKS|OpenShift)\b",
    re.IGNORECASE,
)
# The shell of a Pod that a Deployment made: its name ends in the hash of the template and five letters of its own.
_PROMPT_OF_POD = regex(
    r"(?<![\w./-])[a-z_][\w-]{0,31}@[a-z0-9][a-z0-9-]{1,60}-(?=[a-z0-9]{0,9}\d)[a-z0-9]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}:"
)
_IN_A_POD = regex(r"\b(?:in|inside|within|from) (?:the|a|my|our|each|every) pods?\b", re.IGNORECASE)
# Who looks at a program through kubectl has it in a Pod.
_KUBECTL = regex(
    r"\bkubectl\b[^\n|;]{0,80}?\b(?:logs?|exec|attach|port-forward|(?:get|describe|delete) (?:pods?|po|deploy\w*|jobs?|sts|statefulsets?)|apply -f)\b"
)
# "in the container", "installed by docker": 在 Docker 容器里, 在docker中, docker部署, コンテナ内で, 컨테이너 안에서
_IN_CHINESE = regex(
    r"(?<!不用)(?<!没用)(?<!不在)(?<!没有在)(?<!不是在)(?:(?:容器|docker|podman|k8s)\s?(?:容器|环境|镜像)?\s?(?:里|内|中(?!文)|下|启动|部署|运行|安装(?!了|失败|包|方法|教程))"
    r"|(?:用|使用|通过|基于)\s?docker\s?(?:容器|镜像|部署|运行|启动|跑|来|进行|搭建|安装)|(?:使用|用|跑|运行)[^。,;!?\n]{0,10}docker\s?镜像|(?:进入|进到?)\s?docker\s?(?:内部|里)|(?:コンテナ|Docker)\s?(?:コンテナ)?\s?(?:内|の中|上で|で(?:起動|実行|動))|(?:컨테이너|도커)\s?(?:컨테이너)?\s?(?:안|내|에서))",
    re.IGNORECASE,
)
_CLUSTER = (
    "kubernetes",
    "kubectl",
    "k8s",
    "k3s",
    "nvidia.com/gpu",
    "openshift",
    "gke",
    "eks ",
    "aks ",
    "helm ",
    "katib",
    "kubeflow",
    "kserve",
    "argo workflow",
    "microk8s",
    "minikube",
    "rke2",
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims about the container that words make."""
    yield from _containers(paste)


def _containers(paste: Paste) -> Iterator[Claim]:
    for index, text in paste.with_(" | ", 200):
        if _SERVICE.match(text) and _FAILED.search(text):
            yield Claim("container", "docker", paste.number(index), Seen.COMMAND)
            break
    for _, line in paste.find(_COMPOSE, "compose", 5):
        yield Claim("container", "docker", line, Seen.WORDS)
        yield Claim("compose", True, line, Seen.WORDS)
    known = paste.has("docker-compose", "docker compose", "creating network")
    for needs in ("... done", "... error", "attaching to", "creating network"):
        for _, line in paste.find(_BY_COMPOSE, needs, 2):
            yield Claim("container", "docker", line, Seen.COMMAND)
            yield Claim("compose", True, line, Seen.COMMAND)
        for _, line in paste.find(_MAY_BE_COMPOSE, needs, 2) if known else ():
            yield Claim("container", "docker", line, Seen.COMMAND)
            yield Claim("compose", True, line, Seen.COMMAND)
    for needs, slug, form in _INSIDE:
        for match, line in paste.find(regex(form, re.IGNORECASE), needs, 2):
            if not is_no_statement(match.string, match.start(), match.end()):
                yield Claim("container", slug, line, Seen.WORDS)
    for _, line in paste.find(_PROMPT_OF_POD, "@", 5):
        yield Claim("container", "kubernetes", line, Seen.COMMAND)
    yield from _pods(paste)
    yield from _east_asian(paste)


def _pods(paste: Paste) -> Iterator[Claim]:
    if paste.has(*_CLUSTER):
        for needs in (
            "pod",
            "container",
            "kubernetes",
            "k8s",
            "k3s",
            "gke",
            "eks",
            "aks",
            "openshift",
        ):
            for _, line in paste.find(_POD, needs, 5):
                yield Claim("container", "kubernetes", line, Seen.WORDS)
        for needs in _CLUSTER:
            for match, line in paste.find(_BUT_IN_A_POD, needs.strip(), 3):
                if not is_fine_there(match.string, match.end()):
                    yield Claim("container", "kubernetes", line, Seen.BANNER)
    for _, line in paste.find(_KUBECTL, "kubectl", 5):
        yield Claim("container", "kubernetes", line, Seen.COMMAND)
    for _, line in paste.find(_IN_A_POD, " pod", 5):
        yield Claim("container", "kubernetes", line, Seen.WORDS)


def _east_asian(paste: Paste) -> Iterator[Claim]:
    for needs in () if paste.text.isascii() else ("容器", "コンテナ", "컨테이너", "docker", "도커"):
        for match, line in paste.find(_IN_CHINESE, needs, 5):
            if not is_fine_there(match.string, match.end()):
                yield Claim("container", "docker", line, Seen.WORDS)
