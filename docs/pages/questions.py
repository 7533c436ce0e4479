"""docs/questions.md: questions that people ask, answered by the program, with its reasons."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from torch_doctor.__main__ import main
from torch_doctor.core.text import listing

QUESTIONS = Path(__file__).resolve().parents[1] / "questions.yaml"
_HEAD = """# Questions and answers

Each answer is the program's own: run the command to see the whole of it, with every row that it rests on. Questions
that name no platform are asked for `linux-x86_64`.
"""
_REASONS = 3


class Answer(NamedTuple):
    """What the program says: one line, and the reasons."""

    text: str
    reasons: tuple[str, ...]


def pages() -> Iterator[tuple[str, str]]:
    """Yield the page."""
    parts = [_HEAD]
    for number, question in enumerate(questions(), 1):
        found = answer(question["run"])
        parts.append(f"## {number}. {question['ask']}\n\n**{found.text}**\n")
        if question.get("about"):
            parts.append(f"{question['about']}\n")
        if found.reasons:
            parts.append("".join(f"- {reason}\n" for reason in found.reasons))
        parts.append(f"```\ntorch-doctor {question['run']}\n```\n")
    yield "questions.md", "\n".join(parts)


def questions() -> list[dict[str, str]]:
    """Return the questions of docs/questions.yaml."""
    found: list[dict[str, str]] = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    return found


@cache
def answer(command: str) -> Answer:
    """Run a command line of the program in this process, and put its JSON into words."""
    words = shlex.split(command)
    if "--platform" not in words and "--image" not in words:
        words += ["--platform", "linux-x86_64"]
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        main([*words, "--json"])
    document: dict[str, Any] = json.loads(out.getvalue())
    if "error" in document:
        why = document["error"]["message"]
        return Answer(_unanswered(why), (why,))
    if "image" in document:
        return _image(document["image"])
    return _recommended(document) if "plans" in document else _queried(document)


def _unanswered(why: str) -> str:
    """Return the answer to a question that names what the matrix does not hold, or too little."""
    if "is on record in the matrix" in why:
        return "It is not on record."
    return (
        "It is no NVIDIA GPU."
        if "no NVIDIA GPU" in why
        else "It depends: the question has to name more."
    )


def _recommended(document: dict[str, Any]) -> Answer:
    rejected = document["rejected"] + document["undecided"]
    if document["plans"]:
        plan = document["plans"][0]
        driver = f", which runs from driver {plan['min_driver']} on" if plan["min_driver"] else ""
        passed = [one for one in rejected if _is_newer(one["candidate"], plan)]
        along = [f"{one['name']} {one['version']}" for one in plan["companions"]]
        packages = f" with {listing(along)}" if along else ""
        build = f"{plan['torch']}+{plan['variant']}" if plan["variant"] else plan["image"]
        return Answer(
            f"torch {build}{packages}{driver}.",
            (*plan["notes"][:_REASONS], *_kinds(passed)),
        )
    text = (
        "Nothing runs there as it is."
        if document["rejected"] and not document["undecided"]
        else "It is not known."
    )
    unlocks = tuple(
        f"{step['text']}: unlocks {step['unlocks']}" for step in document["relaxations"]
    )
    return Answer(text, (*_kinds(rejected), *unlocks))


def _kinds(rejected: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the first reason of each kind; that a build is only announced is no reason of this host's."""
    found: dict[str, str] = {}
    for one in rejected:
        if one["kind"] != "not-published":
            found.setdefault(one["kind"], one["reason"])
    return tuple(found.values())[:_REASONS]


def _is_newer(candidate: dict[str, Any], plan: dict[str, Any]) -> bool:
    def key(one: dict[str, Any]) -> list[int]:
        release = re.match(r"\d+(?:\.\d+)*", one["torch"])  # NVIDIA's own are 2.8.0a0+5228986c39
        words = f"{release[0] if release else 0}.{one['cuda'] or 0}"
        return [int(part) for part in words.split(".")]

    return key(candidate) > key(plan)


def _queried(document: dict[str, Any]) -> Answer:
    builds = document["builds"]
    reasons = [reason for build in builds for reason in build["reasons"]] + document["reasons"]
    floors = {build["min_driver"] for build in builds if build["runs"] == "yes"} - {None}
    text = {"yes": "Yes", "no": "No", "unknown": "It is not known"}[document["runs"]]
    text += f", from driver {min(floors)} on" if floors else ""
    return Answer(f"{text}.", tuple(dict.fromkeys(reasons))[:_REASONS])


def _image(image: dict[str, Any]) -> Answer:
    text = {"yes": "Yes.", "no": "No.", "unknown": "It is not known."}[image["exists"]]
    near = f"instead: {', '.join(image['nearest'])}" if image["nearest"] else ""
    return Answer(text, tuple(filter(None, (image["why"], near))))
