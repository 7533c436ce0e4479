"""A GPU that torch refuses when it starts: whether its code reaches it, and another one that does the work."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.startup import regex
from torch_doctor.core.version import ComputeCapability
from torch_doctor.fixes.actions import by_hand, set_variable
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors

# torch looks for code of the GPU's major, and leaves PTX out: what it carries of that does not refute it
REFUSED = (
    r"with CUDA capability sm_\d+ is not compatible with the current PyTorch installation"
    r"|warnings\.warn\(incompatible_device_warn\b"  # the line of its source that Python shows below it
)
NO_KERNEL = (
    r"no kernel image is available|cudaErrorNoKernelImageForDevice|CUDA_ERROR_NO_BINARY_FOR_GPU"
)
_NAME = regex(r"([A-Z][\w ()-]{2,60}?) with CUDA capability sm_\d+ is not compatible")
_HIDE = by_hand(
    "hide that GPU: set CUDA_VISIBLE_DEVICES to the number of the one that PyTorch runs on"
)
_RANGE = regex(r"\((\d{1,2}\.\d)\) - \((\d{1,2}\.\d)\)")


def beside_one_that_runs(cures: Cures, errors: Errors, ran: set[int]) -> Iterator[Draft]:
    """Yield that torch refuses a GPU, which is not the one that kernels ran on."""
    seen = (_NAME.search(error.text) for error in errors.matching(REFUSED))
    names = [found[1] for found in seen if found]
    others = [gpu for gpu in cures.machine.gpus or () if gpu.index not in ran]
    refused = [gpu.index for gpu in others if any(gpu.name in name for name in names)]
    if not refused:
        return
    shown = ",".join(map(str, sorted(ran)))
    listed = ran <= {gpu.index for gpu in cures.machine.gpus or ()}
    hide = set_variable("CUDA_VISIBLE_DEVICES", shown, f"it hides {names[0]} from PyTorch")
    yield finding(
        f"gpu:{refused[0]}",
        f"torch has no code for {names[0]}, and says so: PyTorch runs on the GPU beside it",
        severity=Severity.WARNING,
        because=errors.receipts("cuda_209_no_kernel"),
        fixes=[hide if listed else _HIDE],
        confidence="medium",
    )


def in_range(cures: Cures, warned: tuple[ErrorSeen, ...]) -> bool:
    """Whether torch's own range reaches every GPU here: code for a lower minor of the same major runs."""
    ranges = [found for error in warned if (found := _RANGE.search(error.text))]
    known = [gpu.capability for gpu in cures.machine.gpus or () if gpu.capability]
    if not ranges or not known:
        return False
    low = ComputeCapability.parse(ranges[0][1])
    high = ComputeCapability.parse(ranges[0][2])
    return all(low <= one and (one <= high or one.major == high.major) for one in known)
