"""One package is recorded twice in the same directory.

What it checks
    Packages of torch's family that have two records (dist-info) with different versions in one site directory.
Why it matters
    An install was interrupted or two installers mixed: the files of both releases lie in one place, and what pip
    reports may not be what is imported.
How to fix
    Uninstall the package until pip says that it is not installed, then install it once.
References
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures


@rule("TD524", severity="warning", cause="torch-install-broken", about=("packages",))
def check(
    packages: tuple[Package, ...],
    cures: Cures,
) -> Iterator[Draft]:
    seen: dict[tuple[str, str], list[str]] = {}
    for package in packages:
        # conda keeps records of its own; beside pip's they are no doubles.
        if (
            package.location
            and package.installer != "conda"
            and "conda-meta" not in package.location
        ):
            seen.setdefault((package.name, package.location), []).append(package.version)
    for (name, _), versions in seen.items():
        different = list(dict.fromkeys(versions))
        if len(different) > 1:
            message = f"{name} is recorded twice in one directory: {listing(different)}"
            away = cures.remove(f"uninstall {name} until none is left", name)
            once = cures.put("install it once", f"{name}=={different[0]}", deps=name == "torch")
            yield finding(name, message, fixes=[fixes.in_turn(away, once)])
