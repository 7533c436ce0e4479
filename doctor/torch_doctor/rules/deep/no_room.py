"""A GPU has too little free memory for the deep check.

What it checks
    Stages that found too little memory, or that ran out of it. They ask for a few hundred MiB at most.
Why it matters
    A program that starts now fails in the same way.
How to fix
    End the programs that hold the memory, or choose a GPU that has some left.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.deep._reading import quoted


@rule("TD962", severity="warning", cause="gpu-busy")
def check(deep_results: tuple[DeepResult, ...]) -> Iterator[Draft]:
    full = [r for r in deep_results if r.status == "memory"]
    places = dict.fromkeys("gpu" if r.gpu is None else f"gpu:{r.gpu}" for r in full)
    for place in places:
        own = [r for r in full if place == ("gpu" if r.gpu is None else f"gpu:{r.gpu}")]
        stages = ", ".join(r.stage for r in own)
        see = fixes.by_hand("see which programs hold the memory, and end them", "nvidia-smi")
        which = "the GPUs have" if place == "gpu" else f"GPU {own[0].gpu} has"
        message = f"{which} too little free memory for {stages}: {quoted(own[0])}"
        yield finding(place, message, fixes=[see])
