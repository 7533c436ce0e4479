"""What the deep check measured, as people and programs see it: tables, bars, the picture, and what changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from torch_doctor.cli.schema import SCHEMA
from torch_doctor.core.codec import facts_from_json
from torch_doctor.core.records import GpuLink
from torch_doctor.core.report import Measure, Report
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.render.deep.picture import picture
from torch_doctor.render.deep.words import bar, links, rate
from torch_doctor.render.formats import html, markdown
from torch_doctor.render.formats import text as screens
from torch_doctor.render.formats.json import document
from torch_doctor.rules.deep._measures import compared

from tests.resting import rests_on

HOST = Path(__file__).parents[2] / "hosts" / "h200x4-580-cu130"
MATRIX = load_matrix()


def saved() -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name in ("facts.json", "deep.json"):
        facts.update(json.loads((HOST / name).read_text())["facts"])
    return facts


def joined() -> dict[str, Any]:
    """Return a host like the recorded one that tells of each copy between which GPUs it went, as deep checks do now."""
    facts = saved()
    for result in facts["deep_results"]["value"]:
        if result["stage"] == "p2p":
            a, rate = result["gpu"], result["value"]
            result["links"] = [{"a": a, "b": (a + 1) % 4, "way": "direct", "rate": rate}]
    return facts


def measured(**changes: dict[str, Any]) -> Report:
    """Judge that host, with fields of GPU 1's stages changed, and NVLink between all GPUs."""
    facts = joined()
    results = facts["deep_results"]["value"]
    for result in results:
        if result.get("gpu") == 1:
            result.update(changes.get(result["stage"].replace("-", "_"), {}))
    pairs = [{"a": a, "b": b, "way": "NV18"} for a in range(4) for b in range(a + 1, 4)]
    results.append({"stage": "topology", "status": "ok", "seconds": 0.1, "links": pairs})
    return diagnose(facts_from_json(facts), MATRIX)


def row_of(text: str, stage: str, gpu: int) -> str:
    block = text.split(f"GPU {gpu}, NVIDIA H200\n")[1]
    return next(line for line in block.splitlines() if line.startswith(stage))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_each_gpu_has_a_table_with_its_share_of_the_data_sheet(width: int) -> None:
    text = screens.render(measured(), width=width)

    assert max(map(len, text.splitlines())) <= width
    row = row_of(text, "matmul-bf16", 1)
    assert "738 TFLOP/s" in row
    assert "75 %" in row
    assert "█" in row
    assert row.endswith("ok")
    assert "nccl-processes  245 GB/s" in text
    assert "GPU 0  X      NV18" in text


@rests_on("TD951")
def test_what_is_slow_is_called_so_by_the_rules_own_thresholds() -> None:
    report = measured(matmul_bf16={"value": 100.0, "throttle_reasons": ["thermal"]})
    (slow,) = (one for one in report.measured if one.verdict == "slow")

    assert (slow.stage, slow.gpu, slow.least) == ("matmul-bf16", 1, 0.35)
    assert slow.row
    assert slow.row.startswith("gpu_rates/")
    assert "TD951" in {finding.code for finding in report.findings}
    assert "slow" in row_of(screens.render(report), "matmul-bf16", 1)


def test_a_busy_gpu_is_shown_and_not_judged() -> None:
    report = measured(matmul_bf16={"value": 100.0, "busy": True})

    assert {one.verdict for one in report.measured if one.gpu == 1} == {"ok", "busy"}


def test_a_stage_that_fails_is_shown_with_its_error_and_without_a_rate() -> None:
    wrong = {"status": "failed", "value": None, "unit": None, "error": "RuntimeError: no kernel"}
    text = screens.render(measured(conv=wrong))

    assert row_of(text, "conv", 1).endswith("failed")
    assert "  conv: RuntimeError: no kernel" in text


def test_json_has_the_same_rows_and_follows_the_schema() -> None:
    report = measured()
    report = report._replace(compared=compared(report.measured, report.measured, "x.json"))
    made = json.loads(json.dumps(document(report)))

    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(made)
    assert len(made["measured"]) == len(report.measured)
    assert made["measured"][2]["share"] == pytest.approx(0.733, abs=0.001)
    assert made["links"][0] == {
        "a": 0,
        "b": 1,
        "way": "NV18",
        "rate": pytest.approx(370.4, abs=0.1),
    }
    assert made["links"][1] == {"a": 0, "b": 2, "way": "NV18", "rate": None}
    assert made["compared"]["worse"] == 0


def test_markdown_has_the_same_tables() -> None:
    report = measured(matmul_bf16={"value": 100.0})
    report = report._replace(compared=compared(report.measured, measured().measured, "x_y.json"))
    text = markdown.render(report)

    assert "### Measured: GPU 1, NVIDIA H200" in text
    assert "| matmul-bf16 | 100 TFLOP/s | 10 % | 0.6 s | slow (power-cap) |" in text
    assert "- slower: matmul-bf16 GPU 1 738 TFLOP/s → 100 TFLOP/s" in text


def test_without_a_deep_check_json_has_no_such_fields() -> None:
    facts = json.loads((HOST / "facts.json").read_text())["facts"]

    assert (
        not {"measured", "links", "compared"}
        & document(diagnose(facts_from_json(facts), MATRIX)).keys()
    )


def test_the_page_has_bars_and_a_picture_that_is_well_formed() -> None:
    page = html.render(measured())
    svg = re.search(r"<svg.*?</svg>", page, re.DOTALL)

    assert page.count('<div class="bar ok">') == 4 * 8 + 1
    assert svg
    root = ET.fromstring(svg[0])
    assert sum(line.get("class") == "nvlink" for line in root.iter("line")) == 6
    drawn = [(one.get("class"), one.text) for one in root.iter("text")]
    assert [words for kind, words in drawn if kind is None] == ["0", "1", "2", "3"]
    assert [words for kind, words in drawn if kind == "rate"] == ["370", "363", "372", "366"]


def test_copies_are_drawn_without_a_word_of_how_gpus_are_joined() -> None:
    page = html.render(diagnose(facts_from_json(joined()), MATRIX))
    svg = re.search(r'<svg class="joined".*?</svg>', page, re.DOTALL)

    assert svg
    lines = list(ET.fromstring(svg[0]).iter("line"))
    assert [line.get("class") for line in lines] == ["pcie"] * 4, "how they are joined is not known"
    assert "Dashed lines: copied directly. Figures are GB/s of a copy." in page


def test_a_recording_without_links_has_no_picture_of_them() -> None:
    page = html.render(diagnose(facts_from_json(saved()), MATRIX))

    assert "370 GB/s" in page, "what was measured is shown"
    assert "Between GPUs" not in page


@rests_on("TD951")
def test_a_gpu_after_the_first_is_folded_unless_something_stands_out() -> None:
    page = html.render(measured(matmul_bf16={"value": 100.0}))
    heads = re.findall(r"<details( open)?><summary><b>(GPU \d).*?</b> (.*?)</summary>", page)

    assert [(bool(shown), name) for shown, name, _ in heads] == [
        (True, "GPU 1"), (False, "GPU 2"), (False, "GPU 3"),
    ]  # fmt: skip
    assert "matmul-bf16 slow" in heads[0][2]
    assert heads[1][2] == "17 stages: nothing stands out"


def test_pcie_is_drawn_apart_from_nvlink_and_hostile_words_stay_words() -> None:
    drawn = picture([GpuLink(0, 1, "NV4", 45.5), GpuLink(0, 2, "SYS"), GpuLink(1, 2, '<b "')])

    root = ET.fromstring(drawn)
    assert [line.get("class") for line in root.iter("line")] == ["nvlink", "pcie", "pcie"]
    assert [text.text for text in root.iter("text") if text.get("class")] == ["45.5"]


def test_the_topology_says_how_and_the_copy_says_how_fast() -> None:
    report = measured(p2p={"links": [{"a": 1, "b": 2, "way": "direct", "rate": 371.0}]})
    found = {(one.a, one.b): one for one in links(report.facts.value("deep_results"))}

    assert found[1, 2] == GpuLink(1, 2, "NV18", 371.0)


@pytest.mark.parametrize(
    ("value", "words"), [(725.5, "726 GB/s"), (55.46, "55.5 GB/s"), (1.038, "1.04 GB/s"), (12.0, "12 GB/s")]
)  # fmt: skip
def test_rates_have_three_figures(value: float, words: str) -> None:
    assert rate(value, "GB/s") == words


@pytest.mark.parametrize(
    ("part", "drawn"), [(0.0, "░░░░"), (0.5, "██░░"), (1.3, "████"), (None, "")]
)
def test_a_bar_is_as_long_as_its_share(part: float | None, drawn: str) -> None:
    assert bar(part, 4) == drawn


def one(stage: str, value: float | None, verdict: str = "ok", unit: str = "TFLOP/s") -> Measure:
    return Measure(stage, 0, "NVIDIA H200", verdict, 1.0, value, unit)


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (one("matmul-bf16", 700.0), one("matmul-bf16", 640.0), "same"),
        (one("matmul-bf16", 700.0), one("matmul-bf16", 620.0), "slower"),
        (one("matmul-bf16", 620.0), one("matmul-bf16", 700.0), "faster"),
        (one("host-to-device", 55.0), one("host-to-device", 45.0), "same"),
        (one("host-to-device", 55.0), one("host-to-device", 40.0), "slower"),
        (one("compile", 6.0, unit="s"), one("compile", 9.0, unit="s"), "slower"),
        (one("compile", 9.0, unit="s"), one("compile", 6.0, unit="s"), "faster"),
        (one("conv", None), one("conv", None, "failed"), "worse"),
        (one("conv", None, "failed"), one("conv", None), "better"),
        (one("conv", None, "failed"), one("conv", None, "wrong"), "same"),
        (one("matmul-fp8", None, "skipped"), one("matmul-fp8", 900.0), "same"),
        (one("matmul-fp8", None, "skipped"), one("matmul-fp8", None, "crashed"), "worse"),
        (one("copy", 4000.0), one("copy", 900.0, "busy"), "same"),
        (one("copy", 4000.0)._replace(name="NVIDIA L4"), one("copy", 900.0), "new"),
    ],
)  # fmt: skip
def test_what_changed_is_what_a_healthy_host_does_not_do(
    before: Measure, now: Measure, verdict: str
) -> None:
    assert [change.verdict for change in compared([now], [before], "x").changes] == [verdict]


def test_a_stage_that_is_gone_is_worse_unless_only_others_were_asked_for() -> None:
    gone = compared([], [one("copy", 4000.0)], "x")
    left_out = compared([], [one("copy", 4000.0)], "x", ("nccl",))

    assert [change.verdict for change in gone.worse] == ["gone"]
    assert left_out.changes == ()
