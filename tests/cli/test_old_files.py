"""Files of schema version 1 are read: what they hold is the same facts, and is judged as it was.

The files were written by the last program that wrote version 1; they are kept as they are. every_fact.json has a value
in every field of every fact, so a fact or a field that gets another name must be read under the old one, too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.cli.input.facts_file import read_facts
from torch_doctor.core.about import SCHEMA_VERSION, AboutKind
from torch_doctor.core.codec import facts_to_json
from torch_doctor.core.fact import Reason, Unavailable

from tests.cli.conftest import Run

HERE = Path(__file__).parent / "v1"
BATCH = [json.loads(line) for line in (HERE / "triaged.jsonl").read_text().splitlines()]


def old(name: str) -> Any:
    document = json.loads((HERE / name).read_text())
    assert document["schema_version"] == 1 < SCHEMA_VERSION
    return document


@pytest.mark.parametrize("name", ["every_fact.json", "every_reason.json", "collected.json"])
def test_facts_are_what_they_were(name: str) -> None:
    written = old(name)["facts"]

    facts, about = read_facts(str(HERE / name))

    assert facts_to_json(facts) == written
    assert about == (AboutKind.SAVED_MACHINE, name, ())


def test_every_reason_is_read() -> None:
    facts = read_facts(str(HERE / "every_reason.json")).facts.values()

    assert {fact.reason for fact in facts if isinstance(fact, Unavailable)} == set(Reason)


def test_a_collected_machine_is_judged(run: Run) -> None:
    ran = run("--facts", str(HERE / "collected.json"), "--json")

    assert (ran.code, ran.report["schema_version"]) == (0, 2)
    assert ran.report["verdict"] == "healthy"


def test_a_report_is_judged_again(run: Run) -> None:
    written = old("checked.json")

    ran = run("--facts", str(HERE / "checked.json"), "--json")

    for key in ("verdict", "facts", "exit_code"):
        assert ran.report[key] == written[key]
    assert ran.report["primary"]


@pytest.mark.parametrize("written", BATCH, ids=lambda line: line["subject"])
def test_a_line_of_a_batch_is_judged_again_as_facts_and_as_a_paste(
    run: Run, written: Any, tmp_path: Path
) -> None:
    path = tmp_path / "line.json"
    path.write_text(json.dumps(written))

    for words in (("check", "--facts", path), ("triage", path)):
        report = run(*words, "--json").report
        assert report["facts"] == written["facts"]
        assert report["verdict"] == written["verdict"]


def test_an_old_host_is_recommended_for(run: Run) -> None:
    ran = run("recommend", "--host", str(HERE / "collected.json"), "--json")

    assert ran.json["schema_version"] == 2
    assert ran.json["question"]["hosts"][0]["about"]["kind"] == "saved-machine"
    assert ran.json["plans"]
