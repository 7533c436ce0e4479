"""Bake files: targets, what they inherit, variables, and the Dockerfiles that they build."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_doctor.linter.check import lint_files, read_file
from torch_doctor.linter.find import kind_of
from torch_doctor.linter.project import LintTarget
from torch_doctor.linter.readers.hcl import hcl
from torch_doctor.linter.record import UNKNOWN
from torch_doctor.matrix.load import load_matrix

DOCKERFILE = "ARG CUDA=12.4.1\nFROM nvidia/cuda:${CUDA}-base-ubuntu22.04\n"
HCL = """\
# what is built
variable "CUDA" { default = "11.3.0" }
variable "OWNER" {}

group "default" { targets = ["gpu", "other"] }

target "base" {
  context    = "./docker"
  args = {
    CUDA = "${CUDA}" /* the old one */
    A    = upper("a")
  }
}

target "gpu" {
  inherits = ["base"]
  dockerfile = "Dockerfile"
  tags = ["${OWNER}/a:1", notequal("", OWNER) ? "b" : "c"]
  args = { A = "mine", B = OWNER }
  contexts = {
    base = "docker-image://pytorch/pytorch:latest"
  }
}
"""


def problems(files: dict[str, str]) -> list[str]:
    read = {name: read_file(name, kind_of(name), text) for name, text in files.items()}
    answer = lint_files(read, LintTarget(), load_matrix())
    return [f"{flaw.problem} {flaw.spot.file}:{flaw.spot.line}" for flaw in answer.flaws]


def test_hcl_has_blocks_and_what_is_made_is_unknown() -> None:
    made = hcl(HCL)

    assert made["target"]["base"] == {
        "context": "./docker",
        "args": {"CUDA": "11.3.0", "A": UNKNOWN},
    }
    gpu = made["target"]["gpu"]
    assert gpu["tags"] == [f"{UNKNOWN}/a:1", UNKNOWN]
    assert gpu["args"] == {"A": "mine", "B": UNKNOWN}
    assert gpu["contexts"] == {"base": "docker-image://pytorch/pytorch:latest"}
    assert made["group"]["default"] == {"targets": ["gpu", "other"]}


def test_a_target_has_what_it_inherits() -> None:
    written = read_file("docker-bake.hcl", "bake", HCL).written
    base, gpu = written.workloads

    assert (gpu.builds, gpu.dockerfile, gpu.spot.line) == ("./docker", "Dockerfile", 15)
    assert dict(gpu.arguments) == {"CUDA": "11.3.0", "A": "mine", "B": UNKNOWN}
    assert dict(base.arguments)["A"] == UNKNOWN
    assert [one.reference for one in written.images] == ["pytorch/pytorch:latest"]


@pytest.mark.parametrize("form", ["hcl", "json"])
def test_the_arguments_of_a_target_reach_its_dockerfile(form: str) -> None:
    """An argument that is given takes the place of the default, in what is installed."""
    docker = (
        "ARG V=2.8.0\nFROM python:3.11\nARG V\n"
        "RUN pip install torch==${V}+cu121 --index-url https://download.pytorch.org/whl/cu121\n"
    )
    args = {"V": "2.5.1"}
    text = (
        'target "a" {\n  args = { V = "2.5.1" }\n}\n'
        if form == "hcl"
        else json.dumps({"target": {"a": {"args": args}}}, indent=1)
    )
    read = {
        name: read_file(name, kind_of(name), body)
        for name, body in (("Dockerfile", docker), (f"docker-bake.{form}", text))
    }
    from torch_doctor.linter.project import project

    made = project(read, LintTarget(), load_matrix())
    assert sorted(one.version for setup in made.setups for one in setup.chosen) == [
        "2.5.1",
        "2.8.0",
    ]


def test_a_good_file_is_silent_and_images_are_judged() -> None:
    good = HCL.replace("latest", "2.6.0-cuda12.4-cudnn9-runtime")

    assert problems({"docker-bake.hcl": good}) == []
    assert problems({"docker-bake.hcl": HCL}) == ["image-latest docker-bake.hcl:15"]
    assert problems({"docker-bake.override.json": "{"}) == []


def test_a_matrix_is_not_known() -> None:
    written = read_file(
        "docker-bake.hcl", "bake", 'target "a" {\n  matrix = { v = ["1"] }\n}\n'
    ).written

    assert (written.workloads, [one.what for one in written.unsure]) == ((), ["the target a"])


@pytest.mark.parametrize(
    "text",
    [
        'target "a" {' * 5000,
        "a = [" * 5000,
        "a = f(" * 5000,
        "/*" * 20000,
        '"${' * 5000,
        '"\\' * 20000,
    ],
)
def test_long_texts_take_time_in_proportion(text: str) -> None:
    def spent(given: str) -> float:
        started = time.process_time()
        hcl(given)
        return time.process_time() - started

    # A busy machine makes one attempt look worse than it is, never all of them; the square of four is sixteen.
    growth = (spent(text) / max(spent(text[: len(text) // 4]), 0.001) for _ in range(10))
    assert any(one < 8 for one in growth)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                'target "a"',
                "variable",
                "{",
                "}",
                "[",
                "]",
                "=",
                ",",
                "\n",
                '"${X}"',
                '"',
                "f(",
                ")",
                "#",
                "/*",
                "*/",
                "inherits",
                '["a"]',
            ]
        ),
        max_size=40,
    ).map(" ".join)
)
def test_no_text_makes_it_fail(text: str) -> None:
    read = read_file("docker-bake.hcl", "bake", text)

    assert not [one for one in read.written.unsure if "in its reader" in one.what]
