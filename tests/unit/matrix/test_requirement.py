"""NVIDIA_REQUIRE_CUDA, as the container runtime evaluates it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.images.requirement import gate_of, requirement_of, requirements_in
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import driver_of

MATRIX = load_matrix()


def host(driver: str | None = "550.54.15", *gpus: str) -> Machine:
    traits = tuple(
        traits_of(Gpu(index, name), MATRIX, listed=False) for index, name in enumerate(gpus)
    )
    known = driver_of(MATRIX, DriverRelease.parse(driver)) if driver else None
    return Machine(driver=known, gpus=traits or None)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("", True),
        ("cuda>=12.4", True),
        ("cuda>=12.5", False),
        ("CUDA>=12.4", True),
        ("cuda>12.3", True),
        ("cuda=12.4", True),
        ("cuda=12.4.0", True),
        ("cuda!=12.4", False),
        ("cuda!12.4", False),
        ("cuda<13,cuda>=12", True),
        ("cuda<13,cuda>=12.5", False),
        ("cuda>=12.5 driver>=550,driver<551", True),
        ("cuda>=12.5  driver>=550,,driver<551 ", True),
        ("cuda>=12.5 driver>=550.54.14", True),
        ("cuda>=12.5 driver>=550.54.16", False),
        ("cuda>=12.5 brand=tesla,driver>=550,driver<551", False),
        ("cuda>=12.5 brand=GeForce,driver>=550", None),
        ("cuda>=12.5 brand!=tesla,driver>=550", True),
        ("arch>=8.9", True),
        ("arch>=9.0", False),
        ("cuda>=12.5 ,", True),
        # what the runtime does not understand starts nothing, unless it was not reached
        ("cuda==12.4", False),
        ("cuda=>12.4", False),
        ("cuda>=12.x", False),
        ("cuda>=", False),
        (">=12", False),
        ("vram>=80", False),
        ("brand>=tesla", False),
        ("cuda>=12.4 vram>=80", True),
        ("vram>=80 cuda>=12.4", False),
        ("cuda>=12.5,vram>=80 cuda>=12.4", True),
    ],
)
def test_conditions(text: str, passes: bool | None) -> None:
    assert gate_of((text,), host("550.54.15", "NVIDIA GeForce RTX 4090"), MATRIX).passes is passes


def test_what_is_not_known_decides_nothing_that_hangs_on_it() -> None:
    bare = host(None)

    assert gate_of(("cuda>=12.4",), bare, MATRIX).passes is None
    assert gate_of(("brand=tesla,cuda>=12.4 driver>=1",), bare, MATRIX).passes is None
    assert gate_of((), bare, MATRIX).passes is True
    assert (
        gate_of(("cuda>=12.4 brand=tesla,driver>=535",), host("535.54.03"), MATRIX).passes is None
    )
    assert (
        gate_of(("cuda>=12.4 brand=tesla,driver>=560",), host("535.54.03"), MATRIX).passes is False
    )


def test_every_gpu_and_every_variable_must_pass() -> None:
    text = "cuda>=12.8 brand=tesla,driver>=550"
    mixed = host("550.54.15", "Tesla T4", "NVIDIA GeForce RTX 4090")

    assert gate_of((text,), host("550.54.15", "Tesla T4"), MATRIX).passes is True
    assert gate_of((text,), mixed, MATRIX).passes is False
    assert gate_of((text, "arch>=8.0"), host("550.54.15", "Tesla T4"), MATRIX).passes is False
    assert gate_of((text,), mixed, MATRIX).condition == "cuda>=12.8"


@pytest.mark.parametrize(
    ("environ", "texts"),
    [
        ({}, ()),
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=9.0"}, ("cuda>=9.0",)),
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=9.0", "NVIDIA_DISABLE_REQUIRE": "true"}, ()),
        (
            {"NVIDIA_REQUIRE_CUDA": "cuda>=9.0", "NVIDIA_DISABLE_REQUIRE": "yes"},
            ("cuda>=9.0",),
        ),
        (
            {"NVIDIA_REQUIRE_CUDA": "cuda>=9.0", "NVIDIA_REQUIRE_ARCH": "arch>=8"},
            ("arch>=8", "cuda>=9.0"),
        ),
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=9.0", "NVIDIA_REQUIRE_JETPACK": "csv"}, ("cuda>=9.0",)),
        ({"CUDA_VERSION": "12.8.1"}, ("cuda>=12.8",)),
        ({"CUDA_VERSION": "12.8.1", "NVIDIA_REQUIRE_CUDA": "cuda>=9.0"}, ("cuda>=9.0",)),
        ({"CUDA_VERSION": "none"}, ()),
    ],
)
def test_what_the_variables_of_an_image_ask(
    environ: dict[str, str], texts: tuple[str, ...]
) -> None:
    assert requirements_in(environ) == texts


@pytest.mark.parametrize(
    ("toolkit", "driver", "gpu", "passes"),
    [
        ("11.1.1", "450.80.02", "Tesla T4", True),
        ("11.1.1", "450.80.02", "NVIDIA GeForce RTX 3090", False),
        ("12.4.1", "535.183.01", "NVIDIA GeForce RTX 3090", True),
        ("12.6.3", "535.183.01", "NVIDIA GeForce RTX 3090", False),
        ("12.6.3", "535.183.01", "NVIDIA L40S", True),
        ("12.6.3", "535.183.01", "A100", True),
        ("12.6.3", "560.35.03", "NVIDIA GeForce RTX 3090", True),
        ("12.6.3", "545.29.06", "NVIDIA L40S", False),
    ],
)
def test_rows_stand_for_the_texts_of_their_images(
    toolkit: str, driver: str, gpu: str, passes: bool
) -> None:
    row = next(one for one in MATRIX.image_requirements if one.toolkit == toolkit)

    assert gate_of((requirement_of(row),), host(driver, gpu), MATRIX).passes is passes


@given(st.text("cudarivebn<>=!, .0123456789", max_size=40))
def test_no_text_raises(text: str) -> None:
    known = host("550.54.15", "Tesla T4")
    passes = gate_of((text,), known, MATRIX).passes

    assert passes in (True, False)
    assert gate_of((text,), host(None), MATRIX).passes in (passes, None)
