"""Problems as JUnit XML: a file is a suite, a problem a test case, so that a CI system shows them as tests."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import one_line, visible
from torch_doctor.render.lint.words import rows

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.record import Flaw


def render(answer: LintAnswer, exit_code: int) -> str:  # noqa: ARG001  all formats are called alike
    """Return one suite for each file that was read. An error fails; what is accepted was skipped."""
    flaws = (*answer.flaws, *answer.ignored)
    suites = [_suite(name, [f for f in flaws if f.spot.file == name]) for name in answer.files]
    failed = sum(flaw.severity is Severity.ERROR for flaw in answer.flaws)
    tests = sum(suite.count("<testcase ") for suite in suites)
    head = f'<testsuites name="torch-doctor lint" tests="{tests}" failures="{failed}" errors="0">'
    body = ['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"]
    return "\n".join(body) + "\n"


def _suite(name: str, flaws: list[Flaw]) -> str:
    failed = sum(flaw.severity is Severity.ERROR and not flaw.reason for flaw in flaws)
    skipped = sum(bool(flaw.reason) for flaw in flaws)
    cases = [_case(flaw) for flaw in flaws]
    if not flaws:
        cases = [f'<testcase classname="{_attr(name)}" name="nothing was found"/>']
    head = (
        f'<testsuite name="{_attr(name)}" tests="{len(cases)}" failures="{failed}" errors="0" '
        f'skipped="{skipped}" time="0">'
    )
    return "\n".join((head, *cases, "</testsuite>"))


def _case(flaw: Flaw) -> str:
    spot = flaw.spot
    place = f'file="{_attr(spot.file)}" line="{spot.line}"'
    name = f"{flaw.problem} (line {spot.line})"
    head = f'<testcase classname="{_attr(spot.file)}" name="{_attr(name)}" {place}>'
    return f"{head}{''.join(_body(flaw))}</testcase>"


def _body(flaw: Flaw) -> Iterator[str]:
    text = escape(
        visible("\n".join((f"{flaw.spot.file}:{flaw.spot.line}", *rows(flaw)))), quote=False
    )
    if flaw.reason:
        yield f'<skipped message="accepted: {_attr(flaw.reason)}"></skipped>'
    elif flaw.severity is Severity.ERROR:
        message = _attr(flaw.message)
        yield f'<failure type="{_attr(flaw.problem)}" message="{message}">{text}</failure>'
    else:
        yield f"<system-out>{flaw.severity}: {text}</system-out>"


def _attr(text: str) -> str:
    return escape(one_line(text, 2000), quote=True)
