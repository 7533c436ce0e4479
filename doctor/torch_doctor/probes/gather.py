"""Facts about one machine, without what identifies it: the one way from a machine to facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.redaction.facts import redact
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.inquiry import Inquiry, Listeners

if TYPE_CHECKING:
    from torch_doctor.probes.first import First
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
    asked: Inquiry = Inquiry(),
    listeners: Listeners = Listeners(),
    *,
    meanwhile: Iterable[object] = (),
    ahead: Ahead | First | None = None,
    identify: bool = False,
) -> Gathered:
    """Return what the probes find on this machine (*host*: on a recorded one), without identifiers unless asked.

    *meanwhile* is gone through while the probes run. *ahead* are static probes that were started before, or the one of
    NVML. Raise TargetError where *asked* names no environment.
    """
    from torch_doctor.probes.first import First
    from torch_doctor.probes.host.port import LiveHost

    first = ahead if isinstance(ahead, First) else None
    machine: Any = host or (first.host if first else LiveHost())
    identity = Identity.of(machine.environ, _host_name(machine))
    clean = _cleaner(identity, identify=identify)
    if ahead is not None and not isinstance(ahead, First):
        answered = _answered(ahead, meanwhile)
        if answered is not None:
            return clean(answered)
        if asked.deadline_s:
            asked = asked._replace(deadline_s=_AT_ONCE_S)
    from torch_doctor.probes.collect import collect

    heard = identify if listeners.identify is None else listeners.identify
    return clean(
        collect(
            machine,
            asked,
            _cleanly(listeners, clean, partial(_as_shown, identity, heard)),
            meanwhile,
            first,
        )
    )


def _cleanly(
    listeners: Listeners, clean: Callable[[Any], Gathered], shown: Callable[[str, Any], Any]
) -> Listeners:
    """Return who hears what without what identifies a machine; *shown* is what of one fact may be heard."""
    static, idle, proof, deep = listeners.static, listeners.idle, listeners.proof, listeners.deep
    return listeners._replace(
        static=static and (lambda collected: static(clean(collected))),
        idle=idle and (lambda collected: idle(clean(collected))),
        proof=proof and (lambda steps: proof(shown("driver_proof", steps))),
        deep=deep and (lambda result: deep(*shown("deep_results", (result,)))),
    )


def _cleaner(identity: Identity, *, identify: bool) -> Callable[[Any], Gathered]:
    def clean(collected: Any) -> Gathered:
        found, timing = collected
        return Gathered(redact(found, identity, identify=identify), timing, identity)

    return clean


def _as_shown(identity: Identity, identify: bool, name: str, value: Any) -> Any:
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
