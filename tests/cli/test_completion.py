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


def test_another_shell_is_refused(run: Run) -> None:
    assert run("completion", "tcsh").code == 2
