"""Pythons as the page offers them: which lists of wheels have one, and the law's words for those that have none."""

from __future__ import annotations

from torch_doctor.core.judgement import Kind
from torch_doctor.core.startup import Any
from torch_doctor.explorer.cells import nameless
from torch_doctor.explorer.numbered import Numbered, Tables
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.solving.solve import Candidate


def pythons(listed: dict[str, list[Candidate]], matrix: Matrix, shared: Tables) -> dict[str, Any]:
    """Return the tags, the answers (of each list and tag: the place of a reason, or -1), and each build's list."""
    every = {tag.removesuffix("m") for row in matrix.torch_builds for tag in row.python_tags or ()}
    tags = sorted(every, key=_age, reverse=True)
    lists = Numbered()
    answers: list[list[int]] = []
    of_builds: dict[str, list[int]] = {}
    for platform, candidates in listed.items():
        of_builds[platform] = []
        for one in candidates:
            place = lists.add(one.rows[0].python_tags)
            if place == len(answers):
                answers.append([_answer(one, tag, shared) for tag in tags])
            of_builds[platform].append(place)
    return {"tags": tags, "answers": answers, "of": of_builds}


def _answer(candidate: Candidate, tag: str, shared: Tables) -> int:
    build = nameless(candidate).builds[0]
    found = judge(Machine(None, None, gpus=(), python_tag=tag), build)
    for objection in found.of(Kind.PYTHON_WITHOUT_WHEEL):
        return shared.reason(objection.message, objection.because)
    return -1


def _age(tag: str) -> tuple[int, bool]:
    return int(tag.removeprefix("cp3").removesuffix("t")), not tag.endswith("t")
