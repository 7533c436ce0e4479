"""CUDA was asked for on a Mac.

What it checks
    The operating system, and whether a GPU is required or a program asked for CUDA.
Why it matters
    No torch for macOS has CUDA, and NVIDIA's last driver for macOS was for 10.13. Apple's GPUs are used through MPS.
How to fix
    Use the device "mps" on Apple silicon, or a Linux or Windows machine with an NVIDIA GPU.
References
    https://docs.pytorch.org/docs/stable/notes/mps.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.torch._wishes import wanted

_OF_DOCKER = "could not select device driver"
_OF_A_LIBRARY = r"^CUDA SETUP: "
_NO_REQUEST = fixes.by_hand(
    "take the request for GPUs out of the compose file (deploy.resources.reservations.devices) or the command "
    "(--gpus): a container on a Mac has none; torch's device mps is had outside of containers"
)
_NO_MPS = r"MPS backend is supported on|MPS not available|mps\.is_available\(\).{0,40}False"
_DECIDES = fixes.ask_fact(
    "where torch.backends.mps.is_available() is False, see which of three it is: a macOS before 12.3, a Mac without "
    "Apple silicon, or a Python for x86_64 under Rosetta (this prints x86_64 there; install an arm64 Python, and torch "
    "into it)",
    "sw_vers -productVersion",
    "sysctl -n machdep.cpu.brand_string",
    'python -c "import platform; print(platform.machine())"',
    'python -c "import torch; print(torch.backends.mps.is_built(), torch.backends.mps.is_available())"',
)


@rule(
    "TD430",
    severity="error",
    cause="macos-no-cuda",
    breaks="library",
    explains=("TD305", "TD402", "TD411", "TD503", "TD523", "TD606", "TD852", "TD853"),
)
def check(
    os_family: str,
    required_gpus: int | None = None,
    install_commands: tuple[str, ...] = (),
    install_indexes: tuple[str, ...] = (),
    unresolved: tuple[UnresolvedRequirement, ...] = (),
    host_arch: str | None = None,
    cuda_available: bool | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    virtual_machine: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if os_family != "darwin" or cuda_available or virtual_machine:
        return
    wishes = [wish.requirement for wish in unresolved]
    asked = wanted(errors, required_gpus, (*install_commands, *wishes), install_indexes)
    boxed = bool(errors.matching(_OF_DOCKER))
    if not asked and (boxed or errors.matching(_OF_A_LIBRARY)):
        asked = "a container asks for it" if boxed else "a library asks for it"
    if not asked and errors.of("toolkit_missing_in_build"):
        asked = "a package that is compiled asks for it"
    message = "there is no CUDA on macOS" + (f", but {asked}" if asked else "")
    mps = fixes.by_hand('use torch.device("mps") on Apple silicon, or another machine for CUDA')
    refused = errors.matching(_NO_MPS)
    cures = [_DECIDES] if refused and not asked else [mps] if asked else [mps, _DECIDES]
    cures = [_NO_REQUEST, *cures] if boxed else cures
    yield finding("host", message, severity=None if asked else Severity.NOTE, fixes=cures)
