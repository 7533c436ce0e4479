"""Every form of the answer: what services ask of it, and that text of files acts in none of them."""

from __future__ import annotations

import json
import re
from importlib import import_module
from xml.etree import ElementTree as ET

import pytest
from torch_doctor.cli.lint import FORMATS
from torch_doctor.core.finding import Severity
from torch_doctor.linter.check import LintAnswer, lint_files, read_file
from torch_doctor.linter.find import kind_of
from torch_doctor.linter.project import LintTarget
from torch_doctor.linter.record import Flaw
from torch_doctor.linter.text import Spot
from torch_doctor.matrix.load import load_matrix

MODULES = [form for form in FORMATS if form not in ("text", "json")]
FILES = {
    "requirements.txt": "torch==2.8.0+cu126\n",
    "b/requirements.txt": "torch==2.8.0+cu126\n",
    "Dockerfile": "FROM pytorch/pytorch:latest\n",
    "ok/requirements.txt": "torch==2.8.0\n",
    "a/requirements.txt": (
        "# torch-doctor: ignore[local-version-without-index] our proxy\ntorch==2.8.0+cu126\n"
    ),
}


def answer() -> LintAnswer:
    files = {name: read_file(name, kind_of(name), text) for name, text in FILES.items()}
    return lint_files(files, LintTarget(), load_matrix())


def rendered(form: str, given: LintAnswer) -> str:
    text: str = import_module(f"torch_doctor.render.lint.{form}").render(given, 1)
    return text


@pytest.mark.parametrize("form", MODULES)
def test_what_a_file_holds_acts_nowhere(form: str) -> None:
    evil = "\x1b[31m</failure>]]><b>&\u202e ::error::x\n# h @team [a](http://x) `|`"
    flaw = Flaw(evil, Severity.ERROR, Spot(evil, 1, 1), evil, evil, text=evil, not_accepted=evil)
    made = answer()._replace(flaws=(flaw,), ignored=(flaw._replace(reason=evil, accepted_in=evil),))
    text = rendered(form, made._replace(files=(evil,)))

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text)
    if form == "junit":
        assert {one.tag for one in ET.fromstring(text).iter()} == {
            *("testsuites", "testsuite", "testcase", "failure", "skipped"),
        }
    if form in ("sarif", "gitlab"):
        json.loads(text)
    if form == "markdown":
        assert "<b>" not in re.sub(r"(`+).+?\1", "", text)
        assert "@team" not in re.sub(r"(`+).+?\1", "", text)
    if form == "github":
        assert text.count("\n") == 1


def test_junit_counts_what_it_holds() -> None:
    root = ET.fromstring(rendered("junit", answer()))
    suites = {one.get("name"): one for one in root}

    assert set(suites) == set(FILES)
    for suite in suites.values():
        assert int(suite.get("tests") or -1) == len(suite.findall("testcase"))
        assert int(suite.get("failures") or 0) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped") or 0) == len(suite.findall("testcase/skipped"))
    assert root.get("failures") == "2"
    assert suites["a/requirements.txt"].get("skipped") == "1"
    (case,) = suites["Dockerfile"]
    assert (case.get("file"), case.get("line")) == ("Dockerfile", "1")
    assert case.find("failure") is None


def test_gitlab_has_what_its_widget_needs() -> None:
    issues = json.loads(rendered("gitlab", answer()))

    assert {one["check_name"] for one in issues} == {"image-latest", "local-version-without-index"}
    for one in issues:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not one["location"]["path"].startswith(("./", "/"))
        assert one["location"]["lines"]["begin"] >= 1
    assert len({one["fingerprint"] for one in issues}) == len(issues) == 3


def test_a_fingerprint_outlives_lines_that_move() -> None:
    flaw = answer().flaws[-1]
    moved = flaw._replace(spot=flaw.spot._replace(line=99))
    made = answer()
    one, two = (
        json.loads(rendered("gitlab", made._replace(flaws=flaws))) for flaws in ((flaw,), (moved,))
    )

    assert one[0]["fingerprint"] == two[0]["fingerprint"]
    twice = json.loads(rendered("gitlab", made._replace(flaws=(flaw, moved))))
    assert len({issue["fingerprint"] for issue in twice}) == 2


def test_markdown_has_the_worst_first_and_what_is_accepted() -> None:
    text = rendered("markdown", answer())

    assert text.startswith("## torch-doctor lint: 2 errors, 1 warning in 5 files\n")
    assert text.index("### error: local-version-without-index") < text.index(
        "### warning: image-latest"
    )
    assert (
        "- `a/requirements.txt:2` local-version-without-index: our proxy (`a/requirements.txt:1`)"
        in text
    )
