"""From findings to a verdict, and from a verdict to an exit code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.core.fact import Facts, Known, Unavailable
from torch_doctor.core.finding import Finding, Receipt, Severity
from torch_doctor.core.judgement import Judgement, Kind, Status
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.report import Gap, GapKind, Outcome, OutcomeStatus, Verdict
from torch_doctor.core.rule import BESIDE_KERNELS, Rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.core.version import expects_cpu

OK, PROBLEM, NO_VERDICT = 0, 1, 2
# Words of a failure, whatever it is: who tells of one is not told that all is well.
_FAILED = regex(r"error|exception|traceback|fail|crash|illegal|dumped|segmentation|killed|abort", 2)
# What shows that torch was asked, or said something by itself.
_OF_TORCH = ("live_stages", "kernel_results", "cuda_available", "torch_import_error", "errors_seen")
_OF_NVML = frozenset({"gpus", "nvml_status", "driver_release"})
_INVISIBLE = Gap(GapKind.GPUS_INVISIBLE, "no GPU is visible to PyTorch, and nothing says why")


def decide(
    findings: Iterable[Finding],
    outcomes: Iterable[Outcome],
    rules: Sequence[Rule],
    facts: Facts,
    judgement: Judgement,
    failures: Iterable[tuple[ErrorSeen, Receipt]] = (),
) -> tuple[Verdict, tuple[Gap, ...]]:
    """Return the verdict, and where it is undecided, what is missing.

    *failures* are texts that prove a failure, with their rows: no host is healthy where no finding speaks of them.
    """
    active = [finding for finding in findings if not finding.demoted]
    if any(finding.severity is Severity.ERROR for finding in active):
        return Verdict.BROKEN, ()
    elsewhere = reaches_amd_gpus(facts)
    gaps = tuple(dict.fromkeys(_gaps(outcomes, rules)))
    failures = tuple(failures)
    if not elsewhere and (
        cpu_build_is_meant(facts) or (not failures and _is_said_to_have_none(facts))
    ):
        return Verdict.CPU_ONLY, ()
    if not elsewhere and no_gpu_is_meant_to_be_here(facts):
        return (Verdict.UNDECIDED, gaps) if gaps else (Verdict.CPU_ONLY, ())
    if judgement.observed:
        # a kernel ran on every GPU: only what happened besides, or was expected besides, may hide an error
        expected = _expected(outcomes, rules, facts)
        gaps = tuple(gap for gap in gaps if gap.fact in BESIDE_KERNELS or gap in expected)
    else:
        invisible = (_INVISIBLE,) if judgement.status is Status.NOT_APPLICABLE else ()
        gaps = (*gaps, *invisible, *_unworded(judgement, findings, outcomes, rules, facts))
        gaps = (*gaps, *_unspoken(failures, active), *_given_none(facts))
        if judgement.status is Status.SUPPORTED and _ran_without_torch(facts):
            gaps = _beside_nvml(gaps, _expected(outcomes, rules, facts))
    if not elsewhere and (gaps or judgement.status is Status.UNKNOWN):
        doubts = (Gap(GapKind.FACT_UNKNOWN, *doubt) for doubt in judgement.unknown)
        return Verdict.UNDECIDED, tuple(dict.fromkeys((*doubts, *gaps)))
    if any(finding.severity is not Severity.NOTE for finding in findings):
        return Verdict.DEGRADED, ()
    return Verdict.HEALTHY, ()


def _ran_without_torch(facts: Facts) -> bool:
    """Whether our own kernel ran on every GPU, and torch was not asked: what NVML lacks hides no fault then."""
    results = facts.value("driver_kernels", ())
    ran = bool(results) and all(result.ok and not result.error for result in results)
    return ran and not any(facts.value(name) not in (None, ()) for name in _OF_TORCH)


def _beside_nvml(gaps: Iterable[Gap], expected: set[Gap]) -> tuple[Gap, ...]:
    """Leave out what NVML did not say, but for what is expected of it."""
    return tuple(gap for gap in gaps if gap.fact not in _OF_NVML or gap in expected)


def _expected(outcomes: Iterable[Outcome], rules: Sequence[Rule], facts: Facts) -> set[Gap]:
    """Return what hides whether the host is what its user expects."""
    asking = [rule.code for rule in rules if _is_expected(rule, facts)]
    return set(_gaps((one for one in outcomes if one.code in asking), rules))


def _is_expected(rule: Rule, facts: Facts) -> bool:
    """Whether a rule holds the host against what its user expects of it, or may expect where that was lost."""
    return any(
        name.startswith("required_") and (facts.value(name) or facts[name].lost)
        for name in rule.required
    )


def exit_code(
    verdict: Verdict,
    findings: Iterable[Finding],
    fail_on: Severity | None,
    *,
    unknown_is_ok: bool = False,
) -> int:
    """Return 0 (runs, or nothing to run on), 1 (a problem) or 2 (no verdict)."""
    if fail_on is not None and any(f.severity >= fail_on and not f.demoted for f in findings):
        return PROBLEM
    if verdict is Verdict.UNDECIDED:
        return OK if unknown_is_ok else NO_VERDICT
    return PROBLEM if verdict is Verdict.BROKEN and fail_on is not None else OK


def reaches_amd_gpus(facts: Facts) -> bool:
    """Whether a ROCm build said that it reaches its GPUs: there ``torch.cuda`` is the name of AMD's."""
    return facts.value("torch_variant") == "rocm" and facts.value("cuda_available") is True


def cpu_build_is_meant(facts: Facts) -> bool:
    """Whether a CPU build is what is expected and what is installed, and no GPU is required."""
    cpu = facts.value("torch_variant") == "cpu" and not facts.value("required_gpus")
    return cpu and expects_cpu(facts.value("required_builds", ()))


def _is_said_to_have_none(facts: Facts) -> bool:
    """Whether words deny a GPU to a CPU build, and nothing tells of one or asks for one."""
    telling = ("gpus", "pci_gpus", "other_gpus", "driver_release", "required_gpus", "gpu_wanted")
    cpu = facts.value("torch_variant") == "cpu" and facts.value("cuda_available") is None
    failed = any(_FAILED.search(error.text) for error in facts.value("errors_seen", ()))
    return (
        cpu
        and bool(facts.value("gpu_denied"))
        and not failed
        and not any(map(facts.value, telling))
    )


def no_gpu_is_meant_to_be_here(facts: Facts) -> bool:
    """Whether it is known that this host has no NVIDIA GPU and nothing that asks for one."""
    if cuda_started(facts.value("kernel_results", ()), facts.value("cuda_available")):
        return False  # whatever did not answer
    if facts.value("os_family") == "darwin":
        return True  # macOS 10.13 was the last one with a driver
    if facts.value("required_gpus") or facts.value("gpus") or facts.value("pci_gpus"):
        return False
    if facts.value("nvidia_smi_lists_none") or facts.value("job_gpus_requested") is False:
        return False  # a driver answered, or a job was not given what the machine may have
    if any(
        isinstance(facts[name], Known) for name in ("driver_release", "kernel_module", "jetson")
    ):
        return False
    looked = [facts[name] for name in ("pci_gpus", "gpus", "nvml_status")]
    absent = [fact for fact in looked if _is_absent(fact)]
    failed = [fact for fact in looked if isinstance(fact, Unavailable) and fact.reason.is_failure]
    return bool(absent) and not failed


def _is_absent(fact: object) -> bool:
    if isinstance(fact, Known):
        return bool(fact.value == ())
    return isinstance(fact, Unavailable) and fact.reason.is_answer


def _gaps(outcomes: Iterable[Outcome], rules: Sequence[Rule]) -> tuple[Gap, ...]:
    """What may hide an error: a rule that crashed, or one that a fact decides whose probe failed."""
    telling = [one for one in outcomes if one.missing or one.status is OutcomeStatus.CRASHED]
    by_code = {rule.code: rule for rule in rules} if telling else {}
    gaps = []
    for outcome in telling:
        rule = by_code[outcome.code]
        severe = rule.severity is Severity.ERROR
        if outcome.status is OutcomeStatus.CRASHED and severe:
            gaps.append(Gap(GapKind.RULE_CRASHED, f"the rule {rule.name} crashed"))
        for fact, why in outcome.missing:
            if why.lost and (severe or fact not in rule.required):
                gaps.append(_unread(fact, why))
    return tuple(gaps)


def _unspoken(
    failures: Iterable[tuple[ErrorSeen, Receipt]], findings: Iterable[Finding]
) -> Iterator[Gap]:
    """Texts that prove a failure and that no finding names as its reason."""
    spoken = {receipt.row for finding in findings for receipt in finding.because}
    for seen, receipt in failures:
        if receipt.row not in spoken:
            text = one_line(seen.text, 300)
            yield Gap(GapKind.FAILURE_SEEN, f"a failure was seen that nothing explains: {text}")


def _given_none(facts: Facts) -> Iterator[Gap]:
    """A container whose command asks for no GPU sees those of its host only where its runtime gives them unasked."""
    engine = facts.value("container")
    asked = facts.value("container_gpus_requested") is not False or facts.value("device_nodes")
    if engine and not asked and not facts.value("cuda_available"):
        text = f"whether a GPU reaches the {engine} container: its command asks for none"
        yield Gap(GapKind.FACT_UNKNOWN, text, "device_nodes")


def _unread(fact: str, why: Unavailable) -> Gap:
    return Gap(GapKind.FACT_UNREAD, f"{fact} could not be read: {why}", fact, why)


def _unworded(
    judgement: Judgement,
    findings: Iterable[Finding],
    outcomes: Iterable[Outcome],
    rules: Sequence[Rule],
    facts: Facts,
) -> list[Gap]:
    """What the law objects to and no rule says, because it lacks a fact: no reason to call a host healthy."""
    if len(tuple(outcomes)) < len(rules) or any(f.severity is Severity.ERROR for f in findings):
        return []
    seen = isinstance(facts["gpus"], Known) or isinstance(facts["pci_gpus"], Known)
    kinds = (o for o in judgement.objections if not seen or o.kind is not Kind.BUILD_WITHOUT_CUDA)
    return [Gap(GapKind.OBJECTION, objection.message) for objection in kinds]
