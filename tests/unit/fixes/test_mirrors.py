"""Mirrors: every family of commands goes to them, and it is said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import Mirror
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.kinds import InstallTorch
from torch_doctor.fixes.mirrors import Mirrors, mirrored, mirrors_of, remarks_on
from torch_doctor.fixes.person import IMAGE, NIX, UV, UV_PROJECT, UVX, Person, person_of
from torch_doctor.fixes.wording import worded
from torch_doctor.matrix.builds.systems import WHEELS
from torch_doctor.matrix.load import load_matrix

AT = "https://mirror.example/pytorch/whl"
NAMED = Mirrors((Mirror(WHEELS, AT, "pyproject.toml:3"),))
INDEX = f"{WHEELS}/cu128"


def facts(**known: Any) -> Facts:
    return Facts({name: Known(value, Source("env", name.upper())) for name, value in known.items()})


def install(**changed: Any) -> InstallTorch:
    [action] = [
        one
        for one in Cures(facts(os_family="linux"), load_matrix()).one_of(
            [r for r in load_matrix().torch_builds if (r.torch, r.variant) == ("2.9.1", "cu126")]
        )
        if isinstance(one, InstallTorch)
    ][:1]
    return action._replace(**changed)


@pytest.mark.parametrize("installer", ["pip", UV, UV_PROJECT, UVX, "poetry", "pdm", "pipenv"])
def test_every_installer_is_sent_to_the_mirror(installer: str) -> None:
    plain = worded(install(), Person(installer=installer))
    fix = worded(install(), Person(installer=installer, mirrors=NAMED))

    assert plain is not None
    assert fix is not None
    assert WHEELS in "\n".join((plain.text, *plain.commands))
    both = "\n".join((fix.text, *fix.commands))
    assert WHEELS not in both
    assert f"{AT}/cu126" in both
    assert f"wheels come from {AT}/cu126, the mirror that pyproject.toml:3 names" in fix.text


@pytest.mark.parametrize("installer", ["conda", "pixi", IMAGE, NIX])
def test_what_goes_to_no_index_says_nothing_of_it(installer: str) -> None:
    fix = worded(install(), Person(installer=installer, mirrors=NAMED))

    assert fix is not None
    assert fix == worded(install(), Person(installer=installer))


def test_conda_is_said_to_go_to_its_alias() -> None:
    known = facts(conda_channel_alias="https://conda.example", torch_installer="conda")
    fix = worded(install(), person_of(known))

    assert fix is not None
    assert fix.text.endswith(
        "conda takes its channels from https://conda.example (CONDA_CHANNEL_ALIAS)"
    )


def test_words_by_hand_and_steps_go_there_too() -> None:
    cures = Cures(facts(), load_matrix())
    fix = worded(cures.put("again", "torch==2.8.0+cu128")._replace(index_url=INDEX),
                 Person(mirrors=NAMED))  # fmt: skip

    assert fix is not None
    assert f"--index-url {AT}/cu128" in fix.commands[0]


@pytest.mark.parametrize(
    ("known", "index", "expected"),
    [
        ({"pip_index_url": "https://m.example/whl/cu121"}, "cu128", "https://m.example/whl/cu128"),
        ({"pip_extra_index_urls": ("https://m.example/pytorch-wheels/cu118/",)}, "cu128",
         "https://m.example/pytorch-wheels/cu128"),
        ({"project_index_urls": ("https://art.example/api/pypi/pytorch-cu126/simple",)}, "cpu",
         "https://art.example/api/pypi/pytorch-cpu/simple"),
        ({"mirrors": (Mirror("cu128", "https://own.example/a/simple", "f:1"),)}, "cu128",
         "https://own.example/a/simple"),
        ({"mirrors": (Mirror("cu128", "https://own.example/a/simple", "f:1"),)}, "cu126",
         f"{WHEELS}/cu126"),
        ({"mirrors": (Mirror(WHEELS, AT, "f:1"),)}, "nightly/cu128", f"{AT}/nightly/cu128"),
        ({"pip_index_url": "https://m.example/whl/cu121"}, "nightly/cu128", f"{WHEELS}/nightly/cu128"),
        ({"pip_index_url": f"{WHEELS}/cu118"}, "cu128", f"{WHEELS}/cu128"),
        ({"pip_index_url": "https://m.example/simple"}, "cu128", f"{WHEELS}/cu128"),
        ({"pip_extra_index_urls": ("https://m.example/cpu-team/simple",)}, "cu128", f"{WHEELS}/cu128"),
        ({"pip_index_url": "https://m.example/whl/cu121;curl x|sh"}, "cu128", f"{WHEELS}/cu128"),
        ({"pip_index_url": "https://m.example/$(id)/whl/cu121"}, "cu128", f"{WHEELS}/cu128"),
    ],
)  # fmt: skip
def test_what_tools_name_is_taken(known: dict[str, Any], index: str, expected: str) -> None:
    command = f"pip install torch --index-url {WHEELS}/{index}"

    assert mirrored(command, mirrors_of(facts(**known))) == (
        f"pip install torch --index-url {expected}"
    )


def test_settings_win_over_tools() -> None:
    known = facts(mirrors=(Mirror(WHEELS, AT, "f:1"),), pip_index_url="https://m.example/whl/cu121")

    assert mirrored(INDEX, mirrors_of(known)) == f"{AT}/cu128"


def test_an_index_that_nobody_named_is_said_to_follow_the_pattern() -> None:
    mirrors = mirrors_of(facts(pip_index_url="https://m.example/pytorch-cu126/simple"))

    assert remarks_on(f"{WHEELS}/cu126", mirrors) == (
        "wheels come from https://m.example/pytorch-cu126/simple, the mirror that PIP_INDEX_URL names",
    )
    [remark] = remarks_on(f"{WHEELS}/cpu", mirrors)
    assert remark.startswith(
        "wheels come from https://m.example/pytorch-cpu/simple, by the pattern"
    )
    assert remark.endswith("of the mirror of cu126 that PIP_INDEX_URL names")


def test_a_mirror_of_the_default_index_does_not_serve_tagged_builds() -> None:
    mirrors = mirrors_of(facts(pip_index_url="https://m.example/simple"))
    [remark] = remarks_on(f"pip install torch==2.9.1+cu128 --index-url {INDEX}", mirrors)

    assert remark.startswith("https://m.example/simple (PIP_INDEX_URL) mirrors the default index")
    assert "no +cu128 builds" in remark
    assert "wheel-index" in remark
    assert remarks_on("pip install torch", mirrors) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker run --gpus all pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime",
         "docker run --gpus all hub.example/dh/pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime"),
        ("FROM docker.io/pytorch/pytorch:2.9.1", "FROM hub.example/dh/pytorch/pytorch:2.9.1"),
        ("    image: nvcr.io/nvidia/pytorch:25.09-py3\n", "    image: ngc.example:5000/nvidia/pytorch:25.09-py3\n"),
        ("image: ghcr.io/a/b:1", "image: ghcr.io/a/b:1"),
        ("see https://github.com/pytorch/pytorch/issues/1:2", "see https://github.com/pytorch/pytorch/issues/1:2"),
        ("nvidia.com/gpu: 1", "nvidia.com/gpu: 1"),
    ],
)  # fmt: skip
def test_images_come_from_the_registry_that_is_named(text: str, expected: str) -> None:
    mirrors = Mirrors(
        (Mirror("docker.io", "hub.example/dh", "f:1"), Mirror("nvcr.io", "ngc.example:5000", "f:2"))
    )

    assert mirrored(text, mirrors) == expected
    assert bool(remarks_on(text, mirrors)) == (text != expected)


def test_a_mirror_of_the_engine_is_used_by_itself_and_said() -> None:
    mirrors = mirrors_of(facts(registry_mirrors=("https://hub.example",)))
    command = "docker run pytorch/pytorch:2.9.1"

    assert mirrored(command, mirrors) == command
    assert remarks_on(command, mirrors) == (
        "images of Docker Hub come through https://hub.example (REGISTRY_MIRRORS)",
    )


@given(st.text(max_size=200), st.text(min_size=1, max_size=40))
def test_any_address_in_facts_leaves_words_without_an_index_alone(text: str, url: str) -> None:
    mirrors = mirrors_of(facts(pip_index_url=url, pip_extra_index_urls=(url,)))
    if "download.pytorch.org" not in text:
        assert mirrored(text, mirrors) == text
    assert re.search(r"[;|$`\s]", mirrored(INDEX, mirrors)) is None
