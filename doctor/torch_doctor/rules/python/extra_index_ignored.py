"""pip was given PyTorch's index as an extra one, so that it may take torch from PyPI instead.

What it checks
    --extra-index-url with an index of download.pytorch.org, and the build that was installed.
Why it matters
    pip takes the highest version of all indexes. A newer release on PyPI wins over the CUDA (or ROCm) build.
How to fix
    Name PyTorch's index with --index-url for torch alone, or pin the local version (torch==X.Y.Z+cu128).
References
    https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-extra-index-url
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.rules.python._indexes import pytorch_indexes


@rule(
    "TD854",
    severity="warning",
    cause="wheel-index-wrong",
    explains=("TD410",),
    about=("install_commands", "pip_extra_index_urls"),
)
def check(
    install_commands: tuple[str, ...] = (),
    pip_extra_index_urls: tuple[str, ...] = (),
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    cuda_available: bool | None = None,
    unresolved: tuple[UnresolvedRequirement, ...] = (),
) -> Iterator[Draft]:
    extra = [text for text in install_commands if "--extra-index-url" in text]
    urls = [re.split(r"--extra-index-url[ =]+", text)[-1] for text in extra]
    indexes = [*pytorch_indexes((*urls, *pip_extra_index_urls))]
    if not indexes:
        return
    tag = indexes[0].tag
    got = torch_cuda.tag if torch_cuda else (torch_version.local if torch_version else None)
    other = got is not None and got != tag and not tag.startswith(str(got) or tag)
    if not (other or (cuda_available is False and not unresolved)):
        return
    instead = (
        f"torch {torch_version} ({got or 'no tag'}) was installed"
        if torch_version
        else "another torch came"
    )
    url = index_of(tag)
    yield finding(
        "index",
        f"{tag} was named as an extra index, and {instead}: pip takes the highest version of all",
        severity=Severity.WARNING if other else Severity.NOTE,
        fixes=[
            fixes.by_hand(
                "name it as the only index", f"python -m pip install torch --index-url {url}"
            )
        ],
        confidence="medium",
    )
