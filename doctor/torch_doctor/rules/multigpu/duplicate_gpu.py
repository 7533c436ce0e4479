"""Two ranks of one job use the same GPU.

What it checks
    NCCL's "Duplicate GPU detected" in an error text.
Why it matters
    NCCL refuses a job in which two ranks share a GPU.
How to fix
    Give each process its own device: torch.cuda.set_device(int(os.environ["LOCAL_RANK"])), and one
    process per GPU. Instances (MIG) of one GPU count as one.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD705", severity="error", cause="invalid-device-ordinal", breaks="cuda", explains=("TD711",))
def check(errors: Errors, gpus: tuple[Gpu, ...] = ()) -> Iterator[Draft]:
    if not errors.of("nccl_duplicate_gpu"):
        return
    sliced = any(gpu.mig_mode or gpu.mig_devices for gpu in gpus)
    number = f" (torchrun --nproc-per-node={len(gpus)})" if gpus else ""
    one_each = fixes.change_program(
        f"start one process for each GPU{number}, and let each take its own",
        'torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))',
    )
    whole = fixes.by_hand("use whole GPUs: NCCL does not run across MIG instances of one GPU")
    message = "two ranks of the job use one GPU, which NCCL refuses"
    because = errors.receipts("nccl_duplicate_gpu")
    cures = [whole, one_each] if sliced else [one_each]
    cause = "mig" if sliced else None
    yield finding("gpu", message, because=because, fixes=cures, cause=cause)
