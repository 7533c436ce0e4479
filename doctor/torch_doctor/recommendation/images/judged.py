"""Does an image exist, does its container start, and does what is inside run on a machine: one answer."""

from __future__ import annotations

from torch_doctor.core.finding import Receipt
from torch_doctor.core.judgement import Judgement, Kind, Status
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds import notices
from torch_doctor.matrix.images.answers import ImageAnswer
from torch_doctor.matrix.images.capabilities import unserved
from torch_doctor.matrix.images.compat import compat_of, configured_compat
from torch_doctor.matrix.images.config import ImageConfig, RegistryAbsence
from torch_doctor.matrix.images.requirement import Gate, gate_of, is_consumer
from torch_doctor.matrix.images.tags import image_named
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Build, Machine
from torch_doctor.matrix.query import compat_package
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.images.inside import Inside, build_inside, inside_of
from torch_doctor.recommendation.solving.drivers import judged_with_least_driver

YES, NO, UNKNOWN = "yes", "no", "unknown"
_OF = {Status.SUPPORTED: YES, Status.UNSUPPORTED: NO}
_OFF = "-e NVIDIA_DISABLE_REQUIRE=1"


class ImageVerdict(NamedTuple):
    """What is to be said of one image on one machine. *starts* and *runs* are yes, no or unknown.

    *reasons* say why it does not run, or what must be known; *minimum* is the oldest driver that serves it there.
    """

    answer: ImageAnswer
    inside: Inside
    machine: Machine
    starts: str
    runs: str
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    minimum: str | None = None
    because: tuple[Receipt, ...] = ()
    config: ImageConfig | None = None
    absence: RegistryAbsence | None = None
    nearest: tuple[ImageVerdict, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 where the image exists and runs, 1 where either is a no, 2 where something is not known."""
        answers = (self.answer.exists, self.runs)
        return 1 if NO in answers else 0 if answers == (YES, YES) else 2


def verdict_on(
    reference: str,
    machine: Machine,
    matrix: Matrix,
    configured: ImageConfig | RegistryAbsence | None = None,
) -> ImageVerdict:
    """Return what is to be said of *reference*; *configured* is what its registry says of it, where that was asked."""
    answer = image_named(matrix, reference)
    config = configured if isinstance(configured, ImageConfig) else None
    absence = configured if isinstance(configured, RegistryAbsence) else None
    if config is not None:
        why = f"its registry has it, as {config.digest}"
        answer = answer._replace(reference=config.reference, exists=YES, why=why, deleted=False)
    if absence is not None:
        was_there = answer.exists == YES
        since = (
            f", though rows of {answer.row.origin.checked} have it"
            if was_there and answer.row
            else ""
        )
        deleted = answer.deleted or was_there
        answer = answer._replace(exists=NO, why=f"{absence.why}{since}", deleted=deleted)
    inside = inside_of(answer, config, matrix)
    host = _for_containers(machine)
    build = build_inside(inside, answer.reference, host.arch or "x86_64", matrix)
    gate = _gate(inside, host, matrix)
    starts = {True: YES, False: NO, None: UNKNOWN}[gate.passes]
    found = ImageVerdict(answer, inside, host, starts, UNKNOWN, config=config, absence=absence)
    if answer.exists == NO:
        because = (*inside.because, *(receipt("image_rules", rule) for rule in answer.rules))
        gone = "it was deleted" if answer.deleted else "there is no such image"
        return found._replace(starts=NO, runs=NO, reasons=(gone,), because=because)
    if inside.family == "rocm":
        words = "it is made for AMD GPUs (ROCm)"
        return found._replace(runs=NO, reasons=(words,), because=inside.because)
    return _judged(found, gate, build, matrix)


def _gate(inside: Inside, host: Machine, matrix: Matrix) -> Gate:
    if inside.requirements is None:
        return Gate(None)
    gate = gate_of(inside.requirements, host, matrix)
    gpus = host.gpus or ()
    if gate.passes is False and inside.partial and not (gpus and all(map(is_consumer, gpus))):
        return gate._replace(passes=None)  # other alternatives may let these start
    return gate


def _for_containers(machine: Machine) -> Machine:
    """A container brings its own Python and C library, and runs on Linux, on Windows inside WSL."""
    platform = "wsl" if machine.platform == "windows" else machine.platform
    return machine._replace(python_tag=None, glibc=None, platform=platform)


def _judged(found: ImageVerdict, gate: Gate, build: Build | None, matrix: Matrix) -> ImageVerdict:
    host, inside = found.machine, found.inside
    if inside.arches and host.arch and host.arch not in inside.arches:
        words = f"the image is made for {listing(list(inside.arches))}, and the host is {host.arch}"
        return found._replace(runs=NO, reasons=(words,), because=inside.because)
    if build is None:
        words = "which torch and which CUDA are inside is not on record"
        return found._replace(reasons=(words,), because=inside.because)
    if host.gpus == ():
        words = "no NVIDIA GPU is there to run it: name one with --gpu"
        return found._replace(reasons=(words,), because=inside.because)
    least = judged_with_least_driver(host, build, matrix)
    judgement, notes = least.judgement, list(_notes(found, build, matrix))
    if host.gpus is None and judgement.status is Status.UNKNOWN and not judgement.objections:
        judgement = judge(host, build)
    compat = _by_compat(judgement, found, build, matrix)
    judgement = compat.judgement
    notes += [compat.note] if compat.note else []
    reasons = (
        *(one.message for one in judgement.objections),
        *(f"not known: {doubt.what}" for doubt in judgement.unknown),
        *((compat.doubt,) if compat.doubt else ()),
    )
    rows = [
        *inside.because,
        *judgement.because,
        *(r for o in judgement.objections for r in o.because),
        *compat.because,
    ]
    found = found._replace(
        runs=UNKNOWN if compat.doubt else _OF.get(judgement.status, UNKNOWN),
        reasons=tuple(dict.fromkeys(reasons)),
        notes=tuple(dict.fromkeys(notes)),
        minimum=str(least.driver) if least.driver else None,
        because=tuple(dict.fromkeys(rows)),
    )
    return _gated(_served(found, matrix), gate)


def _served(found: ImageVerdict, matrix: Matrix) -> ImageVerdict:
    """What release notes ask of a GPU, where no list of targets says what is inside."""
    row = found.answer.row
    if row is None or found.inside.targets is not None:
        return found
    for one in unserved(row, found.machine.gpus or (), matrix):
        runs = NO if one.decided or found.runs == NO else UNKNOWN
        words = one.message if one.decided else f"not known: {one.message}"
        because = (*found.because, *one.because)
        found = found._replace(runs=runs, reasons=(*found.reasons, words), because=because)
    return found


def _gated(found: ImageVerdict, gate: Gate) -> ImageVerdict:
    """What the runtime says before anything runs: a container that is not started runs nothing."""
    driver = found.machine.driver
    has = f"driver {driver}" if driver else "the driver"
    cuda = f" (CUDA {driver.cuda})" if driver and driver.cuda else ""
    if gate.passes is False:
        asked = f"the image asks for {gate.condition} (NVIDIA_REQUIRE_CUDA), and {has}{cuda} does not meet it"
        words = f"{asked}: the container is not started"
        notes = found.notes
        if found.runs == YES:
            notes = (*notes, f"docker run {_OFF} switches that check off, and what is inside runs")
        return found._replace(runs=NO, reasons=(words, *found.reasons), notes=notes)
    if gate.passes is None and found.inside.requirements:
        asked = f"not known: whether {has} meets what the image asks for, {gate.condition}"
        runs = UNKNOWN if found.runs == YES else found.runs
        return found._replace(runs=runs, reasons=(*found.reasons, asked))
    if gate.passes is None:
        words = (
            "what the image asks of a driver before it starts is not on record: --online reads it"
        )
        return found._replace(notes=(*found.notes, words))
    return found


class _Compat(NamedTuple):
    """What a cuda-compat library in the image makes of a judgement: a *note* where it makes a no a yes.

    *doubt* says that it would, and that nobody knows whether the image brings one.
    """

    judgement: Judgement
    note: str = ""
    doubt: str = ""
    because: tuple[Receipt, ...] = ()


def _by_compat(judgement: Judgement, found: ImageVerdict, build: Build, matrix: Matrix) -> _Compat:
    host, cuda, inside = found.machine, build.cuda, found.inside
    plain = _Compat(judgement)
    if cuda is None or host.driver is None or host.platform != "linux":
        return plain
    if not judgement.objections or judgement.of(Kind.DRIVER_BELOW_FLOOR) != judgement.objections:
        return plain
    row = compat_of(inside.family, inside.kind, inside.torch, matrix)
    named = configured_compat(found.config)
    package = compat_package(matrix, cuda, host.driver.branch)
    if (row and not row.brings and not named) or package is None or package.status != "usable":
        return plain
    brought = host._replace(libcuda_kind="compat", libcuda_release=None, driver_reports=cuda)
    again = judge(brought, build)
    if again.status is not Status.SUPPORTED:
        return plain
    rows = (*((receipt("image_compat", row),) if row else ()), receipt("compat_packages", package))
    if row is None and not named:
        doubt = (
            f"not known: whether the image brings cuda-compat for CUDA {cuda}, by which driver {host.driver} would "
            "serve it"
        )
        return plain._replace(doubt=doubt, because=rows)
    words = (
        f"driver {host.driver} serves it by forward compatibility: the image brings cuda-compat for CUDA {cuda}, "
        "which the container toolkit puts in place"
    )
    return _Compat(again, words, because=rows)


def _notes(found: ImageVerdict, build: Build, matrix: Matrix) -> list[str]:
    inside, gaps = found.inside, []
    for gpu in found.machine.gpus or ():
        gap = notices.cudnn_gap(inside.cudnn, build.cuda, gpu, matrix) if inside.torch else None
        gaps += [gap.text] if gap else []
    tag = "cp" + "".join((inside.python or "").split(".")[:2]) if inside.python else None
    end = notices.python_end(tag, matrix) if tag else None
    return [*gaps, end.text] if end else gaps
