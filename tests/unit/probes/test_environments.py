"""Which environment is judged: named, active, the project's, on PATH, and never the tool's own without need."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.core.fact import Known, Unavailable
from torch_doctor.probes.python import environments
from torch_doctor.probes.python.environments import resolve_target
from torch_doctor.probes.python.target import TargetError

from tests.unit.probes.env_trees import SITE, Tree, tree, venv

TORCH = {"torch/version.py": "__version__ = '2.8.0'\n"}
CONDA = {
    "/opt/conda/bin/python": "",
    "/opt/conda/lib/python3.12/os.py": "",
    f"/opt/conda/{SITE}/": "",
    "/opt/conda/conda-meta/": "",
}
OWN = {"executable": "/own/bin/python", "version": "3.12.3"}


def with_torch(prefix: str) -> dict[str, str]:
    return {f"{prefix}/{SITE}/{name}": text for name, text in TORCH.items()}


def around(tmp_path: Path, *prefixes: str, own: dict[str, object] = OWN, **environ: str) -> Tree:
    """A machine with venvs at *prefixes* (``+`` behind one: with torch), and torch-doctor in /own."""
    files: dict[str, str] = {}
    for prefix in prefixes:
        files |= dict(venv(prefix.rstrip("+")))
        files |= with_torch(prefix.rstrip("+")) if prefix.endswith("+") else {}
    host = tree(tmp_path, files, **environ)
    host.answers = {**Tree.answers, "own_python": own}
    return host


@pytest.mark.parametrize(
    ("prefixes", "environ", "via", "executable"),
    [
        (("/a+", "/own+", "/work/.venv+"), {"VIRTUAL_ENV": "/a"}, "VIRTUAL_ENV", "/a/bin/python"),
        # the active one is judged even where it has no torch: the user's shell runs it
        (("/a", "/own+", "/work/.venv+"), {"VIRTUAL_ENV": "/a"}, "VIRTUAL_ENV", "/a/bin/python"),
        (("/own+", "/work/.venv+"), {"VIRTUAL_ENV": "/gone"}, "project", "/work/.venv/bin/python"),
        (
            ("/own+", "/work/.venv+", "/p+"),
            {"PATH": "/p/bin"},
            "project",
            "/work/.venv/bin/python",
        ),
        (("/work/venv+", "/p+"), {"PATH": "/p/bin"}, "project", "/work/venv/bin/python"),
        (("/work/.pixi/envs/default+",), {}, "project", "/work/.pixi/envs/default/bin/python"),
        (("/work/.venv", "/p+"), {"PATH": "/p/bin"}, "PATH", "/p/bin/python"),
        (("/q", "/p+"), {"PATH": "/q/bin:/p/bin"}, "PATH", "/p/bin/python"),
        (("/own+", "/p+"), {"PATH": "/p/bin"}, "own", "/own/bin/python"),
        # none has torch: the project's stands for what the user means
        (("/own", "/work/.venv", "/p"), {"PATH": "/p/bin"}, "project", "/work/.venv/bin/python"),
        (("/own", "/p"), {"PATH": "/p/bin"}, "own", "/own/bin/python"),
    ],
)
def test_order_of_choice(
    tmp_path: Path, prefixes: tuple[str, ...], environ: dict[str, str], via: str, executable: str
) -> None:
    found = resolve_target(around(tmp_path, *prefixes, **environ), None)

    assert (found.found_via, found.executable) == (via, executable)
    assert found.chosen


@pytest.mark.parametrize("receipt", ["uv-receipt.toml", "pipx_metadata.json"])
def test_the_environment_of_a_tool_comes_last(tmp_path: Path, receipt: str) -> None:
    host = around(tmp_path, "/own+", "/p+", PATH="/p/bin")
    (tmp_path / "own" / receipt).write_text("")

    assert resolve_target(host, None).found_via == "PATH"


def test_the_environment_of_a_tool_is_judged_where_no_other_has_torch(tmp_path: Path) -> None:
    host = around(tmp_path, "/own+", "/p", PATH="/p/bin")
    (tmp_path / "own" / "uv-receipt.toml").write_text("")

    assert resolve_target(host, None).found_via == "own"


def test_an_environment_that_uv_throws_away_is_a_tools(tmp_path: Path) -> None:
    own = {"executable": "/c/uv/archive-v0/X/bin/python", "version": "3.12.3"}
    host = around(tmp_path, "/c/uv/archive-v0/X+", "/p+", own=own, PATH="/p/bin")

    assert resolve_target(host, None).found_via == "PATH"


def test_uv_run_with_lays_an_environment_over_the_projects(tmp_path: Path) -> None:
    """The passing environment is the active one, and its torch is that of the environment which it extends."""
    host = around(tmp_path, "/c/builds-v0/Y", "/work/.venv+", VIRTUAL_ENV="/c/builds-v0/Y")
    with (tmp_path / "c/builds-v0/Y/pyvenv.cfg").open("a") as file:
        file.write("extends-environment = /work/.venv\n")

    found = resolve_target(host, None)

    assert (found.prefix, found.found_via) == ("/work/.venv", "VIRTUAL_ENV")


def test_a_program_that_asks_from_inside_means_its_own_environment(tmp_path: Path) -> None:
    host = around(tmp_path, "/own+", "/a+", own={**OWN, "inside": True}, VIRTUAL_ENV="/a")

    assert resolve_target(host, None).found_via == "own"


def test_condas_base_is_active_without_anybodys_asking(tmp_path: Path) -> None:
    """Any other conda environment that is active decides; base gives way to the project's environment."""
    host = around(tmp_path, "/work/.venv+", CONDA_PREFIX="/opt/conda")
    tree(tmp_path, CONDA)
    assert resolve_target(host, None).found_via == "CONDA_PREFIX"
    tree(tmp_path, {"/opt/conda/condabin/": ""})
    assert resolve_target(host, None).found_via == "project"
    tree(tmp_path, with_torch("/opt/conda"))
    (tmp_path / f"work/.venv/{SITE}/torch/version.py").unlink()
    assert resolve_target(host, None).found_via == "CONDA_PREFIX"


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("/nowhere", "/nowhere: there is no such file"),
        ("/work", "/work holds no python"),
        ("/bin/ls", "/bin/ls is no Python with its library beside it"),
        ("/lonely/python3", "lib/pythonX.Y"),
        ("", "'' holds no python"),
    ],
)
def test_a_wrong_path_is_one_clear_line(tmp_path: Path, python: str, words: str) -> None:
    host = tree(tmp_path, {"/bin/ls": "", "/lonely/python3": ""})

    with pytest.raises(TargetError) as caught:
        resolve_target(host, python)

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("python", ["/work", ".", "/work/.venv", ".venv/bin/python"])
def test_a_project_stands_for_its_environment(tmp_path: Path, python: str) -> None:
    found = resolve_target(around(tmp_path, "/work/.venv"), python)

    assert (found.prefix, found.found_via) == ("/work/.venv", "--python")


def test_no_interpreter_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="name one with --python"):
        resolve_target(tree(tmp_path, {}), None)


def test_facts_say_why_and_where_else_torch_is(tmp_path: Path) -> None:
    host = around(tmp_path, "/a", "/p+", "/work/.venv+", VIRTUAL_ENV="/a", PATH="/p/bin:/p/bin")

    facts = dict(environments.probe(host, resolve_target(host, None)))

    assert set(facts) == set(environments.OWNS)
    assert facts["python_found_via"].source.where == "VIRTUAL_ENV"
    assert isinstance(facts["python_found_via"], Known)
    assert facts["python_found_via"].value == "active by VIRTUAL_ENV"
    assert isinstance(facts["torch_elsewhere"], Known)
    assert facts["torch_elsewhere"].value == (
        "/work/.venv/bin/python",
        "/p/bin/python",
    )


def test_an_environment_with_torch_needs_no_other(tmp_path: Path) -> None:
    host = around(tmp_path, "/a+", "/p+", VIRTUAL_ENV="/a", PATH="/p/bin")

    facts = dict(environments.probe(host, resolve_target(host, None)))

    assert isinstance(facts["torch_elsewhere"], Unavailable)
