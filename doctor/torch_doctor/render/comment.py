"""The answer to a pasted report, as a comment that can be posted: cause, quoted evidence, cure, what to ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch_doctor import __version__
from torch_doctor.core.fact import Facts, Known, Unavailable
from torch_doctor.core.finding import Finding, Fix, Severity
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.text import one_line, visible
from torch_doctor.render.formats.markdown import code, escape, link
from torch_doctor.render.view import (
    FindingGroup,
    fix_limits,
    groups,
    only_packages_fail,
    why_undecided,
)

_ANSWERS = {
    Verdict.HEALTHY: "By this report PyTorch runs on the GPU: nothing in it points to driver, build or GPU.",
    Verdict.DEGRADED: "By this report PyTorch runs on the GPU, but something deserves attention.",
    Verdict.BROKEN: "This report shows why PyTorch does not run as asked.",
    Verdict.UNDECIDED: "This report does not say enough to name the cause.",
    Verdict.CPU_ONLY: "By this report there is no NVIDIA GPU to run on; PyTorch uses the CPU.",
}
_OF_PACKAGES = "This report shows why a package beside PyTorch does not run as asked."
_TRY = "import torch; print(torch.cuda.is_available()); torch.ones(1, device='cuda') + 1"
_ARCHS = "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.get_arch_list())"
MOST_LINES = 6


def render(report: Report, quotes: Mapping[str, Mapping[int, str]]) -> str:
    """Return the comment. *quotes* are the lines of the report behind each finding, by its code."""
    return "\n".join(_lines(report, quotes)) + "\n"


def _lines(report: Report, quotes: Mapping[str, Mapping[int, str]]) -> Iterator[str]:
    primary = report.primary
    cause = f" ({escape(primary.cause)})" if primary and primary.cause else ""
    yield f"### torch-doctor: {report.verdict.value}{cause}"
    yield from ("", _OF_PACKAGES if only_packages_fail(report) else _ANSWERS[report.verdict])
    shown = [group for group in groups(report) if _is_shown(group.finding)]
    for group in shown[:1]:
        yield from _cause(group, quotes)
    if report.verdict is Verdict.UNDECIDED:
        yield from _asks(report)
    if shown[1:]:
        yield from ("", "<details><summary>Also seen</summary>")
        for group in shown[1:]:
            yield from _cause(group, quotes)
        yield from ("", "</details>")
    yield from ("", f"<sub>{_footer(report)}</sub>")


def _is_shown(finding: Finding) -> bool:
    return finding.severity > Severity.NOTE and not finding.demoted


def _cause(group: FindingGroup, quotes: Mapping[str, Mapping[int, str]]) -> Iterator[str]:
    finding = group.finding
    yield from ("", f"**{finding.code} {escape(finding.name)}**: {escape(finding.message)}")
    for other in group.alike:
        yield f"Likewise {escape(other.subject)}: {escape(other.message)}"
    lines = quotes.get(finding.code, {})
    if lines:
        yield from ("", "The report says:")
        yield ""
        yield from (f"> line {number}: {code(lines[number])}  " for number in sorted(lines))
    for position, fix in enumerate(finding.fixes[:3]):
        yield from _fix(fix, "Or" if position else "Cure")
    sources = dict.fromkeys(row.source for row in finding.because)
    if sources:
        yield from ("", f"Sources: {', '.join(link(source) for source in list(sources)[:4])}")


def _fix(fix: Fix, label: str) -> Iterator[str]:
    limits = fix_limits(fix.scope, root=fix.needs_root, reboot=fix.needs_reboot)
    yield from ("", f"{label}: {escape(fix.text)}{f' ({limits})' if limits else ''}")
    for words, language in ((fix.lines, ""), (fix.commands, "sh")):
        if words:
            text = visible("\n".join(words))
            fence = "`" * max(3, _longest_run(text) + 1)
            yield from ("", f"{fence}{language}", text, fence)


def _longest_run(text: str) -> int:
    longest = run = 0
    for sign in text:
        run = run + 1 if sign == "`" else 0
        longest = max(longest, run)
    return longest


def _asks(report: Report) -> Iterator[str]:
    """Name what is missing, and the command whose output would decide."""
    reasons = why_undecided(report)
    if reasons:
        yield from ("", "It is not known:", "")
        yield from (f"- {escape(reason)}" for reason in reasons[:8])
    yield from ("", "Please add the output of:", "", "```sh")
    first = report.next_step.commands if report.next_step else ()
    yield from dict.fromkeys((*map(visible, first), *_commands(report.facts)))
    yield "```"
    if not report.facts.value("errors_seen"):
        yield from ("", "and the whole text of the error, if there is one.")


def _commands(facts: Facts) -> Iterator[str]:
    if _unknown(facts, "gpus") or _unknown(facts, "driver_release"):
        yield "nvidia-smi"
    if _unknown(facts, "torch_version"):
        yield "python -m torch.utils.collect_env"
    elif _unknown(facts, "arch_list"):
        yield f'python -c "{_ARCHS}"'
    if not isinstance(facts["cuda_available"], Known) or facts.value("cuda_available"):
        yield f'python -c "{_TRY}"'
    yield "torch-doctor"


def _unknown(facts: Facts, name: str) -> bool:
    fact = facts[name]
    return isinstance(fact, Unavailable) and not fact.reason.is_answer


def _footer(report: Report) -> str:
    matrix = f", matrix {one_line(report.matrix_version)}" if report.matrix_version else ""
    return (
        f"torch-doctor {__version__}{matrix}. Judged from the text of this report alone: "
        "what it does not mention is unknown."
    )
