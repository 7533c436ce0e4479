"""The commands, each in one line, and what ``torch-doctor --help`` says."""

from __future__ import annotations

from torch_doctor.cli.output.exits import EXIT_CODES


class Command:
    """A command: the module that runs it and one line about it."""

    __slots__ = ("about", "module")

    def __init__(self, module: str, about: str) -> None:
        self.module, self.about = module, about


COMMANDS = {
    "check": Command("check", "judge this machine, or facts from a file (the default command)"),
    "collect": Command(
        "collect", "save the facts of this machine to a file, to be judged anywhere"
    ),
    "recommend": Command(
        "recommend", "name the torch build and image for a GPU, a driver or this host"
    ),
    "triage": Command("triage", "judge a pasted bug report, or thousands of them"),
    "fleet": Command(
        "fleet.command", "judge thousands of saved hosts: groups by cause, one answer"
    ),
    "lint": Command("lint", "find what will not run in the files of a project, before it ships"),
    "image": Command(
        "image", "say what is in a container image, and whether it runs here or there"
    ),
    "explain": Command("explain", "say what a code, a name or an error text means"),
    "rules": Command("rules", "list every rule"),
    "matrix": Command("matrix.command", "ask, show or update the compatibility matrix"),
    "settings": Command("about.settings", "show which settings are in force, and from where"),
    "completion": Command(
        "about.completion", "print a script that lets bash, fish or zsh complete commands"
    ),
    "mcp": Command("about.mcp", "offer these answers as tools to an editor or an assistant"),
    "schema": Command("schema", "print the JSON Schema of the report"),
}


def overview() -> str:
    """Return the help of the program as a whole."""
    commands = "\n".join(f"  {name:<11} {command.about}" for name, command in COMMANDS.items())
    return f"""usage: torch-doctor [COMMAND] [OPTIONS]
       torch-doctor PATH [OPTIONS]

Will PyTorch run a kernel on the GPUs here, and if not, what is the one cause and the cheapest cure?

commands:
{commands}

options:
  --version  print the version
  --help     print this; torch-doctor COMMAND --help prints a command's options

examples:
  torch-doctor                              check this machine
  torch-doctor --static -v                  without running PyTorch, with everything that was seen
  torch-doctor --json                       the same for programs
  torch-doctor ./venv                       another Python environment, or a project's
  torch-doctor collect -o host.json         save the facts here ...
  torch-doctor check --facts host.json      ... and judge them there
  torch-doctor explain TD202                what a code means

{EXIT_CODES}

Nothing is sent anywhere, nothing is changed, and files are written only where you name one.
"""
