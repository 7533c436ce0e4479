"""The machines that one answer must serve: as described by flags, or as facts, with flags laid over them."""

from __future__ import annotations

from collections.abc import Callable

from torch_doctor.core.about import About, AboutKind
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.law.from_facts import machine_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import Constraints

TYPED = Source("user", "command line")


class AskedFrom(NamedTuple):
    """The machine from which a question comes: its *facts*, gathered where they are asked for, and its platform."""

    facts: Callable[[], Facts]
    platform: str


class ServedHost(NamedTuple):
    """One machine to serve: how it is called in the answer, what is known of it, and from where.

    *described* is whether the flags are all that is known of it.
    """

    name: str
    facts: Facts
    about: About = About(AboutKind.SAVED_MACHINE)
    described: bool = False


def described(constraints: Constraints, platform: str) -> ServedHost:
    """Return the machine that the flags describe; *platform* holds where none was asked for."""
    facts = Facts(_platform_facts(constraints.platform or platform))
    about = About(AboutKind.HYPOTHETICAL)
    return ServedHost("the host described", _typed(facts, constraints), about, described=True)


def overlaid(host: ServedHost, constraints: Constraints) -> ServedHost:
    """Return *host* with what the flags say laid over its facts: what a user types wins over what was read."""
    facts = host.facts
    if constraints.platform:
        facts = facts.with_(**_platform_facts(constraints.platform))
    return host._replace(facts=_typed(facts, constraints))


def machine(host: ServedHost, matrix: Matrix) -> Machine:
    """Return the host as the law sees it: what was observed of the installed build says nothing of others.

    Unless its libcuda was looked at, the driver's own is assumed: forward compatibility is never relied upon.
    """
    seen = machine_of(host.facts, matrix)
    gpus = seen.gpus and tuple(gpu._replace(ran=None) for gpu in seen.gpus)
    return seen._replace(gpus=gpus, cuda_available=None, libcuda_kind=seen.libcuda_kind or "driver")


def with_driver(facts: Facts, release: Fact[object]) -> Facts:
    """Return *facts* with another driver; what was read of the one before is dropped."""
    from torch_doctor.fixes.effects.observed import without_driver

    return without_driver(facts).with_(driver_release=release)


def platform_of(os_family: str, arch: str, kernel: str) -> str:
    """Return the platform that a described machine has unless something says otherwise: the one asked from."""
    if os_family == "Windows":
        return "windows"
    if "microsoft" in kernel.lower():
        return "wsl"
    return (
        "linux-aarch64" if os_family == "Linux" and arch in ("aarch64", "arm64") else "linux-x86_64"
    )


def _typed(facts: Facts, constraints: Constraints) -> Facts:
    if constraints.driver is not None:
        facts = with_driver(facts, Known(constraints.driver, TYPED))
    changes: dict[str, Fact[object]] = {}
    if constraints.gpus:
        facts = facts.without("kernel_results", "pci_gpus")
        changes["gpus"] = Known(constraints.gpus, TYPED)
    if constraints.python_tag:
        facts = facts.without("python_version")
        changes["python_tag"] = Known(constraints.python_tag, TYPED)
    if constraints.python:
        changes["python_version"] = Known(constraints.python, TYPED)
    if constraints.glibc:
        changes["libc"] = Known("glibc {}.{}".format(*constraints.glibc), TYPED)
    return facts.with_(**changes)


def _platform_facts(platform: str) -> dict[str, Fact[object]]:
    arm = platform in ("linux-aarch64", "jetson")
    facts: dict[str, Fact[object]] = {
        "os_family": Known("windows" if platform == "windows" else "linux", TYPED),
        "host_arch": Known("aarch64" if arm else "x86_64", TYPED),
        "wsl": Known(platform == "wsl", TYPED),
        "jetson": Unavailable(Reason.NOT_PRESENT, "", TYPED),
    }
    if platform == "jetson":
        facts["jetson"] = Known("some L4T release", TYPED)
    return facts
