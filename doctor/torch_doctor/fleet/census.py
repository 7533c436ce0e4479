"""Count a fleet as it streams past: each set of facts is judged once, and of a node only its name is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from torch_doctor.core.codec import describe, gpu_name
from torch_doctor.core.fact import Facts, Known
from torch_doctor.core.redaction.facts import redact
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.startup import Any
from torch_doctor.core.text import listing, one_line
from torch_doctor.engine.evaluate import Options
from torch_doctor.fleet.answer import State
from torch_doctor.fleet.canonical import digest, host_text
from torch_doctor.fleet.measured.looks import look_of
from torch_doctor.fleet.sharing import shared_ways
from torch_doctor.fleet.silence import NoAnswer, silence_in
from torch_doctor.fleet.whole import next_step, ways_to_whole
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.hosts import ServedHost, machine

_TRAITS = (
    ("GPUs", "gpus"),
    ("driver", "driver_release"),
    ("torch", "torch_version"),
    ("NCCL", "nccl_version"),
    ("cuDNN", "cudnn_version"),
    ("Python", "python_version"),
)
Decode = Callable[[str], Facts]


class Census:
    """The nodes that answered, by the state that they are in, and why others did not.

    *served* are the machines that differ to the law.
    """

    def __init__(
        self, matrix: Matrix, options: Options = Options(), *, identify: bool = False
    ) -> None:
        from torch_doctor.rules import load_rules

        self.matrix = matrix
        self.states: list[State] = []
        self.nodes: dict[str, int] = {}
        self.unanswered: dict[str, NoAnswer] = {}
        self.repeated: set[str] = set()
        self.served: list[ServedHost] = []
        self.options = options
        self._identify = identify
        self._rules = load_rules()
        self._seen: dict[bytes, int] = {}
        self._machines: dict[Machine, int] = {}
        self._shareable: dict[int, Facts] = {}

    def add(self, text: str, place: str, decode: Decode) -> None:
        """Count one host, by the name that it gives itself or else by *place*; what *decode* raises passes through."""
        host = host_text(text)
        if host.judged.startswith('"no_answer"') and (silence := silence_in(text)):
            self._silent(silence)
            return
        key = digest(host.judged)
        number = self._seen.get(key)
        if number is None:
            number = self._seen[key] = self._judged(decode(text))
        self.count(one_line(host.node, 200) or place, number)

    def known(self, key: bytes) -> int | None:
        """Return the number of the state whose digest this is, if it was judged already."""
        return self._seen.get(key) if key else None

    def number_of(self, facts: Facts, *, uncounted: bool = False) -> int:
        """Return the number of the state of a host whose facts are there already.

        *uncounted*: it has at least the GPUs that the facts hold, and may have more.
        """
        key = digest(f"{uncounted} {facts!r}")
        number = self._seen.get(key)
        if number is None:
            number = self._seen[key] = self._judged(facts, uncounted=uncounted)
        return number

    def count(self, name: str, number: int) -> None:
        """Count a node in a state; where it answered twice, the last answer holds."""
        if name in self.nodes:
            self.repeated.add(name)
        self.unanswered.pop(name, None)
        self.nodes[name] = number

    def _silent(self, silence: NoAnswer) -> None:
        """Keep why a node did not answer; what it said before holds no more."""
        self.nodes.pop(silence.node, None)
        self.unanswered[silence.node] = silence

    def share_ways(self) -> None:
        """Add to the ways of each state what makes others of its cause whole, where that helps it, too."""
        by_code: dict[str | None, list[int]] = {}
        for number in self._shareable:
            by_code.setdefault(self.states[number].code, []).append(number)
        nodes = Counter(self.nodes.values())
        for numbers in by_code.values():
            states = {number: self.states[number] for number in numbers if nodes[number]}
            found = shared_ways(states, self._shareable, nodes, self.judge, self.matrix)
            for number, way in found:
                state = self.states[number]
                self.states[number] = state._replace(ways=(*state.ways, way))

    def judge(self, facts: Facts) -> Report:
        """Judge facts as every other host of the fleet is judged."""
        from torch_doctor.diagnose import diagnose

        return diagnose(facts, self.matrix, self.options, self._rules)

    def _judged(self, facts: Facts, *, uncounted: bool = False) -> int:
        report = self.judge(redact(facts, identify=self._identify))
        primary = report.primary
        ways = ways_to_whole(report, self.judge, self.matrix)
        if any(way.change for way in ways):
            self._shareable[len(self.states)] = report.facts
        self.states.append(
            State(
                report.verdict.value,
                primary.code if primary else None,
                primary.name if primary else "",
                primary.cause if primary else None,
                primary.message if primary else _why(report),
                ways,
                None if report.exit_code == 0 else next_step(report),
                hardware(facts, uncounted=uncounted),
                self._machine(facts, report),
                report.exit_code,
                tuple(_traits(facts, uncounted=uncounted)),
                look_of(report),
            )
        )
        return len(self.states) - 1

    def _machine(self, facts: Facts, report: Report) -> int | None:
        """Return the number of the machine that a build is chosen for; a host with no known GPU is none."""
        host = ServedHost(f"machine {len(self.served) + 1}", facts)
        seen = machine(host, self.matrix)
        if not seen.gpus or seen.wheel_platform is None or report.verdict is Verdict.CPU_ONLY:
            return None
        if seen not in self._machines:
            self._machines[seen] = len(self.served)
            self.served.append(host)
        return self._machines[seen]


def hardware(facts: Facts, *, uncounted: bool = False) -> str:
    """Return driver, GPUs and torch of a host in a few words."""
    gpus: Iterable[Any] = facts.value("gpus", ())
    names = [gpu_name(gpu) for gpu in gpus]
    counted = [f"{names.count(name)}× {name}" for name in dict.fromkeys(names)]
    if uncounted:
        counted = [f"{name} (number not known)" for name in dict.fromkeys(names)]
    driver = describe(facts["driver_release"]) if facts.value("driver_release") else "unknown"
    if facts.is_absent("driver_release"):
        driver = "none"
    torch = facts.value("torch_version") or (
        "none" if facts.is_absent("torch_version") else "unknown"
    )
    return f"{listing(counted) or 'no GPU known'}, driver {driver}, torch {torch}"


def _traits(facts: Facts, *, uncounted: bool) -> Iterator[tuple[str, str | None]]:
    """Yield what nodes of one kind have alike; that there is none is an answer."""
    for what, name in _TRAITS:
        fact = facts[name]
        if uncounted and name == "gpus":
            yield what, None
        elif isinstance(fact, Known):
            yield what, describe(fact)
        else:
            yield what, "none" if fact.reason.is_answer else None


def _why(report: Report) -> str:
    return "; ".join(gap.text for gap in report.why)
