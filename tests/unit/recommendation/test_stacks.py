"""Companions in the answer: each is a build with a torch, a CUDA runtime, GPU code and pins of its own."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.matrix.builds.query import builds_of, cuda_majors
from torch_doctor.recommendation.answer import Answer
from torch_doctor.recommendation.solving.companions import stacks

from tests.unit.recommendation.asking import MATRIX, ask, best, in_words, why_not


def along(answer: Answer) -> dict[str, str | None]:
    return {package.name: package.version for package in answer.plans[0].companions}


STACKS: list[tuple[dict[str, Any], str, dict[str, str]]] = [
    ({"with_": "vllm"}, "2.14.0+cu130", {"vllm": "0.33.0"}),
    ({"with_": "vllm", "driver": "535"}, "2.10.0+cu128", {"vllm": "0.19.1"}),
    ({"with_": "vllm==0.33.0"}, "2.14.0+cu130", {"vllm": "0.33.0"}),
    ({"with_": "sglang"}, "2.14.1+cu130", {"sglang": "0.5.23"}),
    ({"with_": "sglang", "driver": "535"}, "2.9.1+cu128", {"sglang": "0.5.10.post1"}),
    ({"with_": "xformers"}, "2.14.1+cu126", {"xformers": "0.0.35"}),
    ({"with_": "xformers", "torch": "2.9"}, "2.9.1+cu128", {"xformers": "0.0.33.post2"}),
    ({"with_": "torchaudio"}, "2.15.0+cu132", {"torchaudio": "2.11.1"}),
    ({"with_": "torchaudio", "driver": "535"}, "2.14.1+cu126", {"torchaudio": "2.11.0"}),
    ({"with_": "torchtext"}, "2.3.0+cu121", {"torchtext": "0.18.0"}),
    ({"with_": "torchcodec"}, "2.15.0+cu132", {"torchcodec": "0.17.0"}),
    ({"with_": "bitsandbytes", "driver": "535"}, "2.14.1+cu126", {"bitsandbytes": "0.50.2"}),
    (
        {"with_": ("vllm", "xformers")},
        "2.10.0+cu128",
        {"vllm": "0.19.1", "xformers": "0.0.35"},
    ),
]


@pytest.mark.parametrize(("asked", "build", "packages"), STACKS, ids=str)
def test_the_newest_torch_that_all_packages_go_with(
    asked: dict[str, Any], build: str, packages: dict[str, str]
) -> None:
    answer = ask("A100", **asked)

    assert best(answer) == build, why_not(answer, build)
    assert along(answer) == packages
    assert answer.plans[0].because


@pytest.mark.parametrize(
    ("package", "version", "majors"),
    [
        ("vllm", "0.20.0", (13,)),
        ("vllm", "0.19.1", (12,)),
        ("vllm", "0.33.0", (13,)),
        ("xformers", "0.0.33", (13,)),
        ("xformers", "0.0.33.post1", (12,)),
        ("xformers", "0.0.33.post2", (12,)),
        ("xformers", "0.0.34", (12,)),
        ("xformers", "0.0.35", (12,)),
        ("torchao", "0.16.0", (12,)),
        ("torchao", "0.17.0", (13,)),
        ("torchvision", "0.25.0", (12,)),
        ("torchvision", "0.26.0", (13,)),
        ("torchaudio", "2.10.0", (12,)),
        ("torchaudio", "2.11.0", (13,)),
    ],
)
def test_the_runtime_that_each_release_asks_for(
    package: str, version: str, majors: tuple[int, ...]
) -> None:
    rows = [b for b in builds_of(MATRIX, package, version) if b.platform == "linux-x86_64"]

    assert {cuda_majors(row) for row in rows} == {majors}


def test_a_runtime_of_another_cuda_is_no_plan() -> None:
    answer = ask("A100", torch="2.14.0+cu126", with_="vllm==0.33.0")

    assert answer.exit_code == 1
    assert "asks the loader for libcudart.so.13" in why_not(answer, "2.14.0+cu126")
    assert "which torch for CUDA 12.6 does not bring" in why_not(answer, "2.14.0+cu126")
    assert "xformers 0.0.35 asks the loader for libcudart.so.12" in why_not(
        ask("A100", with_="xformers"), "2.15.0+cu132"
    )


@pytest.mark.parametrize(
    ("package", "build", "version"),
    [("vllm", "2.10.0+cu128", "0.19.1"), ("xformers", "2.7.0+cu126", "0.0.30")],
)
def test_a_gpu_that_newer_releases_left_out(package: str, build: str, version: str) -> None:
    answer = ask("V100", with_=package)

    assert best(answer) == build
    assert along(answer) == {package: version}


def test_a_gpu_that_no_release_for_this_torch_has_code_for() -> None:
    answer = ask("V100", torch="2.10.0+cu128", with_="xformers")

    assert answer.exit_code == 1
    assert "has no code for V100 (7.0)" in why_not(answer, "2.10.0+cu128")


def test_a_package_that_needs_newer_gpus_whatever_its_builds() -> None:
    answer = ask("V100", with_="flash-attn")

    assert answer.exit_code == 1
    assert "lacks flash-attn-2, which needs 8.0 or newer" in why_not(answer, "2.10.0+cu128")


def test_what_a_release_pins_must_work_too() -> None:
    both = ask("A100", with_=("vllm==0.33.0", "torchvision==0.29.2"))

    assert both.exit_code == 1
    assert "vllm 0.33.0 pins torchvision 0.29.0, not torchvision 0.29.2" in why_not(
        both, "2.14.0+cu130"
    )
    assert along(ask("A100", with_=("vllm==0.33.0", "torchvision"))) == {
        "vllm": "0.33.0",
        "torchvision": "0.29.0",
    }


def test_a_pinned_package_of_another_cuda_rules_a_release_out() -> None:
    answer = ask("A100", driver="535", torch="2.14.1", with_="sglang==0.5.23")

    assert answer.exit_code == 1
    assert "sglang 0.5.23 pins" in why_not(answer, "2.14.1+cu126")
    assert "libcudart.so.13" in why_not(answer, "2.14.1+cu126")


def test_a_lower_bound_does_not_promise_later_releases_of_torch() -> None:
    answer = ask("A100", with_="torchtext", torch="2.4")

    assert answer.exit_code == 2
    assert "goes with a torch that is newer than it is not on record" in why_not(
        answer, "2.4.1+cu121"
    )
    assert "0.33.0 needs torch ==2.14.0" in why_not(ask("A100", with_="vllm"), "2.15.0+cu132")


def test_what_torchs_index_may_have_is_not_a_no() -> None:
    answer = ask("A100", torch="2.7.1+cu118", with_="xformers==0.0.31")

    assert answer.exit_code == 2
    assert "whether torch's index has one for cu118 is not on record" in why_not(
        answer, "2.7.1+cu118"
    )


def test_what_torchs_index_lacks_comes_from_the_default_one_where_that_fits() -> None:
    plan = ask("A100", torch="2.14.1+cu132", with_="torchaudio==2.11.0").plans[0]

    (audio,) = plan.companions
    assert (audio.version, audio.origin) == ("2.11.0", "default")
    assert "--extra-index-url" in plan.commands["pip"]
    older = ask("A100", torch="2.14.1+cu126", with_="torchaudio==2.11.1")
    assert "torchaudio 2.11.1 asks the loader for libcudart.so.13" in why_not(older, "2.14.1+cu126")


def test_a_package_that_only_gets_slower_is_said_not_refused() -> None:
    answer = ask("A100", driver="535", with_="torchao")

    assert best(answer) == "2.14.1+cu126"
    assert "its own kernels are left out" in in_words(answer)


def test_the_stable_abi_is_not_for_free_threaded_pythons() -> None:
    answer = ask("A100", with_="vllm", python="3.14t")

    assert answer.exit_code == 1
    assert "has no build for Python 3.14t" in why_not(answer, "2.14.0+cu130")
    assert best(ask("A100", with_="vllm", python="3.14")) == "2.14.0+cu130"


def test_a_platform_without_builds() -> None:
    answer = ask("RTX 4090", platform="windows", with_="vllm")

    assert answer.exit_code == 1
    assert "has no build for windows-x86_64" in why_not(answer, "2.14.0+cu130")


def test_every_companion_of_every_plan_is_on_record() -> None:
    known = {(row.package, row.version) for row in (*MATRIX.companion_builds, *MATRIX.companions)}
    for package in ("vllm", "xformers", "torchaudio", "torchvision", "sglang", "torchcodec"):
        for plan in ask("A100", with_=package, limit=40).plans:
            assert {(one.name, one.version) for one in plan.companions} <= known


def test_several_packages_and_two_machines_have_one_answer() -> None:
    answer = ask("A100", "H100", with_=("torchvision", "torchaudio"), driver="535")

    assert along(answer) == {"torchvision": "0.29.2", "torchaudio": "2.11.0"}
    assert best(answer) == "2.14.1+cu126"


def test_no_older_release_is_looked_at_where_the_newest_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    fit = stacks.fit

    def counted(release: Any, offer: Any, *rest: Any) -> Any:
        seen.append((offer.label, release.name))
        return fit(release, offer, *rest)

    monkeypatch.setattr(stacks, "fit", counted)
    ask("A100", with_="vllm")

    assert [name for label, name in seen if label == "torch 2.13.0+cu130"] == ["vllm 0.32.0"]


def test_a_python_for_which_a_pinned_package_has_no_wheel_is_left_out() -> None:
    python = ask("A100", with_="vllm==0.5.3.post1").plans[0].python
    refused = ask("A100", with_="vllm==0.5.3.post1", python="3.12")

    assert "cp311" in python
    assert "cp312" not in python
    assert "pins vllm-flash-attn 2.5.9.post1: " in why_not(refused, "2.3.1+cu121")
    assert "cp312" in ask("A100", with_="vllm==0.5.4").plans[0].python


def test_what_a_pin_has_no_code_for_is_done_by_other_kernels() -> None:
    assert along(ask("V100", with_="vllm==0.5.3")) == {"vllm": "0.5.3"}


def test_what_no_index_has_is_built_from_its_makers_source_for_the_torch_that_they_name() -> None:
    answer = ask("A100", with_=("pytorch3d", "torchvision"))
    plan = answer.plans[0]
    install = plan.commands["pip"].splitlines()

    assert best(answer) == "2.4.1+cu121"
    assert install[0].endswith('"torch==2.4.1" "torchvision==0.19.1"')
    assert install[-1].endswith('/pytorch3d/archive/refs/tags/v0.7.9.tar.gz"')
    assert "--no-build-isolation" in install[-1]
    assert "nvcc of CUDA 12" in in_words(answer)
    assert (plan.image or "").endswith("-devel")
    assert "ENV FORCE_CUDA=1\n" in plan.commands["dockerfile"]  # docker build sees no GPU


@pytest.mark.parametrize(("package", "torch"), [("pytorch3d", "2.0.1"), ("detectron2", "2.5.1")])
def test_a_torch_that_the_makers_do_not_name_is_not_known_to_do(package: str, torch: str) -> None:
    answer = ask("A100", with_=package, torch=torch)

    assert answer.exit_code == 2
    assert "can be built against another torch than >=" in why_not(answer, f"{torch}+cu118")
    newer = ask("RTX 5090", with_=package)
    assert newer.exit_code == 2
    assert "no code for" in why_not(newer, "2.4.1+cu124")


def test_a_wheel_for_one_cuda_10_goes_with_no_other() -> None:
    answer = ask("T4", with_="pytorch3d==0.3.0")

    assert best(answer) == "1.6.0+cu101"
    assert "asks the loader for libcudart.so.10.1" in why_not(answer, "1.6.0+cu102")


def test_what_its_makers_build_on_linux_alone_is_not_known_elsewhere() -> None:
    answer = ask("RTX 4090", platform="windows", with_="detectron2")

    assert answer.exit_code == 2
    assert "its makers name linux and wsl" in why_not(answer, "2.4.1+cu124")


@pytest.mark.parametrize("release", ["0.4.4", "0.4.5.post2", "0.4.6"])
def test_what_pins_a_release_that_the_index_has_no_more_cannot_be_installed(release: str) -> None:
    answer = ask("A100", driver="550", with_=f"sglang=={release}")

    assert not answer.plans
    reasons = "\n".join(why_not(answer, build) for build in ("2.5.1+cu124", "2.6.0+cu124"))
    assert "which the package index has no more" in reasons
