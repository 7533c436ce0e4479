"""Samples for tests of the program: some rule, and a machine that some rule calls broken.

A test that needs any rule asks here instead of naming one: a rule goes with its two files, and nothing else breaks.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import torch_doctor
from torch_doctor.core.finding import Finding
from torch_doctor.core.report import Verdict
from torch_doctor.rules import load_rules

from tests.rules.cases import fact_of, host_facts

A_RULE, ANOTHER_RULE = sorted(load_rules(), key=lambda rule: rule.code)[:2]
_CU130 = {
    "torch_version": "2.11.0+cu130",
    "torch_cuda": "13.0",
    "arch_list": ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"],
}
# A build without code for the GPU, a driver that is too old, a build without CUDA: the first that is worded will do.
_MACHINES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("v100-580-cu126", _CU130),
    ("a100-535-cu126", _CU130),
    ("h100-580-cu130", {"torch_version": "2.9.1+cpu", "torch_variant": "cpu"}),
)


class Broken(NamedTuple):
    """A machine of tests/rules/hosts.yaml, what is changed of it, and what is wrong with it then."""

    machine: str
    changes: dict[str, Any]
    primary: Finding


@cache
def broken() -> Broken:
    """Return a machine that is broken, and the finding that says why."""
    for machine, changes in _MACHINES:
        facts = host_facts(machine).with_(**{k: fact_of(k, raw) for k, raw in changes.items()})
        report = torch_doctor.check(facts=facts)
        if report.verdict is Verdict.BROKEN and report.primary:
            return Broken(machine, changes, report.primary)
    raise AssertionError("no rule calls any of the samples broken")
