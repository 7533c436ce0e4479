"""Facts about one machine, without what identifies it: the one way from a machine to facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import DeepResult, ProofStep
from torch_doctor.core.redaction.facts import redact
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.probes.host.beside import Ahead


# Where probes that were started before have used the time up, others are not waited for.
_AT_ONCE_S = 0.1


class Gathered(NamedTuple):
    """Facts about a machine, and the seconds that each probe took. *identity* is what would name it."""

    facts: Facts
    timing: Mapping[str, float]
    identity: Identity = Identity()


def gather(
    host: Any = None,
    *,
    python: str | None = None,
    static: bool = False,
    timeout_s: float = 60.0,
    on_static: Callable[[Gathered], None] | None = None,
    identify: bool = False,
    torch: bool = True,
    on_proof: Callable[[tuple[ProofStep, ...]], None] | None = None,
    deep: bool | tuple[str, ...] = False,
    on_deep: Callable[[DeepResult], None] | None = None,
    meanwhile: Iterable[object] = (),
    ahead: Ahead | None = None,
    deadline_s: float | None = None,
    identify_told: bool | None = None,
) -> Gathered:
    """Return what the probes find on this machine (*host*: on a recorded one), without identifiers unless asked.

    *meanwhile* is gone through while the probes run. *ahead* are static probes that were started before. All of it
    leaves time to judge within *deadline_s*. What *on_proof* and *on_deep* are told holds identifiers where
    *identify_told* says so, or else *identify*. Raise TargetError where *python* names no environment.
    """
    from torch_doctor.probes.host.port import LiveHost

    machine: Any = host or LiveHost()
    identity = Identity.of(machine.environ, _host_name(machine))
    clean = _cleaner(identity, identify=identify)
    told = partial(_told, identity, identify if identify_told is None else identify_told)
    answered = None if ahead is None else _answered(ahead, meanwhile)
    if answered is not None:
        return clean(answered)
    return _collected(
        machine,
        clean,
        on_static,
        python=python,
        static=static,
        live_timeout_s=timeout_s,
        meanwhile=meanwhile,
        torch=torch,
        on_proof=on_proof and (lambda steps: on_proof(told("driver_proof", steps))),
        deep=deep,
        on_deep=on_deep and (lambda result: on_deep(*told("deep_results", (result,)))),
        deadline_s=_AT_ONCE_S if ahead and deadline_s else deadline_s,
    )


def _collected(
    machine: Any,
    clean: Callable[[Any], Gathered],
    on_static: Callable[[Gathered], None] | None,
    **how: Any,
) -> Gathered:
    from torch_doctor.probes.collect import collect

    early = None if on_static is None else lambda collected: on_static(clean(collected))
    return clean(collect(machine, on_static=early, **how))


def _cleaner(identity: Identity, *, identify: bool) -> Callable[[Any], Gathered]:
    def clean(collected: Any) -> Gathered:
        found, timing = collected
        return Gathered(redact(found, identity, identify=identify), timing, identity)

    return clean


def _told(identity: Identity, identify: bool, name: str, value: Any) -> Any:
    """Return what is known of a fact before all is gathered, as the whole will show it."""
    facts = Facts({name: Known(value, Source("child", "live"))})
    return redact(facts, identity, identify=identify).value(name)


def _answered(ahead: Ahead, meanwhile: Iterable[object]) -> Any:
    """Return what probes that were started before have found, or None where they do not answer."""
    from torch_doctor.probes.host.beside import finish

    return finish(ahead, meanwhile)


def _host_name(host: Any) -> str:
    try:
        return str(host.read_text("/proc/sys/kernel/hostname")).strip()
    except OSError:
        return str(host.environ.get("COMPUTERNAME", ""))
