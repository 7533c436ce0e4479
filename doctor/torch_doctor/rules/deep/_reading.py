"""What the rules on the deep check share: thresholds, names, and words for what slowed a GPU down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch_doctor.core.finding import CAUSES
from torch_doctor.core.records import DeepResult, KernelResult
from torch_doctor.core.text import one_line
from torch_doctor.matrix.signatures import recognise
from torch_doctor.matrix.store import Matrix

# Shares of the data sheet's figure (docs/deep.md says how they were chosen).
MATMUL_SHARE, MEMORY_SHARE, LINK_SHARE = 0.35, 0.5, 0.3
# A board of 70 W cannot feed all its tensor cores: where its own power limit is the one reason, less is expected.
CAPPED_SHARE = MATMUL_SHARE / 2
PEER_SHARE = 0.8
COMPILERS = ("triton", "compile")
TOGETHER = ("topology", "peer", "p2p", "nccl", "nccl-processes", "nccl-default", "workers")
_FINE = ("idle", "application-clocks", "sync-boost", "display-clocks")


def names_of(results: Iterable[KernelResult]) -> dict[int, str]:
    """Return the name of each GPU by torch's number."""
    return {result.index: result.name for result in results if result.name}


def idle(results: Sequence[DeepResult]) -> list[DeepResult]:
    """Return the results with a value on GPUs where nothing else computed, or where that is not known."""
    return [r for r in results if r.status == "ok" and r.value is not None and r.busy is not True]


def behind_peers(
    results: Sequence[DeepResult], names: dict[int, str]
) -> list[tuple[DeepResult, float]]:
    """Return the rates of GPUs that are slower than others of the same name, each with what is usual among them."""
    groups: dict[tuple[str, str], list[DeepResult]] = {}
    for result in idle(results):
        name = names.get(-1 if result.gpu is None else result.gpu)
        if name and (result.stage == "copy" or result.stage.startswith("matmul-")):
            groups.setdefault((name, result.stage), []).append(result)
    found = []
    for group in groups.values():
        values = sorted(r.value or 0.0 for r in group)
        usual = values[len(values) // 2]
        found += [(r, usual) for r in group if (r.value or 0.0) < PEER_SHARE * usual]
    return found


def share_expected(result: DeepResult) -> float:
    """Return the share of the data sheet's figure below which a matrix product is too slow."""
    held = [reason for reason in result.throttle_reasons if reason not in _FINE]
    return CAPPED_SHARE if held == ["power-cap"] else MATMUL_SHARE


def slowed_by(results: Iterable[DeepResult]) -> str:
    """Return the driver's reasons for lower clocks, as the end of a sentence; empty where it gave none."""
    held = {reason for r in results for reason in r.throttle_reasons if reason not in _FINE}
    return f"; the driver holds the clocks down: {', '.join(sorted(held))}" if held else ""


def single(results: Iterable[DeepResult], *statuses: str) -> list[DeepResult]:
    """Return the results of one GPU's own stages (not of compilers, not of several GPUs) with these statuses."""
    return [r for r in results if r.status in statuses and r.stage not in (*COMPILERS, *TOGETHER)]


def cause_of(text: str | None, matrix: Matrix, otherwise: str | None) -> str | None:
    """Return the first cause of the signature that an error text carries, else *otherwise*."""
    for row in recognise(text or "", matrix):
        for slug, _, _ in row.causes:
            if slug in CAUSES:
                return slug
    return otherwise


def quoted(result: DeepResult) -> str:
    """Return the error of a result in one line."""
    return one_line(result.error or "no error text", 300)


def gpus_in_words(results: Iterable[DeepResult]) -> str:
    """Return ``on GPU 0`` or ``on GPUs 0, 1``; empty where the results belong to no GPU."""
    found = sorted({r.gpu for r in results if r.gpu is not None})
    if not found:
        return ""
    return f" on GPU{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}"
