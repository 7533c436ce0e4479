"""The page of the matrix: its tables and what a row of each says, and an overview of torch's builds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.provenance import Provenance
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.rows import TABLES

_UPDATE = """\
The wheel carries a matrix of its day. `torch-doctor matrix update --from FILE|URL` takes a newer one, and nothing
else ever writes it: no command looks for one by itself. `torch-doctor matrix compile -o FILE` writes the file, of
the matrix in force, with rows of your own laid over it, or of a checkout (`--whole DIR`).

- An address is https, with a certificate that the system accepts, and so is every address that it redirects to; the
  answer comes within 120 seconds and has at most 32 MiB. `--sha256 HEX` names the hash that the file must have.
  Matrices are not signed: nobody publishes them yet, and no address is built in.
- Every row is checked as its YAML was, text that could act on a terminal is refused, and the digest must be that of
  the rows. A file that was compiled for other columns, that is for another release of torch-doctor, is refused; so
  is one older than the matrix in force, without `--allow-older`.
- What is refused is one line on stderr, exit code 2, and changes nothing. What is taken is one file that replaces
  the last one as a whole; `--rollback` goes back to the one before, and from the first to the packaged one.
- It is kept in `torch-doctor/` of the user's data: `$XDG_DATA_HOME` or `~/.local/share`, `~/Library/Application
  Support`, `%LOCALAPPDATA%`. `TORCH_DOCTOR_DATA` names another folder, and `--to DIR` writes there.
- `torch-doctor matrix --version` says which matrix is in force, its date and where it came from. The packaged one
  answers, and stderr says why, where the file is damaged or made for other columns, where root would read what
  others can change, or where its file system does not answer within two seconds, whichever threads the
  program that asks has. It answers, too, as soon as a newer torch-doctor brings a matrix that is newer than the one
  that was taken.
- A matrix whose newest row is older than 60 days is a note in a report of every format but the one line and the
  features of a node (TD907), which changes neither verdict nor exit code; commands without a report say it on
  stderr. A driver, a torch, a CUDA or a compute capability newer than every row is "newer than this matrix"
  (TD908): the machine's own files judge it."""


_REFRESH = """\
`torch-doctor matrix refresh --diff --online` looks at all that is new in one run and prints a diff over `matrix/`
that `git apply` takes: releases of torch and builds of companions that the package index serves and no row holds,
read from their wheels; and, with `--online`, branches and releases of drivers that NVIDIA lists (docs.nvidia.com,
releases.json). Rows come with source and date; what a list does not say (the CUDA that a new branch reports) is a
comment to be filled in, and `torch-doctor matrix validate` names what is left. Where a wheel says something else
than its row, a line on stderr says so. Nothing is written. It was tried against stand-in servers, not against
NVIDIA's site itself."""
_PROPOSE = """\
`torch-doctor matrix propose --from host.json` prints what a host proved and no row holds, as YAML with source and
date: a GPU on which a kernel ran and its compute capability, the driver and the CUDA that it reports, the targets
of the torch that ran there, and newer releases of cuDNN and NCCL that it loaded. The date is the day on which the
file was written. Where a row says something else, both values stand in a comment. What a host cannot say (the kind
of a GPU, whether the package index serves a build) is a comment to be filled in. Nothing in it names the host, its
user or a device."""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the one page."""
    yield "matrix.md", "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# The compatibility matrix"
    yield ""
    yield "What is known about drivers, CUDA toolkits, GPUs, builds of torch, images and errors, row by row."
    yield "People read and review YAML under [matrix/](../matrix); the wheel carries it compiled. One row is one"
    yield "claim, and every row says where it comes from:"
    yield ""
    yield f"`origin`: {', '.join(f'`{field}`' for field in Provenance._fields)}. {_doc(Provenance)}"
    yield ""
    yield "`torch-doctor matrix show TABLE KEY` prints rows with their sources; `--matrix DIR` adds rows of your"
    yield "own, or replaces rows of the same key, and `torch-doctor matrix validate DIR` checks them first."
    yield from ("", "## A newer matrix", "", _UPDATE)
    yield from ("", "## What came since", "", _REFRESH)
    yield from ("", "## What a host proved", "", _PROPOSE)
    yield from ("", "## Builds of torch", "", *_builds())
    for name, table in TABLES.items():
        yield from ("", f"## {name}", "", _doc(table.row), "")
        yield f"In `matrix/{table.place}`; a row is named by {' and '.join(f'`{key}`' for key in table.key)}."
        fields = [field for field in table.row._fields if field != "origin"]
        yield f"Fields: {', '.join(f'`{field}`' for field in fields)}."


def _builds() -> Iterator[str]:
    matrix = load_matrix()
    rows = [row for row in matrix.torch_builds if row.platform == "linux-x86_64" and row.cuda]
    yield "For Linux on x86_64, by torch minor release; a build may be missing for a single patch release."
    yield from ("", "| torch | CUDA builds |", "|---|---|")
    minors: dict[str, set[str]] = {}
    for row in rows:
        if row.status == "published":
            minors.setdefault(re.sub(r"\.\d+$", "", row.torch), set()).add(row.variant)
    for minor in sorted(minors, key=release_key, reverse=True):
        yield f"| {minor} | {', '.join(sorted(minors[minor], key=_tag))} |"


def _tag(variant: str) -> tuple[int, str]:
    digits = re.sub(r"\D", "", variant)
    return int(digits or 0), variant


def _doc(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())
