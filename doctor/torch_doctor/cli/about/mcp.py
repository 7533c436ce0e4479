"""``torch-doctor mcp``: offer the answers as tools to programs that speak the Model Context Protocol."""

from __future__ import annotations

import argparse

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.output.exits import PLAIN_EXIT_CODES
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_ABOUT = """Offer check, triage, recommend, explain and lint as tools to an editor or an assistant that speaks the Model
Context Protocol, over standard input and output, until its end.

Every tool only looks: nothing of PyTorch is run, nothing is written, changed or sent. It needs the extra mcp: from a
checkout, pip install ".[mcp]"."""
_EXAMPLES = """
torch-doctor mcp
claude mcp add torch-doctor -- "$PWD/.venv/bin/torch-doctor" mcp"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    return Parser("mcp", _ABOUT, _EXAMPLES, PLAIN_EXIT_CODES)


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Serve until standard input ends; return the exit code."""
    from torch_doctor.serving.server import server

    try:
        made = server()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        message = "the SDK of the protocol is not there (the package mcp, version 2)"
        cure = 'install the extra that brings it, from a checkout: pip install ".[mcp]"'
        raise InputError(message, cure) from error
    made.run("stdio")
    return 0
