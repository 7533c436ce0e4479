"""The command that starts a container, where a report holds it in whole."""

from __future__ import annotations

import pytest
from torch_doctor.pastes.read import read_text


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("docker run --rm lab:7 python a.py", "docker run --rm lab:7 python a.py"),
        ("me@box:~$ sudo docker run --rm lab:7", "sudo docker run --rm lab:7"),
        ("I start it by `podman run lab:7`, and it is False", "podman run lab:7"),
        ("docker run --rm \\\n  -v $PWD:/a \\\n  lab:7", "docker run --rm -v $PWD:/a lab:7"),
        ("docker run -e KEY=abc lab:7", "docker run -e KEY lab:7"),
        ("docker run -e 'KEY=a b' lab:7 x", "docker run -e KEY lab:7 x"),
        ("docker run --env=KEY=abc --env B=c lab:7", "docker run -e KEY -e B lab:7"),
        ("docker run lab:7\nand again: `docker run lab:7`", "docker run lab:7"),
        # not whole, more than one, or something else
        ("docker run lab:7\ndocker run lab:8", None),
        ("I docker run it and then it is False", None),
        ("with docker run lab:7 it is False", None),
        ("docker run lab:7 | tee log", None),
        ("docker run ... lab:7", None),
        ("docker run <image>", None),
        ("docker run --gpus all lab:7 nvidia-smi", None),
        ("docker run lab:7 python -c 'import torch", None),
        (
            "docker run -eTOKEN=secret --rm shop/train:2 python train.py",
            "docker run -e TOKEN --rm shop/train:2 python train.py",
        ),
    ],
)
def test_what_starts_it(text: str, command: str | None) -> None:
    assert read_text(text).value("container_command") == command
