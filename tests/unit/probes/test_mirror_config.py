"""Indexes and mirrors that projects, uv, conda and container engines name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.probes.python import mirror_config

from tests.unit.probes.env_trees import env

M = "https://m.example/whl/cu128"


def read(root: Path, files: dict[str, Any], **environ: str) -> dict[str, Fact[Any]]:
    return dict(mirror_config.probe(*env(root, files, **environ)))


def test_nothing_is_an_answer(tmp_path: Path) -> None:
    for fact in read(tmp_path, {}).values():
        assert isinstance(fact, Unavailable)
        assert fact.reason is Reason.NOT_PRESENT


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (f'[[tool.uv.index]]\nname = "pytorch"\nurl = "{M}"\nexplicit = true\n', [M]),
        (f'[[index]]\nurl = "{M}"  # ours\n', [M]),
        (f'index-url = "{M}"\nextra-index-url = ["https://a.example/s", "{M}"]\n', [M, "https://a.example/s", M]),
        (f"[[tool.poetry.source]]\nname = 'x'\nurl = '{M}'\n", [M]),
        (f'[[tool.pdm.source]]\nurl = "{M}"\n', [M]),
        (f'[[source]]\nurl = "{M}"\nverify_ssl = true\n', [M]),
        ('[[tool.uv.index]]\nurl = "https://user:secret@m.example/whl/cu128?token=x"\n', [M]),
        (f'[project]\nurl = "{M}"\n[tool.other]\nindex-url = "{M}"\n', []),
        ("\0[[[", []),
        ("", []),
    ],
)  # fmt: skip
def test_indexes_of_projects(text: str, urls: list[str]) -> None:
    assert list(mirror_config.indexes_in(text)) == urls


def test_uv_of_the_user_and_of_the_system(tmp_path: Path) -> None:
    files = {"/etc/uv/uv.toml": f'[[index]]\nurl = "{M}"\n'}
    found = read(tmp_path, files)["project_index_urls"]

    assert isinstance(found, Known)
    assert found.value == (M,)
    assert found.source.where == "/etc/uv/uv.toml"


def test_the_channel_alias_of_conda(tmp_path: Path) -> None:
    files = {
        "/home/u/.condarc": "channels: [defaults]\nchannel_alias: https://u:p@conda.example/x # own\n"
    }
    found = read(tmp_path, files, HOME="/home/u")["conda_channel_alias"]

    assert isinstance(found, Known)
    assert found.value == "https://conda.example/x"


def test_mirrors_of_docker_hub(tmp_path: Path) -> None:
    files = {"/etc/docker/daemon.json": '{"registry-mirrors": ["https://hub.example/", 1]}'}
    found = read(tmp_path, files)["registry_mirrors"]

    assert isinstance(found, Known)
    assert found.value == ("https://hub.example/",)


def test_mirrors_of_podman() -> None:
    text = (
        '[[registry]]\nprefix = "docker.io"\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "hub.example"\n'
        '[[registry]]\nlocation = "quay.io"\n[[registry.mirror]]\nlocation = "quay.example"\n'
    )
    assert list(mirror_config.podman_mirrors(text)) == ["hub.example"]


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    list(mirror_config.indexes_in(text))
    list(mirror_config.docker_mirrors(text))
    list(mirror_config.podman_mirrors(text))
