"""The report is of a machine that has no GPU by design, while others of the cluster have them.

What it checks
    Remarks of the report: a head or login node, workers that have the GPUs.
Why it matters
    torch on such a node finds no GPU, which is in order; what failed ran elsewhere.
How to fix
    Make the report on the node that failed, in the same job and container.
References
    https://docs.ray.io/en/latest/ray-core/scheduling/accelerators.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.records import ErrorSeen, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.pattern import carries

_KIND = r"(?:head|login|log-in|submit|controller|master|access|entry|management)"
_NODE = rf"(?:{_KIND} (?:node|server|host)|(?<!web )front ?-?end(?: node)?)"
_ELSEWHERE = (
    rf"\b{_NODE}s?\b.{{0,80}}\b(?:no|without|not have|n't have|lacks?|zero)\b.{{0,20}}\bGPUs?\b"
    rf"|\b(?:no|without) (?:an? |any )?GPUs?\b.{{0,40}}\b{_NODE}\b"
    r"|(?:登录|管理)节点.{0,20}(?:没有|无|不带)\s?(?:GPU|显卡)"
)
# Who finds it in order complains of nothing there.
_IN_ORDER = (
    r"\bas (?:it should|(?:is |was )?(?:expected|intended|planned))\b|\bby design\b"
    r"|\b(?:on purpose|deliberately|intentionally)\b"
)


@rule("TD904", severity="error", cause="report-not-from-failing-env", breaks="library")
def check(
    remarks: tuple[ErrorSeen, ...],
    gpus: Fact[tuple[Gpu, ...]],
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if gpus.lost or gpus.or_else(()) or kernel_results:
        return
    nodes = [
        remark
        for remark in remarks
        if carries(_ELSEWHERE, remark.text) and not carries(_IN_ORDER, remark.text)
    ]
    if nodes:
        text = "make the report on a worker, in the same job and container"
        job = fixes.by_hand(text, "srun --gres=gpu:1 torch-doctor")
        message = f"the report is of a node without GPUs: {one_line(nodes[0].text, 160)}"
        yield finding("report", message, fixes=[job])
