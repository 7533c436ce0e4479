"""An index of PyTorch's is asked for packages that are not torch's.

What it checks
    Requirements other than torch and its companions that an installer looked for on download.pytorch.org and could not
    have from there.
Why it matters
    These indexes carry copies of a few dependencies, for some Pythons and platforms only. uv takes a package from the
    first index that has its name, pip with --index-url asks no other.
How to fix
    Make the index one for torch alone: explicit in uv and poetry; with pip, install torch from it by itself.
References
    https://docs.astral.sh/uv/guides/integration/pytorch/
    https://docs.astral.sh/uv/concepts/indexes/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import KernelResult, UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.python._indexes import TorchIndex, in_two, pytorch_indexes

_OWN = regex(r"(?:py)?torch|triton|nvidia-|cuda-|xformers|__|https?:|[^\w]", re.IGNORECASE)
_ONLY = regex(r"(?:\s--index-url|\s-i)[ =]")


@rule("TD866", severity="error", cause="wheel-index-wrong", explains=("TD401", "TD853", "TD854"))
def check(
    unresolved: tuple[UnresolvedRequirement, ...],
    install_commands: tuple[str, ...] = (),
    project_manager: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    only = [command for command in install_commands if _ONLY.search(command)]
    for wish in unresolved:
        if _OWN.match(wish.requirement):
            continue
        asked = (wish.index,) if wish.index else only if wish.offered == () else ()
        index = next(pytorch_indexes(asked), None)
        if index:
            where = f"{index.url}, an index for torch"
            message = (
                f"{wish.requirement} was looked for on {where}, which has no file of it that fits"
            )
            command = next((text for text in reversed(only) if index.url in text), "")
            yield finding("index", message, fixes=_cures(index, project_manager, wish, command))
            return


def _cures(
    index: TorchIndex, manager: str | None, wish: UnresolvedRequirement, command: str
) -> list[Action]:
    name = f"pytorch-{index.tag}"
    table = f'[[tool.uv.index]] name = "{name}", url = "{index.url}", explicit = true'
    sources = f'[tool.uv.sources] torch = {{ index = "{name}" }}'
    uv = fixes.by_hand(
        f"keep that index for torch alone, in pyproject.toml: {table}; {sources}", "uv sync"
    )
    poetry = fixes.by_hand(
        "keep that index for torch alone: a source of priority explicit, and torch from it",
        f"poetry source add --priority=explicit {name} {index.url}",
        f"poetry add --source {name} torch",
    )
    pip = fixes.by_hand(
        "install in two steps: torch from that index by itself, then everything else from the default index",
        *in_two(command, index.url, wish.requirement),
    )
    return {"uv": [uv], "poetry": [poetry]}.get(manager or "", [pip])
