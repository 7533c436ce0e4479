"""The family of torch, doubles, conda's records, and pins evaluated for the target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Known, Reason, Unavailable
from torch_doctor.core.records import Package
from torch_doctor.probes.python import packages

from tests.unit.probes.env_trees import SITE, env, torch_files

S = f"/env/{SITE}"


def found(root: Path, files: dict[str, Any]) -> tuple[Package, ...]:
    fact = dict(packages.probe(*env(root, files)))["packages"]
    assert isinstance(fact, Known)
    return tuple(fact.value)


def dist(name: str, installer: str = "pip", site: str = S) -> dict[str, str]:
    return {f"{site}/{name}.dist-info/INSTALLER": f"{installer}\n"}


def test_the_family_and_nobody_else(tmp_path: Path) -> None:
    files = {
        **dist("torch-2.8.0+cu128"),
        **dist("nvidia_cudnn_cu12-9.10.2.21", "uv"),
        **dist("flash_attn_3-3.0.0b1"),
        **dist("requests-2.32.0"),
        **dist("~orch-2.1.0"),
        f"{S}/cupy_cuda12x-13.4.1-py3.12.egg-info/": "",
    }
    assert {(p.name, p.version, p.installer) for p in found(tmp_path, files)} == {
        ("torch", "2.8.0+cu128", "pip"),
        ("nvidia-cudnn-cu12", "9.10.2.21", "uv"),
        ("flash-attn-3", "3.0.0b1", "pip"),
        ("cupy-cuda12x", "13.4.1", None),
    }


def test_doubles_stay_visible(tmp_path: Path) -> None:
    names = [p.version for p in found(tmp_path, {**dist("torch-2.7.1"), **dist("torch-2.8.0")})]
    assert sorted(names) == ["2.7.1", "2.8.0"]


def test_conda_gives_the_build_string_once(tmp_path: Path) -> None:
    files = {
        **dist("torch-2.8.0", "conda"),
        "/env/conda-meta/pytorch-2.8.0-cpu_generic_py312_h123_0.json": "{}",
        "/env/conda-meta/cuda-nvcc-12.9.86-hcdd1206_1.json": "{}",
        "/env/conda-meta/zlib-1.3-h1_0.json": "{}",
    }
    assert found(tmp_path, files) == (
        Package("torch", "2.8.0", "conda", S, "cpu_generic_py312_h123_0"),
        Package("cuda-nvcc", "12.9.86", "conda", "/env/conda-meta", "hcdd1206_1"),
    )


def test_pip_over_conda_shows_both(tmp_path: Path) -> None:
    files = {**dist("torch-2.9.0"), "/env/conda-meta/pytorch-2.8.0-cuda_1.json": "{}"}
    assert [(p.version, p.installer) for p in found(tmp_path, files)] == [
        ("2.9.0", "pip"),
        ("2.8.0", "conda"),
    ]


METADATA = """Metadata-Version: 2.1
Requires-Dist: filelock
Requires-Dist: nvidia-cudnn-cu12==9.10.2.21; platform_system == "Linux" and platform_machine == "x86_64"
Requires-Dist: setuptools; python_version >= "3.12"
Requires-Dist: cuda-bindings<14,>=13.0.3; platform_system == "Windows"
Requires-Dist: optree>=0.13.0; extra == "optree"
Requires-Dist: odd; this is no marker

Requires-Dist: not-a-header
"""


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ("x86_64", ("filelock", "nvidia-cudnn-cu12==9.10.2.21", "setuptools", "odd")),
        ("aarch64", ("filelock", "setuptools", "odd")),
    ],
)
def test_pins_for_the_target(tmp_path: Path, machine: str, expected: tuple[str, ...]) -> None:
    host, target = env(
        tmp_path, {**torch_files(S), f"{S}/torch-2.8.0+cu128.dist-info/METADATA": METADATA}
    )
    host.answers = {**host.answers, "machine": machine}
    fact = dict(packages.probe(host, target))["requirements"]
    assert isinstance(fact, Known) and fact.value == expected


def test_without_torch_or_metadata(tmp_path: Path) -> None:
    missing = dict(packages.probe(*env(tmp_path / "a", {})))["requirements"]
    assert isinstance(missing, Unavailable) and missing.reason is Reason.NOT_PRESENT
    silent = dict(packages.probe(*env(tmp_path / "b", torch_files(S))))["requirements"]
    assert isinstance(silent, Unavailable) and silent.reason is Reason.UNPARSED


@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_requirement(lines: list[str]) -> None:
    environment = {"python_version": "3.12", "platform_system": "Linux", "extra": ""}
    assert len(list(packages.applicable(iter(lines), environment))) <= len(lines)
