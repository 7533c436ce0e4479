"""conda and pip both installed a torch into one environment.

What it checks
    Records of torch by both installers in one environment.
Why it matters
    Which one is imported depends on the order of installs, and each update of one damages the other.
How to fix
    Remove one of the two, and put the other again: both write the same files.
References
    https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.two_torches import two_torches


@rule("TD525", severity="warning", cause="torch-install-broken", about=("packages",))
def check(
    packages: tuple[Package, ...],
    cures: Cures,
    torch_version: TorchVersion | None = None,
) -> Iterator[Draft]:
    both = two_torches(packages)
    if both is None:
        return
    conda, wheel = both.conda, both.wheel
    message = f"conda installed torch {conda.version} and {wheel.installer} torch {wheel.version} side by side"
    message += f"; an import takes {torch_version}" if torch_version else ""
    of_conda = both.hides_cuda or str(torch_version) == conda.version
    keeping = [both.keep_wheel(cures.wheel_index), cures.keep_conda(both)]
    yield finding("torch", message, fixes=reversed(keeping) if of_conda else keeping)
