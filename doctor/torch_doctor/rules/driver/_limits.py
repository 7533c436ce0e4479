"""What rules about limits of the process share: what failed under a limit, and how a limit is raised."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Unavailable
from torch_doctor.core.finding import Action
from torch_doctor.core.observed import answered
from torch_doctor.core.records import ApiStatus, KernelResult, ProofStep
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

# What a limit of the process makes of other answers: these fold under it.
EXPLAINED = (
    *("TD209", "TD219", "TD413", "TD417", "TD757", "TD767"),
    *("TD971", "TD972", "TD975", "TD977", "TD978"),
)
# How the loader, Python and C++ say that they have no memory.
NO_MEMORY = (
    r"failed to map segment|cannot allocate memory|MemoryError|std::bad_alloc|out of memory"
    r"|cannot create shared object descriptor|can't start new thread|cannot map zero-fill pages"
)


class Met(NamedTuple):
    """What was seen to fail: cuInit, steps of the driver proof, and error texts, the import's among them."""

    init: ApiStatus | None
    proof: tuple[ProofStep, ...]
    errors: Errors

    def failures(self, codes: frozenset[int], words: str) -> Iterator[str]:
        """Yield in words what answered with one of *codes*, or failed with one of *words*."""
        if self.init is not None and self.init.code in codes:
            yield f"cuInit answers {self.init.code} ({self.init.name})"
        for step in self.proof:
            if not step.ok and step.code in codes and step.step != "init":
                yield answered(step)
        for seen in self.errors.matching(words):
            yield one_line(seen.text, 200)


def not_started(proof: Fact[Any], words: str) -> str | None:
    """Return why the process that was to ask the driver is not there, if it says so in one of *words*."""
    detail = proof.detail if isinstance(proof, Unavailable) else ""
    return one_line(detail, 200) if re.search(words, detail, re.IGNORECASE) else None


def all_ran(results: tuple[KernelResult, ...]) -> bool:
    """Whether a kernel ran wherever one was tried, and nothing failed after it."""
    return bool(results) and all(result.ok and not result.error for result in results)


def raise_limit(
    option: str, docker: str, container: str | None, scheduler: str | None
) -> list[Action]:
    """Return how a limit of ``ulimit`` is raised: by the shell, and by what started that."""
    cures = [
        fixes.by_hand(
            f"raise the limit in the shell or job that starts PyTorch (ulimit -{option})",
            f"ulimit -{option} unlimited" if option in "dtuv" else f"ulimit -{option} 65536",
        )
    ]
    if container:
        text = f"where the container sets it, start it again with a larger one: {docker}"
        cures.append(fixes.by_hand(text, scope="container"))
    elif scheduler == "slurm":
        text = "a job has the limits of the shell that submits it: submit it without them"
        cures.append(fixes.by_hand(text, "sbatch --propagate=NONE"))
    return cures
