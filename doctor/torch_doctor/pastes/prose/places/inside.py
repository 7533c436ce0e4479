"""Programs that run in containers, by what people call them: a compose stack, an LXC, a runner of CI, a container with a name."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_compared, is_fine_there
from torch_doctor.pastes.prose.statements import (
    is_installed_natively,
    is_no_statement,
    is_of_other_days,
    is_supposed,
)
from torch_doctor.pastes.text.paste import Paste

# What a container is told to do: "the inference container loses …", "whisper container transcribes on cpu".
_DOES = r"(?:has|sees|finds|shows|gets|loses|lost|says|prints|gives|returns|runs|ran|uses|transcribes|trains|keeps|throws|crashes|stops|fails|exits|falls|reports|starts|logs?|cannot|can't|does(?:n't| not)|is (?:not|still|only|running))"
_PLACES = (
    (
        "compose",
        "docker",
        r"\b(?:in|inside|with|via|of|using|from) (?:my|the|our|an?|this|that) (?:\w+ )?(?:docker[- ])?compose[- ](?:stack|setup|file|project|service|deployment)\b|\bportainer stack\b",
    ),
    ("notebook server", "kubernetes", r"\bGPU notebook servers?\b"),
    ("portainer", "docker", r"\b(?:portainer|dockge|unraid) (?:stack|container|template)\b"),
    ("executor", "docker", r"\bdocker[- ]executor\b"),
    ("devcontainer", "docker", r"\bdev ?container\b(?!s? cli)"),
    ("dev container", "docker", r"\bdev container\b"),
    (
        "dockeri",
        "docker",
        r"\bdockeri[sz]ed (?:version|app\w*|service|program|install\w*|one|setup)\b",
    ),
    (
        "lxc",
        "lxc",
        r"\b(?:in|inside|within|of) (?:the |an? |my |this )?(?:proxmox )?(?:(?:un)?privileged )?(?:lxc|incus)\b|\blxc container\b|\blxc\b[^.;\n]{0,24}\bcontainer\b",
    ),
    ("nomad", "docker", r"\bnomad (?:jobs?|tasks?)\b[^.\n]{0,30}\bdocker\b"),
    ("podman-compose", "podman", r"\bpodman-compose\b"),
    (
        "in a container",
        "docker",
        r"\b(?:runs?|running|ran|started|tests?|jobs?)\b[^.;\n]{0,24} in a container\b",
    ),
    ("lxd", "lxc", r"\b(?:in|inside|within) (?:the |an? |my |this )?lxd\b|\blxd container\b"),
    (
        "container",
        "docker",
        rf"\b(?:(?:the|my|our|this|that|a|each|every|any|whisper|inference|training|\w+ing|api|app) )(?:[\w-]+ )?container {_DOES}\b",
    ),
    ("container", "docker", rf"^\W{{0,4}}(?:[\w-]+ )?container {_DOES}\b"),
    (
        "container",
        "docker",
        r"\bcontainers? (?:that (?:is|was) )?(?:built|made|started|created|launched|spun up|run) (?:from|with|by|out of|using|on)\b",
    ),
    (
        "outside",
        "docker",
        r"\b(?:works?|worked|fine|ok|okay|True|uses? the gpu|sees it)\b[^.;\n]{0,24} outside (?:of )?(?:the |my |a )?(?:docker|containers?)\b|\boutside (?:of )?(?:the |my |a )?(?:docker|containers?)\b[^.;\n]{0,24}\b(?:works?|worked|fine|ok|True)\b",
    ),
)
_CHINESE = regex(
    r"(?:用|使用|通过)\s?docker[- ]compose\s?(?:起|启动|部署|跑|运行|拉)|compose\s?(?:起|启动|部署|跑)|容器\s?(?:跑|启动|运行|用)了?(?:几|一段|半|\d|之?后)|コンテナで|(?:用|使用|通过|基于|由)[^。;\n]{1,90}?(?:镜像|构建|创建|启动|起|部署|跑|拉起)(?:起来|好)?的?\s?容器",
    2,
)
_NOT_IN_EUROPE = regex(
    r"\b(?:sans|ohne|sin|sem|senza|без) (?:le |un |dem |einen |el |o |il )?(?:docker|podman|conteneur|container|contenedor|контейнер\w*)|\b(?:nicht (?:im|in)|pas (?:dans|de)|no (?:uso|es)|не в) (?:\w+ )?(?:docker|conteneur|container|contenedor|контейнер\w*)"
    r"|(?:docker|conteneur|container|contenedor|контейнер\w*)[^.;\n]{0,24}(?:fonctionne|funktioniert|läuft|funciona|работает)(?: alles)?(?: (?:très |sehr |muy )?(?:bien|gut|einwandfrei|correctamente|нормально|отлично|perfectamente))",
    2,
)
# mon conteneur avec docker compose, im Docker-Container, en un contenedor, в контейнере, 컨테이너에서
_OF_EUROPE = regex(
    r"\b(?:avec|mit|über|con|mediante|com|через|с помощью|под) (?:le |un |dem |einem |el |o )?(?:docker(?:[- ]compose)?|podman)\b"
    r"|\b(?:dans|depuis) (?:le |un |mon |ce |notre )(?:docker|conteneur)\b|\b(?:mon|notre|ce) conteneur\b|\b(?:im|in (?:dem|einem|meinem)) (?:docker[- ]?|podman[- ]?)?container\b|\b(?:mein|unser|der) (?:docker[- ]?)?container\b"
    r"|\b(?:en|dentro de|desde) (?:el|un|mi|este) (?:docker|contenedor)\b|\b(?:no|num|dentro do|meu) contêiner\b|\bnel (?:mio )?(?:container|contenitore)\b|\b(?:в|внутри|из) (?:докере?|docker|контейнер\w*)\b|(?:도커|docker)(?:로|에서| ?컴포즈)",
    2,
)
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the container that such words put the program into."""
    if is_installed_natively(paste):
        return
    for needs, engine, form in _PLACES:
        pattern = regex(form, 2)
        for index, text in paste.with_(needs, 20):
            found = pattern.search(text) if len(text) < _LONGEST else None
            if found and (
                needs == "outside" or not _is_elsewhere(text, found.start(), found.end())
            ):
                yield Claim("container", engine, paste.number(index), Seen.WORDS, implied=True)
                if needs == "compose":
                    yield Claim("compose", True, paste.number(index), Seen.WORDS)
    for needs in (
        "docker",
        "conteneur",
        "container",
        "contenedor",
        "contêiner",
        "контейнер",
        "도커",
    ):
        for match, line in paste.find(_OF_EUROPE, needs, 5):
            if len(match.string) < _LONGEST and not _NOT_IN_EUROPE.search(match.string):
                yield Claim("container", "docker", line, Seen.WORDS, implied=True)
                if paste.has("compose"):
                    yield Claim("compose", True, line, Seen.WORDS, implied=True)
    for needs in () if paste.text.isascii() else ("compose", "容器", "コンテナ"):
        for match, line in paste.find(_CHINESE, needs, 5):
            yield Claim("container", "docker", line, Seen.WORDS, implied=True)
            if "compose" in match[0].lower():
                yield Claim("compose", True, line, Seen.WORDS)


def _is_elsewhere(text: str, start: int, end: int) -> bool:
    return (
        is_supposed(text, start)
        or is_of_other_days(text, start)
        or is_compared(text, start)
        or is_fine_there(text, end)
        or is_no_statement(text, start, end)
    )
