"""conda and pip both installed a torch into one environment.

What it checks
    Records of torch by both installers in one environment.
Why it matters
    Which one is imported depends on the order of installs, and each update of one damages the other.
How to fix
    Remove one of the two.
References
    https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures


@rule("TD525", severity="warning", cause="torch-install-broken", about=("packages",))
def check(
    packages: tuple[Package, ...],
    cures: Cures,
    torch_version: TorchVersion | None = None,
) -> Iterator[Draft]:
    torches = [p for p in packages if p.name in ("torch", "pytorch")]
    conda = next((p for p in torches if p.installer == "conda"), None)
    pip = next((p for p in torches if p.installer in ("pip", "uv")), None)
    if conda is None or pip is None or conda.version == pip.version:
        return
    message = f"conda installed torch {conda.version} and {pip.installer} torch {pip.version} side by side"
    message += f"; an import takes {torch_version}" if torch_version else ""
    keep_pip = fixes.by_hand(
        "remove conda's torch", "conda remove pytorch libtorch torchvision torchaudio"
    )
    yield finding("torch", message, fixes=[keep_pip, cures.remove("remove the other one", "torch")])
