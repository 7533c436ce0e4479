"""A claim is what one line of a report says about one fact; its weight says how directly it was seen.

Precedence, from strongest to weakest. Of two claims of the same weight the earlier line wins: a report
starts with the case at hand, and comparisons ("on my other machine…") follow.
"""

from __future__ import annotations

from typing import Any

from torch_doctor.core.fact import Reason
from torch_doctor.core.tuples import NamedTuple

OBSERVED = 90  # a program tried it and printed the number: "found version 12080", "compiled against (8, 3, 2)"
TOOL = 80  # the tool that owns the number: nvidia-smi for the driver, nvcc for the toolkit
REPORT = 70  # an environment report made for this purpose: torch's and vLLM's collect_env
SUMMARY = 60  # other environment summaries: mmcv, detectron2, transformers, ds_report, bitsandbytes
SESSION = 55  # what a pasted interpreter session or a log line of torch implies
PACKAGES = 50  # package lists and the output of installers
BANNER = 40  # one-line banners of applications
COMMAND = 30  # commands and files: what was asked for, not what happened
PROSE = 20  # words


class Missing(NamedTuple):
    """The claim that there is no such thing, or that it does not apply."""

    reason: Reason
    detail: str = ""


class Claim(NamedTuple):
    """*value* of the fact *name*, read at *line* (1 is the first) with *weight*."""

    name: str
    value: Any
    line: int
    weight: int


class GpuCapability(NamedTuple):
    """A compute capability that a message states for a GPU by name, or for every GPU where it names none."""

    gpu: str | None
    capability: Any


class GpuMention(NamedTuple):
    """A GPU that words mention, and how many of them."""

    gpu: str
    number: int = 1
