"""This Docker, or its compose, is too old to be asked for GPUs.

What it checks
    The words of docker compose before 1.28 and of Docker before 19.03 for options that ask for GPUs.
Why it matters
    The container is not started, or it is started without the option and without GPUs.
How to fix
    Use the compose plugin of Docker (docker compose) and a current Docker.
References
    https://docs.docker.com/compose/how-tos/gpu-support/
    https://github.com/Sygil-Dev/sygil-webui/issues/490
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule(
    "TD618",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="cuda",
    explains=("TD601", "TD606", "TD616"),
)
def check(errors: Errors) -> Iterator[Draft]:
    if not errors.of("compose_without_gpus"):
        return
    cures = [
        fixes.by_hand(
            "update Docker, and use its compose plugin instead of docker-compose 1",
            "docker compose version",
            scope="host",
            root=True,
        ),
        fixes.by_hand("until then start the container with runtime: nvidia", scope="host"),
    ]
    message = "this Docker or docker compose is too old to ask for GPUs"
    because = errors.receipts("compose_without_gpus")
    yield finding("container", message, because=because, fixes=cures)
