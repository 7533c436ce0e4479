"""``torch-doctor completion bash``: a script that lets a shell complete commands, options and their values."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module

from torch_doctor.cli.output.exits import PLAIN_EXIT_CODES
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_ABOUT = """Print a script for your shell, made from the commands of this version: nothing is run while you type.

In bash, put eval "$(torch-doctor completion bash)" into ~/.bashrc; in zsh, the same with zsh into ~/.zshrc, behind
compinit. In fish: torch-doctor completion fish > ~/.config/fish/completions/torch-doctor.fish"""
_EXAMPLES = """
torch-doctor completion bash
torch-doctor completion zsh
torch-doctor completion fish | source
torch-doctor completion bash > ~/.local/share/bash-completion/completions/torch-doctor"""
_SCRIPT = """\
# completion of torch-doctor {version}
_torch_doctor() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" key=check
  if ((COMP_CWORD > 1)); then
    case "${{COMP_WORDS[1]}}" in {commands_or}) key="${{COMP_WORDS[1]}}" ;; esac
  fi
  if ((COMP_CWORD > 2)); then
    case "$key ${{COMP_WORDS[2]}}" in {keys}) key="$key ${{COMP_WORDS[2]}}" ;; esac
  fi
  local options="" values=""
  case "$key" in
{options}
  esac
  case "$key $before" in
{values}
  esac
  COMPREPLY=()
  if [[ -n "$values" ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "{commands}" -- "$current"))
{actions}
  fi
}}
complete -o default -F _torch_doctor torch-doctor
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("completion", _ABOUT, _EXAMPLES, PLAIN_EXIT_CODES)
    made.add_argument(
        "shell", choices=("bash", "fish", "zsh"), help="the shell that reads the script"
    )
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Print the script and return the exit code."""
    from torch_doctor.cli.output.streams import emit

    if arguments.shell == "fish":
        from torch_doctor.cli.about.fish import script as for_fish

        emit(for_fish(dict(_parsers())))
        return 0
    zsh = "autoload -U +X bashcompinit && bashcompinit\n" if arguments.shell == "zsh" else ""
    emit(zsh + script())
    return 0


def script() -> str:
    """Return the function for bash, which zsh reads, too."""
    from torch_doctor import __version__
    from torch_doctor.cli.overview import COMMANDS

    known = dict(_parsers())
    nested: dict[str, list[str]] = {}
    for key in known:
        command, _, action = key.partition(" ")
        if action:
            nested.setdefault(command, []).append(action)
    return _SCRIPT.format(
        version=__version__,
        commands=" ".join((*COMMANDS, "help")),
        commands_or="|".join(COMMANDS),
        keys="|".join(f'"{key}"' for key in known if " " in key),
        options="\n".join(
            f'    "{key}") options="{" ".join(_flags(one))}" ;;' for key, one in known.items()
        ),
        values="\n".join(_values(known)),
        actions="\n".join(_actions(nested)),
    )


def _parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command and every action of one, with its parser."""
    from torch_doctor.cli.overview import COMMANDS

    for name, command in COMMANDS.items():
        made: argparse.ArgumentParser = import_module(f"torch_doctor.cli.{command.module}").parser()
        yield name, made
        for action in made._actions:  # noqa: SLF001  argparse has no other list of them
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  nor another name for it
                yield from ((f"{name} {each}", sub) for each, sub in action.choices.items())


def _flags(parser: argparse.ArgumentParser) -> list[str]:
    flags = (flag for action in parser._actions for flag in action.option_strings)  # noqa: SLF001
    return [flag for flag in flags if flag.startswith("--")]


def _values(known: dict[str, argparse.ArgumentParser]) -> Iterator[str]:
    for key, parser in known.items():
        for action in parser._actions:  # noqa: SLF001
            if action.choices is None or not action.option_strings:
                continue
            words = " ".join(map(str, action.choices))
            cases = "|".join(f'"{key} {flag}"' for flag in action.option_strings)
            yield f'    {cases}) values="{words}" ;;'


def _actions(nested: dict[str, list[str]]) -> Iterator[str]:
    for command, actions in nested.items():
        yield f'  elif ((COMP_CWORD == 2)) && [[ "$key" == "{command}" ]]; then'
        yield f'    COMPREPLY=($(compgen -W "{" ".join(actions)}" -- "$current"))'
