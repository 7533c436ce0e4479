"""Which environment is judged, from the command line to the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
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
    ("words", "said"),
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
    run: Run, tmp_path: Path, words: list[str], said: str
) -> None:
    ran = run(*words, "--static", host=tree(tmp_path, {"/bin/ls": ""}))

    assert ran.code == 2
    assert ran.err.startswith(said)
    assert ran.err.count("\n") == 1
