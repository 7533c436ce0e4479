"""Kubernetes: a Pod that asks the NVIDIA device plugin for GPUs, with shared memory for data loaders."""

from __future__ import annotations

from torch_doctor.recommendation.emit.docker import lacking
from torch_doctor.recommendation.plans.plan import Plan

_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: torch
spec:
  restartPolicy: Never
  containers:
    - name: torch
      image: {image}
      command: ["python", "-c", "import torch; print(torch.zeros(1, device='cuda'))"]
      resources:
        limits:
          nvidia.com/gpu: {gpus}
      volumeMounts:
        - name: shm
          mountPath: /dev/shm
  volumes:
    - name: shm
      emptyDir:
        medium: Memory
"""


def emit(plan: Plan) -> str | None:
    """Return the Pod, or None where no image of this build is on record."""
    if plan.image is None:
        return None
    return lacking(plan) + _POD.format(image=plan.image, gpus=plan.gpus)
