"""pip is configured to take torch from the CPU index, on a host with an NVIDIA GPU.

What it checks
    The index addresses of pip's and uv's configuration.
Why it matters
    The next install or upgrade of torch brings a CPU build.
How to fix
    Remove that setting, or name a CUDA index.
References
    https://pip.pypa.io/en/stable/topics/configuration/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.python._indexes import pytorch_indexes


@rule("TD855", severity="warning", cause="wheel-index-wrong", about=("gpus",))
def check(
    gpus: tuple[Gpu, ...],
    pip_index_url: str | None = None,
    pip_extra_index_urls: tuple[str, ...] = (),
) -> Iterator[Draft]:
    indexes = pytorch_indexes((pip_index_url or "", *pip_extra_index_urls))
    wrong = [index for index in indexes if index.tag == "cpu" or index.tag.startswith("rocm")]
    if gpus and wrong:
        kind = "CPU" if wrong[0].tag == "cpu" else "ROCm"
        yield finding(
            "index",
            f"pip is configured to use {wrong[0].url}: the next torch will be a {kind} build",
            fixes=[
                fixes.by_hand("remove it from pip's configuration", "python -m pip config debug")
            ],
        )
