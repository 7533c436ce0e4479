"""The oldest glibc that takes every wheel of a plan, those that its companions pin included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.matrix.builds.beside import Clash
from torch_doctor.matrix.builds.query import pins_of
from torch_doctor.matrix.law.platform import glibc_of
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.solving.companions.shelf import shelf
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Accepted


def oldest_glibc(
    packages: Iterable[tuple[str, str | None]], item: Accepted, problem: Problem
) -> str | None:
    """Return the newest that a wheel of torch, of *packages* or of what they pin asks for, as far as that is known."""
    torch = (row.glibc for row in item.candidate.rows)
    found = [glibc_of(text) for text in (*torch, *_of(list(packages), item, problem))]
    newest = max((one for one in found if one), default=None)
    return ".".join(map(str, newest)) if newest else None


def _of(
    packages: list[tuple[str, str | None]], item: Accepted, problem: Problem
) -> Iterator[str | None]:
    known = shelf(problem.matrix)
    tags = item.candidate.offer.python_tags or ()
    seen = set()
    for name, version in packages:  # grows by what is pinned
        if version is None or name in seen or not version[:1].isdigit():
            continue
        seen.add(name)
        release = known.releases(WantedCompanion(name, None)).named(version)
        build = release and known.build(release, problem.machines[0], tags)
        if build and not isinstance(build, Clash):
            yield build.glibc
            packages += pins_of(build, problem.machines[0].wheel_platform)
