"""Readers: what they make of a file, line by line, and that nothing makes them raise."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch_doctor.linter.check import READERS, read_file
from torch_doctor.linter.find import kind_of
from torch_doctor.linter.readers.devcontainer import without_comments
from torch_doctor.linter.record import UNKNOWN, Environment, InstallStep, RunStep
from torch_doctor.linter.shell.expand import expand
from torch_doctor.linter.text import decoded


def environments(name: str, text: str) -> tuple[Environment, ...]:
    return read_file(name, kind_of(name), text).written.environments


def installs(environment: Environment) -> list[InstallStep]:
    return [step for step in environment.steps if isinstance(step, InstallStep)]


DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG CUDA=12.4.1
FROM nvidia/cuda:${CUDA}-devel-ubuntu22.04 as Build
ARG CUDA
ENV A=1 \\
    B="two words"
RUN pip install torch==2.6.0 \\
    # a comment inside

    --index-url https://download.pytorch.org/whl/cu${CUDA%%.*}4
RUN <<ONE cat > /x && <<TWO bash
pip install not-this
ONE
pip install nor-this
TWO
RUN <<-EOF
\tpip install einops
\tEOF
FROM build
RUN ["pip", "install", "timm"]
SHELL ["powershell"]
RUN pip install never
"""


def test_a_dockerfile_by_the_rules_of_buildkit() -> None:
    first, last = environments("Dockerfile", DOCKERFILE)

    assert first.image
    assert first.image.reference == "nvidia/cuda:12.4.1-devel-ubuntu22.04"
    assert (first.image.spot.line, first.final, last.final) == (3, False, True)
    torch, einops = installs(first)
    assert torch.main_index
    assert torch.main_index.url == "https://download.pytorch.org/whl/cu124"
    assert (torch.requirements[0].spot.line, torch.main_index.spot.line) == (7, 10)
    assert (einops.requirements[0].name, einops.spot.line) == ("einops", 17)
    assert last.parent == first.steps
    assert [one.requirements[0].name for one in installs(last)] == ["timm"]


def test_the_sign_that_continues_lines_can_be_another() -> None:
    text = "# escape=`\nFROM python:3.12\nRUN pip install `\n  torch\n"

    (step,) = installs(environments("Dockerfile", text)[0])
    assert (step.requirements[0].name, step.requirements[0].spot.line) == ("torch", 4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${X:-a}", "a"),
        ("${V:-a}", "12.4.1"),
        ("${E:-a}", "a"),
        ("${E-a}", ""),
        ("${V:+b}", "b"),
        ("${X:+b}", ""),
        ("${V//./}", "1241"),
        ("${V/./}", "124.1"),
        ("${V%.*}", "12.4"),
        ("${V%%.*}", "12"),
        ("${V#*.}", "4.1"),
        ("${V:0:2}", "12"),
        ("cu$(echo $V | cut -d. -f1,2 | tr -d .)", "cu124"),
        ("cu$(echo ${V} | sed 's/\\.//g')", "cu1241"),
        ("$(uname -m)", UNKNOWN),
        ("${X}", UNKNOWN),
        ("${X:?}", UNKNOWN),
        ("$", "$"),
        ("${V", "12.4.1"),
    ],
)
def test_variables(text: str, value: str) -> None:
    assert expand(text, {"V": "12.4.1", "E": ""}) == value


def test_shell_conditions_and_words() -> None:
    text = (
        '#!/bin/bash\nif [ -n "$A" ]; then\n  pip install one\nfi\nfor x in a b; do pip install $x; done\n'
        "ARGS=(a b)\nsudo -H python3 -m pip install -U 'two>=1' ${ARGS[@]} ${MORE[@]} || true\nbash -lc \"pip install three\"\n"
        "cat <<'EOF'\npip install four\nEOF\n"
    )
    found = installs(environments("a.sh", text)[0])

    assert [[r.name for r in step.requirements] for step in found] == [
        ["one"],
        [],
        ["two", "a", "b"],
        ["three"],
    ]
    assert [step.conditional for step in found] == [True, True, False, False]
    assert "unclear" in found[2].flags


def test_a_list_of_requirements_as_pip_reads_it() -> None:
    text = (
        "# comment\ntorch == 2.6.0  # why\n-rbase.txt\n--extra-index-url=https://a/b\nnumpy \\\n  <2\n"
        "x[e] ; python_version < '3'\n-e .[dev]\n$\n${NAME}==1\n"
    )
    read = read_file("requirements.txt", "requirements", text)
    (step,) = installs(read.written.environments[0])

    assert [(r.name, r.specifier, r.spot.line) for r in step.requirements[:3]] == [
        ("torch", "==2.6.0", 2),
        ("numpy", "<2", 5),
        ("x", "", 7),
    ]
    assert [(i.kind, i.path) for i in step.includes] == [
        ("requirements", "base.txt"),
        ("project", "."),
    ]
    assert step.extra[0].url == "https://a/b"
    assert [flaw.spot.line for flaw in read.written.flaws] == [9], (
        "what a variable stands for is unknown"
    )


def test_files_in_utf_16_are_read() -> None:
    assert decoded("torch==2.6.0\n".encode("utf-16")) == "torch==2.6.0\n"
    assert decoded(b"\x7fELF\x00\x00") is None


def test_a_matrix_is_multiplied_out() -> None:
    text = (
        "jobs:\n  a:\n    runs-on: ubuntu-24.04\n    strategy:\n      matrix:\n        torch: ['2.5.1', '2.6.0']\n"
        "        include:\n          - {torch: '2.6.0', cuda: cu124}\n    steps:\n      - run: |\n"
        "          pip install torch==${{ matrix.torch }} \\\n            --index-url https://x/whl/${{ matrix.cuda }}\n"
        "      - run: pip install x==${{ inputs.x }}\n"
    )
    jobs = environments(".github/workflows/a.yml", text)

    pins = [installs(job)[0].requirements[0].pinned for job in jobs]
    assert sorted(pins) == ["2.5.1", "2.6.0"]
    assert installs(jobs[0])[0].spot.line == 11
    assert UNKNOWN in installs(jobs[0])[1].requirements[0].specifier


def test_json_with_comments_keeps_its_places() -> None:
    text = '{ // a\n "a": "//b", /* c\n */ "d": [1, 2,], }'
    plain = without_comments(text)

    assert len(plain) == len(text)
    assert '"//b"' in plain
    assert ",]" not in plain.replace(" ", "")


def test_the_lines_of_cells() -> None:
    text = '{"cells": [{"cell_type": "code", "source": ["x = 1\\n", "!pip install \\"torch>=2\\" numpy\\n"]}]}'
    (environment,) = environments("a.ipynb", text.replace(", ", ",\n"))

    assert [r.name for r in installs(environment)[0].requirements] == ["torch", "numpy"]
    assert environment.steps[0].spot.line > 1


def test_other_programs_are_steps_too() -> None:
    (environment,) = environments("Dockerfile", "FROM a\nRUN nvcc x.cu && make\n")

    assert [s.words[0] for s in environment.steps if isinstance(s, RunStep)] == ["nvcc", "make"]


PIECES = (
    "FROM RUN ARG ENV COPY --from= pip install torch==2.6.0+cu124 \\\n \n \t # ' \" $( ) ${ } ${X:-y} ` << <<EOF EOF "
    "&& || ; | > >= { } [ ] [[ ]] : - , = * & ! if then fi for case esac jobs: steps: run: services: image: "
    "deploy: containers: apiVersion: kind: nvidia.com/gpu: {{ }} {{- .Values.x }} ${{ matrix.x }} [project] "
    "dependencies = [tool.uv.sources] --index-url https://download.pytorch.org/whl/cu126 -r -e @ ; \x00 é \ufeff \r"
).split(" ")
texts = st.lists(st.sampled_from([*PIECES, "\n", "\n  ", "\n    - "]), max_size=60).map(" ".join)


@pytest.mark.parametrize("kind", sorted(READERS))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.one_of(texts, st.text(max_size=200)))
def test_no_text_makes_a_reader_fail(kind: str, text: str) -> None:
    name = {"setup_file": "setup.cfg", "workflow": ".github/workflows/a.yml"}.get(kind, kind)
    read = read_file(name, kind, decoded(text.encode("utf-8", "replace")) or "")

    assert not [one for one in read.written.unsure if "in its reader" in one.what]


@pytest.mark.parametrize(
    ("kind", "piece"),
    [
        ("script", "$("),
        ("script", "(("),
        ("pixi", '\\"'),
        ("pixi", "a='"),
        ("script", "if "),
        ("script", "{ "),
        ("requirements", "a==1 "),
        ("dockerfile", "RUN <<A "),
        ("devcontainer", "/*"),
        ("yaml", "{{"),
        ("workflow", "${{"),
    ],
)
def test_long_texts_take_time_in_proportion(kind: str, piece: str) -> None:
    head = "apiVersion: 1\nkind: a\nx: " if kind == "yaml" else ""

    def spent(pieces: int) -> float:
        started = time.process_time()
        read_file(kind, kind, head + piece * pieces)
        return time.process_time() - started

    # A busy machine makes one attempt look worse than it is, never all of them; the square of four is sixteen.
    growth = (spent(20_000) / max(spent(5_000), 0.001) for _ in range(10))
    assert any(one < 8 for one in growth)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            ".github/workflows/a.yml",
            "jobs:\n  a:\n    strategy:\n      matrix:\n"
            + "".join(f"        v{n}: [{', '.join('abcdefghij')}]\n" for n in range(12))
            + "    steps:\n    - run: pip install torch==${{ matrix.v0 }}\n",
        ),
        (
            ".gitlab-ci.yml",
            "a:\n  parallel:\n    matrix:\n    - v: a\n"
            + "".join(f"      v{n}: [{', '.join('abcdefghij')}]\n" for n in range(12))
            + "  script: [pip install torch==$v0]\n",
        ),
    ],
)
def test_a_matrix_of_a_billion_runs_is_read_as_far_as_a_few(name: str, text: str) -> None:
    assert len(read_file(name, kind_of(name), text).written.environments) == 24


def test_values_of_a_chart_that_another_tool_fills_in_first_are_no_fault() -> None:
    read = read_file("charts/a/values.yaml", "yaml", "a: 1\n${extra_values}\nb: 2\n")

    assert not read.written.flaws
    assert [one.spot.line for one in read.written.unsure] == [3]
