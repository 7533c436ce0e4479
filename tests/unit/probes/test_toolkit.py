"""CUDA toolkits on disk, and the one that would compile an extension."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Known, Reason, Unavailable
from torch_doctor.probes.torch import toolkit

from tests.unit.probes.env_trees import env

JSON = '{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}'
NEW = {"/usr/local/cuda-12.8/version.json": JSON, "/usr/local/cuda-12.8/bin/nvcc": ""}
OLD = {"/usr/local/cuda-10.2/version.txt": "CUDA Version 10.2.89\n"}
HEADER = {"/opt/kit/bin/nvcc": "", "/opt/kit/include/cuda.h": "#define CUDA_VERSION 13000\n"}


def read(
    root: Path, files: dict[str, Any], **environ: str
) -> tuple[list[tuple[str, str, bool, str]], str]:
    facts = dict(toolkit.probe(*env(root, files, **environ)))
    assert set(facts) == set(toolkit.OWNS)
    kits, used = facts["toolkits"], facts["toolkit_cuda"]
    assert isinstance(kits, Known)
    shown = str(used.value) if isinstance(used, Known) else used.reason.value
    return [(kit.path, str(kit.cuda), kit.has_nvcc, kit.found_via) for kit in kits.value], shown


def test_versions_of_every_generation(tmp_path: Path) -> None:
    kits, used = read(tmp_path, {**NEW, **OLD})
    assert kits == [
        ("/usr/local/cuda-10.2", "10.2", False, "/usr/local"),
        ("/usr/local/cuda-12.8", "12.8", True, "/usr/local"),
    ]
    assert used == "not-present"


@pytest.mark.parametrize(
    ("environ", "used", "via"),
    [
        ({"CUDA_HOME": "/opt/kit/"}, "13.0", "CUDA_HOME"),
        ({"CUDA_PATH": "/opt/kit"}, "13.0", "CUDA_PATH"),
        ({"PATH": "/opt/kit/bin:/bin"}, "13.0", "PATH"),
        ({"PATH": "/wrap/bin"}, "12.8", "PATH"),
        ({"CUDA_HOME": "/gone", "PATH": "/opt/kit/bin"}, "not-present", "PATH"),
    ],
)
def test_what_would_compile(tmp_path: Path, environ: dict[str, str], used: str, via: str) -> None:
    wrapper = {"/wrap/bin/nvcc": '#!/bin/sh\nexec /usr/local/cuda-12.8/bin/nvcc "$@"\n'}
    kits, found = read(tmp_path, {**NEW, **HEADER, **wrapper}, **environ)
    assert (found, kits[0][3]) == (used, via)


def test_the_default_link_is_used_and_listed_once(tmp_path: Path) -> None:
    host, target = env(tmp_path, NEW)
    (tmp_path / "usr/local/cuda").symlink_to("cuda-12.8")
    facts = dict(toolkit.probe(host, target))
    used, kits = facts["toolkit_cuda"], facts["toolkits"]
    assert isinstance(used, Known) and str(used.value) == "12.8"
    assert isinstance(kits, Known) and [kit.path for kit in kits.value] == ["/usr/local/cuda"]


def test_a_variable_that_names_no_folder_is_an_answer(tmp_path: Path) -> None:
    host, target = env(tmp_path, {})
    host.environ["CUDA_HOME"] = "/usr/local/cuda"
    fact = dict(toolkit.probe(host, target))["toolkit_cuda"]
    assert isinstance(fact, Unavailable) and fact.reason is Reason.NOT_PRESENT
    assert "CUDA_HOME names /usr/local/cuda" in fact.detail


def test_no_toolkit_is_an_answer(tmp_path: Path) -> None:
    fact = dict(toolkit.probe(*env(tmp_path, {})))["toolkit_cuda"]
    assert isinstance(fact, Unavailable) and fact.reason is Reason.NOT_PRESENT


@given(
    st.text(max_size=200)
    | st.sampled_from(["[]", '{"cuda": 1}', '{"cuda": {"version": null}}', "9" * 5000])
)
def test_any_version_json(document: str) -> None:
    assert toolkit.parse_version_json(document) is None or "cuda" in document
