"""NVIDIA's packages of one library for two CUDA majors: which of them write the same files."""

from __future__ import annotations

import re
from functools import lru_cache

from torch_doctor.core.tuples import NamedTuple

# Components whose wheels of all CUDA majors hold files of the same names.
_SAME_FILES = ("cudnn", "nccl", "nvshmem", "cusparselt")
_SUFFIX = r"nvidia-(.+)-cu(\d+)"


class SharedFiles(NamedTuple):
    """A package whose files those of another CUDA major have, too: its component, cudnn, and its own major."""

    component: str
    major: int


@lru_cache(256)
def shared_files(package: str) -> SharedFiles | None:
    """Return what ``nvidia-cudnn-cu12`` shares with its twins; None for a package that shares nothing."""
    match = re.fullmatch(_SUFFIX, package)
    return SharedFiles(match[1], int(match[2])) if match and match[1] in _SAME_FILES else None
