"""What a rule can say where facts were lost that it could do without: nothing, if one of them decides it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from torch_doctor.core.fact import Facts, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.readings import has_readings, readings
from torch_doctor.core.report import Missing
from torch_doctor.core.rule import ERROR_FACTS, ERRORS, Rule

# What decides nothing where it was lost, and why.
BESIDE = {
    "arch_list": "the row of that very build answers in its place",
    "kernel_events": "most users may not read the kernel log, and the driver itself says what is wrong",
    "os_id": "it words the commands of a cure",
    "python_executable": "it words the commands of a cure",
    "toolkit_cuda": "it builds extensions, and nothing that is installed runs by it",
    "scheduler": "it words a cure",
    "torch_installer": "it words the commands of a cure",
    "torch_location": "it says where torch lies",
}
# What stands beside torch does harm only where an error shows it.
_HARMLESS_ALONE = frozenset({"packages", "library_picks", "loaded_libraries"})


class LostFacts:
    """The facts of one host that were lost, and what they decide."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._readings: dict[tuple[str, ...], tuple[Facts, ...]] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """The lost facts, without those that decide nothing."""
        return frozenset(name for name in self.facts if self.facts.is_lost(name)) - BESIDE.keys()

    def read_by(self, rule: Rule) -> tuple[str, ...]:
        """Return what *rule* reads, could do without and does not have; the reason of a raw one it judges itself."""
        read = [need.name for need in rule.needs if need.optional and not need.raw]
        if any(need.name == ERRORS for need in rule.needs):
            read += ERROR_FACTS
        return tuple(dict.fromkeys(name for name in read if name in self.names))

    def deciding(
        self, rule: Rule, finds_error: Callable[[Facts], bool], *, errors_seen: bool
    ) -> tuple[Missing, ...]:
        """Return the lost facts on which it depends whether *rule* finds an error; none where its answer is certain.

        A fact whose readings can be listed decides where the rule answers otherwise for one of them. One that may
        have been anything decides where no error is found by a rule that finds errors.
        """
        lost = self.read_by(rule)
        if not lost:
            return ()
        listed = tuple(name for name in lost if has_readings(name))
        answers = {finds_error(one) for one in (self.facts, *self._read_as(listed))}
        if len(answers) > 1:
            return self._missing(listed)
        if True in answers or rule.severity is not Severity.ERROR:
            return ()
        return self._missing(_open(lost, errors_seen=errors_seen))

    def _missing(self, names: Iterable[str]) -> tuple[Missing, ...]:
        facts = ((name, self.facts[name]) for name in names)
        return tuple(Missing(name, why) for name, why in facts if isinstance(why, Unavailable))

    def _read_as(self, names: tuple[str, ...]) -> tuple[Facts, ...]:
        if names not in self._readings:
            self._readings[names] = tuple(readings(self.facts, names)) if names else ()
        return self._readings[names]


def _open(lost: Iterable[str], *, errors_seen: bool) -> Iterable[str]:
    for name in lost:
        if not has_readings(name) and (errors_seen or name not in _HARMLESS_ALONE):
            yield name
