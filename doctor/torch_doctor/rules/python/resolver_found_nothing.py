"""An installer found no torch that fits this Python and platform.

What it checks
    Requirements of torch that pip, uv or conda could not satisfy.
Why it matters
    torch is not installed, or an older build stays.
How to fix
    Use a Python, a platform and an index that torch publishes wheels for.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult, UnresolvedRequirement
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.python._indexes import index_has_others, is_elsewhere, torch_wanted
from torch_doctor.rules.python._wheels import (
    another_python,
    before_its_wheels,
    default_lacks,
    first_wish,
    had_anyway,
    is_file_for_another,
    named_build,
    never_had,
    not_had,
    served_pythons,
    why_nothing,
)


@rule("TD853", severity="error", cause="python-without-wheels", explains=("TD401",))
def check(
    unresolved: tuple[UnresolvedRequirement, ...],
    matrix: Matrix,
    cures: Cures,
    python_tag: Fact[str],
    python_version: str | None = None,
    python_bits: int | None = None,
    os_family: str | None = None,
    host_arch: str = "x86_64",
    install_indexes: tuple[str, ...] = (),
    install_commands: tuple[str, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    tag: str | None = python_tag.or_else(None)
    both = first_wish(unresolved, tag, matrix)
    if both is None or any(result.ok for result in kernel_results):
        return
    (first, asked), python = both, f"Python {python_version}" if python_version else tag
    index_read = index_has_others(first, matrix)
    message, cure = not_had(asked, python, index_read), another_python(first, matrix)
    lacks = default_lacks(first, (*install_indexes, *install_commands), tag, matrix)
    wrong_index = lacks or is_elsewhere(first, tag) or (first.offered and not index_read)
    if lacks:
        message = f"{first.requirement} is on no index that was asked; PyPI's has no +cuNNN"
    platform = f"{'windows' if os_family == 'windows' else 'linux'}-{host_arch}"
    if wrong_index or is_file_for_another(first, tag, matrix):
        cure = named_build(first, install_indexes, platform, cures, matrix)
    if sure := never_had(first, asked, python_bits, python_version, matrix):
        wrong_index, message, cure = sure
    pythons = served_pythons(first, python_bits, platform if os_family else None, matrix)
    if os_family and pythons and python_tag.lost:
        raise UndecidedError("python_tag")
    if tag in pythons:
        message, cure = had_anyway(asked, python), why_nothing(first)
    severity = Severity.WARNING if tag in pythons and torch_wanted((first.requirement,)) else None
    older = () if severity or tag not in pythons else before_its_wheels(tag, matrix)
    yield finding(
        "index", message, cause="wheel-index-wrong" if wrong_index else None,
        fixes=[cure, *older], severity=severity, confidence="medium",
    )  # fmt: skip
