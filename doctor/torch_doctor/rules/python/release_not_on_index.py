"""The release of torch that was asked for is not on the index that was named.

What it checks
    The release and the CUDA tag of an install that failed, against the recorded builds of this platform.
Why it matters
    Each CUDA is served for some releases only, and not for every platform: pip finds nothing.
How to fix
    Take a release that the index has, or the index that has the release.
References
    https://pytorch.org/get-started/previous-versions/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import listing
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.open_indexes import open_index
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.python._indexes import pytorch_indexes, torch_wanted, variants

_LOCAL = regex(r"\+(cu\d{2,4})\b")


@rule("TD852", severity="error", cause="wheel-index-wrong", explains=("TD401", "TD853", "TD854"))
def check(
    unresolved: tuple[UnresolvedRequirement, ...],
    matrix: Matrix,
    cures: Cures,
    install_commands: tuple[str, ...] = (),
    install_indexes: tuple[str, ...] = (),
    os_family: str = "linux",
    host_arch: str = "x86_64",
) -> Iterator[Draft]:
    wanting = [u.requirement for u in unresolved if u.requirement.lower().startswith("torch")]
    release = torch_wanted((*wanting, *install_commands)) if wanting else None
    named = pytorch_indexes((*install_indexes, *install_commands))
    tags = [index.tag for index in named if not index.channel and index.tag in variants(matrix)]
    tags = tags or [tag for text in wanting for tag in _LOCAL.findall(text)]
    platform = f"{'windows' if os_family == 'windows' else 'linux'}-{host_arch}"
    rows = [row for row in matrix.torch_builds if row.torch == release and row.platform == platform]
    if not release or not tags or not rows or os_family == "darwin":
        return
    if any(row.variant in tags for row in rows):
        return
    offered = [row.variant for row in rows if row.variant != "cpu"] or ["cpu"]
    other = next(row for row in rows if row.variant == offered[-1])
    if open_index(release, tags[0], platform, matrix):
        message = (
            f"the installer found no torch {release} for {tags[0]}, and none is on record for {platform}; "
            f"on record it is for {listing(offered)}"
        )
    else:
        message = (
            f"torch {release} was not published for {tags[0]} on {platform}; "
            f"it was for {listing(offered)}"
        )
    yield finding(
        "index",
        message,
        because=[receipt("torch_builds", row) for row in rows[:2]],
        fixes=[cures.install(other._replace(index_url=index_of(other.variant)))],
    )
