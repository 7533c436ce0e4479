"""Cloud instance types: p4d is no Tesla P4, and a2-highgpu no A2."""

from __future__ import annotations

import re

from torch_doctor.matrix.gpus.rows import CloudInstance, GpuProduct
from torch_doctor.matrix.query import gpus_named
from torch_doctor.matrix.store import Matrix


def instance_named(name: str, matrix: Matrix) -> CloudInstance | None:
    """Return the instance type that is called *name*, or None."""
    typed = " ".join(name.lower().replace("_", " ").split()).removeprefix("standard ")
    # Every pattern begins with two plain characters: most are not compiled for a name.
    alike = (row for row in matrix.cloud_instances if row.pattern[:2] == typed[:2])
    return next((row for row in alike if re.fullmatch(row.pattern, typed)), None)


def gpus_of(instance: CloudInstance, matrix: Matrix) -> tuple[GpuProduct, ...]:
    """Return the products that instances of a type have."""
    return gpus_named(matrix, instance.gpu).rows
