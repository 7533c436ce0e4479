"""Pages to look things up, made of rows for the site alone: one for each GPU, release, driver branch and error."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.matrix.load import load_matrix

from docs.pages.lookup import drivers, errors, gpus, releases


def pages() -> Iterator[tuple[str, str]]:
    """Yield every page: its path under docs/ and its text. No two have one path."""
    matrix = load_matrix()
    for maker in (errors.pages, gpus.pages, releases.pages, drivers.pages):
        yield from maker(matrix)
