"""torch's allocator refuses what PYTORCH_CUDA_ALLOC_CONF says.

What it checks
    An error of the allocator's settings, and the variable that they were read from.
Why it matters
    torch reads the variable when it is imported or when CUDA starts: a name that it does not know, or a number out of
    bounds, ends every program with an error that does not say where the setting is.
How to fix
    Unset the variable, or correct it: "name:value", parted by commas. Which names there are depends on the release.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html#optimizing-memory-usage-with-pytorch-cuda-alloc-conf
    https://github.com/pytorch/pytorch/issues/101158
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.records import StageResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

# By each release in its own words: of the settings as a whole, or of one of them.
_WORDS = (
    r"unrecognized \w*allocator option|unrecognized key .{1,80} in \w+ allocator config"
    r"|max_split_size_mb too small|garbage_collect\w*_threshold (?:too (?:small|big)|is invalid)"
    r"|unknown allocator backend, options are"
    r"|error parsing \w*allocator|\bAllocatorConfig\.(?:h|cpp)\b|\bConfigTokenizer\b"
)
# Where the variable is known, whatever is said of an allocator's settings, or of a name in it.
_OF_SETTINGS = r"alloc\w*[ _](?:conf|option|setting)"
_NAME = r"[A-Za-z_]{3,}"
# A number that C++ could not read, in its library's own words: they name no setting.
_NO_NUMBER = r"\bsto(?:i|l|ll|ul|ull|f|d|ld)\b"
# Parts of options that texts of other failures have, too.
_COMMON = {"memory", "process", "threads", "device", "false"}


_CODES = ("TD413", "TD433")


@rule("TD437", severity="error", cause="environment-variable", breaks="import", explains=_CODES)
def check(
    errors: Errors, pytorch_cuda_alloc_conf: Fact[str], live_stages: tuple[StageResult, ...] = ()
) -> Iterator[Draft]:
    known = pytorch_cuda_alloc_conf if isinstance(pytorch_cuda_alloc_conf, Known) else None
    refused = errors.matching(_WORDS)
    if known and not refused:
        names = {name for name in re.findall(_NAME, known.value) if name not in ("True", "False")}
        inner = "|".join(sorted(names))
        refused = errors.matching(
            f"{_OF_SETTINGS}|(?:key|option|expected|value)\\W.{{0,60}}\\b(?:{inner})\\b"
            if inner
            else _OF_SETTINGS
        )
    text = refused[0].text if refused else _refused(known.value, live_stages) if known else ""
    if not text:
        return
    text = one_line(text, 200)
    read = known.source.where if known and known.source.kind == "env" else ""
    variable = read or "PYTORCH_CUDA_ALLOC_CONF"
    shown = f"{variable}={one_line(known.value, 120)!r}" if known else variable
    unset = fixes.unset_variable(variable, "the allocator has its own settings")
    yield finding("environment", f"torch refuses {shown}: {text}", fixes=[unset])


def _refused(setting: str, stages: tuple[StageResult, ...]) -> str:
    """Return what a stage before the first kernel raised, where it speaks of the setting in its own words."""
    parts = {part.lower() for part in re.findall(r"[A-Za-z]{5,}", setting)} - _COMMON
    for stage in stages:
        error = stage.error or ""
        if stage.ok or stage.stage not in ("import", "init") or "out of memory" in error:
            continue
        if re.search(_NO_NUMBER, error) or sum(part in error.lower() for part in parts) > 1:
            return error
    return ""
