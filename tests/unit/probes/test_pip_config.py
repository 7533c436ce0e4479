"""Where pip is told to look, without credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Known
from torch_doctor.probes.python import pip_config

from tests.unit.probes.env_trees import env

CU118 = "https://download.pytorch.org/whl/cu118"


def read(
    root: Path, files: dict[str, Any], **environ: str
) -> tuple[str | None, tuple[str, ...], str]:
    facts = dict(pip_config.probe(*env(root, files, **environ)))
    index, extra = facts["pip_index_url"], facts["pip_extra_index_urls"]
    assert isinstance(extra, Known)
    return (index.value if isinstance(index, Known) else None), extra.value, index.source.where


def test_nothing_configured(tmp_path: Path) -> None:
    assert read(tmp_path, {})[:2] == (None, ())


def test_files_in_order_of_strength(tmp_path: Path) -> None:
    files = {
        "/etc/pip.conf": f"[global]\nindex-url = {CU118}\nextra-index-url =\n    https://a.test/x\n    https://b.test\n"
    }
    assert read(tmp_path, files) == (CU118, ("https://a.test/x", "https://b.test"), "/etc/pip.conf")
    user = {"/home/u/.config/pip/pip.conf": "[install]\nindex_url: https://user.test/simple\n"}
    assert read(tmp_path, user, HOME="/home/u")[2] == "/home/u/.config/pip/pip.conf"
    read(tmp_path, {"/env/pip.conf": "[global]\nindex-url=https://venv.test\n"})
    assert read(tmp_path, {}, HOME="/home/u")[0] == "https://venv.test"
    assert read(tmp_path, {}, PIP_INDEX_URL="https://env.test")[0] == "https://env.test"
    assert read(tmp_path, {}, PIP_CONFIG_FILE="/dev/null")[0] is None


@pytest.mark.parametrize(
    ("variable", "value", "index", "extra"),
    [
        ("PIP_EXTRA_INDEX_URL", f"{CU118} https://b.test", None, (CU118, "https://b.test")),
        ("UV_DEFAULT_INDEX", f"torch={CU118}", CU118, ()),
        ("UV_INDEX_URL", CU118, CU118, ()),
        ("UV_INDEX", f"pt={CU118}", None, (CU118,)),
    ],
)
def test_environment(
    tmp_path: Path, variable: str, value: str, index: str | None, extra: tuple[str, ...]
) -> None:
    assert read(tmp_path, {}, **{variable: value})[:2] == (index, extra)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:SECRET@host.test/simple",
        "https://SECRET@host.test/simple",
        "https://us@er:SECRET@host.test/simple",
        "https:///:SECRET@host.test/simple".replace("///", "//"),
        "https://host.test/simple?token=SECRET",
        "https://host.test/simple#SECRET",
    ],
)
def test_credentials_are_removed(url: str) -> None:
    assert pip_config.without_credentials(url) == "https://host.test/simple"


@given(st.text(max_size=300))
def test_any_file(document: str) -> None:
    assert set(pip_config.parse_pip_conf(document)) <= {"index-url", "extra-index-url"}
