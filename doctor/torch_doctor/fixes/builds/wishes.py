"""What an install command asked for by name: a CUDA, companions of torch. A cure gives that first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch_doctor.core.fact import Facts
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.law.search import runs
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

PYTORCH_CHANNEL = "conda channel pytorch"
# The CUDA that a command asks for: of conda by a package, of pip by its index.
_CUDA = regex(
    r"\b(?:pytorch-cuda|cudatoolkit|cuda-version)=+(\d{1,2}\.\d)|/whl/(?:nightly/)?(cu\d{2,3})\b"
)
_BUILT_FOR = regex(r"xFormers was built for: {1,4}PyTorch (\d[\d.]{2,8}\+cu\d{2,3})\b")
_OF_THE_CHANNEL = regex(r"\b(?:pytorch-cuda|cudatoolkit)=")


class Wish(NamedTuple):
    """Builds for *cuda*; *last* is the last release of the conda channel that was asked, *indexed*: by an index."""

    cuda: CudaVersion
    last: str | None = None
    indexed: bool = False

    def allows(self, row: TorchBuild) -> bool:
        """Whether a build is what was asked for."""
        fits = self.last is None or release_key(row.torch) <= release_key(self.last)
        return fits and row.cuda == str(self.cuda)


def wish_of(commands: Iterable[str], matrix: Matrix) -> Wish | None:
    """Return what the last command that names a CUDA asks for."""
    found = [(text, match) for text in commands for match in _CUDA.finditer(text)]
    if not found:
        return None
    text, match = found[-1]
    cuda = CudaVersion.parse(match[1]) if match[1] else CudaVersion.from_tag(match[2])
    return Wish(
        cuda, last_of_channel(matrix) if _OF_THE_CHANNEL.search(text) else None, bool(match[2])
    )


def asked_for(
    commands: Iterable[str], rows: Iterable[TorchBuild], machine: Machine | None, matrix: Matrix
) -> TorchBuild | None:
    """Return the first of *rows* that runs on *machine* and is for the CUDA that a command asks for."""
    wish = wish_of(commands, matrix)
    if wish is None or machine is None:
        return None
    found = [row for row in rows if wish.allows(row) and runs(row, machine, matrix)]
    # who named an index gets the build of that index, not the same one of the default index
    if found and wish.indexed:
        return found[0]._replace(index_url=index_of(found[0].variant))
    return found[0] if found else None


def built_for(facts: Facts) -> TorchVersion | None:
    """Return the torch that the installed xformers says it was built for, where another one is there."""
    texts = (error.text for error in facts.value("errors_seen", ()))
    found = (match for text in texts for match in _BUILT_FOR.finditer(text))
    return next((TorchVersion(match[1]) for match in found), None)


def that_fits(
    facts: Facts, rows: Iterable[TorchBuild], machine: Machine | None, matrix: Matrix
) -> TorchBuild | None:
    """Return the one of *rows* that the installed xformers is built for, where it is the installed release."""
    own, installed = built_for(facts), facts.value("torch_version")
    if own is None or machine is None or installed is None or installed.public != own.public:
        return None
    same = (row for row in rows if (row.torch, row.variant) == (own.public, own.local))
    found = next((row for row in same if runs(row, machine, matrix)), None)
    return found and found._replace(index_url=index_of(found.variant))


def that_was_there(
    facts: Facts, rows: Iterable[TorchBuild], machine: Machine | None, matrix: Matrix
) -> TorchBuild | None:
    """Return the one of *rows* that an unnamed torch took the place of, where it runs on *machine*."""
    gone: TorchVersion | None = facts.value("torch_replaced")
    if gone is None or not gone.local or machine is None or facts.value("torch_version"):
        return None
    same = (row for row in rows if (row.torch, row.variant) == (gone.public, gone.local))
    return next((row for row in same if runs(row, machine, matrix)), None)


def last_of_channel(matrix: Matrix) -> str | None:
    """Return the last release that the conda channel pytorch has."""
    ends = (end.last for end in matrix.end_of_line if end.package == PYTORCH_CHANNEL)
    return next(ends, None)


def named_in_commands(names: Iterable[str], commands: Iterable[str]) -> set[str]:
    """Return those of *names* that a command installs."""
    text = " ".join(commands)
    return {name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}
