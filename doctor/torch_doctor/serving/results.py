"""What the tools answer: typed values, small enough for a conversation, made of the documented JSON forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_BRIEF = (
    "pip",
    "uv",
    "conda",
    "docker",
)  # commands of a plan; the files stay with recommend --emit
_FIRST = 5


@dataclass
class ToldCure:
    """What mends it: words, commands, lines of a file, where they run (env, container or host), and what they need."""

    text: str
    commands: list[str]
    lines: list[str]
    scope: str
    needs_root: bool
    needs_reboot: bool


@dataclass
class ToldFinding:
    """One finding with what was seen, the sources of the rows behind it, and cures, cheapest first."""

    code: str
    name: str
    severity: str
    cause: str | None
    message: str
    seen: list[str]
    sources: list[str]
    cures: list[ToldCure]


@dataclass
class ToldVerdict:
    """A judgement: healthy, degraded, broken, undecided or cpu-only; the one cause, then the other findings.

    *unknown* says what an undecided verdict lacks. *exit_code* is that of the command: 0, 1, or 2 without a verdict.
    """

    verdict: str
    exit_code: int
    primary: ToldFinding | None
    findings: list[ToldFinding]
    unknown: list[str]
    next_step: ToldCure | None
    matrix: str


@dataclass
class ToldPlan:
    """A build of torch that runs there: how to install it, the least driver, an image, and why."""

    torch: str
    cuda: str
    platform: str
    python: list[str]
    min_driver: str | None
    image: str | None
    companions: list[str]
    commands: dict[str, str]
    notes: list[str]
    why: str
    confidence: str
    sources: list[str]


@dataclass
class ToldAdvice:
    """Which torch to install, best first; why the nearest others do not run, and what would let more run."""

    plans: list[ToldPlan]
    notes: list[str]
    rejected: list[str]
    relaxations: list[str]
    matrix: str


@dataclass
class ToldTopic:
    """What is known of one rule, code, name or text, as labelled lines, with its sources."""

    kind: str
    title: str
    lines: list[str]
    sources: list[str]


@dataclass
class ToldMeaning:
    """What words mean; *here* holds an error's text against this machine, *near* are names much alike."""

    is_known: bool
    topics: list[ToldTopic]
    here: ToldVerdict | None
    near: list[str]


@dataclass
class ToldFlaw:
    """One problem at a place in a file, and what mends it."""

    problem: str
    severity: str
    file: str
    line: int
    message: str
    fix: str
    sources: list[str]


@dataclass
class ToldFiles:
    """What will not run in the files that were read; *unknown* is what could not be judged."""

    files: list[str]
    flaws: list[ToldFlaw]
    unknown: list[str]


def verdict_of(report: dict[str, Any]) -> ToldVerdict:
    """Return the JSON form of a report in brief: what folds under a cause or is ignored is left out."""
    shown = [one for one in report["findings"] if not (one["explained_by"] or one["ignored"])]
    code = report["primary"] and report["primary"]["code"]
    first = next((one for one in shown if one["code"] == code), None)
    return ToldVerdict(
        report["verdict"],
        report["exit_code"],
        first and _finding(first),
        [_finding(one) for one in shown if one is not first],
        [gap["text"] for gap in report["why"]],
        report["next_step"] and _cure(report["next_step"]),
        report["matrix"]["version"],
    )


def advice_of(answer: dict[str, Any]) -> ToldAdvice:
    """Return the JSON form of recommend in brief."""
    return ToldAdvice(
        [_plan(plan) for plan in answer["plans"]],
        answer["question"]["notes"],
        list(dict.fromkeys(one["reason"] for one in answer["rejected"]))[:_FIRST],
        [step["text"] for step in answer["relaxations"]],
        answer["matrix"]["version"],
    )


def files_of(answer: dict[str, Any]) -> ToldFiles:
    """Return the JSON form of lint in brief."""
    flaws = [
        ToldFlaw(
            **{key: one[key] for key in ("problem", "severity", "file", "line", "message")},
            fix=one["fix"] or "",
            sources=_sources(one["because"]),
        )
        for one in answer["findings"]
    ]
    unknown = [f"{one['file']}:{one['line']}: {one['what']}" for one in answer["unknown"]]
    return ToldFiles(answer["files"], flaws, unknown)


def topic_of(topic: dict[str, Any]) -> ToldTopic:
    """Return the JSON form of a topic of explain in brief."""
    lines = [f"{one['label']}: {one['words']}" for one in topic["lines"]]
    return ToldTopic(topic["kind"], topic["title"], lines, _sources(topic["because"]))


def rule_of(rule: dict[str, Any]) -> ToldTopic:
    """Return the JSON form of a rule as a topic."""
    sections: dict[str, str] = rule["sections"]
    lines = [f"{name}: {words}" for name, words in sections.items() if name != "References"]
    title = f"{rule['code']} {rule['name']}: {rule['title']}"
    return ToldTopic("rule", title, lines, sections.get("References", "").split())


def _finding(one: dict[str, Any]) -> ToldFinding:
    seen = [f"{item['fact']} = {item['value']} [{item['source']}]" for item in one["evidence"]]
    return ToldFinding(
        **{key: one[key] for key in ("code", "name", "severity", "cause", "message")},
        seen=seen,
        sources=_sources(one["because"]),
        cures=[_cure(fix) for fix in one["fixes"]],
    )


def _cure(fix: dict[str, Any]) -> ToldCure:
    return ToldCure(
        **{
            key: fix[key]
            for key in ("text", "commands", "lines", "scope", "needs_root", "needs_reboot")
        }
    )


def _plan(plan: dict[str, Any]) -> ToldPlan:
    plain = ("cuda", "platform", "python", "min_driver", "image", "notes", "why", "confidence")
    return ToldPlan(
        **{key: plan[key] for key in plain},
        torch=f"{plan['torch']}+{plan['variant']}",
        companions=[f"{one['name']} {one['version']}" for one in plan["companions"]],
        commands={name: text for name, text in plan["commands"].items() if name in _BRIEF},
        sources=_sources(plan["because"]),
    )


def _sources(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["source"] for row in rows))
