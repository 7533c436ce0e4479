"""What would be: from nothing, from this machine or from a file, as recommend takes it, and marked in every format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch_doctor.probes.host.port import RecordedHost

from tests.cli.conftest import Run
from tests.forms import WHOLE
from tests.resting import rests_on
from tests.unit.probes.env_trees import SITE, torch_files, tree, venv


def facts_of(run: Run, text: str, **options: Any) -> dict[str, Any]:
    found = run("--assume", text, "--json", **options).report["facts"]
    return {name: fact.get("value") for name, fact in found.items()}


def test_it_starts_from_nothing(run: Run, empty_host: RecordedHost) -> None:
    """Nothing of this machine is read, and nothing but what was typed (and the platform) is known."""

    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    ran = run("--assume", "gpu=A100,driver=535,torch=2.9.1+cu126", "--json", host=Untouchable())

    assert ran.report["verdict"] == "healthy"
    assert ran.report["about"] == {
        "kind": "hypothetical",
        "name": "",
        "assumed": ["gpu=A100", "driver=535", "torch=2.9.1+cu126"],
    }
    sources = {fact["source"]["where"] for fact in ran.report["facts"].values() if "source" in fact}
    assert sources == {"--assume", "the platform that is asked from"}


@pytest.mark.parametrize(
    "words",
    [
        ["--assume", "host,driver=580"],
        [".", "--assume", "driver=580"],
        ["--static", "--assume", "driver=580"],
    ],
)
def test_it_starts_from_this_machine_as_asked(run: Run, tmp_path: Path, words: list[str]) -> None:
    """By the word host, by naming an environment, which is one of this machine, or by saying how to look."""
    host = tree(tmp_path, {**venv("/work/.venv"), **torch_files(f"/work/.venv/{SITE}")})

    report = run(*words, "--json", host=host).report

    assert report["facts"]["python_executable"]["value"] == "/work/.venv/bin/python"
    assert report["facts"]["driver_release"]["value"].startswith("580.")
    assert report["about"]["assumed"] == ["host", "driver=580"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch=2.13", {"torch_version": "2.13.0"}),
        ("torch=v2.13+cu130", {"torch_version": "2.13.0+cu130", "torch_cuda": "13.0"}),
        ("torch===2.13.0", {"torch_version": "2.13.0"}),
        ("torch=2.9.1,cuda=12.6", {"torch_version": "2.9.1+cu126", "torch_variant": "cuda"}),
        ("torch=2.9.1,cuda=cu126", {"torch_version": "2.9.1+cu126", "torch_cuda": "12.6"}),
        ("torch=2.9.1+cpu", {"torch_variant": "cpu"}),
        ("torch=2.9.1+rocm6.4", {"torch_variant": "rocm"}),
        ("cuda=12.8", {"torch_cuda": "12.8", "torch_variant": "cuda"}),
        ("python=3.12", {"python_tag": "cp312"}),
        ("glibc=2.28", {"libc": "glibc 2.28"}),
        ("platform=linux-aarch64", {"host_arch": "aarch64", "os_family": "linux"}),
        ("platform=wsl", {"wsl": True}),
        ("os=windows", {"os_family": "windows"}),
        ("gpu=GH200", {"host_arch": "aarch64"}),
        ("driver=R535", {"driver_release": "535.309.01"}),
    ],
)
def test_it_takes_what_recommend_takes(run: Run, text: str, expected: dict[str, Any]) -> None:
    facts = facts_of(run, text)

    assert {name: facts[name] for name in expected} == expected


def test_gpus_are_counted_mixed_and_narrowed(run: Run) -> None:
    gpus = facts_of(run, "gpu=2xV100+B200,gpu=T4")["gpus"]
    assert [gpu["compute_capability"] for gpu in gpus] == ["7.0", "7.0", "10.0", "7.5"]
    narrowed = facts_of(run, "gpu=RTX 6000,compute_capability=8.9")["gpus"]
    assert narrowed[0]["compute_capability"] == "8.9"


def test_another_cuda_of_the_installed_torch(run: Run, healthy: str) -> None:
    facts = run("--facts", healthy, "--assume", "cuda=12.6", "--json").report["facts"]

    assert facts["torch_version"]["value"] == "2.11.0+cu126"
    assert "arch_list" not in facts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gpu=MI300X", "--assume gpu: 'MI300X' is no NVIDIA GPU: AMD makes it"),
        ("gpu=H300", "--assume gpu: no GPU is called 'H300'; did you mean"),
        ("gpu=RTX 6000", "--assume gpu: 'RTX 6000' can mean"),
        ("driver=12.8", "--assume driver: there is no driver 12.8"),
        ("platform=beos", "--assume platform: 'beos' is none of"),
        ("glibc=x", "--assume glibc: not a glibc version"),
        ("torch=>=2.6", "--assume torch=>=2.6: this means nothing; not a torch version"),
        ("torch=2.9.1+cu126,cuda=13.0", "--assume torch=2.9.1+cu126,cuda=13.0: this means nothing"),
        ("cuda=new", "--assume cuda=new: this means nothing; not a CUDA version"),
        ("os=beos", "--assume os=beos: this means nothing; known are"),
        ("drver=550", "--assume: 'drver' cannot be assumed; did you mean driver?"),
        ("gpu=", "--assume gpu=: this means nothing"),
        ("hosts", "--assume hosts: this means nothing"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_one_line(run: Run, text: str, words: str) -> None:
    ran = run("--assume", text)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"torch-doctor: {words}")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("build", "driver", "code"),
    [
        ("2.8.0+cu128", "570", 0),
        pytest.param("2.8.0+cu126", "570", 1, marks=rests_on("TD425")),
        pytest.param("2.9.1+cu130", "570", 1, marks=rests_on("TD120", "TD425")),
    ],
)
def test_an_image_is_gated_after_its_build(
    run: Run, tmp_path: Path, build: str, driver: str, code: int
) -> None:
    """What stands in the image, on the GPUs and the driver that it is meant for."""
    cuda = build.rpartition("cu")[2]
    files = {
        **venv("/work/.venv"),
        **torch_files(
            f"/work/.venv/{SITE}", version=build, needed=(), cuda=f"{cuda[:2]}.{cuda[2:]}"
        ),
    }
    words = ("--static", "--assume", f"gpu=A100,driver={driver}", "--expect", "cu128")

    ran = run(*words, host=tree(tmp_path, files))

    assert ran.code == code, ran.out


def test_a_setting_that_says_how_to_look_does_not_begin_to_look(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text("static = true\n")

    ran = run(
        "--config", str(config), "--assume", "gpu=A100,driver=535,torch=2.9.1+cu126", "--json"
    )

    assert ran.report["about"]["assumed"] == ["gpu=A100", "driver=535", "torch=2.9.1+cu126"]


def test_this_machine_and_another_do_not_go_together(run: Run, healthy: str) -> None:
    ran = run("--facts", healthy, "--assume", "host,driver=580")

    assert ran.code == 2
    assert "--assume host starts from this machine, and --facts from another" in ran.err


def test_an_undecided_one_says_what_to_add(run: Run) -> None:
    ran = run("--assume", "driver=580")

    assert ran.code == 2
    assert "start from this machine with --assume host" in ran.err
    assert "--assume host" not in run("--assume", "driver=580", "-q").err


@pytest.mark.parametrize("form", WHOLE)
def test_every_format_says_that_it_is_assumed(run: Run, form: str) -> None:
    out = run("--assume", "gpu=V100,driver=580,torch=2.11.0+cu130", "--format", form).out

    assert "hypothetical" in out or "assumed" in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gpu=V100,driver=580"], "on what is assumed alone: gpu=V100 and driver=580"),
        (["host,driver=580"], "on this machine with driver=580 assumed"),
    ],
)
def test_the_screen_says_what_is_assumed_and_of_what(
    run: Run, empty_host: RecordedHost, words: list[str], expected: str
) -> None:
    assert expected in " ".join(run("--assume", *words, host=empty_host).out.split())


@pytest.mark.parametrize(
    ("assumed", "cause", "words"),
    [
        ("torch=2.10.0+cu130,glibc=2.17", "python-without-wheels", "needs glibc 2.28"),
        ("torch=2.7.1+cu118,python=3.14", "python-without-wheels", "has no wheel for cp314"),
        ("torch=2.10.0,platform=windows", "cpu-only-torch-build", "CPU build"),
        ("torch=2.10.0+cu130,glibc=2.28,python=3.14", None, "would run"),
    ],
)
def test_what_is_assumed_must_be_had_as_a_wheel(
    run: Run, assumed: str, cause: str | None, words: str
) -> None:
    ran = run("--assume", f"gpu=L4,driver=580,{assumed}")
    report = run("--assume", f"gpu=L4,driver=580,{assumed}", "--json").report

    assert (report["primary"] or {}).get("cause") == cause
    assert ran.code == report["exit_code"] == int(cause is not None)
    assert words in " ".join(ran.out.split())


def test_a_driver_that_is_not_assumed_answers_nothing(run: Run) -> None:
    facts = run("--assume", "gpu=L4,torch=2.10.0+cu130", "--json").report["facts"]

    assert "value" not in facts.get("nvml_status", {})
