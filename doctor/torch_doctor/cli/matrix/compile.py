"""``torch-doctor matrix compile``: write the matrix as the one file that ``matrix update`` takes."""

from __future__ import annotations

import argparse
from pathlib import Path

from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor matrix compile -o matrix.json
torch-doctor matrix compile ./my-rows -o matrix.json
torch-doctor matrix compile --whole torch-doctor/matrix -o matrix.json"""
_EXITS = """exit codes:
  0  written: the line says its date and its SHA-256
  2  the rows are not sound, the input is wrong, or the file cannot be written"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    about = """Write the matrix in force as one file, with the rows of DIR laid over it.

torch-doctor matrix update takes the file on other machines with this release of torch-doctor."""
    made = Parser("matrix compile", about, _EXAMPLES, _EXITS)
    made.add_argument("folder", nargs="?", metavar="DIR", help="a folder of YAML rows")
    made.add_argument(
        "--whole", action="store_true", help="DIR is a whole matrix, and no row of this one stays"
    )
    made.add_argument("-o", "--output", metavar="FILE", required=True, help="the file to write")
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Compile, write, say what was written, and return the exit code."""
    from hashlib import sha256

    from torch_doctor.cli.output.streams import emit, write_file
    from torch_doctor.matrix.taken.receive import handed_over
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    compiled = _compiled(arguments)
    text = handed_over(compiled)
    write_file(Path(arguments.output), text)
    found, index = sha256(text.encode()).hexdigest(), compiled["index"]
    if arguments.json:
        head = {"version": index["version"], "digest": index["digest"]}
        emit(dump({**tool_head(), "matrix": head, "file": arguments.output, "sha256": found}))
    else:
        emit(f"{arguments.output}: matrix of {index['version']}, sha256 {found}\n")
    return 0


def _compiled(arguments: argparse.Namespace) -> dict[str, Any]:
    from torch_doctor.cli.input.errors import InputError
    from torch_doctor.cli.matrix.validate import folder
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.matrix.source.compile import compile_matrix

    named = folder("compile", arguments.folder)
    over = folder("--matrix", arguments.matrix)
    if not arguments.whole:
        if named and over:
            raise InputError("compile DIR and --matrix DIR name the same", "leave one out")
        return compile_matrix(None, named or over, load_matrix())
    if named is None:
        raise InputError("--whole needs the folder of the matrix", "name it")
    return compile_matrix(named, over)
