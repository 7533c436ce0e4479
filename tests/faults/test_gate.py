"""``require`` on a machine whose driver is made up: as far as asked, in a child, and with the cause where it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.gate import LIMITS, Machine, gate, machine
from tests.faults.driver import no_real_driver

pytestmark = no_real_driver

REFUSED = """import torch_doctor
try:
    torch_doctor.require(proof="driver")
except torch_doctor.RequirementError as error:
    print(error)
maps = open("/proc/self/maps").read()
print([name for name in ("libcuda", "libcudart", "libtorch") if name in maps])"""


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, fake_library: Callable[..., Path]) -> Machine:
    """A machine with two GPUs; *fake_library* skips where there is no compiler."""
    fake_library("cuda")
    return machine(tmp_path_factory.mktemp("machine"), 2)


@pytest.mark.parametrize("proof", LIMITS)
def test_a_gate_goes_as_far_as_it_is_asked(proof: str, there: Machine) -> None:
    assert json.loads(there.run(gate(proof, 2))) == [proof, 2 if proof == "driver" else 0]


def test_what_the_driver_refuses_ends_the_gate_in_one_line(there: Machine, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(Path(there.environ["FAKE_CUDA"]).read_text() + "cuInit.fault=999\n")
    output = there._replace(environ={**there.environ, "FAKE_CUDA": str(keys)}).run(REFUSED)
    cause, loaded = output.splitlines()

    assert "999" in cause or "CUDA_ERROR_UNKNOWN" in cause
    assert "; cure: " in cause
    assert loaded == "[]", "nothing of CUDA is in the program's own process"
