"""``torch-doctor matrix update``: take a compiled matrix from a file or an address, or go back to the one before."""

from __future__ import annotations

import argparse
import os
import re

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor matrix update --from ./matrix.json
torch-doctor matrix update --from https://example.org/matrix.json --sha256 HEX
torch-doctor matrix update --rollback"""
_EXITS = """exit codes:
  0  done: the line says which matrix is in force now
  2  what came was refused and nothing was changed, or the input is wrong"""
_ABOUT = """Take a compiled matrix (matrix compile makes one) and let it answer in place of the packaged one.

It is taken from a file, or over https. It is judged as the YAML is that it was made from, refused where it is older
than the one in force, and put into its place as a whole: what is refused changes nothing. Nobody signs matrices yet, so
an address is trusted as far as its certificate: name the hash with --sha256 where you know it. The packaged matrix
answers again when a newer torch-doctor brings one that is newer than what was taken."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    made = Parser("matrix update", _ABOUT, _EXAMPLES, _EXITS)
    made.add_argument("--from", dest="source", metavar="FILE|URL", help="the matrix to take")
    made.add_argument("--sha256", metavar="HEX", help="the SHA-256 that the file must have")
    made.add_argument(
        "--allow-older", action="store_true", help="take one that is older than the one in force"
    )
    made.add_argument("--rollback", action="store_true", help="go back to the one before")
    made.add_argument(
        "--to",
        metavar="DIR",
        help="keep it in this folder, which TORCH_DOCTOR_DATA must name later (default: the user's data)",
    )
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Take or go back, say which matrix is in force, and return the exit code."""
    from torch_doctor.matrix.load import look_again
    from torch_doctor.matrix.store import MatrixError

    if bool(arguments.source) == arguments.rollback:
        raise InputError("update needs --from FILE|URL, or --rollback", "give one of them")
    folder = _folder(arguments.to)
    try:
        changed = _back(folder) if arguments.rollback else _take(arguments, folder)
    except MatrixError as error:
        raise InputError(f"{error}; nothing was changed", kind="matrix") from error
    look_again()
    _say(folder, changed=changed, as_json=arguments.json)
    return 0


def _folder(named: str | None) -> str:
    from torch_doctor.matrix.taken.place import VARIABLE, data_folder

    found = data_folder({VARIABLE: named} if named else os.environ)
    if found is None:
        raise InputError("nothing says where your data is kept", "name a folder with --to DIR")
    return found


def _take(arguments: argparse.Namespace, folder: str) -> bool:
    from datetime import date
    from hashlib import sha256

    from torch_doctor.matrix.store import MatrixError
    from torch_doctor.matrix.taken.keep import keep
    from torch_doctor.matrix.taken.receive import received

    wanted = _digest(arguments.sha256)
    data, source = _content(arguments.source)
    found = sha256(data).hexdigest()
    if wanted not in (None, found):
        raise MatrixError(f"{source}: its SHA-256 is {found}, not the one asked for")
    try:
        compiled = received(data)
    except MatrixError as error:
        raise MatrixError(f"{source} {error}") from None
    index = compiled["index"]
    there, packaged = _there(folder)
    if index["digest"] == there.digest:
        return False
    if index["version"] < there.version and not arguments.allow_older:
        raise MatrixError(
            f"{source} is of {index['version']}, older than the matrix of {there.version} in force; "
            "--allow-older takes it"
        )
    head = {"source": source, "day": date.today().isoformat(), "sha256": found}
    keep(compiled, {**head, "beside": packaged.version}, folder)
    return True


def _there(folder: str) -> tuple[Matrix, Matrix]:
    """Return the matrix that answers for a folder, and the packaged one."""
    from torch_doctor.matrix.load import in_force, look_again

    look_again()
    found = in_force(folder)
    return found.matrix, found.packaged


def _digest(text: str | None) -> str | None:
    if text is None:
        return None
    found = text.strip().lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        raise InputError("--sha256 takes 64 hexadecimal digits", "copy the hash as a whole")
    return found


def _content(named: str) -> tuple[bytes, str]:
    """Return what a file or an address holds, and how to call it."""
    from torch_doctor.core.text import one_line
    from torch_doctor.matrix.source.regular import regular
    from torch_doctor.matrix.store import MatrixError
    from torch_doctor.matrix.taken.stored import MOST_BYTES

    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", named):
        return _fetched(named)
    shown = one_line(named, 300)
    try:
        with open(named, "rb", opener=regular) as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise MatrixError(f"{shown}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise MatrixError(f"{shown} is larger than {MOST_BYTES >> 20} MiB")
    return data, os.path.abspath(named)


def _fetched(url: str) -> tuple[bytes, str]:
    from torch_doctor.cli.output.streams import notice
    from torch_doctor.matrix.store import MatrixError
    from torch_doctor.online.web import OnlineError, plain
    from torch_doctor.online.whole import whole_file

    try:
        notice(f"goes online: takes a matrix from {plain(url)}")
        return whole_file(url), plain(url)
    except OnlineError as error:
        raise MatrixError(str(error)) from None


def _back(folder: str) -> bool:
    from torch_doctor.matrix.store import MatrixError
    from torch_doctor.matrix.taken.keep import roll_back

    if not roll_back(folder):
        raise MatrixError("the packaged matrix is in force, and there is none before it")
    return True


def _say(folder: str, *, changed: bool, as_json: bool) -> None:
    from torch_doctor.cli.matrix.in_force import document, words
    from torch_doctor.cli.output.streams import emit, notice
    from torch_doctor.matrix.load import in_force
    from torch_doctor.matrix.taken.place import VARIABLE, data_folder
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    found = in_force(folder)
    if as_json:
        emit(dump({**tool_head(), "matrix": document(found), "changed": changed}))
    else:
        emit(f"{words(found)}{'' if changed else '; nothing to change'}\n")
    if folder != data_folder(os.environ):
        notice(f"the matrix in {folder} answers where {VARIABLE} names that folder")
