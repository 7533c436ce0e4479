"""The cases that stand beside the rules, read and made into facts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import decode
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.rule import Rule

_HOSTS = Path(__file__).parent / "hosts.yaml"
# Beside the tests and not beside the program: a wheel carries rules without their cases.
_RULES = Path(__file__).parents[2] / "doctor" / "torch_doctor" / "rules"
_SOURCES = {"gpus": Source("nvml", "libnvidia-ml.so.1")}
_SOURCE = Source("file", "case")
_ENDED = Unavailable(Reason.CRASHED, "the call ended with SIGSEGV", Source("child", "case"))


class Case(NamedTuple):
    """One case of one rule: the facts it starts from and what the rule must say of them."""

    rule: Rule
    title: str
    facts: Facts
    expect: list[dict[str, Any]]
    skipped: bool

    @property
    def id(self) -> str:
        return f"{self.rule.name}: {self.title}"


def cases_of(rule: Rule) -> list[Case]:
    """Return the cases that stand beside *rule*."""
    raw = read_yaml(cases_file(rule))
    return [_case(rule, entry) for entry in raw]


def cases_file(rule: Rule) -> Path:
    """Return the file that holds the cases of *rule*."""
    folder = _RULES / rule.family
    stem = rule.name.removeprefix(f"{rule.family}-").replace("-", "_")
    return folder / f"{stem}.yaml"


def host_facts(name: str) -> Facts:
    """Return the facts of a base machine of hosts.yaml."""
    entry = _hosts()[name]
    base = host_facts(entry["like"]) if "like" in entry else Facts()
    return _changed(base, entry)


def read_yaml(path: Path) -> Any:
    """Return what a file holds; the parser in C takes a tenth of the time of the other one."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), loader)


@cache
def _hosts() -> dict[str, Any]:
    return read_yaml(_HOSTS)  # type: ignore[no-any-return]


def fact_of(name: str, raw: Any) -> Fact[Any]:
    """Return the fact that a case writes as *raw*."""
    return Known(decode(FACTS[name].type, raw), _SOURCES.get(name, _SOURCE))


def _case(rule: Rule, entry: dict[str, Any]) -> Case:
    unknown = sorted(
        set(entry) - {"case", "host", "set", "absent", "unknown", "ended", "expect", "drop"}
    )
    assert not unknown, f"{rule.name}: a case has no field {unknown}"
    base = host_facts(entry["host"]) if "host" in entry else Facts()
    expect = entry["expect"]
    skipped = expect == "skipped"
    facts = _changed(base, entry).without(*entry.get("drop", ()))
    return Case(rule, entry["case"], facts, [] if skipped else expect, skipped)


def _changed(base: Facts, entry: dict[str, Any]) -> Facts:
    changes = {name: fact_of(name, raw) for name, raw in entry.get("set", {}).items()}
    changes |= dict.fromkeys(entry.get("absent", ()), Unavailable(Reason.NOT_PRESENT))
    changes |= dict.fromkeys(entry.get("unknown", ()), Unavailable(Reason.TIMEOUT, "no answer"))
    ended = entry.get("ended", ())
    details = ended if isinstance(ended, dict) else dict.fromkeys(ended, _ENDED.detail)
    changes |= {name: _ENDED._replace(detail=detail) for name, detail in details.items()}
    for name in changes:
        assert name in FACTS, f"{name} is not in the catalogue"
    return base.with_(**changes)
