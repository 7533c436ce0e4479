"""Who answers what an undecided report asks, of a machine that has a verdict, is never asked the same again."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts, Reason, Unavailable
from torch_doctor.core.report import Report, Verdict
from torch_doctor.fixes.questions.next_step import _STEPS

from tests.property.hosts import hosts
from tests.property.judging import law, report_on

LOSABLE = (
    *("torch_version", "gpus", "driver_release", "os_family", "host_arch", "libcuda"),
    *("kernel_module", "packages", "python_tag", "jetson"),
)
_TOLD_BY = {step.command.replace("{python}", "python"): step.facts for step in _STEPS}


@law(60)
@given(hosts(), st.sets(st.sampled_from(LOSABLE), min_size=1), st.sampled_from([None, *Reason]))
def test_an_answer_leads_on(whole: Facts, lost: set[str], reason: Reason | None) -> None:
    assume(report_on(whole).verdict is not Verdict.UNDECIDED)
    gone = {name: Unavailable(reason) for name in lost} if reason else {}
    facts = whole.without(*lost).with_(**gone)
    asked: set[str] = set()
    report: Report = report_on(facts)
    while report.verdict is Verdict.UNDECIDED:
        assert report.next_step is not None
        assert report.next_step.text
        (command,) = report.next_step.commands
        assert command not in asked, command
        asked.add(command)
        answered = _TOLD_BY.get(command)
        if answered is None:  # the same machine is to be looked at again: everything is read
            answered = frozenset(lost)
        # What the host does not have is answered, too: it is not there.
        absent = {
            name: Unavailable(Reason.NOT_PRESENT)
            for name in answered
            if name not in whole and name in facts
        }
        facts = facts.with_(**{name: whole[name] for name in answered if name in whole}, **absent)
        report = report_on(facts)
        if command.endswith('+ 1)"'):
            break  # a kernel ran or not: nothing is left to ask
