"""A command can be pasted as it stands: what has to be known first is asked for, and no hole stands in its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.finding import Fix
from torch_doctor.core.report import Report

from tests.property.hosts import hosts
from tests.property.judging import law, report_on
from tests.property.troubles import troubled
from tests.rules.test_cases import FIRING

# What stands for something else: cuXXX, X.Y, <pod>, {name}, three dots, and words in capitals that are no variables.
HOLE = re.compile(
    r"\bcuX+\b|\b[XN]\.Y\b|\bXY\b|<[A-Za-z][\w -]*>|(?<!\$)\{[a-z]\w*\}|…|\.\.\."
    r"|(?<![\w$%{=-])(?:IMAGE|PACKAGE|NAME|POD|CONTAINER|PID|TAG|FILE|PATH|HOST|NODE|VERSION|YOUR\w*)(?![\w=:])"
)
SOURCE = Source("report", "")
# Whose words differ: what each fact of the person is given, beside what the case itself says.
PEOPLE = [
    {},
    {"os_family": "windows"},
    {"container": "docker"},
    {"container": "apptainer"},
    {"container": "kubernetes"},
    {"scheduler": "slurm", "shared_node": True},
    {"scheduler": "ray"},
    {"notebook_service": "colab"},
    {"project_manager": "uv"},
    {"project_manager": "poetry"},
    {"project_manager": "pdm"},
    {"project_manager": "pipenv"},
    {"project_manager": "conda"},
    {"project_manager": "pixi"},
    {"install_commands": ("uvx trainer",)},
    {"wsl": True},
]


def shown(report: Report) -> list[Fix]:
    """Return every cure of a report, and its next step."""
    fixes = [fix for finding in report.findings for fix in finding.fixes]
    return [*fixes, *filter(None, (report.next_step,))]


def holes(report: Report) -> list[str]:
    """Return the commands that cannot be pasted."""
    commands = [command for fix in shown(report) for command in fix.commands]
    return [command for command in commands if HOLE.search(command)]


def of(person: dict[str, object]) -> dict[str, Known]:
    """Return what is known of a person as facts."""
    return {name: Known(value, SOURCE) for name, value in person.items()}


@pytest.mark.parametrize("place", range(len(FIRING)), ids=[case.id for case in FIRING])
def test_no_cure_of_a_rule_has_a_hole(place: int) -> None:
    """Each case as it is and for two persons, in turn: a rule has several cases."""
    facts = FIRING[place].facts
    for person in (PEOPLE[0], *PEOPLE[place % 8 :: 8]):
        assert holes(report_on(facts.with_(**of(person)))) == [], person


@law(200)
@given(troubled() | hosts(), st.sampled_from(PEOPLE))
def test_no_broken_host_is_shown_one(facts: Facts, person: dict[str, object]) -> None:
    assert holes(report_on(facts.with_(**of(person)))) == []


@pytest.mark.parametrize(
    "command",
    [
        "python -m pip install torch --index-url https://download.pytorch.org/whl/cuXXX",
        "export TORCH_CUDA_ARCH_LIST=X.Y",
        "docker run --gpus all IMAGE …",
        "kubectl describe pod <pod>",
        "py-spy dump --pid PID",
    ],
)
def test_a_hole_is_found(command: str) -> None:
    assert HOLE.search(command)


@pytest.mark.parametrize(
    "command",
    [
        'python -c "import torch; print(torch.version.cuda)"',
        "docker run --gpus all -e NAME=1 -e HF_TOKEN lab:7",
        "docker ps --format '{{.Names}}'",
        "export PATH=$HOME/bin:$PATH",
        "py-spy dump --pid $(pgrep -n python)",
    ],
)
def test_what_a_shell_reads_is_none(command: str) -> None:
    assert not HOLE.search(command)
