"""What to find out next where there is no verdict: the one command whose output would decide it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.fact import Facts, Known, Reason
from torch_doctor.core.finding import Fix
from torch_doctor.core.report import Gap, GapKind, Report
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.quoting import word
from torch_doctor.fixes.wording.prohibitions import allowed
from torch_doctor.matrix.gpus.words import chip_in
from torch_doctor.matrix.store import Matrix


class Question(NamedTuple):
    """A command, what it tells in words, and the facts among that. {python} is the interpreter of the environment."""

    command: str
    tells: str
    facts: frozenset[str]


def _step(command: str, tells: str, facts: str) -> Question:
    return Question(command, tells, frozenset(facts.split()))


_RUN = _step(
    "{python} -c \"import torch; print(torch.zeros(2, device='cuda') + 1)\"",
    "whether a kernel runs, and the error if not",
    "cuda_available cuda_init kernel_results live_stages torch_import_error errors_seen import_failures libcuda",
)
_COLLECT = _step(
    "{python} -m torch.utils.collect_env",
    "the torch, its CUDA, the system, the driver and the GPUs",
    "torch_version torch_cuda torch_variant cuda_available driver_release gpus os_family host_arch wsl python_version "
    "packages torch_origin torch_location",
)
# What tells the same for GPUs of other makers, by what the torch is built for.
_OF_MAKERS = {
    "rocm": _step(
        "rocminfo | grep -E 'gfx|Marketing'",
        "which AMD GPUs ROCm finds, and their gfx names",
        "other_gpus",
    ),
    "xpu": _step(
        "{python} -c \"import torch as t; print(t.__version__, t.xpu.is_available(), t.zeros(2, device='xpu'))\"",
        "whether torch finds the Intel GPU and a kernel runs on it, and the error if not",
        "other_gpus",
    ),
}
# The cheapest first: of two that tell as much, the earlier one is asked for.
_STEPS = (
    _step(
        "nvidia-smi",
        "the driver, its CUDA and the GPUs",
        "driver_release driver_cuda gpus nvml_status",
    ),
    _step(
        '{python} -c "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.get_arch_list())"',
        "the build of torch and the GPUs that it is made for",
        "torch_version torch_cuda torch_variant arch_list",
    ),
    _step(
        '{python} -c "import platform; print(platform.platform(), platform.machine())"',
        "the system and the processor",
        "os_family host_arch wsl",
    ),
    _step(
        '{python} -c "import torch as t; print(*map(t.cuda.get_device_name, range(t.cuda.device_count())))"',
        "which GPUs a program sees, in CUDA's order",
        "cuda_visible_devices cuda_device_order",
    ),
    _step("cat /proc/driver/nvidia/version", "which kernel modules are loaded", "kernel_module"),
    _step(
        "ls -l /dev/nvidia*", "which device files there are, and who may open them", "device_nodes"
    ),
    _step("lspci -nn -d 10de:", "which NVIDIA GPUs are on the bus", "pci_gpus"),
    _step("ldconfig -p | grep libcuda", "which libcuda the loader takes", "libcuda library_picks"),
    _step("cat /etc/nv_tegra_release", "whether it is a Jetson, and of which release", "jetson"),
    _step(
        "systemctl status nvidia-fabricmanager",
        "whether the Fabric Manager runs",
        "fabric_manager",
    ),
    _step(
        "sudo dmesg | grep -iE 'nvrm|xid'", "what the kernel says of the driver", "kernel_events"
    ),
    _step("{python} -m pip list", "the packages beside torch", "packages"),
    _COLLECT,
    _RUN,
)
_TIMES = 5  # a probe that ran out of time is given this many times more
_DEFAULT_TIMEOUT_S = 60
_SHOW = "show what this prints: it tells {}"
_NOTHING = "nothing in it tells of a torch, a driver or a GPU: show the text of the error, and what this prints"
# Tools that only Linux has.
_LINUX = ("cat", "ls", "lspci", "ldconfig", "systemctl", "sudo")


def next_step(report: Report, person: Person, matrix: Matrix) -> Fix:
    """Return the one step that would decide an undecided *report*."""
    if not _tells_anything(report.facts):
        return _fix(_NOTHING, _COLLECT, person)
    return _retried(report.why) or _asked(report, person, matrix)


def _tells_anything(facts: Facts) -> bool:
    known = {name for name, fact in facts.items() if isinstance(fact, Known) and fact.value != ()}
    return any(known & step.facts for step in _STEPS)


def _retried(gaps: Iterable[Gap]) -> Fix | None:
    """Return how to look again where looking failed for a reason that can be put right."""
    for gap in gaps:
        if gap.kind is GapKind.RULE_CRASHED:
            return Fix(
                "report this as a fault of torch-doctor, with what this prints",
                ("TORCH_DOCTOR_DEBUG=1 torch-doctor --json",),
            )
        # what a report could not tell is asked for: nobody can look there again
        if gap.kind is not GapKind.FACT_UNREAD or gap.why is None or gap.why.source.pasted:
            continue
        if gap.why.reason is Reason.DENIED:
            return Fix(
                f"look again with the right to read {gap.fact}",
                ("sudo torch-doctor",),
                needs_root=True,
            )
        if gap.why.reason is Reason.TIMEOUT:
            seconds = _TIMES * _DEFAULT_TIMEOUT_S
            return Fix(
                f"look again with more time: {gap.fact} was not read in time",
                (f"torch-doctor --timeout {seconds}",),
            )
    return None


def _asked(report: Report, person: Person, matrix: Matrix) -> Fix:
    """Return the command that tells most of what is not known; one that runs a kernel tells what remains."""
    other = _OF_MAKERS.get(_of_another_maker(report.facts, matrix) or person.variant or "")
    if other is not None:
        return _fix(_SHOW.format(other.tells), other, person)
    lacking = frozenset(_lacking(report))
    open_to = [step for step in _STEPS if _can_run(step, person)]
    chosen = max(open_to, key=lambda step: len(step.facts & lacking))
    step = chosen if chosen.facts & lacking else _RUN
    return _fix(_SHOW.format(step.tells), step, person)


def _of_another_maker(facts: Facts, matrix: Matrix) -> str | None:
    """Return what torch runs by on the GPUs that are told of, where none is NVIDIA's: rocm or xpu."""
    ours = ("gpus", "pci_gpus", "driver_release", "jetson", "kernel_module")
    if any(facts.value(name) for name in ours):
        return None
    names: tuple[str, ...] = facts.value("other_gpus", ())
    chips = [chip_in(name, matrix) for name in names]
    makers = {chip.maker for chip in chips if chip and chip.linux}
    return {"AMD": "rocm", "Intel": "xpu"}.get(makers.pop()) if len(makers) == 1 else None


def _can_run(step: Question, person: Person) -> bool:
    tool = step.command.partition(" ")[0]
    on_linux = person.system not in ("windows", "darwin")
    return (on_linux or tool not in _LINUX) and allowed(_asks("", step, person), person) is not None


def _lacking(report: Report) -> Iterator[str]:
    """Yield the facts behind the gaps, and what a verdict needs besides where it is not known either."""
    for gap in report.why:
        if gap.fact:
            yield gap.fact
        elif gap.kind is GapKind.GPUS_INVISIBLE:
            yield "nvml_status"
        elif gap.kind in (GapKind.FAILURE_SEEN, GapKind.OBJECTION):
            yield "kernel_results"
    basic = ("torch_version", "driver_release", "gpus")
    if any(gap.fact in basic for gap in report.why):
        yield from (name for name in basic if not isinstance(report.facts[name], Known))


def _fix(text: str, step: Question, person: Person) -> Fix:
    fix = _asks(text, step, person)
    return allowed(fix, person) or fix


def _asks(text: str, step: Question, person: Person) -> Fix:
    return Fix(text, (step.command.format(python=word(person.python)),), action="ask-fact")
