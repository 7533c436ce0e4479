"""What recommend answers to the questions that people get wrong. Every build is checked against the matrix's sources."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.version import DriverRelease
from torch_doctor.recommendation.question.asked import QuestionError

from tests.unit.recommendation.asking import MATRIX, ask, best, in_words, steps, why_not

NEWEST = "2.15.0"  # what the tests below take for the newest release

PLANS: list[tuple[tuple[str, ...], dict[str, Any], str, str | None]] = [
    # GPUs, the rest of the question, the build, the oldest driver for it
    (("A100",), {}, "2.15.0+cu132", "580.65.06"),
    (("A100",), {"driver": "580"}, "2.15.0+cu132", "580.65.06"),
    (("A100",), {"driver": "535"}, "2.14.1+cu126", "525.60.13"),
    (("A100",), {"driver": "470"}, "2.7.1+cu118", "450.80.02"),
    (("A100",), {"driver": "450.80.02"}, "2.7.1+cu118", "450.80.02"),
    (("V100",), {"driver": "580"}, "2.14.1+cu126", "525.60.13"),
    (("P100",), {"driver": "570"}, "2.14.1+cu126", "525.60.13"),
    (("GTX 1080 Ti",), {}, "2.14.1+cu126", "525.60.13"),
    (("RTX 5090",), {"driver": "580"}, "2.15.0+cu132", "580.65.06"),
    (("K80",), {"driver": "470"}, "2.7.1+cu118", "450.80.02"),
    (("RTX 4090",), {"platform": "windows"}, "2.15.0+cu132", "580"),
    (("RTX 4090",), {"platform": "windows", "driver": "566.36"}, "2.14.1+cu126", "527.41"),
    (("RTX 4090",), {"platform": "wsl", "driver": "566.36"}, "2.14.1+cu126", "527.41"),
    (("GB10",), {}, "2.15.0+cu132", "580.65.06"),
    (("GH200",), {}, "2.15.0+cu132", "580.65.06"),
    (("Thor",), {}, "2.15.0+cu132", "580.65.06"),
    (("V100", "B200"), {}, "2.10.0+cu128", "570"),
    (("A100",), {"python": "3.8"}, "2.4.1+cu121", "525.60.13"),
    (("A100",), {"python": "3.10"}, "2.14.1+cu130", "580.65.06"),
    (("A100",), {"glibc": "2.17"}, "2.6.0+cu124", "525.60.13"),
    (("A100",), {"torch": "2.8"}, "2.8.0+cu128", "525.60.13"),
    (("A100",), {"torch": "2.8.0+cu126"}, "2.8.0+cu126", "525.60.13"),
    (("A100",), {"cuda": "12.6"}, "2.14.1+cu126", "525.60.13"),
    (("A100",), {"cuda": "cu118"}, "2.7.1+cu118", "450.80.02"),
    (("A100",), {"with_": "vllm==0.30.0"}, "2.13.0+cu130", "580.65.06"),
    (("A100",), {"prefer": "stable"}, "2.14.1+cu130", "580.65.06"),
    ((), {"compute_capability": "8.6", "driver": "535"}, "2.14.1+cu126", "525.60.13"),
]


@pytest.mark.parametrize(("gpus", "asked", "build", "driver"), PLANS, ids=str)
def test_plan(gpus: tuple[str, ...], asked: dict[str, Any], build: str, driver: str | None) -> None:
    answer = ask(*gpus, **asked)

    assert best(answer) == build, why_not(answer, build)
    assert answer.plans[0].min_driver == driver
    assert answer.exit_code == 0
    assert answer.plans[0].why
    assert answer.plans[0].because


@pytest.mark.parametrize(
    ("gpu", "cuda", "unlocked"),
    [("A100", "12.2", "+cu12"), ("RTX 5090", "12.2", "+cu12"), ("RTX 5090", "11.4", "+cu13")],
)
def test_who_asks_for_a_cuda_without_builds_gets_one_of_the_same_major_where_one_runs(
    gpu: str, cuda: str, unlocked: str
) -> None:
    answer = ask(gpu, cuda=cuda)

    step = next(step for step in answer.relaxations if step.gives_way == "cuda")
    assert unlocked in step.unlocks


def test_the_newest_release_is_the_one_the_tests_are_written_for() -> None:
    """When a release is added, the answers above change: look at each of them again."""
    assert (
        max(MATRIX.torch_releases, key=lambda row: tuple(map(int, row.version.split(".")))).version
        == NEWEST
    )


def test_volta_says_why_nothing_newer_and_where_its_roads_end() -> None:
    answer = ask("V100", driver="580")

    assert "no code for V100 (sm_70)" in why_not(answer, "2.15.0+cu132")
    assert "this is the last release with code for V100" in in_words(answer)
    assert "R580 is the last driver branch" in in_words(answer)
    assert "a plain pip install brings 2.15.0+cu132, which would not run" in in_words(answer)
    assert not answer.relaxations


def test_blackwell_on_r570_has_no_cuda_13_and_says_so() -> None:
    answer = ask("RTX 5090", driver="570")

    assert best(answer) == "2.13.0+cu129"
    assert "older than 580.65.06" in why_not(answer, "2.15.0+cu132")
    assert "no code for NVIDIA GeForce RTX 5090" in why_not(answer, "2.14.1+cu126")
    assert steps(answer) == {"driver": "torch 2.15.0+cu132"}


def test_an_old_driver_on_an_eligible_gpu_may_be_overlaid() -> None:
    answer = ask("A100", driver="535")

    assert steps(answer)["forward-compat"] == "torch 2.15.0+cu132"
    assert answer.relaxations[0].text.startswith("cuda-compat-13-2 over driver 535")
    assert answer.relaxations[0].because[0].row == "compat_packages/13.2/535"
    assert "forward-compat" not in steps(ask("RTX 4090", driver="535"))


def test_forward_compatibility_needs_a_base_branch_on_record() -> None:
    assert steps(ask("A100", driver="470")) == {"driver": "torch 2.14.1+cu126"}
    texts = [step.text for step in ask("A100", driver="470").relaxations]
    assert texts == ["driver 525.60.13 or newer", "driver 580.65.06 or newer"]


def test_kepler_is_at_its_end() -> None:
    answer = ask("K80", driver="470")

    assert "this is the last release with code for Tesla K80" in in_words(answer)
    assert "R470 is the last driver branch" in in_words(answer)
    assert not answer.relaxations
    assert best(ask("K80", driver="495")) == ""


def test_no_build_helps_where_the_driver_does_not_know_the_gpu() -> None:
    answer = ask("H100", driver="470")

    assert not answer.plans
    assert answer.exit_code == 1
    kinds = {reason.kind for item in answer.rejected for reason in item.reasons}
    assert "driver-older-than-gpu" in kinds
    assert all(
        any(reason.kind == "driver-older-than-gpu" for reason in item.reasons)
        for item in answer.rejected
    )
    assert [step.gives_way for step in answer.relaxations] == ["driver", "driver", "gpu"]


def test_nothing_at_all_runs_on_r390() -> None:
    answer = ask("A100", driver="390")

    assert (answer.plans, answer.exit_code) == ((), 1)
    assert answer.relaxations[0].text == "driver 450.80.02 or newer"


def test_windows_needs_the_index() -> None:
    plan = ask("RTX 4090", platform="windows").plans[0]

    assert "--index-url https://download.pytorch.org/whl/cu132" in plan.commands["pip"]
    assert "without it pip installs a CPU build on this platform" in "\n".join(plan.notes)
    assert plan.platform == "windows-x86_64"


def test_a_superchip_brings_its_own_platform() -> None:
    answer = ask("GB10")

    assert answer.plans[0].platform == "linux-aarch64"
    assert "its sm_120 code is what GB10 (12.1) runs" in in_words(answer)
    assert answer.plans[0].commands["pip"] == 'python -m pip install "torch==2.15.0"'


def test_a_jetson_before_thor_gets_nvidias_own_image() -> None:
    answer = ask("Orin")

    plan = answer.plans[0]
    assert plan.platform == "jetson"
    assert plan.image is not None
    assert plan.image.endswith("-igpu")
    assert set(plan.commands) == {"docker", "dockerfile", "compose", "kubernetes"}
    assert "--runtime nvidia" in plan.commands["docker"]
    assert "needs NVIDIA's own build" in why_not(answer, "2.15.0+cu132")
    assert plan.min_driver is None


@pytest.mark.parametrize("gpu", ["Jetson Nano", "Jetson TX2", "Xavier"])
def test_no_image_for_orin_is_offered_to_an_older_jetson(gpu: str) -> None:
    answer = ask(gpu)

    assert answer.plans == ()
    assert "needs NVIDIA's own build" in why_not(answer, "2.15.0+cu132")


def test_a_mixed_host_needs_one_build_for_all() -> None:
    answer = ask("V100", "B200")

    runs = {f"{item.candidate.torch}+{item.candidate.variant}" for item in answer.accepted}
    assert {"2.8.0+cu128", "2.9.0+cu128", "2.9.1+cu128", "2.10.0+cu128"} <= runs
    assert all(build.split("+")[0].startswith(("2.8", "2.9", "2.10")) for build in runs)
    assert "no code for V100 (sm_70)" in why_not(answer, "2.11.0+cu128")
    assert "no code for NVIDIA B200" in why_not(answer, "2.14.1+cu126")


def test_kernel_modules_that_no_machine_has_together() -> None:
    assert "in one machine no driver drives both: B200 needs" in in_words(ask("V100", "B200"))
    none = ask("B200", "GTX 1080", driver="580")
    assert not none.plans
    assert (
        "B200 needs NVIDIA's open kernel modules, GeForce GTX 1080 cannot"
        in none.constraints.notes[-1]
    )
    assert "RTX 5090 needs NVIDIA's open kernel modules" in in_words(ask("RTX 5090"))
    for gpus, platform in ((["RTX 5090"], "windows"), (["A100", "V100"], None)):
        assert "kernel modules" not in in_words(ask(*gpus, platform=platform))


def test_a_gpu_row_of_low_confidence_does_not_decide_alone() -> None:
    answer = ask("B100")

    assert answer.plans[0].confidence == "low"
    assert "what is on record of B100 is of low confidence" in in_words(answer)
    assert ask("B200").plans[0].confidence == "high"


def test_gpus_that_no_driver_drives_together() -> None:
    answer = ask("K80", "B200")

    assert answer.exit_code == 1
    assert {step.text for step in answer.relaxations} == {"without Tesla K80", "without B200"}


def test_a_plan_names_only_pythons_that_its_companion_has() -> None:
    plan = ask("A100", torch="2.7.0", with_="xformers").plans[0]

    assert plan.python == ("cp39", "cp310", "cp311", "cp312")
    assert "xformers" in why_not(ask("GH200", with_="xformers"), "2.15.0+cu132")


def test_a_feature_that_the_gpu_lacks() -> None:
    answer = ask("P100", feature="flash-attn-2")

    assert answer.exit_code == 1
    assert all(any(r.kind == "feature-missing" for r in item.reasons) for item in answer.rejected)
    assert steps(answer)["feature"] == "torch 2.14.1+cu126"
    assert "8.0 (Ampere)" in answer.relaxations[-1].text


@pytest.mark.parametrize(
    ("gpu", "feature", "has"),
    [
        ("H100", "flash-attn-3", True),
        ("B200", "flash-attn-3", False),
        ("RTX 4090", "fp8", True),
        ("A100", "fp8", False),
        ("V100", "compile", True),
        ("P100", "compile", False),
        ("A10", "mig", False),
    ],
)
def test_features(gpu: str, feature: str, has: bool) -> None:
    assert (ask(gpu, feature=feature).exit_code == 0) is has


def test_companions_come_with_the_torch_they_go_with() -> None:
    plan = ask("A100", torch="2.8.0", with_=("torchvision", "torchaudio")).plans[0]

    assert plan.requirements == ("torch==2.8.0", "torchvision==0.23.0", "torchaudio==2.8.0")
    impossible = ask("A100", torch="2.8.0", with_="vllm==0.30.0")
    assert impossible.exit_code == 1
    assert {"torch", "companion"} <= set(steps(impossible))


def test_images_exist_and_fit_the_purpose() -> None:
    prod = ask("V100", driver="580").plans[0]
    dev = ask("V100", driver="580", purpose="dev").plans[0]

    assert prod.image == "pytorch/pytorch:2.14.1-cuda12.6-cudnn9-runtime"
    assert dev.image == "pytorch/pytorch:2.14.1-cuda12.6-cudnn9-devel"
    assert (prod.image_kind, dev.image_kind) == ("runtime", "devel")
    assert prod.image_status in ("confirmed", "expected")
    none_yet = ask("A100").plans[0]
    assert none_yet.image is None
    assert none_yet.imaged is not None
    assert "no image of torch 2.15.0+cu132 is on record" in none_yet.imaged.why
    assert "docker" not in none_yet.commands


def test_every_image_of_every_plan_is_a_row_that_exists() -> None:
    rows = {row.reference: row for row in MATRIX.images}
    for gpu in ("A100", "K80", "GB10", "Orin"):
        for plan in ask(gpu, limit=200).plans:
            assert plan.image is None or rows[plan.image].status in ("confirmed", "expected")


def test_limit_and_order() -> None:
    answer = ask("A100", limit=500)

    assert len(answer.plans) == len(answer.accepted) > 50
    releases = [tuple(map(int, plan.torch.split("."))) for plan in answer.plans]
    assert releases == sorted(releases, reverse=True)
    assert len(ask("A100", limit=1).plans) == 1


def test_only_published_builds_are_recommended() -> None:
    answer = ask("A100", limit=500)

    assert all(row.status == "published" for item in answer.accepted for row in item.candidate.rows)
    assert "announced" in why_not(answer, "2.15.0+cu130")


@pytest.mark.parametrize(
    ("gpus", "asked", "words"),
    [
        (("RTX 6000",), {}, ("7.5", "8.9", "12.0", "24 GB", "48 GB", "96 GB")),
        (("A100",), {"torch": "2.16.0"}, ("no torch 2.16.0 is on record", "ends at 2.15.0")),
        (("A100",), {"torch": "0.4"}, ("no torch 0.4 is on record", "begins at 1.")),
        (
            ("A100",),
            {"with_": "vllm==9.9"},
            ("no vllm ==9.9 is on record", "begins at 0.2.3", "ends at 0.33.0"),
        ),
        (("RTX 5099",), {}, ("did you mean", "RTX 5090")),
        (("banana",), {}, ("'banana'", "--compute-capability")),
        (("A100",), {"driver": "latest"}, ("--driver", "'latest'", "580.65.06")),
        (("A100",), {"platform": "bsd"}, ("--platform", "linux-x86_64")),
        (("A100",), {"python": "two"}, ("--python", "3.12")),
        (("A100",), {"glibc": "musl"}, ("--glibc", "2.28")),
        (("A100",), {"torch": "newest"}, ("--torch", "2.8.0")),
        (("A100",), {"torch": "2.8.0+cuda"}, ("--torch", "cu128")),
        (("A100",), {"cuda": "twelve"}, ("--cuda", "12.6")),
        (("A100",), {"feature": "fp9"}, ("--feature", "did you mean fp8?")),
        (("A100",), {"with_": "torchvison"}, ("--with", "did you mean torchvision?")),
        (("A100",), {"with_": "!"}, ("--with",)),
        (("A100",), {"with_": "vllm==x==y"}, ("--with",)),
        (("A100",), {"purpose": "fun"}, ("--purpose", "dev")),
        (("A100",), {"prefer": "cheap"}, ("--prefer", "newest")),
        (("A100",), {"limit": 0}, ("--limit",)),
        ((), {"compute_capability": "sm_90"}, ("--compute-capability", "8.6")),
        (("A100", "V100"), {"compute_capability": "8.0"}, ("--compute-capability",)),
        (("A100",), {"compute_capability": "9.0"}, ("A100", "9.0", "8.0")),
        (("Orin", "GB10"), {}, ("Orin", "GB10")),
        (("GB10",), {"platform": "windows"}, ("GB10", "linux-aarch64", "windows")),
        (("Orin",), {"platform": "linux-x86_64"}, ("Orin", "jetson")),
        (("A100",), {"platform": "jetson"}, ("A100 is not a Jetson",)),
        (("A100",), {"driver": "12.8"}, ("no driver 12.8", "nvidia-smi", "580.65.06")),
        ((), {}, ("which GPUs this host has is not known", "--gpu")),
    ],
    ids=str,
)
def test_bad_questions_are_one_line(
    gpus: tuple[str, ...], asked: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(QuestionError) as caught:
        ask(*gpus, **asked)

    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_jetson_may_be_called_one() -> None:
    assert ask("Thor", platform="jetson").plans == ask("Thor").plans


def test_a_capability_that_nobody_has_is_said() -> None:
    answer = ask(compute_capability="9.9")

    assert answer.constraints.notes == ("no GPU of compute capability 9.9 is on record",)


def test_a_driver_past_the_last_branch_of_the_gpu_must_go_back() -> None:
    (step,) = [one for one in ask("V100", driver="590").relaxations if one.gives_way == "driver"]

    assert step.text == "driver 525.60.13 or newer, R580 at most"
    assert step.unlocks == "torch 2.14.1+cu126"


def test_a_capability_tells_which_of_a_name_is_meant() -> None:
    assert ask("RTX 6000", compute_capability="8.9").machines[0].gpus[0].capability.minor == 9  # type: ignore[index,union-attr]


def test_variants_of_one_product_are_taken_together_and_named() -> None:
    (note,) = ask("P100").constraints.notes

    assert note.startswith("P100 stands for Tesla P100-PCIE-16GB")


def test_a_bare_branch_is_its_newest_release() -> None:
    answer = ask("A100", driver="535")

    assert str(answer.machines[0].driver).startswith("535.")
    assert "the newest release of that branch" in answer.constraints.notes[-1]
    assert str(ask("A100", driver="R580").machines[0].driver).startswith("580.")
    assert str(ask("T4", driver="410").machines[0].driver) == "410.48"
    newest = ask("A100", driver="999").machines[0].driver
    assert newest is not None and newest.release > DriverRelease.parse("999.100")
    assert str(newest) == "999"  # no release that nobody has heard of


def test_companions_narrow_the_pythons() -> None:
    plain = ask("A100", torch="2.15").plans[0]
    audio = ask("A100", torch="2.15", with_="torchaudio").plans[0]

    assert "cp315" in plain.python
    assert audio.python == plain.python  # 2.11.1 is one wheel for every Python
    assert (
        ask("A100", torch="2.15", with_="torchvision").plans[0].python == plain.python
    )  # one py3 wheel
    older = ask("A100", torch="2.15", python="3.15", with_="torchaudio==2.11.0")
    assert "torchaudio 2.11.0 has no build for Python 3.15" in why_not(older, "2.15.0+cu132")
    assert best(ask("A100", python="3.13", with_="torchvision", torch="<2.6")) == ""
    assert best(ask("A100", python="3.10", with_="vllm", driver="580")) == "2.13.0+cu130"


@pytest.mark.parametrize("name", ["Jetson AGX Xavier", "Jetson TX2", "Jetson Nano"])
def test_an_older_jetson_is_sent_to_the_builds_for_its_jetpack(name: str) -> None:
    (step,) = ask(name).relaxations

    assert step.gives_way == "build"
    assert "Python 3.8 for JetPack 5" in step.unlocks
    assert {receipt.row for receipt in step.because} >= {"jetpacks/32", "jetpacks/35"}


def test_a_driver_that_is_newer_already_is_no_step() -> None:
    answer = ask("H100", driver="580", prefer="stable")

    assert best(answer) == "2.14.1+cu130"
    assert "torch 2.15.0 runs, too, but is not settled" in in_words(answer)
    assert not answer.relaxations
    assert "not settled" not in in_words(ask("H100", driver="580"))


def test_compiling_on_blackwell_needs_a_driver_for_the_assembler() -> None:
    """Triton 3.7 assembles for Blackwell with CUDA 13, which a driver of CUDA 12 may not load."""
    plain = ask("RTX 5090", driver="570")
    compiled = ask("RTX 5090", driver="570", feature="compile")

    assert best(plain) == "2.13.0+cu129"
    assert "torch.compile: driver 570.211.01 may not load" in in_words(plain)
    assert best(compiled) == "2.11.0+cu128"
    assert [step.text for step in compiled.relaxations] == ["driver 580.65.06 or newer"]
    assert "torch.compile" not in in_words(ask("A100", driver="570"))


def test_a_driver_before_the_product_is_said() -> None:
    assert "RTX 5050 is listed from driver 575.64.03 on" in in_words(ask("RTX 5050", driver="570"))
    assert "is listed from" not in in_words(ask("RTX 5050", driver="580"))
