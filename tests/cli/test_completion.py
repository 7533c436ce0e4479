"""``torch-doctor completion``: what a shell completes is what the parsers know; asked of the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from importlib import import_module

import pytest
from torch_doctor.cli.about.completion import script
from torch_doctor.cli.overview import COMMANDS

from tests.cli.conftest import Run

ASK = """
{script}
compopt() {{ :; }}
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_torch_doctor
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(*words: str) -> set[str]:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    typed = " ".join(f'"{word}"' for word in ("torch-doctor", *words))
    done = subprocess.run(
        [bash, "--norc", "-c", ASK.format(script=script(), words=typed)],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def test_the_first_word_is_a_command() -> None:
    assert completed("") >= set(COMMANDS)
    assert completed("ma") == {"matrix"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_there(command: str) -> None:
    parser = import_module(f"torch_doctor.cli.{COMMANDS[command].module}").parser()
    flags = {flag for one in parser._actions for flag in one.option_strings if flag[:2] == "--"}

    assert completed(command, "--") == flags


def test_without_a_command_the_options_are_those_of_check() -> None:
    assert completed("--expect-gpu") == {"--expect-gpu", "--expect-gpus"}


def test_actions_have_options_of_their_own() -> None:
    assert {"query", "show", "page"} <= completed("matrix", "")
    assert "--driver" in completed("matrix", "query", "--")
    assert "--driver" not in completed("matrix", "validate", "--")


def test_values_are_those_that_an_option_takes() -> None:
    assert {"json", "html", "sarif"} <= completed("check", "--format", "")
    assert completed("completion", "--") == {"--help"}


def test_zsh_reads_it_as_bash(run: Run) -> None:
    ran = run("completion", "zsh")

    assert ran.code == 0
    assert ran.out.startswith("autoload -U +X bashcompinit && bashcompinit\n")
    zsh = shutil.which("zsh")
    if zsh is not None:
        text = f"autoload -U compinit && compinit -u\n{ran.out}\nprint $_comps[torch-doctor]"
        done = subprocess.run([zsh, "-f", "-c", text], capture_output=True, text=True, check=True)
        assert "_torch_doctor" in done.stdout


def by_fish(run: Run, typed: str) -> set[str]:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("needs fish")
    text = f"{run('completion', 'fish').out}\ncomplete -C '{typed}'"
    done = subprocess.run(
        [fish, "--no-config", "-c", text], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return {line.partition("\t")[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(
    ("typed", "wanted", "unwanted"),
    [
        ("torch-doctor ma", {"matrix"}, {"check"}),
        ("torch-doctor matrix ", {"query", "show", "page"}, {"matrix"}),
        ("torch-doctor matrix query --dr", {"--driver"}, set()),
        ("torch-doctor matrix validate --d", set(), {"--driver"}),
        ("torch-doctor --expect-", {"--expect-gpu", "--expect-gpus"}, {"--emit"}),
        ("torch-doctor check --format ", {"json", "html", "sarif"}, {"--json"}),
        ("torch-doctor recommend --pur", {"--purpose"}, set()),
    ],
)
def test_fish_completes_the_same(
    typed: str, wanted: set[str], unwanted: set[str], run: Run
) -> None:
    found = by_fish(run, typed)

    assert wanted <= found
    assert not unwanted & found


def test_the_script_for_fish_has_every_option_and_no_loose_quote(run: Run) -> None:
    import shlex

    lines = [line for line in run("completion", "fish").out.splitlines() if " -l " in line]
    flags = {line.partition(" -l ")[2].split()[0] for line in lines}
    known = [import_module(f"torch_doctor.cli.{one.module}").parser() for one in COMMANDS.values()]

    assert flags >= {
        flag[2:]
        for parser in known
        for one in parser._actions
        for flag in one.option_strings
        if flag[:2] == "--"
    }
    assert all(shlex.split(line.replace("\\'", "")) for line in lines)


def test_another_shell_is_refused(run: Run) -> None:
    assert run("completion", "tcsh").code == 2
