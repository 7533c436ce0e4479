"""Names of GPUs are compared in one form, whether one is folded or all at once."""

from __future__ import annotations

from torch_doctor.matrix.gpus.folding import fold, fold_all
from torch_doctor.matrix.load import load_matrix


def test_names_are_folded_alike_alone_and_together() -> None:
    matrix = load_matrix()
    names = [row.name for row in matrix.gpus] + [row.alias for row in matrix.gpu_aliases]
    odd = ["  RTX__4090 ", "A100-SXM4-40GB MIG 1g.5gb", "GeForce(R) GTX - 1080", "K80"]
    assert fold_all([*odd, *names]) == [fold(name) for name in (*odd, *names)]


def test_no_name_is_no_trouble() -> None:
    assert fold_all([]) == []
    odd = ["", "A\t100", "H\u00a0100", "two\nlines"]
    assert fold_all(odd) == [fold(name) for name in odd]
