"""A GPU is of a model where the table of names says so, and what is no model is said in one line."""

from __future__ import annotations

import pytest
from torch_doctor.matrix.gpus.choice import is_model, objection_to
from torch_doctor.matrix.gpus.folding import fold, without_maker
from torch_doctor.matrix.load import load_matrix

MATRIX = load_matrix()


def key(name: str) -> str:
    return without_maker(fold(name))


def test_an_alias_means_its_products_and_no_other() -> None:
    """Every alias against every product: a short name is never found inside another product's."""
    products = {row.name for row in MATRIX.gpus}
    for alias in MATRIX.gpu_aliases:
        own = {key(name) for name in (alias.alias, *alias.names)}
        meant = {name for name in products if is_model(name, alias.alias, MATRIX)}

        assert meant == {name for name in products if key(name) in own}, alias.alias


def test_every_product_is_the_model_of_its_own_name() -> None:
    for row in MATRIX.gpus:
        assert is_model(row.name, row.name, MATRIX), row.name


@pytest.mark.parametrize(
    ("here", "wanted"),
    [
        ("NVIDIA A100X", "A100"),
        ("NVIDIA A100X", "A100X"),
        ("GRID A100D-40C", "A100"),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", "H100"),
        ("Orin (nvgpu)", "Orin"),
        ("GeForce GT 730", "NVIDIA GeForce GT 730"),
    ],
)
def test_forms_and_shares_of_a_board_are_the_board(here: str, wanted: str) -> None:
    assert is_model(here, wanted, MATRIX)


@pytest.mark.parametrize(
    ("here", "wanted"),
    [
        ("NVIDIA A100-SXM4-80GB", "A100X"),  # a form that no row spells
        ("A100", "A100-SXM4-80GB"),  # may be another form
        ("NVIDIA GeForce RTX 3060 Ti", "RTX 3060"),
        ("NVIDIA GH200 480GB", "H200"),
        ("Some New Board", "H100"),
    ],
)
def test_what_may_be_another_is_not_the_model(here: str, wanted: str) -> None:
    assert not is_model(here, wanted, MATRIX)


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        ("MI300X", "AMD"),
        ("Radeon RX 7900 XTX", "AMD"),
        ("gfx1100", "AMD"),
        ("Arc A770", "Intel"),
        ("Gaudi 2", "Intel"),
        ("M3 Max", "Apple"),
        ("TPU v4", "Google"),
        ("Ascend 910B", "Huawei"),
        ("trn1", "Amazon"),
    ],
)
def test_another_makers_name_is_said_to_be_one(name: str, maker: str) -> None:
    unfit = objection_to(name, MATRIX)

    assert unfit is not None
    assert f"is no NVIDIA GPU: {maker} makes it" in unfit.problem


def test_no_product_of_nvidias_is_another_makers() -> None:
    from torch_doctor.matrix.gpus.words import other_maker

    names = [row.name for row in MATRIX.gpus] + [row.alias for row in MATRIX.gpu_aliases]

    assert [name for name in names if other_maker(name, MATRIX)] == []
