"""A program runs on the CPU beside an NVIDIA GPU, and torch says no word about CUDA.

What it checks
    In a report: a program's warning that half precision is not supported on the CPU, or a line of its log that the
    device is the CPU; on Windows, torch's bare no, or the complaint that the CPU computes. An NVIDIA GPU is named, no
    build of torch is known, and there is no error about CUDA, the driver or a container.
Why it matters
    A CUDA build that cannot start says why when it is asked. A CPU build just answers that there is no CUDA, and
    programs such as Whisper then take the CPU. On Windows the default index serves CPU builds only.
How to fix
    Look which build is installed, and install a CUDA build.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_ON_CPU = (
    r"FP16 is not supported on CPU|not implemented for 'Half'"
    r"|^\W{0,4}(?:[\w.:\[\]|, -]{0,48}[\]|:-] ?)?(?:(?:using|chosen|selected|current|running on|torch) ){0,2}device"
    r" ?(?:is|:|->)? ?"
    r"[`'\"]?cpu\b(?! ?[/,(#]| {1,4}#)"
)
_OF_CUDA = (
    r"CUDA initialization|NVIDIA driver|CUDA error|No CUDA GPUs|NVIDIA-SMI|forward compat|libcuda"
)
_ON_THE_CPU = "the program runs on the CPU beside {}: torch is most likely a CPU build, unless the CPU was chosen"
_REFUSED = (
    "torch has no CUDA beside {}, and gives no reason: most likely it is the CPU build that the default index serves "
    "for Windows"
)
_LOOK = fixes.by_hand(
    "see which build is installed: None means a CPU build",
    'python -c "import torch; print(torch.__version__, torch.version.cuda)"',
)


@rule("TD419", severity="warning", cause="cpu-only-torch-build", breaks="cuda")
def check(
    gpus: tuple[Gpu, ...],
    torch_variant: Fact[str],
    cures: Cures,
    container: str | None = None,
    cuda_available: bool | None = None,
    os_family: str | None = None,
    cuda_visible_devices: str | None = None,
    notebook_service: str | None = None,
    runs_on_cpu: bool | None = None,
    gpu_wanted: bool | None = None,
    other_gpus: tuple[str, ...] = (),
    python_version: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    unasked = isinstance(torch_variant, Unavailable) and not torch_variant.reason.is_answer
    if isinstance(torch_variant, Known) or not unasked or container or cuda_available or not gpus:
        return
    windows = os_family == "windows"
    refused = windows and cuda_available is False
    minded = windows and runs_on_cpu and gpu_wanted and python_version and not other_gpus
    if cuda_visible_devices is not None or notebook_service or errors.matching(_OF_CUDA):
        return
    if not (refused or minded or errors.matching(_ON_CPU)):
        return
    name = gpus[0].name or "a GPU"
    message = (_REFUSED if refused else _ON_THE_CPU).format(name)
    # what was asked and answered no is a fault
    severity = Severity.ERROR if cuda_available is False else None
    build = cures.another_build()
    cure = [*build, _LOOK] if refused or minded else [_LOOK, *build]
    yield finding("torch", message, severity=severity, fixes=cure, confidence="medium")
