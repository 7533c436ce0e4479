"""Every format says the same, is well formed, and lets no text act."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from importlib import import_module
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.cli.schema import SCHEMA
from torch_doctor.core.about import About, AboutKind
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.finding import Evidence, Finding, Fix, Severity
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.report import GapKind, Missing, Outcome, OutcomeStatus, Report, Verdict
from torch_doctor.render.formats import github, html, junit, markdown, prometheus, sarif
from torch_doctor.render.formats import text as screens
from torch_doctor.render.formats.json import document, failure
from torch_doctor.render.view import exit_meaning, last_line

from tests.forms import ALL, WHOLE
from tests.golden.reports import HOSTILE, REPORTS

ACTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\ud800-\udfff\ufffe]")
every_report = pytest.mark.parametrize(
    "report", [make() for make in REPORTS.values()], ids=list(REPORTS)
)


def rendered(form: str, report: Report) -> str:
    return str(import_module(f"torch_doctor.render.formats.{form}").render(report))


def flat(text: str) -> str:
    """The text without markup, escapes and line breaks, to look for words in."""
    return re.sub(r"[\s\\]+", "", text)


def report_of(text: str) -> Report:
    finding = Finding(
        "TD101",
        "driver-missing",
        "no-driver-or-module",
        Severity.ERROR,
        text,
        text,
        (Evidence("gpus", text, Source("file", text)),),
        (),
        (Fix(text, (text,)),),
    )
    facts = Facts({"os_name": Known(text, Source("file", text))})
    gone = Missing("gpus", Unavailable(Reason.DENIED, text))
    crash = Outcome("TD102", "b", OutcomeStatus.CRASHED, (), text, text)
    return Report(
        verdict=Verdict.BROKEN,
        findings=(finding,),
        outcomes=(Outcome("TD101", "a", OutcomeStatus.SKIPPED, (gone,)), crash),
        facts=facts,
        judgement=Judgement(Status.UNKNOWN),
        exit_code=1,
        about=About(AboutKind.HYPOTHETICAL, text, (text,)),
    )


@every_report
def test_json_follows_the_schema(report: Report) -> None:
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document(report))


def test_a_failure_follows_the_schema() -> None:
    made = failure("usage", "no such flag", "see --help")

    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(made)


def test_the_schema_is_itself_valid_and_not_idle() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    made = document(REPORTS["broken"]())
    for spoiled in ({"verdict": "fine"}, {"exit_code": 3}, {"primary": {}}, {"findings": [{}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema).validate({**made, **spoiled})


@every_report
@pytest.mark.parametrize("form", ALL)
def test_nothing_that_acts_gets_through(form: str, report: Report) -> None:
    assert not ACTIVE.search(rendered(form, report))


@pytest.mark.parametrize("form", [form for form in WHOLE if form != "prometheus"])
def test_every_format_tells_cause_evidence_and_cure(form: str) -> None:
    report = REPORTS["broken"]()
    text = flat(
        rendered(form, report).replace("&quot;", '"').replace("\\u00d7", "×").replace("%0A", "")
    )
    for words in (
        "TD202",
        "gpu-older-than-build",
        "has no code for the Tesla V100-SXM2-16GB",
        "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120",
        "install torch==2.13.0+cu126 instead",
        "https://download.pytorch.org/whl/cu126",
    ):
        assert flat(words) in text, words


@pytest.mark.parametrize("form", WHOLE)
def test_every_format_tells_the_verdict_and_what_was_not_checked(form: str) -> None:
    for name in ("broken", "undecided"):
        report = REPORTS[name]()
        text = rendered(form, report)

        assert report.verdict.value in text
        if form != "prometheus":
            assert "nvmlInit did not answer" in re.sub(r"\s+", " ", text) or name == "broken"
            assert "kernel log" in text or name == "undecided"


def test_prometheus_lines_are_metrics() -> None:
    for make in REPORTS.values():
        for line in prometheus.render(make()).splitlines():
            labels = r'\{(?:[a-z]+="(?:[^"\\\n]|\\\\|\\")*",?)*\}'
            assert re.fullmatch(
                rf"# (HELP|TYPE) .+|torch_doctor_\w+(?:{labels})? -?\d+(\.\d+)?", line
            ), line


@every_report
def test_junit_parses_and_counts(report: Report) -> None:
    suites = ET.fromstring(junit.render(report))
    suite = suites[0]

    assert int(suite.get("tests", "")) == len(suite.findall("testcase")) == len(report.outcomes) + 1
    assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))
    assert bool(suite.findall("testcase/failure")) == (report.verdict is Verdict.BROKEN)


@every_report
def test_sarif_has_a_rule_and_a_place_for_every_result(report: Report) -> None:
    run = json.loads(sarif.render(report))["runs"][0]

    known = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= known
    assert all(result["locations"] for result in run["results"])
    assert len(run["results"]) == len(report.findings)
    assert [bool(result.get("suppressions")) for result in run["results"]] == [
        f.demoted for f in report.findings
    ]


def test_sarif_and_github_name_a_file_of_the_checkout_but_none_outside() -> None:
    def report(kind: str, where: str, line: int | None) -> Report:
        source = Source(kind, where, line)
        finding = Finding(
            "TD801", "n", None, Severity.WARNING, "s", "m", (Evidence("f", "v", source),)
        )
        return Report(Verdict.DEGRADED, (finding,), (), Facts(), Judgement(Status.UNKNOWN))

    dockerfile = report("file", "docker/Dockerfile", 12)
    inside = json.loads(sarif.render(dockerfile))["runs"][0]["results"][0]["locations"][0]
    assert inside["physicalLocation"] == {
        "artifactLocation": {"uri": "docker/Dockerfile"},
        "region": {"startLine": 12},
    }
    assert "file=docker/Dockerfile,line=12," in github.render(dockerfile)
    for source in (
        ("file", "/etc/os-release", 3),
        ("file", "~/x", 3),
        ("file", "../x", 3),
        ("file", "x", None),
        ("nvml", "libnvidia-ml.so.1", 3),
    ):
        assert "physicalLocation" not in sarif.render(report(*source))
        assert "file=" not in github.render(report(*source))


class Tags(HTMLParser):
    """Counts tags, and looks for anything that would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        aim = given.get("href", "#")
        loads = tag in ("img", "link", "iframe", "object", "base", "form") or "src" in given
        if loads or any(name.startswith("on") for name in given):
            self.bad.append(tag)
        if not re.fullmatch(r"#[\w-]+|https://[a-z0-9.-]+\.[a-z]+(?:/[^\"'<>\s]*)?|#", aim):
            self.bad.append(aim)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@every_report
def test_html_is_balanced_and_loads_nothing(report: Report) -> None:
    parser = Tags()
    parser.feed(html.render(report))
    parser.close()

    assert parser.open == []
    assert parser.bad == []


@given(st.text(max_size=60))
def test_any_text_stays_text(text: str) -> None:
    report = report_of(text)
    ET.fromstring(junit.render(report))
    parser = Tags()
    parser.feed(html.render(report))
    assert parser.open == []
    assert parser.bad == []
    assert sum(line.startswith("::") for line in github.render(report).splitlines()) == 3
    json.loads(sarif.render(report))
    for form in ALL:
        assert not ACTIVE.search(rendered(form, report))


SAYS = {
    AboutKind.THIS_MACHINE: ("here", ""),
    AboutKind.SAVED_MACHINE: ("the saved machine", "the facts in node7.json"),
    AboutKind.REPORTED_MACHINE: ("the reported machine", "the report node7.json"),
    AboutKind.HYPOTHETICAL: (
        "the machine as assumed",
        "the facts in node7.json with driver=550 and gpu=V100 assumed",
    ),
}


@pytest.mark.parametrize("kind", SAYS)
@pytest.mark.parametrize("name", [name for name in REPORTS if name != "hostile"])
def test_every_format_says_what_was_judged(name: str, kind: AboutKind) -> None:
    assumed = ("driver=550", "gpu=V100") if kind is AboutKind.HYPOTHETICAL else ()
    report = REPORTS[name]()._replace(about=About(kind, "node7.json", assumed))
    where, judged = SAYS[kind]
    for form in WHOLE:
        made = rendered(form, report)
        if form in ("json", "jsonl", "prometheus"):
            assert f'"{kind.value}"' in made
        else:
            assert flat(where) in flat(made)
        if kind is not AboutKind.THIS_MACHINE:
            assert not re.search(r"\bhere\b", made), form
        if form in ("text", "markdown", "html", "sarif"):
            assert flat(judged) in flat(made)


def test_the_schema_names_every_kind() -> None:
    schema = json.loads(SCHEMA.read_text())
    about = schema["properties"]["about"]["properties"]["kind"]["examples"]
    gap = schema["$defs"]["gap"]["properties"]["kind"]["examples"]

    assert about == [kind.value for kind in AboutKind]
    assert gap == [kind.value for kind in GapKind]
    assert schema["$defs"]["reason"]["enum"] == [reason.value for reason in Reason]


def test_github_shows_the_worst_ten_of_a_kind() -> None:
    findings = tuple(
        Finding(f"TD{number}", "n", None, Severity.WARNING, "s", "m") for number in range(100, 115)
    )
    report = Report(Verdict.DEGRADED, findings, (), Facts(), Judgement(Status.UNKNOWN))

    lines = github.render(report).splitlines()

    assert [line[:19] for line in lines[:10]] == [
        f"::warning title=TD{number}"[:19] for number in range(100, 110)
    ]
    assert lines[10] == "5 more findings are not annotated; torch-doctor -v shows them"
    assert lines[11] == last_line(report)


def test_github_escapes_data_and_properties() -> None:
    assert github.data("50%\r\nnext: a,b") == "50%25%0D%0Anext: a,b"
    assert github.attribute("50%: a,b") == "50%25%3A a%2Cb"


@pytest.mark.parametrize(
    "text",
    ["@everyone", "see #12", "owner/repo#5", "GH-44", "www.example.com", "me@example.com", "x://y"],
)
def test_markdown_notifies_nobody_and_links_nowhere(text: str) -> None:
    # backslashes are gone and entities are signs when a forge looks for names and numbers
    shown = unescape(markdown.escape(text).replace("\\", ""))

    assert shown.replace("\u200b", "") == text
    assert not re.search(r"[@#]\w|GH-\d|www\.|://", shown)


def test_markdown_fences_are_longer_than_what_they_hold() -> None:
    assert markdown.code("a `` b") == "``` a `` b ```"
    assert markdown.code("plain") == "`plain`"
    assert markdown.escape("<b>[x](y)</b>|") == r"\<b\>\[x\](y)\</b\>\|"


def test_exit_meanings_fit_the_options() -> None:
    report = REPORTS["undecided"]()
    assert exit_meaning(report) == "no verdict: a deciding fact is unknown"
    assert "--on-unknown ignore" in exit_meaning(_with_code(report, 0))
    assert "--fail-on never" in exit_meaning(_with_code(REPORTS["broken"](), 0))
    assert "--fail-on" in exit_meaning(_with_code(REPORTS["degraded"](), 1))


def _with_code(report: Report, code: int) -> Report:
    return report._replace(exit_code=code)


def test_colours_are_only_colours() -> None:
    pytest.importorskip("rich")
    for make in REPORTS.values():
        report = make()
        coloured = screens.render(report, width=80, colour=True)

        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == screens.render(report, width=80)
    assert "\x1b[" in coloured
    assert "\x1b]" not in coloured
    assert "sm_80, sm_90" in HOSTILE


def test_notebooks_get_a_fragment() -> None:
    made = html.fragment(REPORTS["healthy"]())

    assert made.startswith("<style>")
    assert "<html" not in made
    assert "body{" not in made
