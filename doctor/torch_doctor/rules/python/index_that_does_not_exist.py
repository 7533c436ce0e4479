"""An index of download.pytorch.org is named that does not exist.

What it checks
    The CUDA tags in configured and used index addresses against the builds of torch that are recorded.
Why it matters
    pip finds nothing there ("from versions: none"), or falls back to another index and installs another build.
How to fix
    Use a tag that exists.
References
    https://pytorch.org/get-started/previous-versions/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, KernelResult, UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.python._indexes import (
    cuda_meant,
    nearest,
    pytorch_indexes,
    tag_number,
    torch_wanted,
    variants,
)


@rule(
    "TD850",
    severity="error",
    cause="wheel-index-wrong",
    explains=("TD401", "TD851", "TD852", "TD853", "TD854"),
    about=("install_indexes", "install_commands", "pip_index_url", "pip_extra_index_urls"),
)
def check(
    matrix: Matrix,
    cures: Cures,
    torch_version: Fact[TorchVersion],
    remarks: Fact[tuple[ErrorSeen, ...]],
    install_indexes: tuple[str, ...] = (),
    install_commands: tuple[str, ...] = (),
    pip_index_url: str | None = None,
    pip_extra_index_urls: tuple[str, ...] = (),
    unresolved: tuple[UnresolvedRequirement, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    named = (*install_indexes, *install_commands, pip_index_url or "", *pip_extra_index_urls)
    texts = remarks.value if isinstance(remarks, Known) else ()
    kept = remarks.lost or any("already satisfied" in remark.text for remark in texts)
    for index in pytorch_indexes(named):
        known = variants(matrix)
        meant = cuda_meant(index.tag)
        number = meant or tag_number(index.tag)
        # newer than every build it may exist, older than CUDA 10.2 nothing is recorded
        newer = number > max(map(tag_number, known), default=(0, 0))
        if number < (10, 2) or index.tag in known or (not meant and (index.channel or newer)):
            continue
        wished = torch_wanted((*named, *(wish.requirement for wish in unresolved)))
        near = nearest(number, wished, matrix)
        there = isinstance(torch_version, Known) or torch_version.lost or kernel_results or kept
        failed = bool(unresolved) or not (there or cuda_available)
        rows = [row for row in matrix.torch_builds if row.variant == near[0]]
        same = [row for row in rows if row.torch == wished] or rows
        row = max(same, key=lambda one: release_key(one.torch))
        yield finding(
            "index",
            f"{index.url} does not exist: no torch was published for {index.tag} (there is {listing(near, 'or')})",
            severity=Severity.ERROR if failed else Severity.WARNING,
            fixes=[cures.install(row._replace(index_url=index_of(near[0])))],
        )
