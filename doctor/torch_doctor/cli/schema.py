"""``torch-doctor schema``: print the JSON Schema of the report, or of another form of output."""

from __future__ import annotations

import argparse
from pathlib import Path

from torch_doctor.cli.output.exits import PLAIN_EXIT_CODES
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_FOLDER = Path(__file__).parent.parent / "render"
SCHEMA = _FOLDER / "report.schema.json"
FORMS = (
    "report",
    "recommend",
    "lock",
    "drift",
    "lint",
    "image",
    "fleet",
    "fleet-plan",
    "fleet-drift",
)
_EXAMPLES = """
torch-doctor schema > torch-doctor.schema.json
torch-doctor --json | check-jsonschema --schemafile torch-doctor.schema.json -
torch-doctor schema lock > lock.schema.json"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    about = "Print the JSON Schema that every report of torch-doctor --json follows, or that of another form."
    made = Parser("schema", about, _EXAMPLES, PLAIN_EXIT_CODES)
    made.add_argument(
        "form",
        nargs="?",
        choices=FORMS,
        default="report",
        help="report (default), recommend (its --json), lock (recommend --lock), drift (check --against --json), fleet",
    )
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Print the schema."""
    from torch_doctor.cli.output.streams import emit

    emit((_FOLDER / f"{arguments.form}.schema.json").read_text(encoding="utf-8"))
    return 0
