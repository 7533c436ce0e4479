"""``load`` and ``require``: saved facts read back, and a gate for the top of a program."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch_doctor
from torch_doctor import FactsError, Options, RequirementError
from torch_doctor.core.fact import Facts
from torch_doctor.probes.host.port import RecordedHost

from tests import samples
from tests.cli.machines import save
from tests.resting import rests_on
from tests.rules.cases import fact_of, host_facts

HOSTS = Path(__file__).parent / "hosts"
HEALTHY = host_facts("a100-535-cu126")
SAMPLE = samples.broken()
BROKEN = host_facts(SAMPLE.machine).with_(
    **{name: fact_of(name, raw) for name, raw in SAMPLE.changes.items()}
)
UNKNOWN = torch_doctor.triage("torch 2.9").facts


def refused(**asked: object) -> RequirementError:
    with pytest.raises(RequirementError) as caught:
        torch_doctor.require(**asked)
    return caught.value


def test_saved_facts_are_the_facts_that_were_saved(tmp_path: Path) -> None:
    path = save(HEALTHY, tmp_path)

    assert torch_doctor.load(path) == torch_doctor.load(Path(path)) == HEALTHY
    assert torch_doctor.load(json.loads(Path(path).read_text())) == HEALTHY
    assert torch_doctor.load(json.loads(Path(path).read_text())["facts"]) == HEALTHY
    report = torch_doctor.check(facts=HEALTHY).to_json()
    assert torch_doctor.check(facts=torch_doctor.load(report)).to_json()["facts"] == report["facts"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "holds no JSON object"),
        ("{}", "has no object named facts"),
        ('{"facts": []}', "has no object named facts"),
        ('{"schema_version": 99, "facts": {}}', "schema version 99"),
        ('{"facts": {"driver": 1}}', "'driver'"),
        ('{"facts": {"driver_release": {"value": 7}}}', "'driver_release'"),
        ("[" * 100_000, "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
    ],
)
def test_what_is_no_facts_is_one_line_that_names_the_file(
    content: str | bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "host.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(FactsError) as caught:
        torch_doctor.load(path)

    assert str(path) in str(caught.value) and words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        torch_doctor.load(tmp_path / "none.json")


def test_a_machine_that_runs_passes_and_its_report_comes_back() -> None:
    report = torch_doctor.require(facts=HEALTHY, gpu="A100", build="cu126")

    assert isinstance(report, torch_doctor.Report)
    assert report.exit_code == 0


def test_the_error_is_the_cause_and_the_cure_in_one_line() -> None:
    error = refused(facts=BROKEN)

    primary = error.report.primary
    assert primary is not None and primary.code == SAMPLE.primary.code
    assert str(error) == f"{error.cause}; cure: {error.cure}"
    assert error.cause.startswith(f"{primary.code} {primary.name}: ")
    assert error.cure == " && ".join(primary.fixes[0].commands)
    assert "\n" not in str(error)


@rests_on("TD205", "TD206", "TD425")
@pytest.mark.parametrize(
    "asked", [{"gpus": 2}, {"gpu": "H100"}, {"gpu": ["A100", "V100"]}, {"build": "cu128"}]
)
def test_what_is_asked_for_and_missing_is_an_error(asked: dict[str, object]) -> None:
    assert refused(facts=HEALTHY, **asked).report.exit_code == 1


@rests_on("TD205")
def test_no_gpu_is_an_error_unless_none_is_asked_for() -> None:
    laptop = host_facts("laptop-without-gpu")

    assert refused(facts=laptop).report.verdict.value != "healthy"
    assert torch_doctor.require(facts=laptop, gpus=0).exit_code == 0


def test_unknown_is_no_pass_unless_it_may_be() -> None:
    error = refused(facts=UNKNOWN, gpus=0)

    assert error.report.verdict.value == "undecided"
    assert error.cause.startswith("no verdict: ")
    passed = torch_doctor.require(facts=UNKNOWN, gpus=0, options=Options(unknown_is_ok=True))
    assert passed.verdict.value == "undecided"
    assert refused(facts=Facts()).cause


@pytest.mark.parametrize("asked", [{"gpu": "Voodoo 3"}, {"build": "cu"}, {"proof": "deep"}])
def test_words_that_mean_nothing_are_a_value_error(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        torch_doctor.require(facts=HEALTHY, **asked)


@pytest.mark.parametrize(("proof", "static"), [("static", True), ("driver", False)])
def test_a_gate_never_runs_torch(proof: str, static: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}
    report = torch_doctor.check(facts=HEALTHY)

    def noted(**words: object) -> torch_doctor.Report:
        asked.update(words)
        return report

    monkeypatch.setattr("torch_doctor.gate.check", noted)

    assert torch_doctor.require(proof=proof) is report
    assert (asked["static"], asked["torch"]) == (static, False)


def test_a_recorded_machine_passes_the_static_gate() -> None:
    report = torch_doctor.require(host=RecordedHost(HOSTS / "h200-580-cu130"), gpu="H200")

    assert report.to_json()["proof"] == "static"


def test_the_error_goes_from_process_to_process() -> None:
    error = refused(facts=BROKEN)
    again = pickle.loads(pickle.dumps(error))

    assert (str(again), again.cure) == (str(error), error.cure)


def test_a_gate_loads_neither_torch_nor_what_it_need_not() -> None:
    script = (
        "import sys, torch_doctor\n"
        "try: torch_doctor.require()\n"
        "except torch_doctor.RequirementError as error: assert str(error)\n"
        "print([n for n in ('torch', 'rich', 'yaml', 'requests', 'torch_doctor.recommendation') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.stdout == "[]\n", done.stderr


def test_print_is_the_short_text_and_a_notebook_sees_html() -> None:
    report = torch_doctor.check(facts=BROKEN)
    answer = torch_doctor.recommend("A100", driver="535", platform="linux-x86_64")

    assert str(report).splitlines()[-1].strip().endswith("a problem was found.")
    assert f"{SAMPLE.primary.code} {SAMPLE.primary.name}" in str(report)
    assert isinstance(answer, torch_doctor.Answer)
    assert answer.plans[0].label in str(answer)
    assert "&quot;torch==" in answer._repr_html_() and "<script" not in answer._repr_html_()
    assert answer.to_json()["plans"]
    nothing = torch_doctor.recommend("A100", driver="535", torch="2.15.0", platform="linux-x86_64")
    assert not nothing.plans and "<details open>" in nothing._repr_html_()
