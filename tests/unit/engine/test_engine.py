"""The engine isolates crashes, folds consequences under causes and decides the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.report import Gap, GapKind, Missing, OutcomeStatus, Report, Verdict
from torch_doctor.core.rule import Draft, Need, Rule, finding, rule
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.engine.evaluate import Derived, Options, evaluate

SUPPORTED = Judgement(Status.SUPPORTED)
HERE = Source("file", "/proc/somewhere", 3)
GPU_HOST = Facts({"gpus": Known((Gpu(0, "NVIDIA H100"),), Source("nvml"))})


def make(code: str, check: Any, *, severity: str = "error", **options: Any) -> Rule:
    made = rule(code, severity=severity, cause=options.pop("cause", "gpu-hardware"), **options)(
        check
    )
    return made._replace(name=f"test-{code.lower()}")


def says(message: str) -> Any:
    def check(gpus: Any) -> Iterator[Draft]:
        yield finding("gpu", message)

    return check


def judged(
    *rules: Rule, facts: Facts = GPU_HOST, judgement: Judgement = SUPPORTED, **options: Any
) -> Report:
    return evaluate(facts, rules, Derived(judgement), options=Options(**options))


def test_parameters_are_the_needs() -> None:
    def check(gpus: Any, libcuda: Fact[Any], wsl: Any = None) -> Iterator[Draft]:
        yield from ()

    assert make("TD901", check).needs == (
        Need("gpus"),
        Need("libcuda", raw=True),
        Need("wsl", optional=True),
    )


class Together(NamedTuple):
    gpus: Any
    libcuda: Fact[Any]
    wsl: Any = False


def test_the_fields_of_a_record_are_needs_like_parameters() -> None:
    handed: list[Any] = []

    def check(facts: Together, container: Any = None) -> Iterator[Draft]:
        handed.append((facts, container))
        yield from ()

    made = make("TD901", check)
    judged(made, facts=GPU_HOST)

    assert made.needs == (
        Need("gpus"),
        Need("libcuda", raw=True),
        Need("wsl", optional=True),
        Need("container", optional=True),
    )
    assert handed == [(Together(GPU_HOST["gpus"].value, GPU_HOST["libcuda"]), None)]
    assert judged(made, facts=Facts()).outcomes[0].status is OutcomeStatus.SKIPPED


def test_a_finding_carries_its_evidence_and_where_it_was_read() -> None:
    def check(container: Any) -> Iterator[Draft]:
        yield finding("container", "bad")

    report = judged(make("TD901", check), facts=Facts({"container": Known("docker", HERE)}))

    evidence = report.findings[0].evidence[0]
    assert evidence == ("container", "docker", HERE)
    assert str(evidence.source) == "/proc/somewhere:3"


def test_a_crash_is_a_line_in_the_report_and_never_healthy() -> None:
    def check(gpus: Any) -> Iterator[Draft]:
        raise RuntimeError("broken rule")
        yield

    report = judged(make("TD901", check), make("TD902", says("still judged"), severity="warning"))

    assert report.outcomes[0].status is OutcomeStatus.CRASHED
    assert "Traceback" in report.outcomes[0].detail
    assert report.outcomes[0].error == "RuntimeError: broken rule"
    assert report.findings[0].message == "still judged"
    assert report.verdict is Verdict.UNDECIDED


def test_an_error_must_name_a_cause_of_the_closed_list() -> None:
    report = judged(make("TD901", says("x"), cause="bad-luck"))

    assert report.outcomes[0].status is OutcomeStatus.CRASHED
    assert "closed list" in report.outcomes[0].detail


def test_consequences_fold_under_their_cause_and_one_is_primary() -> None:
    root = make("TD905", says("cause"), explains=("TD901", "TD902"))
    report = judged(make("TD901", says("first consequence")), make("TD902", says("second")), root)

    assert report.primary is not None
    assert report.primary.message == "cause"
    assert [f.explained_by for f in report.findings] == [None, "TD905", "TD905"]


def test_two_rules_that_explain_each_other_keep_one_cause() -> None:
    report = judged(
        make("TD901", says("a"), explains=("TD902",)), make("TD902", says("b"), explains=("TD901",))
    )

    assert [f.explained_by for f in report.findings] == [None, "TD901"]


def test_errors_come_before_warnings_and_lower_layers_first() -> None:
    report = judged(
        make("TD903", says("late error")),
        make("TD901", says("warning"), severity="warning"),
        make("TD902", says("early error")),
    )

    assert [f.code for f in report.findings] == ["TD902", "TD903", "TD901"]


def test_an_ignored_error_is_printed_but_does_not_break() -> None:
    report = judged(make("TD901", says("known")), ignore=frozenset({"TD901"}))

    assert report.findings[0].demoted
    assert (report.verdict, report.exit_code, report.primary) == (Verdict.DEGRADED, 0, None)


def test_a_rule_without_its_facts_is_skipped_and_says_which() -> None:
    report = judged(make("TD901", says("x")), facts=Facts(), judgement=Judgement(Status.UNKNOWN))

    assert report.outcomes[0].status is OutcomeStatus.SKIPPED
    assert report.outcomes[0].missing == (Missing("gpus", Unavailable(Reason.NOT_ASKED)),)


def test_a_failed_probe_leaves_the_verdict_undecided() -> None:
    blind = GPU_HOST.with_(libcuda=Unavailable(Reason.TIMEOUT, "2 s"))

    def check(libcuda: Any) -> Iterator[Draft]:
        yield from ()

    report = judged(make("TD901", check), facts=blind)

    assert (report.verdict, report.exit_code) == (Verdict.UNDECIDED, 2)
    text = "libcuda could not be read: timeout: 2 s"
    assert report.why == (Gap(GapKind.FACT_UNREAD, text, "libcuda", blind["libcuda"]),)
    assert judged(make("TD901", check), facts=blind, unknown_is_ok=True).exit_code == 0


def test_fail_on_decides_the_exit_code() -> None:
    warns = make("TD901", says("w"), severity="warning")
    errs = make("TD902", says("e"))

    assert judged(warns).exit_code == 0
    assert judged(warns, fail_on=Severity.WARNING).exit_code == 1
    assert judged(errs).exit_code == 1
    assert judged(errs, fail_on=None).exit_code == 0


def test_a_host_without_any_nvidia_gpu_is_cpu_only() -> None:
    absent = Unavailable(Reason.NOT_PRESENT)
    host = Facts({"pci_gpus": Known((), HERE), "nvml_status": absent, "kernel_module": absent})

    assert judged(facts=host, judgement=Judgement(Status.UNKNOWN)).verdict is Verdict.CPU_ONLY
    blind = host.with_(pci_gpus=Unavailable(Reason.DENIED))
    assert judged(facts=blind, judgement=Judgement(Status.UNKNOWN)).verdict is Verdict.UNDECIDED


def test_only_runs_what_was_asked() -> None:
    report = judged(make("TD901", says("a")), make("TD902", says("b")), only=frozenset({"TD902"}))

    assert [f.code for f in report.findings] == ["TD902"]


def test_a_warning_explains_no_error() -> None:
    def warns(gpus: Any) -> Iterator[Draft]:
        yield finding("gpu", "hot", severity=Severity.WARNING)

    report = judged(make("TD901", warns, explains=("TD902",)), make("TD902", says("fails")))

    assert report.primary is not None
    assert report.primary.code == "TD902"
    assert all(finding.explained_by is None for finding in report.findings)


def test_a_driver_without_any_gpu_is_not_healthy() -> None:
    report = judged(judgement=Judgement(Status.NOT_APPLICABLE))

    assert report.verdict is Verdict.UNDECIDED
    assert [gap.kind for gap in report.why] == [GapKind.GPUS_INVISIBLE]
