"""The program asks for more GPUs than there are for it.

What it checks
    "invalid device ordinal" in an error text, and the number of processes or GPUs that the program asks
    for against the GPUs that its mask leaves. The number alone is a warning: the command may be for another machine,
    or for several.
Why it matters
    The rank whose number has no GPU fails, and the others with it.
How to fix
    Start as many processes as there are GPUs, or show more GPUs to the program.
References
    https://docs.pytorch.org/docs/stable/elastic/run.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, rule
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.law.masks import read_mask
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.multigpu._ranks import existing, fewer, named, started, weighed, within

INVALID_DEVICE = 101
_REFUSED = r"Invalid CUDA .{1,30} requested"


@rule(
    "TD706",
    severity="error",
    cause="invalid-device-ordinal",
    breaks="cuda",
    explains=("TD711",),
    about=("requested_gpus", "errors"),
)
def check(
    requested_gpus: int | None = None,
    gpus: tuple[Gpu, ...] = (),
    torch_device_count: int | None = None,
    cuda_visible_devices: str | None = None,
    cuda_available: bool | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    seen = bool(errors.numbered(INVALID_DEVICE) or errors.of("more_devices_than_gpus"))
    seen = seen or (cuda_available is True and bool(errors.matching(_REFUSED)))
    there = torch_device_count
    mask = cuda_visible_devices
    if there is None and gpus:
        there = len(gpus) if mask is None else len(read_mask(mask, gpus).visible)
    elif there is None and mask:
        there = len(named(mask))
    # No GPU at all is another fault; instances of MIG have a rule of their own.
    short = requested_gpus is not None and there is not None and 0 < there < requested_gpus
    if not (seen or short) or any(gpu.mig_mode for gpu in gpus):
        return
    if short and not seen and cuda_available is False:
        return
    have = f"{plural(there, 'GPU')} {'is' if there == 1 else 'are'} there for it" if there else ""
    message = "the program uses a device number that does not exist (invalid device ordinal)"
    if short:
        message = f"the program asks for {requested_gpus} GPUs, {have}"
    elif have:
        message += f": {have}"
    many = requested_gpus is not None
    cures = list(fewer(there, remarks, many=many))
    if cuda_visible_devices and (not short or not gpus):
        cures.insert(1 if short and started(remarks) else 0, within(cuda_visible_devices))
    # a mask that leaves every GPU hides none
    if cuda_visible_devices is not None and not (gpus and there == len(gpus)):
        cures.append(fixes.unset_variable("CUDA_VISIBLE_DEVICES", "then every GPU is visible"))
    if not cures:
        cures.append(existing(many=many))
    yield weighed(message, cures, errors, seen=seen)
