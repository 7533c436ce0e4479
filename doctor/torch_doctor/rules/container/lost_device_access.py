"""The container lost its access to the GPUs while it ran.

What it checks
    NVML answers "unknown error" (999) inside a container while its device files are there; or a text shows these words.
Why it matters
    A reload of systemd on the host rewrites the container's device rules; from then on every new
    program that asks NVML fails, while programs that run go on.
How to fix
    Start the container again; for good, create the /dev/char links or use CDI.
References
    https://github.com/NVIDIA/nvidia-container-toolkit/issues/48
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any, regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.container._later import is_lost_until_restart
from torch_doctor.rules.gpu._usable import STOPPED

NVML_SUCCESS, NVML_UNKNOWN = 0, 999
_FOR_GOOD = (
    "keep it from happening again, on the host: make the /dev/char links of the devices (or name the devices with "
    "--device or by CDI, or set native.cgroupdriver=cgroupfs in Docker's exec-opts)"
)
_LINKS = "sudo nvidia-ctk system create-dev-char-symlinks --create-all"
_COMES_BACK = regex(
    r"(?i)daemon-reload"
    r"|\b(?:(?:re-?)?(?:start|creat|run|deploy)\w*)\b[^.;\n]{0,40}"
    r"\b(?:work|help|fix|solve|resolve|bring|comes? back|recover)\w*"
    r"|\b(?:every (?:night|day|few)|after (?:a few|some|several|\d+) (?:hours?|days?|minutes?))\b"
    r"|\b(?:again and again|randomly|from time to time)\b|重启[^。,\n]{0,8}(?:好|正常|恢复)|再起動[^。]{0,8}(?:直|復)"
)
_ABOUT = ("nvml_status", "remarks", "errors")


@rule("TD603", severity="error", cause="nvml-unknown-error-container", breaks="start", about=_ABOUT)
def check(
    container: Fact[Any],
    nvml_status: ApiStatus | None = None,
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    driver_kernels: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    tried: tuple[str, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    # A report rarely says that it is from a container; outside of one NVML hardly ever answers this.
    outside = isinstance(container, Unavailable) and container.reason.is_answer
    code = None if nvml_status is None else nvml_status.code
    inside = isinstance(container, Known)
    pasted = errors.of("nvml_unknown_error_container") and not errors.matching(STOPPED)
    # an NVML that works beside a text of one that does not is the host's
    lost = pasted and code in (None, NVML_UNKNOWN, NVML_SUCCESS)
    later = inside and is_lost_until_restart([r.text for r in remarks])
    lost = (lost or later or (inside and code == NVML_UNKNOWN)) and not outside and not wsl
    if not lost or any(result.ok for result in (*kernel_results, *driver_kernels)):
        return
    again = fixes.restart_as_it_is("its access to the GPUs comes back with it")
    links = fixes.by_hand(_FOR_GOOD, _LINKS, scope="host", root=True)
    start = "NVML answers 999 in this container"
    start = "this container lost its GPUs while it ran" if later else start
    message = f"{start}: its access to the GPU device files was taken away"
    severity = Severity.WARNING if cuda_started(kernel_results, cuda_available) else None
    because = errors.receipts("nvml_unknown_error_container")
    # who has seen that a restart brings it back asks how to keep it
    knows = (
        later or "restarted-container" in tried or any(_COMES_BACK.search(r.text) for r in remarks)
    )
    cures = [links, again] if knows else [again, links]
    yield finding("container", message, because=because, severity=severity, fixes=cures)
