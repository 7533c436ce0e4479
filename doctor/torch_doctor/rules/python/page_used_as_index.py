"""A page of links was given to an installer as if it were an index.

What it checks
    Options that name an index (--index-url, --extra-index-url, --index, --default-index) with an address of
    download.pytorch.org that ends in .html.
Why it matters
    torch_stable.html and its like are lists of files: an index is asked for a folder per package, which a page
    has not, so that the installer finds no torch there.
How to fix
    Give the page to -f (--find-links), or name the index itself.
References
    https://github.com/astral-sh/uv/issues/12980
    https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-f
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes

_AS_INDEX = regex(
    r"(?:--(?:default-|extra-)?index(?:-url)?|(?<=\s)-i)[ =]+[\"'`]?"
    r"(https?://download(?:-r2)?\.pytorch\.org/\S{1,120}?\.html)\b"
)


@rule(
    "TD859",
    severity="error",
    cause="wheel-index-wrong",
    explains=("TD401", "TD850", "TD851", "TD853", "TD854"),
)
def check(
    install_commands: tuple[str, ...],
    unresolved: tuple[UnresolvedRequirement, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if not unresolved or any(result.ok for result in kernel_results):
        return
    for command in install_commands:
        match = _AS_INDEX.search(command)
        if match:
            cure = f"python -m pip install torch -f {match[1]}"
            message = f"{match[1]} is a page of links, not an index"
            yield finding("index", message, fixes=[fixes.by_hand("name it with -f", cure)])
            return
