"""Names that are no GPU's own: instance types of clouds, and short names that several products share."""

from __future__ import annotations

import re

import pytest
from torch_doctor.matrix.gpus.instances import gpus_of, instance_named
from torch_doctor.recommendation.question.asked import QuestionError

from tests.unit.recommendation.asking import MATRIX, ask


@pytest.mark.parametrize("row", MATRIX.cloud_instances, ids=lambda row: row.name)
def test_every_instance_type_has_a_gpu_that_is_on_record_and_is_found_by_its_own_name(
    row: object,
) -> None:
    found = instance_named(row.name, MATRIX)  # type: ignore[attr-defined]

    assert found is row
    assert gpus_of(found, MATRIX)


@pytest.mark.parametrize(
    ("name", "gpu", "provider"),
    [
        ("p4d", "A100-SXM4-40GB", "AWS"),
        ("p4d.24xlarge", "A100-SXM4-40GB", "AWS"),
        ("g5.xlarge", "A10G", "AWS"),
        ("a2-highgpu-1g", "A100-SXM4-40GB", "Google Cloud"),
        ("g2-standard-4", "L4", "Google Cloud"),
        ("Standard_ND96asr_v4", "A100-SXM4-40GB", "Azure"),
        ("ND96asr", "A100-SXM4-40GB", "Azure"),
        ("gpu_8x_h100_sxm5", "H100 80GB HBM3", "Lambda"),
        ("ml.g5.2xlarge", "A10G", "AWS SageMaker"),
        ("ml.p4de.24xlarge", "A100-SXM4-80GB", "AWS SageMaker"),
        ("g7.8xlarge", "NVIDIA RTX PRO 4500 Blackwell Server Edition", "AWS"),
        ("g4-standard-48", "NVIDIA RTX PRO 6000 Blackwell Server Edition", "Google Cloud"),
    ],
)
def test_an_instance_type_is_no_gpu_of_a_like_name(name: str, gpu: str, provider: str) -> None:
    answer = ask(name)

    assert answer.machines[0].gpus is not None
    assert answer.machines[0].gpus[0].name.endswith(gpu)
    assert answer.constraints.notes[0] == (
        f"{name} is an instance type of {provider} with {gpu} GPUs"
    )


@pytest.mark.parametrize(("name", "gpu"), [("P4", "Tesla P4"), ("A2", "A2"), ("P40", "Tesla P40")])
def test_gpus_keep_their_names(name: str, gpu: str) -> None:
    assert instance_named(name, MATRIX) is None
    assert ask(name).machines[0].gpus[0].name.endswith(gpu)  # type: ignore[index]


def test_an_arm_instance_brings_its_platform() -> None:
    answer = ask("g5g.xlarge")

    assert answer.machines[0].wheel_platform == "linux-aarch64"
    assert not answer.plans  # builds for Arm servers begin at 8.0


@pytest.mark.parametrize("name", ["4090", "3080", "GTX 1650", "A5000"])
def test_a_shared_name_is_taken_where_all_its_meanings_need_the_same(name: str) -> None:
    answer = ask(name)

    assert answer.exit_code == 0
    assert "they need the same build" in answer.constraints.notes[0]


def test_a_shared_name_of_different_chips_must_be_told_apart() -> None:
    with pytest.raises(QuestionError, match="can mean"):
        ask("RTX 6000")


@pytest.mark.parametrize(("name", "maker"), [("MI300X", "AMD"), ("M2", "Apple")])
def test_other_makers_are_named(name: str, maker: str) -> None:
    with pytest.raises(QuestionError, match=f"no NVIDIA GPU: {maker}"):
        ask(name)


def test_the_pattern_of_an_instance_type_begins_with_two_plain_characters() -> None:
    for row in MATRIX.cloud_instances:
        assert re.fullmatch(r"[a-z\d]{2}", row.pattern[:2]), row.name
        assert not row.pattern[2:].startswith(("?", "*", "{")), row.name
