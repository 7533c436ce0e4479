"""A prebuilt extension names another torch, CUDA or C++ ABI in its version than the ones installed.

What it checks
    Local versions such as +cu12torch2.6cxx11abiFALSE (flash-attn and packages that follow it) against torch.
Why it matters
    Such a wheel loads with that torch release and that ABI alone.
How to fix
    Install the wheel that names this torch, or build the package here.
References
    https://github.com/Dao-AILab/flash-attention/releases
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes

_LOCAL = r"(?:cu(\d+))?.?(?:torch|pt)(\d)\.?(\d+)(?:\.\d+)?(?:cxx11abi(true|false))?"


@rule("TD521", severity="warning", cause="extension-abi-mismatch", about=("packages",))
def check(
    packages: tuple[Package, ...],
    torch_version: TorchVersion,
    torch_cuda: CudaVersion | None = None,
    cxx11_abi: bool | None = None,
) -> Iterator[Draft]:
    for package in packages:
        match = re.search(_LOCAL, package.version.partition("+")[2].lower())
        if not match or package.name in ("torch", "torchvision", "torchaudio"):
            continue
        cuda, major, minor, abi = match.groups()
        wrong = []
        if (int(major), int(minor)) != torch_version.release[:2]:
            wrong.append(f"torch {major}.{minor} (installed: {torch_version})")
        if cuda and torch_cuda is not None and int(cuda[:2]) != torch_cuda.major:
            wrong.append(f"CUDA {cuda[:2]} (torch's: {torch_cuda})")
        if abi and cxx11_abi is not None and (abi == "true") != cxx11_abi:
            wrong.append(f"the {'new' if abi == 'true' else 'old'} C++ ABI")
        if wrong:
            text = f"install the {package.name} wheel that names this torch, or build it beside this torch"
            yield finding(
                package.name,
                f"{package.name} {package.version} was built for {' and '.join(wrong)}",
                fixes=[fixes.by_hand(text)],
            )
