"""Of a report the line is quoted that shows the failure, or none; and who lists a GPU is told from who names it."""

from __future__ import annotations

import pytest
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

MATRIX = load_matrix()
FALSE = "torch.cuda.is_available() is False"
RAISED = "RuntimeError: CUDA error: initialization error"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "A4000\nDriver Version: 560.35.03\ntorch 2.6.0+cu124\ntorch.cuda.is_available(): False",
            FALSE,
        ),
        (
            "A4000, torch 2.6.0+cu124, driver 560.35.03, not yet tested further\nCUDA available: False",
            FALSE,
        ),
        (
            f"A4000\n{RAISED}\ntorch 2.6.0+cu124, driver 560.35.03\ntorch.cuda.is_available() False",
            RAISED,
        ),
    ],
)
def test_the_line_that_shows_it(text: str, message: str) -> None:
    primary = diagnose(read_text(text, "report", MATRIX), MATRIX).primary

    assert primary is not None
    assert primary.message.endswith(message)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I have a Tesla T4 here", "words"),
        ("two cards, a GTX 1080 and an RTX 5090", "words"),
        ("GPU 0: Tesla T4 (UUID: GPU-0a1b2c3d-0000-0000-0000-000000000000)", "report"),
        (">>> torch.cuda.get_device_name(0)\n'Tesla T4'", "report"),
    ],
)
def test_who_lists_a_gpu(text: str, kind: str) -> None:
    assert read_text(text, "report", MATRIX)["gpus"].source.kind == kind
