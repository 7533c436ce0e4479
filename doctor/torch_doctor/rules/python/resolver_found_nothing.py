"""An installer found no torch that fits this Python and platform.

What it checks
    Requirements of torch that pip, uv or conda could not satisfy, with nothing offered.
Why it matters
    torch is not installed, or an older build stays.
How to fix
    Use a Python, a platform and an index that torch publishes wheels for.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.python._indexes import index_has_others, of_another_python
from torch_doctor.rules.python._wheels import another_python, default_lacks, named_build

_PLATFORM = r"(?i)only has wheels|not a supported wheel|current platform|no wheels with a matching"


@rule("TD853", severity="error", cause="python-without-wheels", explains=("TD401",))
def check(
    unresolved: tuple[UnresolvedRequirement, ...],
    matrix: Matrix,
    cures: Cures,
    python_tag: str | None = None,
    python_version: str | None = None,
    os_family: str | None = None,
    host_arch: str = "x86_64",
    install_indexes: tuple[str, ...] = (),
    install_commands: tuple[str, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    own = [wish for wish in unresolved if _is_torch(wish, python_tag)]
    if not own or any(result.ok for result in kernel_results):
        return
    first, reason = own[0], own[0].reason or ""
    wrong_platform = re.search(_PLATFORM, reason) and not re.search(r"Python|cp3\d", reason)
    message = _message(first, f"Python {python_version}" if python_version else python_tag)
    cure = another_python(first, matrix)
    index_read = index_has_others(first, matrix)
    if index_read:
        message += "; it was published: not for this Python"
    other = of_another_python(first.requirement, python_tag)
    wrong_index = (wrong_platform and not other) or (first.offered and not index_read)
    wrong_index = wrong_index or "channel" in reason
    if default_lacks(first, (*install_indexes, *install_commands), python_tag, matrix):
        wrong_index = True
        message = f"{first.requirement} is not on the default index, which has no +cuNNN"
    if wrong_index:
        platform = f"{'windows' if os_family == 'windows' else 'linux'}-{host_arch}"
        cure = named_build(first, install_indexes, platform, cures, matrix)
    yield finding(
        "index",
        message,
        cause="wheel-index-wrong" if wrong_index else None,
        fixes=[cure],
        confidence="medium",
    )


def _message(wish: UnresolvedRequirement, python: str | None) -> str:
    if wish.offered:
        return f"{wish.requirement} is not offered; {', '.join(wish.offered[-4:])} are"
    why = f": {one_line(wish.reason, 200)}" if wish.reason else " (nothing was offered)"
    return f"no {wish.requirement} fits {python or 'this Python'}{why}"


def _is_torch(wish: UnresolvedRequirement, python_tag: str | None) -> bool:
    torch = re.match(r"(?:py)?torch(?:-\d|(?![\w-]))", wish.requirement, re.IGNORECASE)
    return bool(torch) or of_another_python(wish.requirement, python_tag)
