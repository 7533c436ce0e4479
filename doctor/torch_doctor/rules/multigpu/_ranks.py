"""Fewer processes, in the words of what starts them, and device numbers that exist."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action, Severity
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.startup import regex
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.pattern import carries
from torch_doctor.matrix.signatures import Errors

# Servers and launchers have flags of their own for the number of GPUs.
_FLAGS = (
    (r"tensor[-_]parallel[-_]size|(?<!\w)-tp\b|vllm serve", "--tensor-parallel-size {}"),
    (r"\baccelerate launch\b", "accelerate launch --num_processes {}"),
    (r"deepspeed\b.{0,40}--num_gpus", "deepspeed --num_gpus {}"),
)

_LAUNCHED = regex(
    r"\b(?:torchrun|distributed\.(?:launch|run)|accelerate launch|deepspeed|mpirun)\b.{0,200}"
    r"--?(?:nproc[-_]per[-_]node|num[-_](?:processes|gpus)|np)\b"
)


def started(remarks: tuple[ErrorSeen, ...]) -> bool:
    """Whether a launcher starts the processes: where they are more than a mask names, their number is what is wrong."""
    return any(_LAUNCHED.search(remark.text) for remark in remarks)


def fewer(there: int | None, remarks: tuple[ErrorSeen, ...], *, many: bool) -> Iterator[Action]:
    """Yield how to start as many processes as there are GPUs, by the flag of the program where it is known.

    Where nothing tells of *many* processes, the number stands in an option of the program, or is its default.
    """
    forms = [words for form, words in _FLAGS if any(carries(form, r.text) for r in remarks)]
    number = str(there or "N")
    if forms:
        which = "" if there else ", N the number of GPUs that this lists"
        yield fixes.by_hand(f"start it with {forms[0].format(number)}{which}", "nvidia-smi -L")
    elif there and not many:
        valid = "number 0" if there == 1 else f"numbers 0 to {there - 1}"
        which = "cuda:0" if there == 1 else f"cuda:0 to cuda:{there - 1}"
        most = "1 process" if there == 1 else f"at most {there} processes"
        text = (
            f"give the program {valid}: in its option (--gpu, --gpu_ids, --device: the default may name GPUs of "
            f"another machine), or {which} in its code; and start {most}"
        )
        yield fixes.change_program(text)
    elif there:
        text = (
            f"start {plural(there, 'process', 'processes')} (torchrun --nproc-per-node={number}), or lower the "
            f"device number below {number}"
        )
        yield fixes.by_hand(text)


def named(mask: str) -> list[str]:
    """Return the devices that a *mask* names."""
    return [entry for entry in mask.split(",") if entry.strip()]


def existing(*, many: bool) -> Action:
    """Return which device numbers exist, where nobody tells how many GPUs there are; *many* processes were started."""
    if many:
        return fixes.by_hand("start as many processes as nvidia-smi -L lists GPUs", "nvidia-smi -L")
    ask = 'python -c "import torch; print(torch.cuda.device_count())"'
    text = "use a device number below the count that this prints (the first GPU is cuda:0), and start no more processes"
    return fixes.by_hand(text, ask)


def within(mask: str) -> Action:
    """Return how devices are numbered behind a *mask*: from 0, whatever numbers it names."""
    count = len(named(mask))
    seen = "one GPU, cuda:0" if count == 1 else f"at most {count} GPUs, cuda:0 to cuda:{count - 1}"
    text = f"use device numbers from 0 on in the program: behind CUDA_VISIBLE_DEVICES={mask} it sees {seen}"
    return fixes.change_program(text)


def weighed(message: str, cures: list[Action], errors: Errors, *, seen: bool) -> Draft:
    """Return the finding: a warning where nothing was *seen* to fail."""
    because = errors.receipts("cuda_101_ordinal")
    severity = None if seen else Severity.WARNING
    return finding("gpu", message, severity=severity, because=because, fixes=cures)
