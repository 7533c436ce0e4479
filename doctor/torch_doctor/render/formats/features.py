"""What jobs may ask of a node, as words with commas between: ``torch_ok,cuda12,cuda13,cc90``."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.report import Report, Verdict

# The first major whose builds some driver that is still in use serves.
_OLDEST_MAJOR = 11


def render(report: Report) -> str:
    """Return the words in one line; what is not known has none."""
    return f"{','.join(words(report))}\n"


def words(report: Report) -> Iterator[str]:
    """Yield torch_ok where PyTorch runs, each CUDA major whose builds the driver takes, and each compute capability."""
    if report.verdict in (Verdict.HEALTHY, Verdict.DEGRADED) and report.exit_code == 0:
        yield "torch_ok"
    driver = report.facts.value("driver_cuda")
    if driver is not None:
        for major in range(_OLDEST_MAJOR, driver.major + 1):
            yield f"cuda{major}"
    seen = {gpu.compute_capability for gpu in report.facts.value("gpus", ())}
    for capability in sorted(seen - {None}):
        yield f"cc{capability.major}{capability.minor}"
