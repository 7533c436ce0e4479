"""Look at a machine and have what was found judged: what is waited for longest begins before all else is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.first import First, ask_this_machine
from torch_doctor.probes.inquiry import Inquiry, Listeners

if TYPE_CHECKING:
    from torch_doctor.probes.host.beside import Ahead


class Look(NamedTuple):
    """A look at *host*, or at this machine, that was begun: *ahead* are the probes that run already."""

    host: Any
    asked: Inquiry
    ahead: Ahead | First | None

    @classmethod
    def begun(cls, host: Any, ahead: Ahead | None, *depth: Any, **limits: Any) -> Look:
        """Begin with NVML, unless a recorded *host* is looked at, or all static probes were begun before.

        *depth* and *limits* are what Inquiry takes.
        """
        inquiry, is_begun = Inquiry(*depth, **limits), host is not None or ahead is not None
        return cls(host, inquiry, ahead if is_begun else ask_this_machine(inquiry))

    def judged(
        self,
        judge: Callable[..., Any],
        on_static: Callable[[Any], None] | None,
        meanwhile: Iterable[object],
        **others: Any,
    ) -> Any:
        """Return what *judge* says of all that is found; *others* are further listeners, as Listeners names them."""
        from torch_doctor.probes.gather import gather

        hears = Listeners.judged(judge, on_static, **others)
        found = gather(
            self.host, self.asked, hears, meanwhile=meanwhile, ahead=self.ahead, identify=True
        )
        return judge(*found)
