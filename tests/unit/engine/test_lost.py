"""What a rule says where facts were lost that it can do without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.report import OutcomeStatus, Report, Verdict
from torch_doctor.core.rule import Draft, Rule, finding
from torch_doctor.matrix.signatures import NONE_SEEN

from tests.unit.engine.test_engine import GPU_HOST, make

HERE = Source("file", "somewhere")
LOST = Unavailable(Reason.TIMEOUT, "no answer")


def judged(rule: Rule, **facts: Fact[Any]) -> Report:
    from torch_doctor.engine.evaluate import Derived, evaluate

    return evaluate(
        GPU_HOST.with_(**facts), [rule], Derived(Judgement(Status.SUPPORTED), errors=NONE_SEEN)
    )


def outside_a_container(container: str | None = None) -> Iterator[Draft]:
    if container is None:
        yield finding("host", "this is broken outside a container")


def without_a_word(uvm_loaded: bool | None = None) -> Iterator[Draft]:
    if uvm_loaded == "never":
        yield finding("host", "this cannot be")


def below_eight(nvswitches: int | None = None) -> Iterator[Draft]:
    if nvswitches is not None and nvswitches < 8:
        yield finding("host", "too few")


def anything(nvswitches: int | None = None) -> Iterator[Draft]:
    yield finding("host", "this is broken anyway")


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.is_failure])
def test_a_lost_fact_that_would_acquit_leaves_no_error(reason: Reason) -> None:
    report = judged(make("TD901", outside_a_container), container=Unavailable(reason))

    assert report.verdict is Verdict.UNDECIDED
    assert not report.findings
    assert report.outcomes[0].status is OutcomeStatus.SKIPPED
    assert [gap.text for gap in report.why] == [f"container could not be read: {reason.value}"]


@pytest.mark.parametrize("reason", [Reason.NOT_PRESENT, Reason.NOT_ASKED])
def test_an_answer_and_a_question_that_nobody_put_are_no_loss(reason: Reason) -> None:
    report = judged(make("TD901", outside_a_container), container=Unavailable(reason))

    assert report.verdict is Verdict.BROKEN


def test_a_lost_fact_that_is_read_alike_decides_nothing() -> None:
    report = judged(make("TD901", without_a_word), uvm_loaded=LOST)

    assert report.verdict is Verdict.HEALTHY
    assert report.outcomes[0].status is OutcomeStatus.PASSED


def test_a_lost_fact_that_may_be_anything_decides_where_no_error_is_found() -> None:
    assert judged(make("TD901", below_eight), nvswitches=LOST).verdict is Verdict.UNDECIDED
    assert judged(make("TD901", anything), nvswitches=LOST).verdict is Verdict.BROKEN


def test_a_warning_lost_is_no_verdict_lost() -> None:
    report = judged(make("TD901", below_eight, severity="warning"), nvswitches=LOST)

    assert report.verdict is Verdict.HEALTHY


def test_what_words_a_cure_decides_nothing() -> None:
    def check(os_id: str | None = None) -> Iterator[Draft]:
        if os_id == "none":
            yield finding("host", "this cannot be")

    assert judged(make("TD901", check), os_id=LOST).verdict is Verdict.HEALTHY


def test_a_gap_makes_a_host_without_a_gpu_undecided() -> None:
    from torch_doctor.engine.evaluate import Derived, evaluate

    nobody = Facts({"pci_gpus": Known((), HERE), "gpus": Unavailable(Reason.NOT_PRESENT)})
    rules = [make("TD901", outside_a_container)]
    absent = nobody.with_(container=Known("docker", HERE))
    none = Derived(Judgement(Status.NOT_APPLICABLE), errors=NONE_SEEN)

    assert evaluate(absent, rules, none).verdict is Verdict.CPU_ONLY
    lost = evaluate(nobody.with_(container=LOST), rules, none)
    assert lost.verdict is Verdict.UNDECIDED
