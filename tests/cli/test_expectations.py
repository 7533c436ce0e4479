"""What a machine must have to pass: models, numbers, and what is said where they are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.probes.host.port import RecordedHost

from tests.cli.conftest import Run
from tests.cli.machines import machine


@pytest.mark.parametrize(
    ("here", "name", "code"),
    [
        ("NVIDIA A100-SXM4-80GB", "A10", 1),
        ("NVIDIA A100-SXM4-80GB", "A100", 0),
        ("NVIDIA L40S", "L4", 1),
        ("NVIDIA H200", "H20", 1),
        ("NVIDIA GB200", "B200", 1),
        ("NVIDIA H100 NVL", "h100", 0),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "RTX 4090", 1),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "4090", 0),
    ],
)
def test_a_model_is_resolved_by_the_table_of_names(
    run: Run, tmp_path: Path, here: str, name: str, code: int
) -> None:
    facts = machine("h100-580-cu130", tmp_path, gpus=[{"index": 0, "name": here}])

    ran = run("--facts", facts, "--expect-gpu", name, "--only", "TD205,TD206", "--json")

    assert ran.code == code
    assert [one["code"] for one in ran.report["findings"]] == ["TD206"] * code


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "the name of the GPU is empty"),
        ("  ", "the name of the GPU is empty"),
        ("H300", "no GPU is called 'H300'; did you mean NVIDIA H800, NVIDIA H200 or NVIDIA H100?"),
        ("my gpu", "no GPU is called 'my gpu'"),
        ("MI300X", "'MI300X' is no NVIDIA GPU: AMD makes it, and torch runs on it by ROCm builds"),
        ("RTX 6000", "'RTX 6000' can mean Quadro RTX 6000"),
    ],
)
def test_a_name_that_is_no_model_is_exit_code_2(
    run: Run, healthy: str, name: str, words: str
) -> None:
    ran = run("--facts", healthy, "--expect-gpu", name)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"torch-doctor: --expect-gpu: {words}")
    assert ran.err.count("\n") == 1


def test_a_model_where_no_gpu_is_known_is_no_pass(run: Run, empty_host: RecordedHost) -> None:
    ran = run("--static", "--expect-gpu", "H100", host=empty_host)

    assert ran.code == 2
    assert "It is not known whether" in " ".join(ran.out.split())
