"""What differs on a host from the plan of a lock, point by point; what is not known is said, and is no difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from torch_doctor.core.fact import Facts, Reason, Unavailable
from torch_doctor.core.finding import Fix
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.matrix.law.from_facts import machine_of
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.query import gpus_named
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.locking.reading import Lock, LockedGpu
from torch_doctor.recommendation.locking.rows import values_of

SAME, DRIFTED, UNKNOWN = "same", "drifted", "unknown"
_EXIT = {SAME: 0, DRIFTED: 1, UNKNOWN: 2}


class Drift(NamedTuple):
    """One difference: what it is about, what the plan has, what was found, in words, and what puts it right."""

    subject: str
    expected: str
    found: str | None
    message: str
    fix: Fix = Fix("")


class Unseen(NamedTuple):
    """What could not be compared: the fact that is not known, and why."""

    subject: str
    fact: str
    why: str


class Comparison(NamedTuple):
    """A host beside a lock. *unknown_is_ok* lets what could not be compared pass."""

    lock: Lock
    drifts: tuple[Drift, ...]
    unknown: tuple[Unseen, ...]
    unknown_is_ok: bool = False

    @property
    def status(self) -> str:
        """``same``, ``drifted``, or ``unknown`` where nothing is known to differ and not all is known."""
        if self.drifts:
            return DRIFTED
        return UNKNOWN if self.unknown and not self.unknown_is_ok else SAME

    @property
    def exit_code(self) -> int:
        """0 the same, 1 drifted, 2 not known."""
        return _EXIT[self.status]


class _Host(NamedTuple):
    facts: Facts
    machine: Machine
    matrix: Matrix


Found = Iterator[Drift | Unseen]


def compared(lock: Lock, facts: Facts, matrix: Matrix) -> tuple[Drift | Unseen, ...]:
    """Return every difference of *facts* from *lock*, without cures, and what could not be compared."""
    host = _Host(facts, machine_of(facts, matrix), matrix)
    return tuple(found for look in _LOOKS for found in look(lock, host))


def _platform(lock: Lock, host: _Host) -> Found:
    machine = host.machine
    here = machine.platform if lock.origin == "jetson" else machine.wheel_platform
    if here is None:
        yield _unseen("platform", "os_family", host.facts)
    elif here != lock.platform:
        yield _drift(
            "platform", lock.platform, here, f"this is {here}, the plan is for {lock.platform}"
        )


def _gpus(lock: Lock, host: _Host) -> Found:
    if host.machine.gpus is None:
        yield _unseen("gpu", "gpus", host.facts)
        return
    planned = listing(list(dict.fromkeys(gpu.name for gpu in lock.gpus)))
    if not host.machine.gpus:
        yield _drift("gpu", planned, None, f"there is no GPU, the plan is for {planned}")
    models = set()
    for gpu in host.machine.gpus:
        name = gpu.name.removeprefix("NVIDIA ")
        shown = f"{name} ({gpu.capability})" if gpu.capability else name
        fits = _is_planned(gpu, lock.gpus, host.matrix)
        if fits is None:
            yield Unseen("gpu", "gpus", f"which product {name} is")
        elif not fits and shown not in models:
            models.add(shown)
            yield _drift(
                "gpu", planned, shown, f"{shown} is not in the plan, which is for {planned}"
            )


def _is_planned(gpu: GpuTraits, planned: tuple[LockedGpu, ...], matrix: Matrix) -> bool | None:
    """Whether the plan is for a GPU: for its product, or where no row knows one, for its capability."""
    if not gpu.rows and gpu.capability is None:
        return None
    for one in planned:
        if one.capability and gpu.capability and str(gpu.capability) != one.capability:
            continue
        rows = gpus_named(matrix, one.name).rows
        if not rows or not gpu.rows:
            if one.capability == str(gpu.capability):
                return True
        elif set(rows) & set(gpu.rows):
            return True
    return False


def _driver(lock: Lock, host: _Host) -> Found:
    if lock.min_driver is None:
        return
    driver: DriverRelease | None = host.facts.value("driver_release")
    if driver is None:
        if host.facts.is_absent("driver_release"):
            message = f"no driver is installed, the plan needs {lock.min_driver} or newer"
            yield _drift("driver", f">={lock.min_driver}", None, message)
        else:
            yield _unseen("driver", "driver_release", host.facts)
    elif driver < DriverRelease.parse(lock.min_driver):
        message = f"{driver} is older than {lock.min_driver}, which the plan needs"
        yield _drift("driver", f">={lock.min_driver}", str(driver), message)


def _python(lock: Lock, host: _Host) -> Found:
    tag = host.machine.python_tag
    if tag is None:
        if lock.asked_python is not None or host.facts.is_lost("python_tag"):
            yield _unseen("python", "python_tag", host.facts)
        return
    planned = (lock.asked_python,) if lock.asked_python else lock.python
    if planned and tag not in planned:
        pythons = listing(list(map(spelled, planned)), "or")
        message = f"Python {spelled(tag)}, the plan has {pythons}"
        yield _drift("python", pythons, spelled(tag), message)


def _torch(lock: Lock, host: _Host) -> Found:
    version: TorchVersion | None = host.facts.value("torch_version")
    if version is None:
        if host.facts.is_absent("torch_version"):
            yield _drift(
                "torch", lock.build, None, f"torch is not installed, the plan has {lock.build}"
            )
        else:
            yield _unseen("torch", "torch_version", host.facts)
        return
    if lock.origin != "pytorch":
        same = str(version) == lock.torch
    else:
        same = version.public == lock.torch and version.local in ("", lock.variant)
    if not same:
        message = f"{version} is installed, the plan has {lock.build}"
        yield _drift("torch", lock.build, str(version), message)


def _cuda(lock: Lock, host: _Host) -> Found:
    """Which CUDA torch is built for: its version need not say."""
    if lock.cuda is None or host.facts.value("torch_version") is None:
        return
    cuda: CudaVersion | None = host.facts.value("torch_cuda")
    if cuda is not None and cuda == CudaVersion.parse(lock.cuda):
        return
    variant = host.facts.value("torch_variant")
    if cuda is not None:
        message = f"torch is built for CUDA {cuda}, the plan's for {lock.cuda}"
        yield _drift("cuda", lock.cuda, str(cuda), message)
    elif host.facts.is_absent("torch_cuda") or variant not in (None, "cuda"):
        message = f"torch is built without CUDA, the plan's for {lock.cuda}"
        yield _drift("cuda", lock.cuda, variant, message)
    else:
        yield _unseen("cuda", "torch_cuda", host.facts)


def _packages(lock: Lock, host: _Host) -> Found:
    installed = host.facts.value("packages")
    if installed is None:
        if lock.packages:
            yield _unseen("packages", "packages", host.facts)
        return
    there = {package.name: package.version for package in installed}
    for name, wanted in lock.packages.items():
        found = there.get(name)
        expected = f"{name} {wanted}" if wanted else name
        if found is None:
            yield _drift(
                name, wanted or "any", None, f"{name} is not installed, the plan has {expected}"
            )
        elif wanted and not _is_release(found, wanted):
            yield _drift(name, wanted, found, f"{name} {found} is installed, the plan has {wanted}")
    yield from _libraries(lock, there)


def _libraries(lock: Lock, there: dict[str, str]) -> Found:
    """Compare cuDNN and NCCL of the environment, where they are packages of their own; a build may hold them itself."""
    major = (lock.cuda or "").partition(".")[0]
    for name, wanted in (("cudnn", lock.cudnn), ("nccl", lock.nccl)):
        found = there.get(f"nvidia-{name}-cu{major}")
        if wanted and found and not _is_release(found, wanted):
            message = f"nvidia-{name}-cu{major} {found} is installed, the plan has {wanted}"
            yield _drift(name, wanted, found, message)


def _is_release(found: str, wanted: str) -> bool:
    """Whether an installed version is the one that is wanted, of whatever build where none is named."""
    return found == wanted or ("+" not in wanted and found.partition("+")[0] == wanted)


def _rows(lock: Lock, host: _Host) -> Found:
    if lock.matrix_digest == host.matrix.digest:
        return
    for row in lock.rows:
        now = values_of(row.key, host.matrix)
        if now is None:
            gone = f"the row {row.key} is no longer on record"
            yield _drift("matrix", row.key, None, gone)
        elif changed := [name for name in now if _says_else(row.values, now, name)]:
            message = f"the row {row.key} says something else of {listing(changed)} now"
            old, new = (str({name: one.get(name) for name in changed}) for one in (row.values, now))
            yield _drift("matrix", old, new, message)


def _says_else(before: Mapping[str, object], now: Mapping[str, object], name: str) -> bool:
    """Whether a field says something else; one that the lock's own rows had not yet, and that is empty, does not."""
    known = name in before or bool(now[name])
    return known and before.get(name) != now[name]


def spelled(tag: str) -> str:
    """Return a tag of Python as people write it: ``3.14`` of cp314, ``3.14t`` of a free-threaded one."""
    return f"{tag[2]}.{tag[3:]}" if tag[:2] == "cp" and len(tag) > 3 else tag


def _drift(subject: str, expected: str, found: str | None, message: str) -> Drift:
    return Drift(subject, expected, found, message)


def _unseen(subject: str, name: str, facts: Facts) -> Unseen:
    fact = facts[name]
    if not isinstance(fact, Unavailable) or fact.reason is Reason.NOT_ASKED:
        return Unseen(subject, name, "nobody asked")
    return Unseen(subject, name, str(fact))


_LOOKS: tuple[Callable[[Lock, _Host], Found], ...] = (
    *(_platform, _gpus, _driver, _python, _torch, _cuda, _packages, _rows),
)
