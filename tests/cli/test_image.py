"""torch-doctor image from the command line to the exit code, from the rows alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch_doctor.render

from tests.cli.conftest import Run
from tests.unit.probes.env_trees import tree

SCHEMA = json.loads((Path(torch_doctor.render.__file__).parent / "image.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
LINUX = ("--platform", "linux-x86_64")
PYTORCH, CUDA, NGC = "pytorch/pytorch:", "nvidia/cuda:", "nvcr.io/nvidia/pytorch:"
AWS = "public.ecr.aws/deep-learning-containers/"


def asked(run: Run, reference: str, *words: str, host: Any = None) -> Any:
    ran = run("image", reference, *words, *LINUX, "--json", host=host)
    VALIDATOR.validate(ran.json)
    assert ran.json["exit_code"] == ran.code
    assert ran.err == ""
    return ran.json


@pytest.mark.parametrize(
    ("reference", "gpu", "driver", "words"),
    [
        (PYTORCH + "2.8.0-cuda12.8-cudnn9-runtime", "A100", "550", "yes yes yes"),
        (PYTORCH + "2.8.0-cuda12.8-cudnn9-runtime", "A100", "470", "yes yes no"),
        (PYTORCH + "2.8.0-cuda12.8-cudnn9-runtime", "K80", "470", "yes yes no"),
        (PYTORCH + "2.8.0-cuda12.8-cudnn9-devel", "RTX 4090", "550", "yes no no"),
        (PYTORCH + "2.8.0-cuda12.8-cudnn9-devel", "A100", "550", "yes yes yes"),
        (PYTORCH + "2.9.0-cuda11.8-devel", "A100", "550", "no no no"),
        (PYTORCH + "99.0.0-cuda12.8-cudnn9-devel", "A100", "550", "unknown unknown unknown"),
        (NGC + "25.09-py3", "A100", "535", "yes yes yes"),
        (NGC + "25.03-py3", "T4", "535", "yes yes yes"),
        (NGC + "25.03-py3", "V100", "535", "yes yes no"),
        (NGC + "25.06-py3", "V100", "535", "yes yes unknown"),
        (NGC + "24.12-py3", "V100", "535", "yes yes yes"),
        (NGC + "22.12-py3", "P100", "535", "yes yes yes"),
        (NGC + "25.09-py3", "RTX 4090", "535", "yes yes no"),
        (NGC + "99.01-py3", "A100", "535", "unknown unknown unknown"),
        (NGC + "25.13-py3", "A100", "535", "no no no"),
        (CUDA + "12.8.1-devel-ubuntu22.04", "A100", "535", "yes yes yes"),
        (CUDA + "12.8.1-devel-ubuntu22.04", "RTX 4090", "535", "yes no no"),
        (CUDA + "12.8.1-devel-ubuntu22.04", "H100", "565", "yes yes yes"),
        (CUDA + "10.2-base", "A100", "550", "no no no"),
        (CUDA + "latest", "A100", "550", "no no no"),
        ("vllm/vllm-openai:v0.30.0", "A100", "570", "yes unknown unknown"),
        (
            "rocm/pytorch:rocm7.2_ubuntu24.04_py3.12_pytorch_release_2.9.1",
            "A100",
            "570",
            "yes unknown no",
        ),
        ("ghcr.io/example/app:1", "A100", "570", "unknown unknown unknown"),
    ],
)
def test_what_is_said_of_an_image(
    run: Run, reference: str, gpu: str, driver: str, words: str
) -> None:
    found = asked(run, reference, "--gpu", gpu, "--driver", driver)

    assert " ".join((found["image"]["exists"], found["starts"], found["runs"])) == words
    assert found["reasons"] or found["runs"] == "yes"
    code = 1 if " no" in f" {words}" else 0 if words == "yes yes yes" else 2
    assert found["exit_code"] == code


def test_what_is_near_exists_and_runs_there(run: Run) -> None:
    machine = ("--gpu", "RTX 4090", "--driver", "550")
    found = asked(run, PYTORCH + "2.8.0-cuda12.8-cudnn9-devel", *machine)

    assert len(found["nearest"]) == 3
    for near in found["nearest"]:
        one = asked(run, near["reference"], *machine)
        assert (one["image"]["exists"], one["runs"]) == ("yes", "yes")
        assert one["image"]["kind"] == "devel"


def test_a_gate_that_can_be_switched_off_is_said(run: Run) -> None:
    ran = run("image", CUDA + "12.8.1-devel-ubuntu22.04", "--gpu", "RTX 4090", "--driver", "550")

    assert ran.code == 1
    assert "cuda>=12.8" in ran.out
    assert "-e NVIDIA_DISABLE_REQUIRE=1" in " ".join(ran.out.split())


def test_every_answer_names_its_rows(run: Run) -> None:
    found = asked(run, PYTORCH + "2.8.0-cuda12.8-cudnn9-devel", "--gpu", "A100", "--driver", "550")
    tables = {one["row"].partition("/")[0] for one in found["because"]}

    assert tables >= {"images", "torch_builds", "image_requirements"}
    verbose = run("image", NGC + "25.09-py3", "--gpu", "A100", "--driver", "535", "-v").out
    assert "images/nvcr.io/nvidia/pytorch:25.09-py3" in verbose


def test_forward_compatibility_that_the_image_brings_is_named(run: Run) -> None:
    found = asked(run, NGC + "25.09-py3", "--gpu", "A100", "--driver", "535")

    assert any("forward compatibility" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("name", "gpu", "runs"),
    [
        (PYTORCH + "2.9.1-cuda13.0-cudnn9-devel", "A100", "yes"),
        (PYTORCH + "2.9.1-cuda13.0-cudnn9-runtime", "A100", "no"),
        (PYTORCH + "2.9.1-cuda13.0-cudnn9-devel", "RTX 4090", "no"),
        ("vllm/vllm-openai:v0.30.0", "A100", "unknown"),
        (AWS + "pytorch-training:2.9.0-gpu-py312-cu130-ubuntu22.04-ec2", "A100", "unknown"),
        (AWS + "pytorch-training:2.9.0-gpu-py312-cu130-ubuntu22.04-ec2", "RTX 4090", "no"),
    ],
)
def test_whether_the_image_brings_a_cuda_compat_decides(
    run: Run, name: str, gpu: str, runs: str
) -> None:
    ran = run("image", name, "--gpu", gpu, "--driver", "535", "--json")

    assert ran.json["runs"] == runs
    assert ran.code == {"yes": 0, "no": 1, "unknown": 2}[runs]
    if runs == "unknown":
        assert "whether the image brings cuda-compat for CUDA 13.0" in ran.json["reasons"][-1]
    else:
        tables = {one["row"].partition("/")[0] for one in ran.json["because"]}
        assert ("image_compat" in tables) is (runs == "yes")


def test_an_image_for_another_processor_does_not_run(run: Run) -> None:
    name = PYTORCH + "2.8.0-cuda12.8-cudnn9-runtime"
    ran = run("image", name, "--gpu", "GH200", "--platform", "linux-aarch64", "--json")

    assert ran.code == 1
    assert "aarch64" in ran.json["reasons"][0]


def test_a_driver_alone_is_another_machine_than_one_without_gpus(run: Run, tmp_path: Path) -> None:
    here = tree(tmp_path, {"/sys/bus/pci/devices/": ""})
    reference = PYTORCH + "2.8.0-cuda12.8-cudnn9-runtime"
    old, new = (asked(run, reference, "--driver", driver, host=here) for driver in ("470", "580"))

    assert (old["runs"], new["runs"]) == ("no", "unknown")
    assert new["host"]["gpus"] is None


@pytest.mark.parametrize("name", ["", " ", "a b", "-x:1", "x:", "a\nb", "x@", "x" * 500])
def test_what_is_no_name_is_one_line(run: Run, name: str) -> None:
    ran = run("image", "--", name)

    assert ran.code == 2
    assert len(ran.err.strip().splitlines()) == 1


def test_wrong_words_are_one_line(run: Run) -> None:
    ran = run("image", "ubuntu", "--gpu", "Voodoo 2")

    assert ran.code == 2
    assert "Voodoo 2" in ran.err


def test_nothing_near_is_offered_that_may_have_no_code_for_the_gpu(run: Run) -> None:
    found = asked(run, NGC + "25.08-py3", "--gpu", "V100", "--driver", "535")
    near = [one["reference"] for one in found["nearest"]]

    assert near
    assert all(name.startswith(NGC + "24.") for name in near)
    assert "its release notes ask for compute capability 7.5 or newer" in " ".join(found["reasons"])
