"""The laws that hold for any host, driver, GPU, Python and wish. TORCH_DOCTOR_EXAMPLES=20 looks harder."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from torch_doctor.core.codec import facts_from_json, facts_to_json
from torch_doctor.core.fact import Facts, Known
from torch_doctor.core.finding import Severity
from torch_doctor.core.judgement import Status
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.law.build import build_of
from torch_doctor.matrix.law.from_facts import machine_of
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.paths import DATA
from torch_doctor.matrix.query import driver_of
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.answer import Answer
from torch_doctor.recommendation.ask import ask
from torch_doctor.recommendation.document import document
from torch_doctor.recommendation.plans.apply import applied
from torch_doctor.recommendation.question.asked import Asked
from torch_doctor.recommendation.question.constraints import understand
from torch_doctor.recommendation.question.hosts import (
    AskedFrom,
    ServedHost,
    described,
    machine,
    overlaid,
    with_driver,
)
from torch_doctor.recommendation.solving.solve import candidates_for, serving

from tests.property.hosts import (
    FILE,
    MATRIX,
    RELEASES,
    WISHES,
    hosts,
    machines,
    newer,
    questions,
)
from tests.property.judging import RUNS, law, report_on

ROWS = {
    "/".join((name, *(str(getattr(row, field)) for field in table.key)))
    for name, table in TABLES.items()
    for row in getattr(MATRIX, name)
}

pytestmark = pytest.mark.property


def answer(asked: dict[str, Any], *served: Facts, matrix: Matrix = MATRIX) -> Answer:
    named = [ServedHost(f"host {index}", facts) for index, facts in enumerate(served)]
    return ask(Asked(**asked), named, matrix, report_on, AskedFrom(Facts, "linux-x86_64"))


def builds(asked: dict[str, Any], *served: Facts) -> set[tuple[str, str]]:
    """Return the builds that serve; the words of the answer are left out, which takes most of its time."""
    wanted = understand(Asked(**asked), MATRIX)
    there = [overlaid(ServedHost("", facts), wanted) for facts in served] or [
        described(wanted, "linux-x86_64")
    ]
    seen = [machine(host, MATRIX) for host in there]
    serves = serving(candidates_for(seen, MATRIX), seen, wanted, MATRIX)
    return {(item.candidate.torch, item.candidate.variant) for item in serves}


# 1. A recommended plan, applied to the host's facts, checks clean; a host that checks clean is not changed.


@law(100)
@given(hosts())
def test_a_plan_that_is_carried_out_checks_clean(facts: Facts) -> None:
    found = answer({"limit": 40}, facts)

    event(f"plans: {bool(found.plans)}")
    for plan in (
        {id(plan): plan for plan in (found.plans[0], found.plans[-1])}.values()
        if found.plans
        else ()
    ):
        after = report_on(applied(facts, plan, MATRIX))
        changes = "\n".join(change.text for change in plan.changes)
        errors = [
            f for f in after.findings if f.severity is Severity.ERROR and f.explained_by is None
        ]
        assert all(error.message in changes for error in errors)
        assert errors or after.verdict in RUNS, (plan.label, after.verdict, after.why)


@law(100)
@given(hosts())
def test_no_error_of_a_generated_host_outlives_its_plan(facts: Facts) -> None:
    """The hosts generated here have no fault beside their driver, GPUs and torch: nothing may be left over."""
    for plan in answer({"limit": 1}, facts).plans:
        after = report_on(applied(facts, plan, MATRIX))

        assert after.verdict in RUNS, (plan.label, [finding.message for finding in after.findings])


@law(150)
@given(hosts(sure=True))
def test_a_host_that_checks_clean_is_not_changed(facts: Facts) -> None:
    before = report_on(facts)
    assume(before.verdict in RUNS)

    found = answer({"prefer": "smallest-change", "limit": 5}, facts)

    assert len(found.plans) == 1
    assert found.plans[0].keeps
    assert not found.plans[0].changes
    assert applied(facts, found.plans[0], MATRIX) is facts


@law(40)
@given(machines(), machines())
def test_a_plan_for_two_hosts_serves_both(one: Any, other: Any) -> None:
    left, right = Facts(one), Facts(other)

    for plan in answer({"limit": 1}, left, right).plans:
        for facts in (left, right):
            assert report_on(applied(facts, plan, MATRIX)).verdict in RUNS


# 2. Adding a constraint never adds plans; every rejected candidate has a reason that names a row.


@law(250)
@given(questions(), st.sampled_from(sorted(WISHES)), st.data())
def test_a_constraint_never_adds_plans(
    asked: dict[str, Any], wish: str, data: st.DataObject
) -> None:
    wider = {name: value for name, value in asked.items() if name != wish}
    narrower = {**wider, wish: data.draw(WISHES[wish])}

    many, few = builds(wider), builds(narrower)

    assert few <= many
    event(f"fewer: {len(few) < len(many)}")


@law(60)
@given(
    questions(),
    st.sampled_from(["NVIDIA A100-SXM4-80GB", "Tesla V100-SXM2-16GB", "NVIDIA B200", "Tesla K80"]),
)
def test_another_gpu_never_adds_plans(asked: dict[str, Any], gpu: str) -> None:
    assert builds({**asked, "gpu": (*asked["gpu"], gpu)}) <= builds(asked)


@law(60)
@given(machines(), machines())
def test_another_host_never_adds_plans(one: Any, other: Any) -> None:
    assert builds({}, Facts(one), Facts(other)) <= builds({}, Facts(one))


@law(150)
@given(questions())
def test_every_rejected_candidate_names_its_row(asked: dict[str, Any]) -> None:
    found = answer(asked)

    assert {(item.candidate.torch, item.candidate.variant) for item in found.accepted} == builds(
        asked
    )
    judged = [*found.rejected, *found.undecided]
    assert len(judged) + len(found.accepted) == len(
        {item.candidate for item in judged} | {item.candidate for item in found.accepted}
    )
    for item in judged:
        for reason in item.reasons:
            assert reason.message
            assert reason.because
            assert {receipt.row for receipt in reason.because} <= ROWS


@law(80)
@given(questions())
def test_what_is_promised_for_giving_way_is_true(asked: dict[str, Any]) -> None:
    """Each step by itself, put as a question, brings the build that it promises."""
    for step in answer(asked).relaxations:
        if step.gives_way not in ("torch", "cuda", "driver", "python", "glibc"):
            continue
        without = {name: value for name, value in asked.items() if name != step.gives_way}
        if step.gives_way == "driver":
            without["driver"] = step.min_driver
        label = tuple(step.unlocks.removeprefix("torch ").split("+"))
        assert label in builds(without)


# 3. A newer driver never breaks a build that ran, except where an architecture or a driver's support ends.


@law(800)
@given(hosts(sure=True), st.data())
def test_a_newer_driver_breaks_nothing(facts: Facts, data: st.DataObject) -> None:
    build = build_of(facts, MATRIX)
    here = machine_of(facts, MATRIX)._replace(driver_reports=None)
    assert build is not None
    assert here.driver is not None
    assume(judge(here, build).status is Status.SUPPORTED)
    release = data.draw(newer(here.driver.release))

    newer_one = here._replace(driver=driver_of(MATRIX, release), libcuda_release=release)
    after = judge(newer_one, build)

    ends = any(gpu.last_branch and release.branch > gpu.last_branch for gpu in here.gpus or ())
    assert after.status is Status.SUPPORTED or ends, after
    event(f"supported: {after.status is Status.SUPPORTED}")


@law(120)
@given(hosts(sure=True), st.data())
def test_a_newer_driver_breaks_no_verdict(facts: Facts, data: st.DataObject) -> None:
    release = data.draw(newer(facts.value("driver_release")))
    gpus = machine_of(facts, MATRIX).gpus or ()
    assume(all(not gpu.last_branch or release.branch <= gpu.last_branch for gpu in gpus))
    assume(report_on(facts).verdict in RUNS)

    after = report_on(with_driver(facts, Known(release, FILE)))

    assert after.verdict in RUNS, [finding.message for finding in after.findings]


@law(150)
@given(hosts(), st.sampled_from(RELEASES))
def test_a_compat_library_older_than_the_driver_is_the_exception(
    facts: Facts, release: DriverRelease
) -> None:
    build = build_of(facts, MATRIX)
    here = machine_of(facts, MATRIX)._replace(libcuda_kind="compat", libcuda_release=release)
    assume(build is not None and build.cuda is not None and here.driver is not None)
    assert build is not None
    assert here.driver is not None
    assume(release.branch < here.driver.branch)

    assert judge(here, build).status is Status.UNSUPPORTED


# 4. Losing a fact: test_lost_facts.py.


# 5. Facts through JSON are the same facts; the order of rows and facts means nothing.


@law(300)
@given(hosts())
def test_facts_survive_json(facts: Facts) -> None:
    again = facts_from_json(json.loads(json.dumps(facts_to_json(facts))))

    assert dict(again) == dict(facts)


@law(100)
@given(hosts(), st.randoms(use_true_random=False))
def test_the_order_of_facts_means_nothing(facts: Facts, dice: random.Random) -> None:
    items = list(facts.items())
    dice.shuffle(items)

    assert report_on(Facts(items)) == report_on(facts)


def shuffled(seed: int) -> Matrix:
    """Return the matrix with the rows of every table in another order."""
    dice = random.Random(seed)

    def read(table: str) -> dict[str, Any]:
        raw: dict[str, Any] = json.loads((Path(DATA) / f"{table}.json").read_bytes())
        dice.shuffle(raw["rows"])
        return raw

    return Matrix(json.loads((Path(DATA) / "index.json").read_bytes()), read)


MIXED = [shuffled(seed) for seed in range(3)]


@law(100)
@given(questions(), st.sampled_from(MIXED))
def test_the_order_of_rows_means_nothing_to_recommend(asked: dict[str, Any], mixed: Matrix) -> None:
    assert document(answer(asked, matrix=mixed)) == document(answer(asked))


@law(100)
@given(hosts(), st.sampled_from(MIXED))
def test_the_order_of_rows_means_nothing_to_check(facts: Facts, mixed: Matrix) -> None:
    one, other = report_on(facts), report_on(facts, mixed)

    assert (one.verdict, one.why, one.findings) == (other.verdict, other.why, other.findings)


def test_the_generated_hosts_are_not_all_alike() -> None:
    """A generator that made only broken hosts would prove nothing."""
    seen: set[str] = set()

    @settings(max_examples=120, deadline=None, database=None, derandomize=True)
    @given(hosts())
    def look(facts: Facts) -> None:
        seen.add(report_on(facts).verdict.value)

    look()
    assert {"healthy", "broken"} <= seen
    assert CudaVersion.parse("12.8") in {
        CudaVersion.parse(row.cuda) for row in MATRIX.torch_builds if row.cuda
    }
