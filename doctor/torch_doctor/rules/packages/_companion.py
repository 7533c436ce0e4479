"""A companion package beside torch: what the versions say, and what an error text proves. Shared by its rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.law.companions import judge_companion

# Files of torch itself: who misses one was linked to a torch that had it.
OF_TORCH = r"lib(?:torch(?!audio|vision|text)|c10)\w*\.so"


class Pair(NamedTuple):
    """What is installed, and whether kernels were seen to run."""

    packages: tuple[Package, ...]
    torch: Any
    cuda: Any
    ran: bool


def judge(
    name: str,
    pair: Pair,
    matrix: Any,
    cures: Any,
    errors: Any,
    harm: str,
    *,
    gently: bool = False,
    told: Any = (),
) -> Iterator[Draft]:
    """Yield what is wrong with *name*: an error where a text shows harm, else what the versions say.

    A text of *harm* proves it; so does any error of the package beside versions that refuse each other. Versions
    alone are a warning: torch's own kernels run whatever stands beside it. A package used *gently* (nothing imports
    it by itself) and one beside a torch that was seen to run need the text of *harm*. *told* are
    texts of that kind that the rule itself found.
    """
    mismatch = None
    if pair.torch is not None:
        mismatch = judge_companion(name, pair.packages, pair.torch, pair.cuda, matrix)
    seen = (*errors.matching(harm), *told)
    if mismatch is None and not seen:
        return
    said = f"{name} fails: {one_line(seen[0].text, 240)}" if seen else ""
    parts = [text for text in (mismatch.message if mismatch else "", said) if text]
    severity = Severity.ERROR if seen else Severity.WARNING
    if mismatch and not (seen or gently or pair.ran) and errors.matching(rf"\b_?{name}\b"):
        severity = mismatch.severity
    yield finding(
        name,
        "; ".join(parts),
        because=mismatch.because if mismatch else (),
        severity=severity,
        fixes=cures.companion(name) or [_by_version(name, pair, cures)],
    )


def _by_version(name: str, pair: Pair, cures: Any) -> Any:
    torch = f" {pair.torch.public}" if pair.torch is not None else ""
    index = None
    if pair.cuda is not None:
        index = f"https://download.pytorch.org/whl/{pair.cuda.tag}"
    text = f"install the {name} that goes with torch{torch}, from the same index as torch"
    specs = [f"torch=={pair.torch.public}"] if torch else ["torch"]
    return cures.put(text, *specs, name, index=index, deps=True)
