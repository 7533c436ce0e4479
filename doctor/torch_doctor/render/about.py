"""What was judged, in words: a machine is "here" only where it is this one, and what was assumed is said."""

from __future__ import annotations

from torch_doctor.core.about import About, AboutKind
from torch_doctor.core.report import Verdict
from torch_doctor.core.text import listing, one_line

_HERE = {
    Verdict.HEALTHY: "PyTorch will run a kernel on the GPUs here.",
    Verdict.DEGRADED: "PyTorch will run a kernel on the GPUs here, with warnings.",
    Verdict.BROKEN: "PyTorch will not run on the GPUs here as things stand.",
    Verdict.UNDECIDED: "It is not known whether PyTorch will run a kernel here.",
    Verdict.CPU_ONLY: "There is no NVIDIA GPU here to run on{rest}.",
}
_THERE = {
    Verdict.HEALTHY: "PyTorch will run a kernel on the GPUs of {machine}.",
    Verdict.DEGRADED: "PyTorch will run a kernel on the GPUs of {machine}, with warnings.",
    Verdict.BROKEN: "PyTorch will not run on the GPUs of {machine} as things stand.",
    Verdict.UNDECIDED: "It is not known whether PyTorch will run a kernel on {machine}.",
    Verdict.CPU_ONLY: "There is no NVIDIA GPU in {machine} to run on{rest}.",
}
_ASSUMED = {
    Verdict.HEALTHY: "PyTorch would run a kernel on the GPUs of {machine}.",
    Verdict.DEGRADED: "PyTorch would run a kernel on the GPUs of {machine}, with warnings.",
    Verdict.BROKEN: "PyTorch would not run on the GPUs of {machine}.",
    Verdict.UNDECIDED: "It is not known whether PyTorch would run a kernel on {machine}.",
    Verdict.CPU_ONLY: "There would be no NVIDIA GPU in {machine} to run on{rest}.",
}
_MACHINES = {
    AboutKind.THIS_MACHINE: "this machine",
    AboutKind.SAVED_MACHINE: "the saved machine",
    AboutKind.REPORTED_MACHINE: "the reported machine",
    AboutKind.HYPOTHETICAL: "the machine as assumed",
}
_ANSWERS = {
    AboutKind.THIS_MACHINE: _HERE,
    AboutKind.SAVED_MACHINE: _THERE,
    AboutKind.REPORTED_MACHINE: _THERE,
    AboutKind.HYPOTHETICAL: _ASSUMED,
}
# What fails is a package that torch does without.
_PACKAGES = {
    AboutKind.THIS_MACHINE: "PyTorch itself may run on the GPUs here; a package beside it will not as things stand.",
    AboutKind.HYPOTHETICAL: "PyTorch itself might run on the GPUs of {machine}; a package beside it would not.",
}
_PACKAGES_THERE = (
    "PyTorch itself may run on the GPUs of {machine}; a package beside it will not as things stand."
)
_PACKAGES_RAN = (
    "PyTorch ran a kernel on the GPUs {of}; a package beside it will not run as things stand."
)
_RAN = {
    Verdict.HEALTHY: "PyTorch ran a kernel on the GPUs {of}.",
    Verdict.DEGRADED: "PyTorch ran a kernel on the GPUs {of}, with warnings.",
    Verdict.BROKEN: "PyTorch ran a kernel on the GPUs {of}; what fails beside that is named above.",
}


def machine(about: About) -> str:
    """Return what to call the machine that was judged."""
    return _MACHINES[about.kind]


def of_packages(about: About, *, observed: bool) -> str:
    """Return the verdict ``broken`` as one sentence where only packages beside torch fail."""
    if observed:
        return _PACKAGES_RAN.format(of=_where(about))
    return _PACKAGES.get(about.kind, _PACKAGES_THERE).format(machine=machine(about))


def of_expectations(about: About, *, observed: bool, supported: bool) -> str:
    """Return the verdict ``broken`` as one sentence where nothing fails but what the user expects."""
    if not (observed or supported):
        return f"{machine(about).capitalize()} is not as expected."
    runs = sentence(about, Verdict.HEALTHY, observed=observed)
    return f"{runs.removesuffix('.')}, but not all is as expected."


def _where(about: About) -> str:
    return "here" if about.kind is AboutKind.THIS_MACHINE else f"of {machine(about)}"


def sentence(
    about: About, verdict: Verdict, *, observed: bool, torch: bool = True, gpus: bool = False
) -> str:
    """Return a verdict as one sentence; *observed* is whether a kernel was seen to run.

    *torch* and *gpus* are whether they may be there: ``cpu-only`` means one thing with GPUs and another without torch.
    """
    where = _where(about)
    if observed and verdict in _RAN:
        return _RAN[verdict].format(of=where)
    if verdict is Verdict.CPU_ONLY and gpus:
        return f"A CPU build is what is expected; the GPUs {where} are not used."
    rest = "; PyTorch would use the CPU" if torch else ", and no PyTorch"
    return _ANSWERS[about.kind][verdict].format(machine=machine(about), rest=rest)


def judged(about: About) -> str:
    """Return what was judged, in a few words; an empty string for this machine as it is."""
    name = one_line(about.name)
    if about.kind is AboutKind.SAVED_MACHINE:
        return f"the facts in {name}" if name else "saved facts"
    if about.kind is AboutKind.REPORTED_MACHINE:
        return f"the report {name}" if name else "a report"
    if about.kind is AboutKind.HYPOTHETICAL:
        return _assumed(about, name)
    return ""


def _assumed(about: About, name: str) -> str:
    """Say what is assumed, and of what: of facts, of this machine (the word ``host``), or of nothing else."""
    typed = one_line(listing([text for text in about.assumed if text != "host"]))
    if name or "host" in about.assumed:
        base = f"the facts in {name}" if name else "this machine"
        return f"{base} with {typed or 'nothing more'} assumed"
    return f"what is assumed alone: {typed or 'nothing'}"
