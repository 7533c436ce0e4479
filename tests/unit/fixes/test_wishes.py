"""What an install command asked for comes first: its CUDA, its channel, its companions."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability
from torch_doctor.fixes.builds.wishes import named_in_commands, wish_of
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.kinds import InstallTorch
from torch_doctor.matrix.load import load_matrix

MATRIX = load_matrix()


def proposed(*commands: str, **known: object) -> InstallTorch:
    values = {"install_commands": commands, "torch_variant": "cpu", **known}
    facts = Facts({name: Known(value, Source("file", "case")) for name, value in values.items()})
    (action,) = Cures(facts, MATRIX).another_build()
    assert isinstance(action, InstallTorch)
    return action


@pytest.mark.parametrize(
    ("command", "torch", "variant", "channel"),
    [
        ("conda install pytorch cudatoolkit=11.3 -c pytorch", "1.12.1", "cu113", "pytorch"),
        (
            "conda install pytorch pytorch-cuda=12.4 -c pytorch -c nvidia",
            "2.5.1",
            "cu124",
            "pytorch",
        ),
        (
            "pip install torch --index-url https://download.pytorch.org/whl/cu118",
            "2.7.1",
            "cu118",
            "conda-forge",
        ),
    ],
)
def test_the_cuda_that_was_asked_for(command: str, torch: str, variant: str, channel: str) -> None:
    action = proposed(command)

    assert (action.torch, action.variant, action.channel) == (torch, variant, channel)
    assert "the CUDA that was asked for" in action.condition


def test_companions_that_were_asked_for_move_along() -> None:
    action = proposed("conda install pytorch torchvision torchaudio cudatoolkit=11.3 -c pytorch")

    assert action.companions == ("torchvision==0.13.1", "torchaudio==0.12.1")
    assert named_in_commands(("torch", "torchaudio"), ["pip install torchaudio"]) == {"torchaudio"}


def test_a_cuda_that_serves_no_gpu_here_is_not_given() -> None:
    gpu = Gpu(0, "NVIDIA GeForce RTX 5090", ComputeCapability(12, 0))
    action = proposed("pip install torch -i https://download.pytorch.org/whl/cu118", gpus=(gpu,))

    assert action.variant != "cu118"


def test_the_last_command_counts() -> None:
    wish = wish_of(
        ["pip install torch==1.0 -f /whl/cu100", "conda install cudatoolkit=10.2"], MATRIX
    )

    assert wish is not None
    assert str(wish.cuda) == "10.2"
    assert wish_of(["pip install torch"], MATRIX) is None
