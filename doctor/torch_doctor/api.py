"""The Python API: look at a machine (or at saved facts) and judge it. What it says is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from torch_doctor.core.fact import Fact, Facts, Known, Source
from torch_doctor.core.records import DeepResult
from torch_doctor.core.redact import Identity, redact, without_sensitive
from torch_doctor.core.report import Report
from torch_doctor.core.text import visible
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.engine.evaluate import Options

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.probes.host.beside import Ahead
    from torch_doctor.recommendation.answer import Answer

TIMEOUT_S = 60.0
_ASKED = Source("user", "what was asked for")


class Expectations(NamedTuple):
    """What the user expects of a machine: at least this many GPUs, and at least one of each of these models."""

    gpus: int | None = None
    names: tuple[str, ...] = ()


class Gathered(NamedTuple):
    """Facts about a machine, and the seconds that each probe took."""

    facts: Facts
    timing: Mapping[str, float]


def check(
    *,
    host: Any = None,
    facts: Facts | None = None,
    python: str | None = None,
    static: bool = False,
    timeout_s: float = TIMEOUT_S,
    options: Options = Options(),
    overlay: Path | None = None,
    on_static: Callable[[Report], None] | None = None,
    identify: bool = False,
    expectations: Expectations = Expectations(),
    deep: bool = False,
    on_deep: Callable[[DeepResult], None] | None = None,
    ahead: Ahead | None = None,
) -> Report:
    """Return the report on *facts*, or else on this machine (*host*: a recorded one) and its environment *python*.

    *static* neither imports torch nor calls libcuda; otherwise *on_static* gets the report of the static facts
    while torch is still running, for at most *timeout_s* seconds. *overlay* is a folder of YAML rows that add to the
    matrix. *deep* adds measurements of every GPU, which take minutes; *on_deep* sees each as it comes.
    Without *identify* the report holds no host name, UUID, serial, user name or home path. Raise MatrixError,
    or TargetError where *python* names no environment.
    """
    from torch_doctor.matrix.load import load_matrix

    matrix = load_matrix(overlay)

    def judge(gathered: Gathered) -> Report:
        return _judge(gathered, matrix, options, expectations, identify=identify)

    if facts is not None:
        return judge(Gathered(facts if identify else redact(facts), {}))
    early = None if on_static is None else lambda gathered: on_static(judge(gathered))
    return judge(
        gather(
            host,
            python=python,
            static=static,
            timeout_s=timeout_s,
            on_static=early,
            identify=identify,
            deep=deep,
            on_deep=on_deep,
            meanwhile=_load(matrix),
            ahead=ahead,
        )
    )


def _judge(
    gathered: Gathered, matrix: Any, options: Options, expectations: Expectations, *, identify: bool
) -> Report:
    from torch_doctor.diagnose import diagnose

    known = expecting(gathered.facts, expectations)
    report = diagnose(known, matrix, options)
    shown = known if identify else without_sensitive(known)
    return report._replace(facts=shown, timing=dict(gathered.timing))


def _load(matrix: Any) -> Iterator[object]:
    """Load what will judge, step by step: the probes need as long."""
    from torch_doctor.rules import import_likely

    yield import_module("torch_doctor.diagnose")
    yield from import_likely()
    yield from map(matrix.table, ("torch_builds", "gpus"))


def gather(
    host: Any = None,
    *,
    python: str | None = None,
    static: bool = False,
    timeout_s: float = TIMEOUT_S,
    on_static: Callable[[Gathered], None] | None = None,
    identify: bool = False,
    deep: bool = False,
    on_deep: Callable[[DeepResult], None] | None = None,
    meanwhile: Iterable[object] = (),
    ahead: Ahead | None = None,
) -> Gathered:
    """Return what the probes find on this machine (*host*: on a recorded one), without identifiers unless asked.

    *meanwhile* is gone through while the probes run. *ahead* are static probes that were started before.
    """
    from torch_doctor.probes.host.port import LiveHost

    machine: Any = host or LiveHost()
    clean = _cleaner(machine, identify=identify)
    answered = None if ahead is None else _answered(ahead, meanwhile)
    if answered is not None:
        return clean(answered)
    from torch_doctor.probes.collect import collect

    early = None if on_static is None else lambda collected: on_static(clean(collected))
    return clean(
        collect(
            machine,
            python=python,
            static=static,
            live_timeout_s=timeout_s,
            identify=True,
            on_static=early,
            meanwhile=meanwhile,
            deep=deep,
            on_deep=on_deep,
        )
    )


def _cleaner(machine: Any, *, identify: bool) -> Callable[[Any], Gathered]:
    identity = Identity.of(machine.environ, _host_name(machine))

    def clean(collected: Any) -> Gathered:
        found, timing = collected
        return Gathered(found if identify else redact(found, identity), timing)

    return clean


def _answered(ahead: Ahead, meanwhile: Iterable[object]) -> Any:
    """Return what probes that were started before have found, or None where they do not answer."""
    from torch_doctor.probes.host.beside import finish

    return finish(ahead, meanwhile)


def recommend(
    gpu: str | Sequence[str] = (),
    *,
    hosts: Mapping[str, Facts] | None = None,
    overlay: Path | None = None,
    machine: Any = None,
    **asked: Any,
) -> Answer:
    """Return which torch to install for GPUs, for *hosts* (facts by name), or with neither for this host.

    *asked* are the options of the command line by their names and as they are written there: ``driver="535"``,
    ``torch=">=2.6"``, ``feature=["bf16"]``, ``with_="torchvision"``, ``prefer="stable"``, ``limit=1`` … Raise
    QuestionError, a ValueError, where one means nothing, and TypeError where there is no such option.
    """
    from torch_doctor.consult import consult
    from torch_doctor.recommendation.question.asked import Asked
    from torch_doctor.recommendation.question.hosts import Host

    many = {"gpu": gpu, **asked}
    for name in ("gpu", "compute_capability", "feature", "with_"):
        value = many.get(name, ())
        many[name] = (value,) if isinstance(value, str) else tuple(value)
    served = [Host(name, facts) for name, facts in (hosts or {}).items()]
    return consult(Asked(**many), served, overlay=overlay, machine=machine)


def expecting(facts: Facts, expectations: Expectations) -> Facts:
    """Return *facts* with what the user expects of the machine."""
    asked: dict[str, Fact[Any]] = {}
    gpus = expectations.gpus
    if expectations.names:  # one of a model is one GPU
        gpus = max(1, gpus or 0)
    if gpus is not None:
        asked["required_gpus"] = Known(gpus, _ASKED)
    if expectations.names:
        names = tuple(visible(name) for name in expectations.names)
        asked["required_gpu_names"] = Known(names, _ASKED)
    return facts.with_(**asked)


def _host_name(host: Any) -> str:
    try:
        return str(host.read_text("/proc/sys/kernel/hostname")).strip()
    except OSError:
        return str(host.environ.get("COMPUTERNAME", ""))
