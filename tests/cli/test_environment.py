"""Which environment is judged, from the command line to the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.resting import rests_on
from tests.unit.probes.env_trees import SITE, torch_files, tree, venv


@pytest.mark.parametrize(
    "words",
    [
        ["."],
        ["./.venv"],
        ["check", "/work"],
        ["check", "/work/.venv/bin/python"],
        ["--python", ".venv"],
        [],
    ],
)
def test_a_path_names_the_environment(run: Run, tmp_path: Path, words: list[str]) -> None:
    site = f"/work/.venv/{SITE}"
    host = tree(tmp_path, {**venv("/work/.venv"), **torch_files(site)})

    facts = run(*words, "--static", "--json", host=host).report["facts"]

    assert facts["python_executable"]["value"] == "/work/.venv/bin/python"
    assert facts["torch_version"]["value"]
    named = facts["python_found_via"]["value"] == "as named"
    assert named == bool(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["./nowhere"], "torch-doctor: ./nowhere: there is no such file (expected"),
        (["check", "nowhere"], "torch-doctor: nowhere: there is no such file"),
        (["/bin"], "torch-doctor: /bin holds no python (expected"),
        (["--python", "/bin"], "torch-doctor: --python /bin holds no python"),
        (["./a", "--python", "./b"], "torch-doctor: PATH and --python name the same thing"),
        (["./a", "--facts", "x.json"], "torch-doctor: PATH has no meaning beside --facts"),
        (["./a", "--from", "x.txt"], "torch-doctor: --from judges a report alone"),
        (["--json", "recommend"], "torch-doctor: unknown argument recommend; put the command"),
        (["chekc"], "torch-doctor: there is no command 'chekc'; did you mean check?"),
    ],
)
def test_what_is_no_environment_is_one_clear_line(
    run: Run, tmp_path: Path, words: list[str], expected: str
) -> None:
    ran = run(*words, "--static", host=tree(tmp_path, {"/bin/ls": ""}))

    assert ran.code == 2
    assert ran.err.startswith(expected)
    assert ran.err.count("\n") == 1


@rests_on("TD205", "TD401")
@pytest.mark.parametrize("options", [[], ["--require-gpu"]])
def test_without_torch_and_without_a_gpu_it_says_so_and_what_to_do(
    run: Run, tmp_path: Path, options: list[str]
) -> None:
    host = tree(tmp_path, {**venv("/work/.venv"), "/sys/bus/pci/devices/": ""})

    ran = run("--static", *options, host=host)

    assert ran.code == len(options)
    assert "there is no PyTorch in this environment" in " ".join(ran.out.split())
    assert "would use the CPU" not in ran.out
    if not options:
        assert "and no PyTorch" in " ".join(ran.out.split())
        assert "torch-doctor PATH" in ran.out
        words = " ".join(ran.out.split())
        assert "anywhere with --gpu and the name of its GPU torch-doctor recommend" in words


@rests_on("TD401")
def test_another_environment_that_has_torch_is_named(run: Run, tmp_path: Path) -> None:
    other = {**venv("/p"), **torch_files(f"/p/{SITE}"), "/sys/bus/pci/devices/": ""}
    host = tree(tmp_path, {**venv("/a"), **other}, VIRTUAL_ENV="/a", PATH="/p/bin")

    ran = run("--static", host=host)

    assert "torch-doctor /p/bin/python" in ran.out
