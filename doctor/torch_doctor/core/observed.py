"""What was observed of CUDA here. It outranks every prediction: rules ask before they speak."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.fact import Facts, Known
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.text import one_line, plural


def cuda_started(results: Iterable[KernelResult], available: bool | None = None) -> bool:
    """Return whether CUDA was seen to start: a kernel ran, or torch said that it is available."""
    return available is True or any(result.ok for result in results)


def ran_on(index: int, results: Iterable[KernelResult], uuid: str | None = None) -> bool:
    """Return whether a kernel ran on one GPU of the driver's list, by UUID where both sides know it."""
    known = [result for result in results if uuid and result.uuid]
    if known:
        return any(result.ok and result.uuid == uuid for result in known)
    return any(result.ok and result.index == index for result in results)


# How far a proof can go, and the fact that says that it went there.
_PROOFS = {"deep": "deep_results", "torch": "live_stages", "driver": "driver_proof"}


def reached(facts: Facts) -> str:
    """Return how far what is known was proven: static (by files and NVML), driver, torch or deep."""
    return next(
        (proof for proof, fact in _PROOFS.items() if isinstance(facts[fact], Known)), "static"
    )


def answered(step: ProofStep) -> str:
    """Return what a step that failed met: the call and its code in the library's own words, or the error."""
    if step.code is None:
        return one_line(step.error or "no error text", 300)
    name = f"{step.code} ({step.name})" if step.name else str(step.code)
    return f"{step.call or step.step} answers {name}"


def step_in_words(step: ProofStep) -> str:
    """Return one step of the driver proof in a few words."""
    what = step.of or step.step
    place = "" if step.gpu is None else f" on GPU {step.gpu}"
    if not step.ok:
        return f"{what} failed{place}: {answered(step)}"
    taken = "" if step.taken is None else f" taken, {step.taken} of {step.tried} containers"
    version = f" {step.version}" if step.version else ""
    return f"{what}{version}{taken or ' ok'}{place}"


def proof_in_words(steps: tuple[ProofStep, ...]) -> str:
    """Return how far the driver went, in one line: what failed first, or what it ran and took."""
    failed = [step for step in steps if not step.ok]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return step_in_words(failed[0]) + more
    ran = sum(step.step == "kernel" for step in steps)
    took = dict.fromkeys(step.of or "" for step in steps if step.step == "code")
    libraries = [f"{s.of} {s.version or ''}".strip() for s in steps if s.step == "library"]
    parts = [f"a kernel ran on {plural(ran, 'GPU')}"] if ran else []
    parts += [f"the code of {' and '.join(took)} is taken"] if took else []
    answer = "answers" if len(libraries) == 1 else "answer"
    parts += [f"{', '.join(libraries)} {answer}"] if libraries else []
    return "; ".join(parts) or "it starts"
