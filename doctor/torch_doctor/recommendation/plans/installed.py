"""What hosts have already of the companions that are asked for: it stays where it may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import Spec, WantedCompanion
from torch_doctor.recommendation.question.hosts import ServedHost
from torch_doctor.recommendation.solving.offer import Offer


def has_all(host: ServedHost, companions: Iterable[WantedCompanion]) -> bool:
    """Whether each of *companions* is installed, at a release that was meant."""
    there = _releases(host)
    return all(
        wanted.package in there
        and (wanted.spec is None or wanted.spec.allows(there[wanted.package]))
        for wanted in companions
    )


def kept(
    wanted: dict[str, WantedCompanion],
    offer: Offer,
    machines: Sequence[Machine],
    hosts: Sequence[ServedHost],
    matrix: Matrix,
) -> dict[str, WantedCompanion]:
    """Return *wanted* with the releases that all *hosts* have, where these go with *offer* and with one another."""
    from torch_doctor.recommendation.solving.companions.stacks import stack

    releases = [_releases(host) for host in hosts]
    for name, companion in wanted.items():
        found = {there.get(name) for there in releases}
        version = found.pop() if len(found) == 1 else None
        if version is None or companion.spec is not None:
            continue
        pinned = {**wanted, name: WantedCompanion(name, _exactly(version))}
        if not stack(tuple(pinned.values()), offer, machines, matrix).reasons:
            wanted = pinned
    return wanted


def _releases(host: ServedHost) -> dict[str, str]:
    packages = host.facts.value("packages", ())
    return {package.name: package.version.partition("+")[0] for package in packages}


def _exactly(version: str) -> Spec:
    from packaging.specifiers import SpecifierSet

    return Spec(version, SpecifierSet(f"=={version}"))
