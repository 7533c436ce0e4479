"""``torch-doctor matrix page -o DIR``: every build, GPU and driver on one HTML page that needs no network."""

from __future__ import annotations

import argparse
from pathlib import Path

from torch_doctor.cli.output.exits import PLAIN_EXIT_CODES
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_ABOUT = """Write the explorer: an HTML page on which you pick a GPU, a driver, a Python and a package beside torch.

It shows which builds of torch run there, which do not and why, and of which it is not known, each with its rows,
their sources and dates. The file needs no other and no network; rows of --matrix are in it. It takes ten seconds."""
_EXAMPLES = """
torch-doctor matrix page -o ./site
torch-doctor matrix page -o ./site --matrix ./my-rows"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    made = Parser("matrix page", _ABOUT, _EXAMPLES, PLAIN_EXIT_CODES)
    made.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        required=True,
        help="the folder for explorer.html; it is made where it is missing",
    )
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Write the page and return the exit code."""
    from torch_doctor.cli.input.errors import InputError
    from torch_doctor.cli.matrix.command import matrix_of
    from torch_doctor.cli.output.streams import notice, write_file
    from torch_doctor.explorer.page import NAME, page

    folder = Path(arguments.output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"--output {folder}: {error.strerror or error}"
        raise InputError(problem, "name a folder that can be written to") from error
    write_file(folder / NAME, page(matrix_of(arguments)))
    notice(f"wrote {folder / NAME}")
    return 0
