"""Parts of the driver inside an image, where the container runtime brings those of the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import AnyStep, EnvStep, Flaw, RunStep

PROBLEMS = {
    "driver-in-image": "Packages of the NVIDIA driver are installed into an image.",
    "compat-in-image": "The library of forward compatibility is put into an image, or on its path.",
    "stub-libcuda": "The stub of libcuda is on the path of the loader.",
}
_DRIVER = (
    r"nvidia-(?:driver|utils|headless|dkms|kernel)-?\S*|cuda-drivers\S*|cuda(?:-\d+-\d+)?"
    r"|libnvidia-(?:compute|gl|ml|decode|encode)-\S+"
)


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield them for images alone: a machine's own set-up installs drivers rightly."""
    for setup in project.setups:
        if setup.environment.kind == "dockerfile":
            yield from _packages(setup)
            yield from _paths(setup)


def installed(step: RunStep) -> list[str]:
    """Return the packages that a call of the system's installer asks for, without versions."""
    words = [word for word in step.words if word not in ("sudo", "env") and "=" not in word[:1]]
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    if not words or words[0] not in ("apt-get", "apt", "dnf", "yum", "microdnf", "aptitude"):
        return []
    if "install" not in words:
        return []
    rest = words[words.index("install") + 1 :]
    return [re.sub(r"[=:].*", "", word) for word in rest if not word.startswith("-")]


def _packages(setup: Setup) -> Iterator[Flaw]:
    for step in setup.environment.steps:
        if not isinstance(step, RunStep):
            continue
        for name in installed(step):
            if re.fullmatch(_DRIVER, name):
                message = (
                    f"{name} brings parts of a driver into the image: beside another driver of the host they do not "
                    "work, and hide the libraries that the container runtime brings"
                )
                fix = "leave it out; for a compiler take cuda-toolkit, or a devel image"
                yield Flaw("driver-in-image", Severity.WARNING, step.spot, message, fix)
            elif name.startswith("cuda-compat"):
                message = f"{name} is for data-centre GPUs alone, and stops others with error 804"
                fix = "leave it out, and install a newer driver on the host"
                yield Flaw("compat-in-image", Severity.WARNING, step.spot, message, fix)


def _paths(setup: Setup) -> Iterator[Flaw]:
    carried: dict[str, str] = {}
    named = any(_makes_loadable(step) for step in setup.environment.all_steps)
    for step in setup.environment.steps:
        if isinstance(step, EnvStep) and step.name in ("LD_LIBRARY_PATH", "LD_PRELOAD"):
            written = step.value.replace(carried.get(step.name) or "\n", "")
            carried[step.name] = step.value
            if re.search(r"/stubs\b", written):
                yield _stub_on_path(step, named=named)
            if re.search(r"/compat\b", written):
                message = "the library of forward compatibility is found first: it is for data-centre GPUs alone"
                fix = "take it off the path"
                yield Flaw("compat-in-image", Severity.WARNING, step.spot, message, fix)
        elif isinstance(step, RunStep):
            text = " ".join(step.words)
            if (
                re.match(r"ln\b", text)
                and re.search(r"/stubs/libcuda\.so(?:\.1)?\s+\S*/(?:lib\S*)", text)
                and "/stubs/libcuda.so.1" not in text.split()[-1]
            ):
                message = "a link makes the stub of libcuda the one that programs load"
                fix = "link against it with -L, and make no link on the loader's path"
                yield Flaw("stub-libcuda", Severity.WARNING, step.spot, message, fix)


def _makes_loadable(step: AnyStep) -> bool:
    """Whether a step gives the stub, which is called libcuda.so, the name that programs load."""
    text = " ".join(step.words) if isinstance(step, RunStep) else ""
    return bool(re.match(r"(?:ln|cp|mv)\b", text) and re.search(r"/stubs/libcuda\.so\.1$", text))


def _stub_on_path(step: EnvStep, *, named: bool) -> Flaw:
    """The folder of stubs has no library of the name that programs load, unless somebody gave it one."""
    if named:
        severity = Severity.ERROR
        message = "the stub of libcuda is found before the driver's own: every call says that it is a stub"
    else:
        severity = Severity.WARNING
        message = (
            "the folder of stubs is searched before the driver's own: once a libcuda.so.1 stands in it, "
            "every call says that it is a stub"
        )
    fix = "put stubs into LIBRARY_PATH, which the linker reads, and not into LD_LIBRARY_PATH"
    return Flaw("stub-libcuda", severity, step.spot, message, fix)
