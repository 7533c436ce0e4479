"""The judgement: one rule, one file; its cases stand beside it. Adding the two files is adding the rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.rules._index import read_index

if TYPE_CHECKING:
    from torch_doctor.core.rule import Rule

# What most hosts with a GPU and a torch have; a rule that needs something else is imported when it has it.
_ON_MANY_HOSTS = frozenset(
    (
        *("gpus", "driver_release", "kernel_module", "nvml_status", "device_nodes", "os_family"),
        *("libc", "python_tag", "packages", "torch_version", "torch_cuda", "torch_variant"),
        *("library_picks", "requirements"),
    )
)

# What is there besides where the driver is asked for GPUs, which takes longest of all.
_WHERE_GPUS_ARE = _ON_MANY_HOSTS | frozenset(
    (
        *("judgement", "pci_gpus", "kernel_events", "torch_origin", "torch_damage", "torch_copies"),
        *("container", "shm_mib"),
    )
)


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return every rule, by code. A rule's module is imported when the rule is first run or its text asked for."""
    return read_index()


def by_code() -> dict[str, Rule]:
    """Return every rule by its code, for pages that say what a rule is."""
    return {rule.code: rule for rule in load_rules()}


def import_likely() -> Iterator[object]:
    """Import the modules of rules one by one, those first that can run on any host; not what needs rare things."""
    usual = (rule for rule in load_rules() if _ON_MANY_HOSTS.issuperset(rule.required))
    rules = [rule for rule in usual if not rule.about]
    for rule in sorted(rules, key=lambda rule: len(rule.required)):
        yield import_module(rule.module)


def import_for_gpus() -> Iterator[object]:
    """Import the modules of rules that a host with a GPU runs besides, for who waits for the driver anyway."""
    for rule in load_rules():
        if _WHERE_GPUS_ARE.issuperset(rule.required) and _WHERE_GPUS_ARE.intersection(rule.about):
            yield import_module(rule.module)
