"""The names that interfaces of NVIDIA's have for the numbers they answer with: rows are the only list of them."""

from __future__ import annotations

from torch_doctor.matrix.store import Matrix, worked_out_once

_OF = {"cuda-driver": "CUDA", "nvml": "NVML"}


def answer_name(api: str, code: int, matrix: Matrix | None = None) -> str:
    """Return the constant of an interface (cuda-driver, nvml) for a code: ``NVML_ERROR_TIMEOUT``.

    Success is named without a table, and a code without a row by its number. Without *matrix* the one in force is read.
    """
    if code == 0:
        return f"{_OF[api]}_SUCCESS"
    if matrix is None:
        from torch_doctor.matrix.load import load_matrix

        matrix = load_matrix()
    return _names(matrix).get((api, code), f"{_OF[api]}_ERROR_{code}")


@worked_out_once
def _names(matrix: Matrix) -> dict[tuple[str, int], str]:
    return {(row.api, row.code): row.name for row in matrix.error_codes}
