"""The law of compatibility: does this build of torch run on this machine?

One pure function decides, and check, recommend, triage, lint and fleet all call it. It never guesses: what is not
known makes the answer unknown, unless a known reason already makes it no.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from torch_doctor.core.judgement import Doubt, Judgement, Kind, Objection, Status
from torch_doctor.matrix.law.arch import OWN_BUILDS, has_code_anyway, judge_targets
from torch_doctor.matrix.law.driver import judge_driver, judge_gpu_driver
from torch_doctor.matrix.law.machine import Build, GpuTraits, Machine, ran_everywhere

_OF_MAKERS = {"rocm": "AMD GPUs (ROCm)", "xpu": "Intel GPUs (XPU)"}
# What is_available() == True refutes: the runtime started, so the driver side is in order.
_REFUTED_BY_CUDA = frozenset(
    {
        Kind.DRIVER_BELOW_FLOOR,
        Kind.COMPAT_INELIGIBLE,
        Kind.COMPAT_OLDER_THAN_DRIVER,
        Kind.DRIVER_OLDER_THAN_GPU,
        Kind.DRIVER_DROPPED_GPU,
        Kind.OPEN_MODULE_REQUIRED,
        Kind.OPEN_MODULE_IMPOSSIBLE,
    }
)


def judge(machine: Machine, build: Build) -> Judgement:
    """Decide whether *build* runs a kernel on every GPU of *machine*.

    A kernel that was seen to run outranks every prediction: the objections that it refutes are kept apart as
    ``contradicted``. An objection that rests on a low-confidence row alone makes the answer unknown, not no.
    """
    return _judged(machine, build, f"{machine.driver} {machine.libcuda_release}")


@lru_cache(1024)  # one host is asked of for many builds, and hosts are alike
def _judged(machine: Machine, build: Build, _written: str) -> Judgement:
    """Judge; *_written* is how the releases are written, which messages say and equal releases may differ in."""
    code = [(gpu, tuple(judge_targets(machine, build, gpu))) for gpu in machine.gpus or ()]
    reasons = list(_reasons(machine, build, code))
    objections = [reason for reason in reasons if isinstance(reason, Objection)]
    doubts = [reason for reason in reasons if isinstance(reason, Doubt)]
    standing = [objection for objection in objections if not _is_refuted(objection, machine)]
    refuted = [objection for objection in objections if _is_refuted(objection, machine)]
    weak = [objection for objection in standing if objection.confidence == "low"]
    firm, behind = _behind_mask([one for one in standing if one.confidence != "low"], machine)
    doubts += behind
    firm, aside, unsure = _display_cards(firm, machine)
    doubts += unsure
    doubts += (Doubt(f"{one.message} (low confidence)", "cuda_available") for one in weak)
    observed = ran_everywhere(machine)
    if observed:
        status, doubts = Status.SUPPORTED, []
    elif firm:
        status = Status.UNSUPPORTED
    elif machine.gpus == ():
        status = Status.NOT_APPLICABLE
    else:
        status = Status.UNKNOWN if doubts else Status.SUPPORTED
    return Judgement(
        status=status,
        objections=tuple(firm),
        unknown=tuple(dict.fromkeys(doubts)),
        because=build.because,
        contradicted=tuple(refuted),
        observed=observed,
        served=_served(build, code),
        aside=tuple(aside),
    )


def _behind_mask(
    objections: list[Objection], machine: Machine
) -> tuple[list[Objection], list[Doubt]]:
    """Where nobody can tell which GPUs are hidden: an objection to one is a doubt, if those shown may be others."""
    failing = {objection.gpu for objection in objections} - {None}
    gpus: tuple[GpuTraits, ...] = machine.gpus or ()
    if machine.mask_open is None or not failing or len(gpus) - len(failing) < machine.shown:
        return objections, []
    names = dict.fromkeys(gpu.name for gpu in gpus if gpu.index in failing)
    why = [f"whether CUDA_VISIBLE_DEVICES hides {name}" for name in names]
    return [one for one in objections if one.gpu is None], [
        Doubt(w, machine.mask_open) for w in why
    ]


def _display_cards(
    objections: list[Objection], machine: Machine
) -> tuple[list[Objection], list[Objection], list[Doubt]]:
    """Take aside what is said of old display cards where a kernel ran on another GPU; a card of no name may be one."""
    gpus: tuple[GpuTraits, ...] = machine.gpus or ()
    if not any(gpu.ran for gpu in gpus):
        return objections, [], []
    cards = {gpu.index: gpu for gpu in gpus if gpu.display is not False}
    old = [one for one in objections if one.kind is Kind.GPU_OLDER_THAN_BUILD and one.gpu in cards]
    aside = [one for one in old if one.gpu is not None and cards[one.gpu].display]
    doubts = [Doubt(f"which GPU it is: {one.message}", "gpus") for one in old if one not in aside]
    return [one for one in objections if one not in old], aside, doubts


def _served(
    build: Build, code: Iterable[tuple[GpuTraits, tuple[Objection | Doubt, ...]]]
) -> tuple[int, ...]:
    """The GPUs that *build* has code for, whichever of its products an ambiguous name means."""
    if not (build.targets or build.readings):
        return ()
    return tuple(gpu.index for gpu, reasons in code if not reasons or has_code_anyway(build, gpu))


def _reasons(
    machine: Machine, build: Build, code: Iterable[tuple[GpuTraits, tuple[Objection | Doubt, ...]]]
) -> Iterator[Objection | Doubt]:
    """*code* is what is to be said of each GPU and the targets of the build."""
    if build.cuda is None and build.variant:
        maker = next((m for tag, m in _OF_MAKERS.items() if build.variant.startswith(tag)), None)
        why = f"is built for {maker}, not for CUDA" if maker else "was built without CUDA"
        yield Objection(Kind.BUILD_WITHOUT_CUDA, f"{build.label} {why}", build.because)
        return
    yield from _platform(machine, build)
    of_driver = (
        judge_driver(machine, build)
        if build.cuda
        else (Doubt(f"which CUDA {build.label} was built with", "torch_cuda"),)
    )
    # what an observation would refute as an objection, it settles as a doubt
    started = machine.cuda_available is True or any(gpu.ran for gpu in machine.gpus or ())
    for reason in of_driver:
        if isinstance(reason, Objection) or not started:
            yield reason
    if machine.gpus is None and not _is_running_jetson(machine, build):
        yield Doubt("which GPUs there are", "gpus")
    for gpu, of_targets in code:
        for reason in judge_gpu_driver(machine, gpu):
            if isinstance(reason, Objection) or not started:
                yield reason
        yield from (one for one in of_targets if isinstance(one, Objection) or not gpu.ran)


def _platform(machine: Machine, build: Build) -> Iterator[Objection]:
    """The wheel's own demands: platform, Python and C library."""
    here = machine.wheel_platform
    if build.platform and here and build.platform != here:
        message = f"{build.label} is built for {build.platform}, the host is {here}"
        yield Objection(Kind.WRONG_PLATFORM, message, build.because)
    tag, tags = machine.python_tag, build.python_tags
    # until 3.7 the tag of the ABI was cp37m, which nothing but the wheel's name says
    if tag and tags and not {tag, f"{tag}m"} & set(tags):
        message = f"{build.label} has no wheel for {tag} (it has {', '.join(tags)})"
        yield Objection(Kind.PYTHON_WITHOUT_WHEEL, message, build.because)
    if machine.glibc and build.glibc and machine.glibc < build.glibc:
        need, have = (".".join(map(str, version)) for version in (build.glibc, machine.glibc))
        message = f"{build.label} needs glibc {need}, the host has {have}"
        yield Objection(Kind.GLIBC_TOO_OLD, message, build.because)


def _is_running_jetson(machine: Machine, build: Build) -> bool:
    """Say whether NVIDIA's own build sees the GPU of a Jetson, which has one and no tool that lists it."""
    own = build.origin in OWN_BUILDS
    return machine.platform == "jetson" and own and machine.cuda_available is True


def _is_refuted(objection: Objection, machine: Machine) -> bool:
    gpus: tuple[GpuTraits, ...] = machine.gpus or ()
    if objection.gpu is None:
        ran = any(gpu.ran for gpu in gpus)
    else:
        ran = any(gpu.ran for gpu in gpus if gpu.index == objection.gpu)
    return ran or (machine.cuda_available is True and objection.kind in _REFUTED_BY_CUDA)
