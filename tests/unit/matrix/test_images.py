"""Which image tags exist: what is on record, what cannot be, and what is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.matrix.images.answers import REAL
from torch_doctor.matrix.images.tags import image_named
from torch_doctor.matrix.load import load_matrix

MATRIX = load_matrix()
PYTORCH = "pytorch/pytorch:"


@pytest.mark.parametrize(
    ("tag", "nearest"),
    [
        ("2.9.0-cuda11.8-devel", "2.9.0-cuda12.6-cudnn9-devel"),
        ("2.8-cuda11.8-devel-jupyter", "2.8.0-cuda12.6-cudnn9-devel"),
        ("1.13-cuda11.7-devel", "1.13.1-cuda11.6-cudnn8-devel"),
        ("2.9.1-cuda11.8-cudnn9-devel", "2.7.1-cuda11.8-cudnn9-devel"),
        ("2.8.0-cuda12.8-runtime", "2.8.0-cuda12.8-cudnn9-runtime"),
        ("2.8.0-cuda12.8-cudnn8-devel", "2.8.0-cuda12.8-cudnn9-devel"),
        ("2.4-cuda12.1-cudnn9-runtime", "2.4.1-cuda12.1-cudnn9-runtime"),
    ],
)
def test_tags_that_do_not_exist_come_with_some_that_do(tag: str, nearest: str) -> None:
    answer = image_named(MATRIX, PYTORCH + tag)

    assert answer.exists == "no"
    assert PYTORCH + nearest in [image.reference for image in answer.nearest]
    assert answer.why
    assert answer.row or answer.rules


@pytest.mark.parametrize(
    "written", ["{}", "docker.io/{}", "index.docker.io/{}", " {} ", "{}@sha256:0"]
)
def test_a_real_tag_however_it_is_written(written: str) -> None:
    answer = image_named(MATRIX, written.format(PYTORCH + "2.8.0-cuda12.8-cudnn9-devel"))

    assert (answer.exists, answer.row and answer.row.cuda) == ("yes", "12.8")


@pytest.mark.parametrize(
    "reference", [PYTORCH + "99.1.0-cuda12.8-cudnn9-devel", "example/none:1", "ubuntu"]
)
def test_what_nobody_recorded_is_unknown(reference: str) -> None:
    assert image_named(MATRIX, reference).exists == "unknown"


@pytest.mark.parametrize(
    ("tag", "exists", "nearest"),
    [
        ("12.8.9-devel-ubuntu22.04", "no", "12.8.1-devel-ubuntu22.04"),
        ("99.1.0-devel-ubuntu24.04", "unknown", "13.3.1-devel-ubuntu24.04"),
    ],
)
def test_other_tags_of_a_known_name_are_near(tag: str, exists: str, nearest: str) -> None:
    answer = image_named(MATRIX, f"nvidia/cuda:{tag}")

    assert answer.exists == exists
    assert f"nvidia/cuda:{nearest}" in [image.reference for image in answer.nearest]


@pytest.mark.parametrize(
    "tag",
    [
        "1.2-cuda10.0-cudnn7-devel",
        "1.5-cuda10.1-cudnn7-runtime",
        "1.0-cuda10.0-cudnn7-devel",
        "0.4-cuda9-cudnn7-devel",
    ],
)
def test_old_releases_are_written_with_two_numbers(tag: str) -> None:
    answer = image_named(MATRIX, PYTORCH + tag)

    assert answer.exists == "unknown"
    assert "from 1.6.0 on" in answer.rules[0].fact


def test_one_that_was_seen_in_use_is_there() -> None:
    assert image_named(MATRIX, PYTORCH + "1.4-cuda10.1-cudnn7-devel").exists == "yes"


@pytest.mark.parametrize("tag", ["1.6-cuda10.1-cudnn7-devel", "1.10-cuda11.3-cudnn8-devel", "2.8"])
def test_later_ones_are_not(tag: str) -> None:
    assert image_named(MATRIX, PYTORCH + tag).exists == "no"


@pytest.mark.parametrize(
    ("tag", "nearest"),
    [
        ("12.9.1-base-ubuntu22", ["12.9.1-base-ubuntu22.04", "12.9.1-base-ubuntu24.04"]),
        ("12.9-base", ["12.9.1-base-ubuntu24.04", "12.9.1-base-ubuntu22.04"]),
        ("12.8.1-devel-debian12", ["12.8.1-devel-ubuntu24.04", "12.8.1-devel-ubuntu22.04"]),
        ("12.9.1-base-ubi", ["12.9.1-base-ubi9", "12.9.1-base-ubi8"]),
    ],
)
def test_the_nearest_are_of_the_distribution_that_is_meant(tag: str, nearest: list[str]) -> None:
    """Ubuntu is meant where no distribution of the rows is named."""
    answer = image_named(MATRIX, f"nvidia/cuda:{tag}")

    assert answer.exists == "no"
    assert [one.reference for one in answer.nearest] == [f"nvidia/cuda:{one}" for one in nearest]


def test_for_latest_the_newest_are_near() -> None:
    answer = image_named(MATRIX, "nvidia/cuda:latest")
    newest = max(
        tuple(map(int, (row.cuda or "0").split(".")))
        for row in MATRIX.images
        if row.family == "nvidia-cuda" and row.status in REAL
    )

    assert answer.exists == "no"
    assert answer.nearest[0].cuda == ".".join(map(str, newest))
    assert len(answer.nearest) == 2
    assert all("-ubuntu" in one.reference for one in answer.nearest)


def test_what_docker_hub_deleted_may_be_on_another_registry() -> None:
    hub = image_named(MATRIX, "nvidia/cuda:10.2-base")
    other = image_named(MATRIX, "nvcr.io/nvidia/cuda:10.2-base")

    assert (hub.exists, hub.deleted) == ("no", True)
    assert (other.exists, other.deleted) == ("unknown", False)


@given(
    st.text(max_size=60)
    | st.from_regex(r"pytorch/pytorch:[\d.]{1,12}(-cuda[\d.]{1,6})?-[a-z]{1,8}")
)
def test_whatever_is_near_is_real(reference: str) -> None:
    answer = image_named(MATRIX, reference)

    assert answer.exists in ("yes", "no", "unknown")
    assert all(image.status in REAL for image in answer.nearest)


def test_tags_of_a_release_that_was_deleted_are_not_promised() -> None:
    gone = image_named(MATRIX, "nvidia/cuda:11.4.0-cudnn8-devel-ubuntu20.04")
    beside = image_named(MATRIX, "nvidia/cuda:11.4.0-base-ubuntu20.04")

    assert (gone.exists, [near.reference for near in gone.nearest]) == (
        "no",
        ["nvidia/cuda:11.4.3-cudnn8-devel-ubuntu20.04"],
    )
    assert beside.exists == "no"
    assert "11.4.3" in beside.why
    assert image_named(MATRIX, "nvidia/cuda:11.4.3-base-ubuntu20.04").exists == "yes"
