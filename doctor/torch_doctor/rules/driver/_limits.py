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
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

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
    """What these rules need beside the limit: what failed (cuInit, the driver proof, errors), and who set the limit."""

    cuda_init: ApiStatus | None = None
    driver_proof: tuple[ProofStep, ...] = ()
    kernel_results: tuple[KernelResult, ...] = ()
    container: str | None = None
    scheduler: str | None = None
    errors: Errors = NONE_SEEN

    @property
    def all_ran(self) -> bool:
        """Whether a kernel ran wherever one was tried, and nothing failed after it."""
        return all_ran(self.kernel_results)

    def raised(self, option: str, docker: str) -> list[Action]:
        """Return how the limit is raised here."""
        return raise_limit(option, docker, self.container, self.scheduler)

    def failures(self, codes: frozenset[int], words: str) -> Iterator[str]:
        """Yield in words what answered with one of *codes*, or failed with one of *words*."""
        if self.cuda_init is not None and self.cuda_init.code in codes:
            yield f"cuInit answers {self.cuda_init.code} ({self.cuda_init.name})"
        for step in self.driver_proof:
            if not step.ok and step.code in codes and step.step != "init":
                yield answered(step)
        for seen in self.errors.matching(words):
            yield one_line(seen.text, 200)


NOTHING_MET = Met()


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
