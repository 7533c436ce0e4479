"""The texts that are pasted: each parses as what it is, and says what the plan says."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from torch_doctor.recommendation.emit import TARGETS, emit
from torch_doctor.recommendation.plans.plan import Plan, PlannedPackage

from tests.unit.recommendation.asking import MATRIX, ask

PYPI = ask("A100", driver="580", torch="2.14.1", limit=1).plans[0]
INDEX = ask("V100", driver="580", with_=("torchvision", "bitsandbytes"), limit=1).plans[0]
JETSON = ask("Orin").plans[0]
SCHEMAS = Path(__file__).parents[2] / "schemas"
IMAGE_PLANS = [PYPI, INDEX, JETSON]


def test_pip_names_the_build_exactly() -> None:
    assert PYPI.commands["pip"] == 'python -m pip install "torch==2.14.1"'
    assert PYPI.commands["uv"] == 'uv pip install "torch==2.14.1"'
    plain = ask("V100", driver="580", with_="torchvision").plans[0]
    assert plain.commands["pip"].endswith(" --index-url https://download.pytorch.org/whl/cu126")
    assert '"torch==2.14.1+cu126"' in plain.commands["pip"]


def test_a_package_of_another_index_keeps_the_default_index_in_play() -> None:
    assert " --extra-index-url https://download.pytorch.org/whl/cu126" in INDEX.commands["pip"]
    assert "--extra-index-url" in INDEX.commands["requirements"]


@pytest.mark.parametrize("plan", [PYPI, INDEX], ids=lambda plan: plan.label)
def test_requirements_parse(plan: Plan) -> None:
    lines = plan.commands["requirements"].splitlines()

    wanted = [Requirement(line) for line in lines if not line.startswith("--")]
    assert wanted[0].name == "torch"
    assert str(wanted[0].specifier) == plan.requirements[0].removeprefix("torch")
    assert [line for line in lines if line.startswith("--")] == (
        [f"--extra-index-url {plan.index_url}"] if plan.index_url else []
    )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_pyproject_sends_torch_and_its_family_to_their_index_alone() -> None:
    import tomllib

    written = tomllib.loads(INDEX.commands["pyproject"])
    plain = tomllib.loads(PYPI.commands["pyproject"])

    (index,) = written["tool"]["uv"]["index"]
    assert index == {"name": "pytorch-cu126", "url": INDEX.index_url, "explicit": True}
    assert set(written["tool"]["uv"]["sources"]) == {"torch", "torchvision"}
    assert all(Requirement(text) for text in written["project"]["dependencies"])
    assert plain == {
        "project": {
            "name": "torch-project",
            "version": "0.1.0",
            "requires-python": ">=3.10,<3.15",
            "dependencies": ["torch==2.14.1"],
        }
    }


@pytest.mark.parametrize("plan", IMAGE_PLANS, ids=lambda plan: plan.label)
def test_docker_gives_the_container_its_gpus_and_shared_memory(plan: Plan) -> None:
    words = plan.commands["docker"].split()

    assert words[:2] == ["docker", "run"]
    assert words[-1] == plan.image
    assert "--ipc=host" in words
    assert ("--runtime" in words) is (plan.platform == "jetson")
    assert ("--gpus" in words) is (plan.platform != "jetson")


def test_dockerfile_keeps_the_torch_of_the_image() -> None:
    assert PYPI.commands["dockerfile"] == f"FROM {PYPI.image}\n"
    first, managed, second = INDEX.commands["dockerfile"].splitlines()
    assert first == f"FROM {INDEX.image}"
    assert managed == "ENV PIP_BREAK_SYSTEM_PACKAGES=1"  # its Python is Debian's
    assert f'"torch=={INDEX.torch}"' in second
    assert "torchvision" not in second  # the image has it
    assert "bitsandbytes is not in the image: --emit dockerfile adds" in "\n".join(INDEX.notes)


def test_an_older_image_has_a_python_of_its_own() -> None:
    older = ask("A100", torch="2.11.0", with_="bitsandbytes").plans[0]

    assert "PIP_BREAK_SYSTEM_PACKAGES" not in older.commands["dockerfile"]
    assert "bitsandbytes" in older.commands["dockerfile"]


BUILT = ask("A100", driver="535", with_=("flash-attn", "torchvision"), limit=1).plans[0]


@pytest.mark.parametrize("target", ["pip", "uv"])
def test_what_is_built_against_torch_comes_in_a_second_step(target: str) -> None:
    first, tools, second = BUILT.commands[target].splitlines()

    assert '"torch==2.14.1+cu126"' in first
    assert '"torchvision==' in first
    assert "flash-attn" not in first
    assert first.endswith("--index-url https://download.pytorch.org/whl/cu126")
    assert {"setuptools", "packaging", "ninja"} <= set(tools.split())
    assert second.split()[-2:] == ["--no-build-isolation", '"flash-attn==2.8.3.post2"']


def test_a_build_needs_a_compiler_in_its_image() -> None:
    assert BUILT.image_kind == "devel"
    assert "--no-build-isolation" in BUILT.commands["dockerfile"]
    plain = ask("A100", driver="535", limit=1).plans[0]
    assert plain.image_kind == "runtime"


def test_requirements_name_the_second_step_and_leave_other_lines_alone() -> None:
    text = BUILT.commands["requirements"]

    wanted = [line for line in text.splitlines() if not line.startswith(("#", "--"))]
    assert [Requirement(line).name for line in wanted] == ["torch", "torchvision"]
    assert "--extra-index-url https://download.pytorch.org/whl/cu126" in text
    assert "--index-url" not in text.replace("--extra-index-url", "")
    assert '#   python -m pip install --no-build-isolation "flash-attn==' in text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_uv_builds_against_the_torch_of_the_project() -> None:
    import tomllib

    written = tomllib.loads(BUILT.commands["pyproject"])
    needed = written["tool"]["uv"]["extra-build-dependencies"]["flash-attn"]
    assert needed[0] == {"requirement": "torch", "match-runtime": True}
    assert "flash-attn==2.8.3.post2" in written["project"]["dependencies"]


def test_uv_looks_at_every_index_where_there_are_two() -> None:
    assert INDEX.commands["uv"].endswith("--index-strategy unsafe-best-match")
    assert "--index-strategy" not in INDEX.commands["pip"]
    assert "--index-strategy" not in PYPI.commands["uv"]


@pytest.mark.parametrize(
    ("torch", "named"), [("2.5.1", "torch==2.5.1"), ("2.7.0+cu128", "torch==2.7.0+cu128")]
)
def test_a_variant_is_named_where_the_wheels_have_it(torch: str, named: str) -> None:
    plan = ask("GH200", torch=torch).plans[0]

    assert plan.requirements[0] == named
    if "+" not in named:
        assert plan.commands["requirements"].startswith("--index-url ")


@pytest.mark.parametrize("plan", IMAGE_PLANS, ids=lambda plan: plan.label)
def test_compose_is_a_service_with_gpus(plan: Plan) -> None:
    (service,) = _yaml(plan.commands["compose"])["services"].values()

    assert service["image"] == plan.image
    assert service["ipc"] == "host"
    if plan.platform == "jetson":
        assert service["runtime"] == "nvidia"
    else:
        (device,) = service["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}


@pytest.mark.parametrize("plan", IMAGE_PLANS, ids=lambda plan: plan.label)
def test_pod_asks_for_the_gpus_and_mounts_shared_memory(plan: Plan) -> None:
    pod = _yaml(plan.commands["kubernetes"])

    assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
    (container,) = pod["spec"]["containers"]
    assert container["image"] == plan.image
    assert container["resources"] == {"limits": {"nvidia.com/gpu": plan.gpus}}
    (volume,) = pod["spec"]["volumes"]
    assert volume["emptyDir"] == {"medium": "Memory"}
    assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/dev/shm"}]


@pytest.mark.parametrize("plan", IMAGE_PLANS, ids=lambda plan: plan.label)
@pytest.mark.parametrize(
    ("target", "schema"), [("compose", "compose-spec.json"), ("kubernetes", "kubernetes-pod.json")]
)
def test_yaml_follows_the_official_schema(plan: Plan, target: str, schema: str) -> None:
    rules = json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator(rules).validate(_yaml(plan.commands[target]))


def test_the_official_schemas_are_strict_enough_to_catch_a_slip() -> None:
    pod = _yaml(PYPI.commands["kubernetes"])
    service = _yaml(PYPI.commands["compose"])
    pod["spec"]["containers"][0]["resource"] = {}
    service["services"]["torch"]["deploy"]["resources"]["reservations"]["devices"][0]["cout"] = 1

    for document, schema in ((pod, "kubernetes-pod.json"), (service, "compose-spec.json")):
        rules = json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(rules).validate(document)


def test_a_pod_asks_for_as_many_gpus_as_the_host_has() -> None:
    plan = ask("V100", "V100", driver="580").plans[0]

    (container,) = _yaml(plan.commands["kubernetes"])["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 2


def test_conda_only_where_the_channel_still_serves() -> None:
    old = ask("A100", torch="2.5.1", with_="torchvision").plans[0]

    assert old.commands["conda"] == (
        "conda install pytorch=2.5.1 torchvision=0.20.1 pytorch-cuda=12.4 -c pytorch -c nvidia"
    )
    assert "conda" not in PYPI.commands
    assert "conda" not in ask("GH200", torch="2.5.1").plans[0].commands


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_said_where_there_is_no_way(target: str) -> None:
    assert emit(Plan("2.8.0", "", None, "jetson", origin="jetson"), target) is None


@pytest.mark.parametrize("gpu", ["A100", "V100", "K80", "GB10"])
def test_every_text_of_every_plan_is_whole(gpu: str) -> None:
    for plan in ask(gpu, limit=200).plans:
        for target, text in plan.commands.items():
            assert target in TARGETS
            assert "None" not in text
            assert "{" not in text.replace("{ index", "")
            assert re.search(rf"{re.escape(plan.torch)}\b", text)


def test_packages_without_a_recorded_version_are_not_pinned() -> None:
    assert PlannedPackage("flash-attn", None).requirement == "flash-attn"


def test_index_urls_are_those_of_the_rows() -> None:
    urls = {row.index_url for row in MATRIX.torch_builds}

    assert all(plan.index_url in urls for plan in ask("A100", limit=200).plans)


def _yaml(text: str) -> Any:
    return yaml.safe_load(text)
