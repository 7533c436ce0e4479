"""The libraries that torch is linked to: rows that probes, the live check and rules read."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from torch_doctor.matrix.builds.cuda_libraries import (
    components,
    of_component,
)
from torch_doctor.matrix.load import load_matrix
from torch_doctor.probes.payloads import path_of


def test_a_library_is_of_a_wheel() -> None:
    found = components()
    assert found["libcudart"] == "cuda-runtime"
    assert found["libcublasLt"] == found["libcublas"] == "cublas"
    assert "libcurl" not in found


def test_every_wheel_has_one_word_for_its_libraries() -> None:
    matrix = load_matrix()

    for row in matrix.cuda_libraries:
        assert {one.label for one in of_component(row.component, matrix)} == {row.label}
    with pytest.raises(LookupError):
        of_component("curl", matrix)


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel what is mapped")
def test_the_live_check_is_handed_what_it_looks_for() -> None:
    """The script in torch's own process has no rows: it tells of what it is asked for, and of nothing else."""
    argv = [sys.executable, "-I", path_of("torch"), "[]", json.dumps(["libc.so", "libc-"])]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line]
    mapped = [line["libraries"] for line in lines if "libraries" in line]

    assert mapped
    assert all(os.path.basename(path).startswith(("libc.so", "libc-")) for path in mapped[-1])
