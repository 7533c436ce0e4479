"""Laws of observation: what was seen to fail is never called healthy, whatever the rows promise."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from torch_doctor.core.fact import Fact, Facts, Known, Source
from torch_doctor.core.records import ApiStatus, ErrorSeen, KernelResult, ProofStep, StageResult
from torch_doctor.core.report import Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix

from tests.property.hosts import SCALE, hosts
from tests.texts import text_for

MATRIX = load_matrix()
REPORT = Source("report", "a paste")
# What CUDA prints where it does not start or a kernel cannot be launched; None of these needs a rule of its own.
TEXTS = {
    row.code: row.text
    for row in MATRIX.error_codes
    if row.api == "cuda-runtime" and row.stage in ("start", "launch") and row.text
}
# What the rows of signatures say of a failure, one text for each wording.
WORDINGS = [
    text_for(pattern)
    for row in MATRIX.signatures
    if row.harmless is None
    for pattern in row.patterns
]
KINDS = ("error", "wording", "unavailable", "kernel", "start", "stage", "import", "proof")
# What the driver may answer to a context or a kernel of our own.
ANSWERS = sorted(row.code for row in MATRIX.error_codes if row.api == "cuda-driver" and row.code)


@st.composite
def failures(draw: st.DrawFn) -> dict[str, Fact[Any]]:
    """Return one direct observation of a failure."""
    kind = draw(st.sampled_from(KINDS))
    if kind == "unavailable":
        return {"cuda_available": Known(False, REPORT)}
    if kind == "wording":
        text = draw(st.sampled_from(WORDINGS))
        return {"errors_seen": Known((ErrorSeen(text, line=3),), REPORT)}
    if kind == "import":
        raised = "ImportError: libtorch_cuda.so: undefined symbol: cuLaunchKernelEx"
        return {"torch_import_error": Known(raised, REPORT)}
    if kind == "proof":
        step = draw(st.sampled_from(["device", "context", "kernel"]))
        refused = ProofStep(step, False, 0.1, 0, code=draw(st.sampled_from(ANSWERS)), call="cuX")
        return {"driver_proof": Known((refused,), REPORT)}
    code, text = draw(st.sampled_from(sorted(TEXTS.items())))
    if kind == "error":
        seen = ErrorSeen(f"RuntimeError: CUDA error: {text}", code=code, line=3)
        return {"errors_seen": Known((seen,), REPORT)}
    if kind == "start":
        return {"cuda_init": Known(ApiStatus(code, text), REPORT)}
    if kind == "stage":
        stage = StageResult("cuda-init", False, 0.1, None, f"CUDA error: {text}")
        return {"live_stages": Known((stage,), REPORT)}
    failed = KernelResult(0, ok=False, error=f"CUDA error: {text}")
    return {"kernel_results": Known((failed,), REPORT)}


@settings(max_examples=int(600 * SCALE))
@given(hosts(sure=True), failures())
def test_what_was_seen_to_fail_is_never_healthy(host: Facts, seen: dict[str, Fact[Any]]) -> None:
    report = diagnose(host.with_(**seen), MATRIX)

    # What fails beside kernels that run (NCCL, a companion) may be a warning; the GPU itself may not.
    beside = report.verdict is Verdict.DEGRADED and "errors_seen" in seen
    assert beside or report.verdict in (Verdict.BROKEN, Verdict.UNDECIDED)
    assert report.primary or report.why


@settings(max_examples=int(200 * SCALE))
@given(hosts(sure=True), failures())
def test_a_kernel_that_ran_afterwards_outranks_an_error_text(
    host: Facts, seen: dict[str, Fact[Any]]
) -> None:
    ran = tuple(
        KernelResult(gpu.index, ok=True, name=gpu.name, compute_capability=gpu.compute_capability)
        for gpu in host.value("gpus", ())
    )
    report = diagnose(host.with_(**{**seen, "kernel_results": Known(ran, REPORT)}), MATRIX)

    assert not ran or report.verdict is not Verdict.UNDECIDED
