"""What the rows of companions leave open is said: code that was not read, releases before the record, pins off it."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.matrix.load import load_matrix
from torch_doctor.recommendation.answer import Answer

from tests.unit.matrix.folders import HEADER, folder
from tests.unit.recommendation.asking import ask, best, in_words, why_not


def along(answer: Answer) -> dict[str, str | None]:
    return {package.name: package.version for package in answer.plans[0].companions}


def test_what_the_makers_ask_of_a_gpu_holds_where_no_code_was_read() -> None:
    answer = ask("P100", driver="580", with_="vllm")

    assert answer.exit_code == 1
    assert "P100 is 6.0, and vllm asks for 7.0 or newer" in why_not(answer, "2.10.0+cu126")
    assert best(ask("V100", driver="580", with_="vllm")) == "2.10.0+cu128"


def test_code_that_was_not_read_is_doubted_beside_a_release_without_it(tmp_path: Path) -> None:
    row = (
        '  - {package: vllm, version: "0.9.0", platform: linux-x86_64, abi: abi3, '
        'python_tags: [cp38], torch: "==2.7.0", needs: [libcudart.so.12], links_torch: true}\n'
    )
    over = folder(tmp_path, f"{HEADER}companion_builds:\n{row}", "companion_builds.yaml")
    matrix = load_matrix(over)
    new = ask("B200", driver="580", torch="2.7.0+cu128", with_="vllm==0.9.0", matrix=matrix)
    old = ask("A100", driver="580", torch="2.7.0+cu128", with_="vllm==0.9.0", matrix=matrix)

    assert new.exit_code == 2
    assert "whether vllm 0.9.0 has code for NVIDIA B200 (10.0) is not on record" in why_not(
        new, "2.7.0+cu128"
    )
    assert along(old) == {"vllm": "0.9.0"}


def test_one_release_without_code_for_older_gpus_between_two_with_it() -> None:
    refused = ask("T4", with_="vllm==0.4.0")

    assert refused.exit_code == 1
    assert "vllm 0.4.0 has no code for Tesla T4 (7.5)" in why_not(refused, "2.1.2+cu121")
    for version in ("0.3.3", "0.4.0.post1"):
        assert along(ask("T4", with_=f"vllm=={version}")) == {"vllm": version}


@pytest.mark.parametrize("driver", ["470", "515"])
def test_releases_before_the_record_are_not_ruled_out(driver: str) -> None:
    answer = ask("A100", driver=driver, with_="vllm")

    assert answer.exit_code == 2
    assert "releases of vllm older than 0.2.3 are not on record" in why_not(answer, "2.0.1+cu118")


def test_a_newer_python_than_any_release_knows_is_a_no_all_the_same() -> None:
    assert ask("A100", driver="535", python="3.14", with_="vllm").exit_code == 1
    assert ask("RTX 4090", platform="windows", with_="vllm").exit_code == 1


def test_a_release_that_is_pinned_comes_along_without_a_row_of_its_own() -> None:
    answer = ask("A100", driver="580", with_=("sglang==0.4.9.post3", "flashinfer-python"))

    assert along(answer) == {"sglang": "0.4.9.post3", "flashinfer-python": "0.2.7.post1"}
    assert "pins flashinfer-python 0.2.7.post1, which is not on record" in in_words(answer)
    recorded = ask("A100", driver="580", with_=("vllm==0.19.1", "flashinfer-python"))
    assert along(recorded) == {"vllm": "0.19.1", "flashinfer-python": "0.6.6"}
    assert "not on record" not in in_words(recorded)
    other = ask("A100", driver="580", with_=("vllm==0.19.1", "flashinfer-python==0.7.4"))
    assert other.exit_code == 1
    assert "vllm 0.19.1 pins flashinfer-python 0.6.6, not flashinfer-python 0.7.4" in why_not(
        other, "2.10.0+cu128"
    )


def test_two_packages_that_pin_a_third_apart_do_not_go_together() -> None:
    answer = ask("A100", driver="580", with_=("vllm==0.32.0", "sglang==0.5.21"))

    assert answer.exit_code == 1
    reason = why_not(answer, "2.13.0+cu130")
    assert "pins flashinfer-python 0.7.0.post1, and sglang 0.5.21 pins flashinfer-python" in reason


def test_two_servers_pin_more_than_the_rows_hold() -> None:
    answer = ask("A100", driver="580", with_=("vllm==0.29.0", "sglang==0.5.21"))

    assert answer.exit_code == 2
    assert "all that vllm 0.29.0 and sglang 0.5.21 pin goes together is not on record" in why_not(
        answer, "2.13.0+cu130"
    )


@pytest.mark.parametrize(
    ("package", "driver", "build", "version"),
    [
        ("onnxruntime-gpu", "535", "2.14.1+cu126", "1.26.0"),
        ("onnxruntime-gpu", "580", "2.15.0+cu132", "1.31.1"),
        ("ctranslate2", "580", "2.14.1+cu126", "4.8.5"),
        ("cupy-cuda12x", "580", "2.14.1+cu126", "14.2.0"),
        ("cupy-cuda13x", "580", "2.15.0+cu132", "14.2.0"),
        ("tensorrt-cu12", "535", "2.14.1+cu126", "11.4.0.106"),
    ],
)
def test_the_cuda_of_a_package_that_links_no_torch(
    package: str, driver: str, build: str, version: str
) -> None:
    answer = ask("A100", driver=driver, with_=package)

    assert best(answer) == build, why_not(answer, build)
    assert along(answer) == {package: version}
    assert not answer.plans[0].built


@pytest.mark.parametrize("package", ["cupy-cuda13x", "tensorrt-cu13"])
def test_a_cuda_beside_torchs_own_needs_its_driver(package: str) -> None:
    old = ask("A100", driver="535", with_=package)
    unsaid = ask("A100", torch="2.8.0+cu128", with_=package)

    assert not old.plans
    assert "is for CUDA 13, which needs driver 580.65.06 or newer, not 535" in why_not(
        old, "2.14.1+cu126"
    )
    assert (best(unsaid), unsaid.plans[0].min_driver) == ("2.8.0+cu128", "580.65.06")


def test_a_form_that_names_an_image_says_what_the_image_lacks() -> None:
    plan = ask("H100", driver="535", with_=("vllm", "torchvision")).plans[0]

    for form in ("compose", "kubernetes"):
        first = plan.commands[form].splitlines()[0]
        assert first.startswith("# vllm==0.19.1 is not in this image")
    assert not ask("H100", driver="535").plans[0].commands["compose"].startswith("#")


def test_beside_nvidias_own_build_no_companion_is_promised() -> None:
    plan = ask("Orin", with_=("torchvision", "vllm")).plans[0]

    assert plan.notes[0].startswith("whether torchvision and vllm can be had beside NVIDIA's own")
    assert "can be had" not in " ".join(ask("Orin").plans[0].notes)


def test_what_the_oldest_release_pins_tells_where_its_record_begins() -> None:
    answer = ask("A100", driver="470", with_="tensorrt")

    assert answer.exit_code == 2
    assert "releases of tensorrt older than 10.2.0 are not on record" in why_not(
        answer, "2.7.1+cu118"
    )
    newest = ask("A100", driver="550", with_="tensorrt==11.4.0.106")
    assert newest.exit_code == 1
    assert "pins tensorrt-cu13 11.4.0.106: tensorrt-cu13 11.4.0.106 is for CUDA 13" in why_not(
        newest, "2.14.1+cu126"
    )
