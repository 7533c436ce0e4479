"""The texts that are pasted: each parses as what it is, and says what the plan says."""

from __future__ import annotations

import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from torch_doctor.linter.check import lint_paths
from torch_doctor.linter.project import LintTarget
from torch_doctor.recommendation.emit import TARGETS, emit
from torch_doctor.recommendation.plans.plan import Plan, PlannedPackage

from tests.unit.recommendation.asking import MATRIX, ask

PYPI = ask("A100", driver="580", torch="2.14.1", limit=1).plans[0]
INDEX = ask("V100", driver="580", with_=("torchvision", "bitsandbytes"), limit=1).plans[0]
JETSON = ask("Orin").plans[0]
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


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_poetry_takes_torch_and_its_family_from_their_source_alone() -> None:
    import tomllib

    written = tomllib.loads(INDEX.commands["poetry"])["tool"]["poetry"]
    (source,) = written["source"]
    asked = written["dependencies"]
    assert source == {"name": "pytorch-cu126", "url": INDEX.index_url, "priority": "explicit"}
    assert asked["python"] == ">=3.10,<3.15"
    assert asked["torch"] == {"version": "==2.14.1+cu126", "source": "pytorch-cu126"}
    assert asked["torchvision"]["source"] == "pytorch-cu126"
    assert asked["bitsandbytes"].startswith("==")  # of the default index
    plain = tomllib.loads(PYPI.commands["poetry"])["tool"]["poetry"]
    assert plain["dependencies"] == {"python": ">=3.10,<3.15", "torch": "==2.14.1"}
    assert "source" not in plain


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
@pytest.mark.parametrize(
    ("plan", "platform"),
    [
        (INDEX, "linux-64"),
        (ask("GH200", driver="580", limit=1).plans[0], "linux-aarch64"),
        (ask("RTX 4090", driver="581", platform="windows", limit=1).plans[0], "win-64"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.label,
)
def test_pixi_takes_each_wheel_from_its_index(plan: Plan, platform: str) -> None:
    import tomllib

    written = tomllib.loads(plan.commands["pixi"])
    asked = written["pypi-dependencies"]
    assert written["workspace"]["platforms"] == [platform]
    assert set(asked) == {"torch", *(package.name for package in plan.companions)}
    for name, value in asked.items():
        own = name in ("torch", "torchvision") and plan.index_url is not None
        assert (isinstance(value, dict) and value.get("index")) == (
            plan.index_url if own else False
        )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_pixi_is_told_of_the_glibc_that_a_wheel_needs() -> None:
    import tomllib

    plan = ask("H100", driver="580", with_=("sglang",), limit=1).plans[0]
    assert plan.glibc == "2.34"  # sglang's own wheel; torch takes 2.28
    libc = tomllib.loads(plan.commands["pixi"])["system-requirements"]["libc"]
    assert libc == {"family": "glibc", "version": "2.34"}
    assert PYPI.glibc == "2.28"  # which pixi takes for granted
    assert "system-requirements" not in tomllib.loads(PYPI.commands["pixi"])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_an_extra_is_named_as_each_tool_does() -> None:
    import tomllib

    plan = ask("A100", driver="580", with_=("cupy-cuda13x",), limit=1).plans[0]
    poetry = tomllib.loads(plan.commands["poetry"])["tool"]["poetry"]["dependencies"]
    pixi = tomllib.loads(plan.commands["pixi"])["pypi-dependencies"]
    assert poetry["cupy-cuda13x"] == pixi["cupy-cuda13x"]
    assert pixi["cupy-cuda13x"]["extras"] == ["ctk"]


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

    assert '"torch==2.13.0+cu126"' in first
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


@pytest.mark.parametrize(("form", "tool"), [("poetry", "poetry run "), ("pixi", "pixi run ")])
def test_project_managers_have_the_second_step_in_words(form: str, tool: str) -> None:
    lines = BUILT.commands[form].splitlines()

    assert not any("flash-attn" in line for line in lines if not line.startswith("#"))
    assert lines[-1] == (
        f'#   {tool}python -m pip install --no-build-isolation "flash-attn==2.8.3.post2"'
    )


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


def compose_refuses(document: Any) -> bool:
    """Whether the Compose Specification's schema, as check-jsonschema carries it, refuses a document."""
    vendor = pytest.importorskip("check_jsonschema.builtin_schemas")
    rules = vendor.get_builtin_schema("vendor.compose-spec")
    return not jsonschema.Draft202012Validator(rules).is_valid(document)


def kubernetes_refuses(document: Any) -> bool:
    """Whether the schema of a release of Kubernetes, as kubernetes-validate carries it, refuses a document."""
    schemas = pytest.importorskip("kubernetes_validate")
    try:
        schemas.validate(document, schemas.latest_version(), strict=True)
    except schemas.ValidationError:
        return True
    return False


@pytest.mark.parametrize("plan", IMAGE_PLANS, ids=lambda plan: plan.label)
def test_yaml_follows_the_official_schemas(plan: Plan) -> None:
    assert not compose_refuses(_yaml(plan.commands["compose"]))
    assert not kubernetes_refuses(_yaml(plan.commands["kubernetes"]))


def test_the_official_schemas_are_strict_enough_to_catch_a_slip() -> None:
    pod = _yaml(PYPI.commands["kubernetes"])
    service = _yaml(PYPI.commands["compose"])
    pod["spec"]["containers"][0]["resource"] = {}
    service["services"]["torch"]["deploy"]["resources"]["reservations"]["devices"][0]["cout"] = 1

    assert kubernetes_refuses(pod)
    assert compose_refuses(service)


def test_a_pod_asks_for_as_many_gpus_as_the_host_has() -> None:
    plan = ask("V100", "V100", driver="580").plans[0]

    (container,) = _yaml(plan.commands["kubernetes"])["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 2


def test_conda_from_its_own_channel_while_that_went_on() -> None:
    old = ask("A100", torch="2.5.1", with_="torchvision").plans[0]

    assert old.commands["conda"] == (
        "conda install pytorch=2.5.1 torchvision=0.20.1 pytorch-cuda=12.4 -c pytorch -c nvidia"
    )
    assert any(one.row == "end_of_line/conda channel pytorch" for one in old.because)
    assert "conda" not in PYPI.commands
    assert "conda" not in ask("GH200", torch="2.5.1").plans[0].commands


@pytest.mark.parametrize(
    ("gpu", "asked", "command"),
    [
        ("A100", {"torch": "2.13.0", "cuda": "13.0"}, '"pytorch-gpu=2.13.0" "cuda-version=13.0"'),
        ("GB10", {"torch": "2.13.0", "cuda": "13.0"}, '"pytorch-gpu=2.13.0" "cuda-version=13.0"'),
        (
            "RTX 5090",
            {"driver": "570", "emit": "conda"},
            '"pytorch-gpu=2.13.0" "cuda-version=12.9"',
        ),
        (
            "A100",
            {"torch": "2.7.1", "cuda": "12.6", "with_": "torchvision"},
            '"pytorch-gpu=2.7.1" "torchvision" "cuda-version=12.6"',
        ),
    ],
)
def test_conda_forge_where_it_builds_the_same_torch_for_the_same_cuda(
    gpu: str, asked: dict[str, Any], command: str
) -> None:
    answer = ask(gpu, **asked)
    plan = answer.emitted or answer.plans[0]

    assert plan.commands["conda"] == f"conda install -c conda-forge {command}"
    assert any(
        one.row.startswith(f"conda_builds/{plan.torch}/{plan.cuda}/") for one in plan.because
    )


@pytest.mark.parametrize(
    ("gpu", "asked"),
    [
        ("A100", {"torch": "2.15.0"}),  # not on record
        ("A100", {"torch": "2.14.1", "cuda": "12.6"}),  # no release for this CUDA
        ("RTX 5090", {"torch": "2.7.1", "cuda": "12.6"}),  # its recipe has no code for it
        ("A100", {"torch": "2.13.0", "cuda": "13.0", "with_": "bitsandbytes"}),
        ("A100", {"torch": "2.5.1", "with_": "bitsandbytes"}),
    ],
)
def test_no_conda_where_no_channel_is_on_record(gpu: str, asked: dict[str, Any]) -> None:
    """A command that leaves out what was asked for is none."""
    for plan in ask(gpu, **asked).plans:
        assert "conda" not in plan.commands


def test_conda_builds_are_compiled_for_what_their_recipe_says() -> None:
    rows = {(row.torch, row.cuda, row.platform): row for row in MATRIX.conda_builds}

    assert "sm_70" in rows["2.13.0", "12.9", "linux-x86_64"].archs
    assert "sm_70" not in rows["2.13.0", "13.0", "linux-x86_64"].archs
    assert all(row.ptx and row.archs for row in rows.values())


SHAPES = {
    "pip": re.compile(r"python -m pip install( --no-build-isolation)? [^-].*"),
    "uv": re.compile(r"uv pip install( --no-build-isolation)? [^-].*"),
    "conda": re.compile(r"conda install (-c conda-forge \".*|pytorch=.* -c pytorch -c nvidia)"),
    "docker": re.compile(r"docker run --rm -it (--gpus all|--runtime nvidia) --ipc=host \S+"),
}
OPTIONS = {"--index-url", "--extra-index-url", "--index-strategy", "--no-build-isolation"}
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("A100", {}),
    ("A100", {"driver": "535", "with_": ("torchvision", "flash-attn")}),
    ("A100", {"with_": ("vllm",)}),
    ("V100", {"with_": ("torchvision", "torchaudio", "bitsandbytes")}),
    ("K80", {}),
    ("GB10", {"with_": ("torchvision",)}),
    ("RTX 4090", {"platform": "windows"}),
    ("RTX 5090", {"driver": "570"}),
    ("Orin", {}),
)


@pytest.mark.parametrize(("gpu", "asked"), ASKED, ids=str)
def test_every_command_has_its_shape(gpu: str, asked: dict[str, Any]) -> None:
    """Its words are those of its program: known options, requirements that parse, indexes that rows name."""
    urls = {row.index_url for row in MATRIX.torch_builds}
    for plan in ask(gpu, limit=60, **asked).plans:
        for target in SHAPES.keys() & plan.commands.keys():
            for line in plan.commands[target].splitlines():
                assert SHAPES[target].fullmatch(line), line
                words = shlex.split(line)
                if target not in ("pip", "uv"):
                    continue
                options = [word for word in words if word.startswith("--")]
                assert set(options) <= OPTIONS, line
                values = dict(pairwise(words))
                given = {values[word] for word in options if word.endswith("-url")}
                assert given <= urls, line
                places = range(4 if target == "pip" else 3, len(words))
                for word in (
                    words[i] for i in places if not words[i - 1].startswith(("--i", "--e"))
                ):
                    assert word.startswith("--") or Requirement(word).name, line


def test_a_newer_vllm_for_an_older_cuda_is_named_and_decides_nothing() -> None:
    plan = ask("A100", driver="550", with_="vllm").plans[0]
    (note,) = [note for note in plan.notes if "wheels.vllm.ai" in note]

    assert plan.commands["pip"] == 'python -m pip install "torch==2.10.0" "vllm==0.19.1"'
    command = note.partition("not read: ")[2]
    assert command.startswith('uv pip install "vllm==0.30.0+cu129" "torch==2.13.0+cu129" ')
    assert "--extra-index-url https://wheels.vllm.ai/0.30.0/cu129 " in command
    assert command.endswith("--index-strategy unsafe-best-match")
    assert any(one.row == "vendor_indexes/vllm/0.30.0/cu129" for one in plan.because)


@pytest.mark.parametrize(
    ("gpu", "asked"),
    [
        ("A100", {"driver": "580", "with_": "vllm"}),
        ("A100", {"driver": "550", "with_": "vllm==0.19.1"}),
        ("A100", {"driver": "550", "python": "3.9", "with_": "vllm"}),
        ("A100", {"driver": "550", "python": "3.14t", "with_": "vllm"}),
    ],
)
def test_no_other_index_where_none_is_needed_or_helps(gpu: str, asked: dict[str, Any]) -> None:
    assert not any(
        "wheels.vllm.ai" in note for plan in ask(gpu, **asked).plans for note in plan.notes
    )


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_said_where_there_is_no_way(target: str) -> None:
    assert emit(Plan("2.8.0", "", None, "jetson", origin="jetson"), target) is None


@pytest.mark.parametrize("gpu", ["A100", "V100", "K80", "GB10"])
def test_every_text_of_every_plan_is_whole(gpu: str) -> None:
    for plan in ask(gpu, limit=200).plans:
        for target, text in plan.commands.items():
            assert target in TARGETS
            assert "None" not in text
            assert "{" not in re.sub(r"\{ (?:index|version|family) ", "", text)
            # images of old releases have a tag of two numbers
            of_image = plan.image is not None and plan.image in text
            named = plan.torch.removesuffix(".0") if of_image else plan.torch
            assert re.search(rf"\b{re.escape(named)}\b", text)


def test_packages_without_a_recorded_version_are_not_pinned() -> None:
    assert PlannedPackage("flash-attn", None).requirement == "flash-attn"


def test_index_urls_are_those_of_the_rows() -> None:
    urls = {row.index_url for row in MATRIX.torch_builds}

    assert all(plan.index_url in urls for plan in ask("A100", limit=200).plans)


def _yaml(text: str) -> Any:
    return yaml.safe_load(text)


@pytest.mark.parametrize(
    ("gpu", "asked"),
    [
        ("A100", {"driver": "535", "with_": ("vllm",)}),
        ("A100", {"driver": "535", "with_": ("flash-attn", "xformers")}),
        ("V100", {"driver": "535", "with_": ("torchvision", "bitsandbytes")}),
        ("H100", {"driver": "580", "with_": ("sglang",)}),
        ("A100", {"driver": "535", "with_": ("pytorch3d",)}),
        ("T4", {"driver": "470"}),
        ("RTX 5090", {"driver": "570", "feature": "compile"}),
    ],
    ids=str,
)
def test_our_own_linter_finds_nothing_in_what_is_printed(
    gpu: str, asked: dict[str, Any], tmp_path: Path
) -> None:
    plan = ask(gpu, **asked).plans[0]
    names = {
        "dockerfile": "Dockerfile",
        "requirements": "requirements.txt",
        "compose": "compose.yaml",
        "pixi": "pixi.toml",
    }
    for form, name in {**names, "pyproject": "pyproject.toml"}.items():
        (tmp_path / name).write_text(plan.commands[form])
    (tmp_path / "of-poetry").mkdir()
    (tmp_path / "of-poetry" / "pyproject.toml").write_text(plan.commands["poetry"])

    found = lint_paths((str(tmp_path),), LintTarget(), MATRIX)

    assert len(found.files) == 6
    assert found.flaws == ()
