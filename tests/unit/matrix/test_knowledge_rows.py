"""What must hold of every row on companions, images and error texts. A bad row is one red test that names itself."""

from __future__ import annotations

import pytest
from torch_doctor.core.finding import CAUSES
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.signatures import recognise

from tests.unit.matrix.rows import bad, matrix, rows


@pytest.mark.parametrize("package", ["torchvision", "torchaudio", "triton"])
def test_every_torch_has_its_companion(package: str) -> None:
    from packaging.specifiers import SpecifierSet

    fits = [
        SpecifierSet(row.torch)
        for row in rows("companions")
        if row.package == package and row.torch
    ]
    first = "2.0.0" if package == "triton" else "1.12.0"
    wrong = [
        row
        for row in rows("torch_releases")
        if release_key(row.version) >= release_key(first)
        and not any(s.contains(row.version) for s in fits)
    ]
    assert bad("torch_releases", wrong) == []


@pytest.mark.parametrize(
    "package", ["torchvision", "torchaudio", "triton", "xformers", "torchcodec"]
)
def test_a_compiled_companion_says_for_which_python(package: str) -> None:
    """Without its tags a plan would name a Python that it has no wheel for; one abi3 wheel is for all of them."""
    wrong = [
        row
        for row in rows("companions")
        if row.package == package
        and not row.python_tags
        and not (package == "xformers" and release_key(row.version.split(".post")[0]) >= (0, 0, 31))
    ]
    assert bad("companions", wrong) == []


def test_an_image_of_pytorch_names_what_it_holds() -> None:
    built = {
        (row.torch, row.cuda) for row in rows("torch_builds") if row.platform == "linux-x86_64"
    }
    wrong = []
    for row in rows("images"):
        if row.family != "pytorch" or row.cuda is None or row.status == "absent":
            continue
        rest = f"-cuda{row.cuda}-cudnn{row.cudnn.partition('.')[0]}-{row.kind}"
        tags = {f"pytorch/pytorch:{row.torch}{rest}"}
        if row.torch in ("1.3.0", "1.4.0"):  # written with two numbers
            tags = {f"pytorch/pytorch:{row.torch.removesuffix('.0')}{rest}"}
        if row.reference not in tags or (row.torch, row.cuda) not in built:
            wrong.append(row)
    assert bad("images", wrong) == []


def test_an_image_of_cuda_names_what_it_holds() -> None:
    wrong = []
    for row in rows("images"):
        if row.family == "nvidia-cuda":
            tag = row.reference.partition(":")[2].split("-")
            if (
                tag[0] != row.cuda
                or tag[-1] != row.os
                or tag[-2] != row.kind
                or (len(tag) == 4) != bool(row.cudnn)
            ):
                wrong.append(row)
    assert bad("images", wrong) == []


@pytest.mark.parametrize(
    ("reference", "instead"),
    [
        ("pytorch/pytorch:2.9.0-cuda11.8-devel", "pytorch/pytorch:2.9.0-cuda12.6-cudnn9-devel"),
        (
            "pytorch/pytorch:2.8-cuda11.8-devel-jupyter",
            "pytorch/pytorch:2.7.1-cuda11.8-cudnn9-devel",
        ),
        ("pytorch/pytorch:1.13-cuda11.7-devel", "pytorch/pytorch:1.13.1-cuda11.6-cudnn8-devel"),
    ],
)
def test_a_tag_of_the_blogs_is_known_not_to_exist(reference: str, instead: str) -> None:
    (row,) = (row for row in rows("images") if row.reference == reference)

    assert row.status == "absent"
    assert instead in row.nearest


def test_signatures_name_causes_of_the_list() -> None:
    slugs = {cause[0] for row in rows("signatures") for cause in row.causes if cause[0]}
    assert slugs <= CAUSES
    wrong = [row for row in rows("signatures") if not row.causes or not row.patterns or not row.fix]
    assert bad("signatures", wrong) == []


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("RuntimeError: The NVIDIA driver on your system is too old (found version 11040). Please", "torch_driver_too_old"),
        ("CUDA-capable device(s) is/are busy or unavailable", "cuda_46_busy"),
        ("Error 804: forward compatibility was attempted on non supported HW", "cuda_804_compat"),
        ('could not select device driver "" with capabilities: [[gpu]].', "docker_no_gpu_driver"),
        ("unsatisfied condition: cuda>=12.8, please update your driver", None),
        ("requirement error: unsatisfied condition: cuda>=12.8, please update", "ctk_cuda_requirement"),
        ("Failed to initialize NVML: Unknown Error", "nvml_unknown_error_container"),
        ("Unexpected error from cudaGetDeviceCount(). Error 999: unknown error", "cuda_999_unknown"),
        ("The detected CUDA version (12.4) mismatches the version that was used to compile\nPyTorch (11.8).", "cuda_mismatch_build"),
        ("nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot", "ctk_load_library"),
    ],
)  # fmt: skip
def test_a_text_is_recognised(text: str, signature: str | None) -> None:
    found = {row.id for row in recognise(text, matrix())}

    assert signature in found if signature else not found
    assert not {"cuda_999_unknown", "cuda_3_not_initialized_hmm"} & found - {signature}, "too broad"
