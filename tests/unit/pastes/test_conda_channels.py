"""The channels that files and words name for conda."""

from __future__ import annotations

import pytest
from torch_doctor.pastes.read import read_text

FILE = """name: lab
{channels}
dependencies:
  - python=3.11
  - pytorch=2.5.1
"""
ITEMS = "channels:\n  - {}"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (FILE.format(channels="channels: [conda-forge]"), "conda-forge"),
        (FILE.format(channels="channels: ['conda-forge', nodefaults]"), "conda-forge"),
        (FILE.format(channels=ITEMS.format("conda-forge")), "conda-forge"),
        (FILE.format(channels=ITEMS.format("conda-forge\n  - nodefaults")), "conda-forge"),
        (
            FILE.format(channels=ITEMS.format("https://conda.anaconda.org/conda-forge")),
            "conda-forge",
        ),
        (FILE.format(channels=ITEMS.format("pytorch\n  - conda-forge")), None),
        (FILE.format(channels="channels: [nvidia, conda-forge]"), None),
        (FILE.format(channels=""), None),
        ("channels: conda-forge only. mamba install pytorch", "conda-forge"),
        ("channels: conda-forge, pytorch. mamba install pytorch", None),
        # torch is of pip there, and a wheel lies over what the channel has
        ("channels: [conda-forge]\ndependencies:\n  - pip:\n    - torch", None),
        (FILE.format(channels="channels: [conda-forge]") + "torch 2.5.1+cu124", None),
        ("pytorch  2.5.1  cpu_mkl_py311_hcea4d3c_107", "conda-forge"),
        ("pytorch  2.6.0  cpu_generic_py312_h1ee2325_2", "conda-forge"),
        ("pytorch  2.6.0  cuda126_generic_py310_h1ee2325_200", "conda-forge"),
        ("pytorch  2.0.0  cuda118_py39h1ee2325_200", "conda-forge"),
        ("pytorch  2.1.0  py3.10_cuda11.8_cudnn8.7.0_0", None),
        ("pytorch  1.13.1  py3.7_cpu_0", None),
    ],
)
def test_where_torch_is_from(text: str, origin: str | None) -> None:
    assert read_text(text).value("torch_origin") == origin


@pytest.mark.parametrize(
    ("words", "program"),
    [("micromamba create -f environment.yml", "micromamba"), ("it fails", "conda")],
)
def test_an_environment_file_is_read_by_the_program_that_is_named(words: str, program: str) -> None:
    (command,) = read_text(f"{FILE.format(channels='channels:')}\n{words}").value(
        "install_commands"
    )

    assert command.startswith(f"{program} env create: ")
