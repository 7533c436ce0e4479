"""``fleet judge`` of nodes that measured: the rules speak for each, and rates are laid beside those of equals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from torch_doctor.cli.schema import SCHEMA

from tests.cli.conftest import Ran, Run
from tests.resting import rests_on

HOST = Path(__file__).parents[1] / "hosts" / "h200x4-580-cu130"
SAVED = {
    name: fact
    for part in ("facts", "deep")
    for name, fact in json.loads((HOST / f"{part}.json").read_text())["facts"].items()
}
Change = Callable[[dict[str, Any]], None]


def rates(stage: str, gpu: int | None, share: float, **more: Any) -> Change:
    """Return what makes one GPU reach a share of what was recorded; gpu -1 means all."""

    def change(facts: dict[str, Any]) -> None:
        for one in facts["deep_results"]["value"]:
            if one["stage"] == stage and gpu in (-1, one.get("gpu")):
                one["value"] *= share
                one.update(more)

    return change


def ended(stage: str, gpu: int, status: str, **more: Any) -> Change:
    def change(facts: dict[str, Any]) -> None:
        for one in facts["deep_results"]["value"]:
            if (one["stage"], one.get("gpu")) == (stage, gpu):
                one.update({"status": status, "value": None, "unit": None, **more})

    return change


def busy(gpu: int) -> Change:
    def change(facts: dict[str, Any]) -> None:
        for one in facts["deep_results"]["value"]:
            if one.get("gpu") == gpu:
                one["busy"] = True
                if one.get("value"):
                    one["value"] *= 0.3

    return change


def unmeasured(facts: dict[str, Any]) -> None:
    facts["deep_results"] = {
        "unavailable": "not-applicable", "detail": "torch sees no GPU", "source": {"kind": "child"},
    }  # fmt: skip


def torch(version: str) -> Change:
    def change(facts: dict[str, Any]) -> None:
        facts["torch_version"]["value"] = version

    return change


def nameless(facts: dict[str, Any]) -> None:
    for one in facts["kernel_results"]["value"]:
        del one["name"]


def node(name: str, *changes: Change) -> str:
    facts = json.loads(json.dumps(SAVED))
    for change in changes:
        change(facts)
    return json.dumps({"node": name, "schema_version": 2, "facts": facts}) + "\n"


@pytest.fixture
def judge(run: Run, tmp_path: Path) -> Callable[..., Ran]:
    def made(*rows: str, words: tuple[str, ...] = ("--json",)) -> Ran:
        file = tmp_path / "hosts.jsonl"
        file.write_text("".join(rows))
        return run("fleet", "judge", file, *words)

    return made


def measured(ran: Ran) -> Any:
    schema = json.loads(SCHEMA.with_name("fleet.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(ran.json)
    return ran.json["measured"]


def row(found: Any, stage: str) -> Any:
    return next(one for one in found["peers"] if one["stage"] == stage)


def behind(found: Any) -> set[tuple[str, str, int | None]]:
    return {
        (row["stage"], one["node"], one["gpu"]) for row in found["peers"] for one in row["behind"]
    }


Judge = Callable[..., Ran]


def test_a_gpu_that_is_slower_than_its_equals_is_named_by_node_and_number(judge: Judge) -> None:
    slow = rates(
        "matmul-bf16", 2, 0.75, detail="SM clock 1100 of 1980 MHz; 350 W",
        throttle_reasons=["thermal"],
    )  # fmt: skip
    rows = [node("n1"), node("n2", slow), node("n3"), node("n4")]
    ran = judge(*rows)
    found = measured(ran)

    assert behind(found) == {("matmul-bf16", "n2", 2)}
    of = row(found, "matmul-bf16")
    assert (of["number"], of["nodes"], of["model"], of["least"]) == (16, 4, "NVIDIA H200", 0.8)
    [one] = of["behind"]
    assert (one["words"], one["reasons"]) == ("SM clock 1100 of 1980 MHz; 350 W", ["thermal"])
    assert 0.74 < one["share"] < 0.76
    assert one["ecc"] is True
    assert "n2 GPU 2 (matmul-bf16 7" in found["finding"]["message"]
    [cure] = found["finding"]["cures"]
    assert "CLOCK" in cure["commands"][0]
    assert ran.code == 0

    text = judge(*rows, words=()).out
    assert "Measured on 4 nodes" in text
    assert "n2 GPU 2 7" in text
    assert "SM clock 1100 of 1980 MHz; 350 W; clocks held down by thermal" in text
    for form in ("markdown", "html"):
        assert "SM clock 1100 of 1980 MHz" in judge(*rows, words=("--format", form)).out
    assert "fleet_behind 1" in judge(*rows, words=("--format", "prometheus")).out


def test_a_whole_node_is_slower_which_it_cannot_know_itself(judge: Judge) -> None:
    rows = [node("n1"), node("n2", rates("matmul-bf16", -1, 0.75)), node("n3")]
    found = measured(judge(*rows))

    assert behind(found) == {("matmul-bf16", "n2", gpu) for gpu in range(4)}
    assert found["faults"] == []
    strict = ("--fail-on", "warning")
    assert (judge(*rows).code, judge(*rows, words=strict).code) == (0, 1)
    assert judge(rows[0], rows[2], node("n4"), words=strict).code == 0


def test_equals_that_differ_a_little_are_left_alone(judge: Judge) -> None:
    # One board under heat, one host with the distant processor: both are well.
    found = measured(
        judge(
            node("n1", rates("matmul-bf16", 0, 0.85)),
            node("n2", rates("host-to-device", 1, 0.55), rates("compile", 0, 1.9)),
            node("n3", rates("nccl", None, 0.8), rates("p2p", 0, 0.8)),
        )
    )

    assert behind(found) == set()
    assert found["finding"] is None
    assert found["unmeasured"] == []


def test_what_all_of_a_node_do_together_is_compared_among_nodes(judge: Judge) -> None:
    found = measured(
        judge(
            node("n1"),
            node("n2"),
            node("n3", rates("nccl", None, 0.3), rates("host-to-device", 1, 0.24), rates("compile", 0, 3.0)),
        )
    )  # fmt: skip

    assert behind(found) == {
        ("nccl", "n3", None), ("host-to-device", "n3", 1), ("compile", "n3", 0),
    }  # fmt: skip
    assert row(found, "nccl")["gpus_of_node"] == 4
    assert "1 node as a whole" in found["finding"]["message"]
    commands = [row for cure in found["finding"]["cures"] for row in cure["commands"]]
    assert any("nvlink" in row for row in commands)
    assert any("pcie.link.width" in row for row in commands)


def test_with_fewer_than_three_equals_nothing_is_compared(judge: Judge) -> None:
    two = measured(judge(node("n1"), node("n2", rates("nccl", None, 0.3))))
    one = measured(judge(node("n1", rates("matmul-bf16", 0, 0.4))))

    assert "nccl" not in {row["stage"] for row in two["peers"]}
    assert row(two, "matmul-bf16")["number"] == 8
    assert one["peers"] == []


def test_half_of_all_is_never_behind_the_other_half(judge: Judge) -> None:
    slow = rates("copy", -1, 0.5)
    found = measured(judge(node("n1"), node("n2"), node("n3", slow), node("n4", slow)))

    assert not [one for one in behind(found) if one[0] == "copy"]


def test_another_torch_makes_no_equals_of_what_it_computes(judge: Judge) -> None:
    old = [torch("2.4.0+cu124"), rates("matmul-bf16", -1, 0.5)]
    found = measured(judge(node("n1"), node("n2"), node("n3", *old)))

    assert row(found, "matmul-bf16")["number"] == 8
    assert behind(found) == set()
    assert row(found, "copy")["number"] == 12


def test_what_is_not_known_is_said_and_never_slow(judge: Judge) -> None:
    rows = [
        node("n1"),
        node("n2", busy(1)),
        node("n3", ended("copy", 0, "hung", error="no line within 30 s")),
        node("n4", unmeasured),
        node("n5", nameless),
    ]
    found = measured(judge(*rows))

    assert behind(found) == set()
    unknown = {(one["node"], one["gpu"]): one["why"] for one in row(found, "copy")["unknown"]}
    assert unknown == {("n2", 1): "busy", ("n3", 0): "hung: no line within 30 s"}
    assert {one["nodes"]["names"]: one["why"] for one in found["unmeasured"]} == {
        "n4": "not-applicable: torch sees no GPU",
        "n5": "of some rates nobody knows of which GPU or of which torch they are",
    }
    assert [(one["node"], one["stage"], one["verdict"]) for one in found["faults"]] == [
        ("n3", "copy", "hung")
    ]
    text = judge(*rows, words=()).out
    assert "busy: n2 GPU 1 (matmul-fp32" in text
    assert "torch sees no GPU: n4" in text


def test_a_virtual_gpu_is_compared_with_none(judge: Judge) -> None:
    def virtual(facts: dict[str, Any]) -> None:
        for name in ("gpus", "kernel_results"):
            for one in facts[name]["value"]:
                one["name"] = "NVIDIA H200-35C"

    slow = rates("copy", -1, 0.3)
    found = measured(judge(node("n1", virtual), node("n2", virtual), node("n3", virtual, slow)))

    assert found["peers"] == []
    [one] = found["unmeasured"]
    assert one["nodes"]["names"] == "n[1-3]"
    assert "virtual GPU" in one["why"]


def test_stages_that_a_node_never_reached_are_unknown(judge: Judge) -> None:
    def cut(facts: dict[str, Any]) -> None:
        kept = [one for one in facts["deep_results"]["value"] if one["stage"] == "matmul-fp32"]
        facts["deep_results"]["value"] = kept

    found = measured(judge(node("n1"), node("n2"), node("n3"), node("n4", cut)))

    assert {(one["node"], one["gpu"], one["why"]) for one in row(found, "copy")["unknown"]} == {
        ("n4", gpu, "not run") for gpu in range(4)
    }
    assert [(one["node"], one["gpu"]) for one in row(found, "nccl")["unknown"]] == [("n4", None)]
    assert [(one["node"], one["gpu"]) for one in row(found, "compile")["unknown"]] == [("n4", 0)]
    assert row(found, "matmul-fp32")["unknown"] == []


@rests_on("TD950", "TD951", "TD953")
def test_the_rules_of_the_deep_check_speak_for_each_node(judge: Judge) -> None:
    wrong = ended("matmul-fp16", 3, "wrong", error="entry 7 is 0.0 and should be 12.5")
    answer = judge(
        node("n1"),
        node("n2", wrong),
        node("n3", rates("matmul-bf16", -1, 0.3, throttle_reasons=[])),
        node("n4", rates("copy", 1, 0.7)),
    ).json

    codes = {group["nodes"]["names"]: group["code"] for group in answer["groups"]}
    assert (codes["n2"], codes["n3"], codes["n4"]) == ("TD950", "TD951", "TD953")
    assert {(one["node"], one["gpu"], one["verdict"]) for one in answer["measured"]["faults"]} == {
        ("n2", 3, "wrong"), ("n4", 1, "behind"), *(("n3", gpu, "slow") for gpu in range(4)),
    }  # fmt: skip


def test_nothing_is_said_of_nodes_that_did_not_measure(judge: Judge) -> None:
    ran = judge(node("n1", unmeasured), node("n2", unmeasured))

    assert "measured" not in ran.json
    assert "Measured" not in judge(node("n1", unmeasured), words=()).out
