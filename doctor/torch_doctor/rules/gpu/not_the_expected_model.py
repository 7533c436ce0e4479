"""The GPUs here are not of the model that the user expects.

What it checks
    --expect-gpu NAME against the names of the GPUs that ran a kernel, else of those that the driver lists, both
    resolved by the table of GPU names: H100 means every H100, RTX 4090 the desktop board alone, and A10 is no A100.
Why it matters
    A job planned for one model may not fit or not run on another.
How to fix
    Run the job on the right node, or expect the model that it has.
References
    docs/cli.md
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.finding import Action
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.core.text import listing, one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.gpus.choice import is_model, objection_to
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.gpu._usable import usable

_MASK = "CUDA_VISIBLE_DEVICES"


@rule("TD206", severity="error", cause="gpu-hardware")
def check(
    required_gpu_names: tuple[str, ...],
    matrix: Matrix,
    gpus: Fact[tuple[Gpu, ...]],
    torch_device_count: Fact[int],
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_visible_devices: str | None = None,
    cuda_device_order: str | None = None,
    scheduler: str | None = None,
) -> Iterator[Draft]:
    listed: tuple[Gpu, ...] = gpus.or_else(())
    found = usable(listed, cuda_visible_devices, None)
    # CUDA numbers GPUs by speed unless told otherwise: of different models a number says nothing.
    alike = len({gpu.name for gpu in listed}) == 1 or cuda_device_order == "PCI_BUS_ID"
    ran: list[str | None] = [result.name for result in kernel_results if result.name]
    offered = ran or [gpu.name for gpu in (found.visible if alike else found.answering)]
    here = sorted({name or "an unnamed GPU" for name in offered})
    answering = {gpu.name or "" for gpu in found.answering}
    unread = gpus.lost and len(ran) != torch_device_count.or_else(None)
    for wanted in required_gpu_names:
        unknown = objection_to(wanted, matrix)
        if unknown:
            yield finding("gpu", f"{wanted or 'a GPU'} expected: {unknown.problem}; {unknown.cure}")
        elif any(is_model(name, wanted, matrix) for name in here):
            continue
        elif unread:
            raise UndecidedError("gpus")  # it may be one on which no kernel ran
        elif not here:
            continue
        elif cuda_visible_devices and any(is_model(name, wanted, matrix) for name in answering):
            unset = fixes.unset_variable(_MASK, "then every GPU is visible")
            hides = f"{_MASK}={one_line(cuda_visible_devices, 120)!r} hides it"
            message = f"{wanted} expected, found {listing(here)}: {hides}"
            yield finding("gpu", message, cause="cuda-visible-devices", fixes=[unset])
        else:
            message = f"{wanted} expected, found {listing(here)}"
            yield finding("gpu", message, fixes=[_elsewhere(wanted, scheduler)])


def _elsewhere(wanted: str, scheduler: str | None) -> Action:
    if scheduler == "slurm":
        text = f"ask the scheduler for {wanted}; this lists what its nodes have"
        return fixes.by_hand(text, "sinfo -o '%N %G'")
    return fixes.by_hand(f"run it on a machine with {wanted}, or expect the model that it has")
