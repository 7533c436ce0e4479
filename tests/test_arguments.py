"""Arguments of the Python API: read where they can be read plainly, else an error in one line that says the cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch_doctor
from torch_doctor import Expectations, Options, Severity

from tests.rules.cases import host_facts
from tests.samples import A_RULE, ANOTHER_RULE

HEALTHY = host_facts("a100-535-cu126")
LINUX = "linux-x86_64"


def check(**asked: object) -> torch_doctor.Report:
    return torch_doctor.check(**{"facts": HEALTHY, **asked})


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: check(facts="host.json"), TypeError, "facts: 'host.json' is no Facts; torch_doctor.load"),
        (lambda: check(facts={"gpus": 1}), TypeError, "facts: a value of type dict is no Facts"),
        (lambda: check(options={"only": ()}), TypeError, "options: a value of type dict"),
        (lambda: check(options=Options(ignore=7)), TypeError, "ignore: 7 is neither"),
        (lambda: check(options=Options(only=(A_RULE.code, 7))), TypeError, "only: 7 is no text"),
        (lambda: check(options=Options(fail_on="fatal")), ValueError, "note, warning, error, never"),
        (lambda: check(options=Options(fail_on=2)), ValueError, "fail_on: 2 is none of"),
        (lambda: check(deep=1), TypeError, "deep: 1 is neither True nor False"),
        (lambda: check(deep=None), TypeError, "deep: None is neither"),
        (lambda: check(deep=("matmul", "nothing")), ValueError, "no stage 'nothing'; there are matmul-fp32"),
        (lambda: check(deep=True, static=True), ValueError, "leave one out"),
        (lambda: check(expectations=Expectations(gpus="x")), ValueError, "gpus: 'x' is no number of GPUs"),
        (lambda: check(expectations=Expectations(gpus=-1)), ValueError, "gpus: -1 is no number"),
        (lambda: check(expectations=Expectations(gpus=1.5)), ValueError, "gpus: 1.5 is no number"),
        (lambda: check(facts=None, expectations=Expectations(gpus=True)), ValueError, "gpus: True"),
        (lambda: check(expectations=Expectations(names=7)), TypeError, "names: 7 is neither"),
        (lambda: torch_doctor.triage(None), TypeError, "text: None is no text; give str or bytes"),
        (lambda: torch_doctor.triage(Path("a.txt")), TypeError, "text: a value of type"),
        (lambda: torch_doctor.triage("", options=None), TypeError, "options: None"),
        (lambda: torch_doctor.require(facts=HEALTHY, gpus="8"), ValueError, "gpus: '8' is no number"),
        (lambda: torch_doctor.require(facts=HEALTHY, gpus=-1), ValueError, "gpus: -1 is no number"),
        (lambda: torch_doctor.require(facts=HEALTHY, gpu=7), TypeError, "gpu: 7 is neither"),
        (lambda: torch_doctor.recommend("A100", bogus=1), TypeError, "no option 'bogus'; it has gpu, "),
        (lambda: torch_doctor.recommend("A100", torch=2.6), TypeError, 'such as torch="2.6"'),
        (lambda: torch_doctor.recommend("A100", driver=True), TypeError, "driver: write True as a text"),
        (lambda: torch_doctor.recommend("A100", limit="1"), TypeError, "limit: '1' is no whole number"),
        (lambda: torch_doctor.recommend("A100", python=()), TypeError, "python: a value of type tuple"),
        (lambda: torch_doctor.recommend(None), TypeError, "gpu: None is neither"),
        (lambda: torch_doctor.recommend(compute_capability=[8.0]), TypeError, "8.0 is no text"),
        (lambda: torch_doctor.recommend(hosts={"a": "b.json"}), TypeError, "hosts['a']: 'b.json' is no Facts"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_one_line_with_the_cure(
    call: Callable[[], object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        call()

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plain_reading_is_taken() -> None:
    one, several = Options(ignore=A_RULE.code), Options(ignore=frozenset({A_RULE.code}))
    assert check(options=one) == check(options=several)
    assert check(options=Options(only=[A_RULE.code, ANOTHER_RULE.code])).outcomes
    for word, meant in (("warning", Severity.WARNING), ("Error", Severity.ERROR), ("never", None)):
        assert check(options=Options(fail_on=word)) == check(options=Options(fail_on=meant))
    one, several = Expectations(0, "A100", "cu126"), Expectations(0, ("A100",), ("cu126",))
    assert check(expectations=one) == check(expectations=several)
    assert check(deep="matmul") == check(deep=["matmul"]) == check()
    assert torch_doctor.triage(bytearray(b"torch 2.9")) == torch_doctor.triage(b"torch 2.9")


def test_a_driver_may_be_a_number() -> None:
    asked = {"gpu": "A100", "platform": LINUX, "limit": 1}
    number = torch_doctor.recommend(**asked, driver=535)
    assert number.plans == torch_doctor.recommend(**asked, driver="535").plans
