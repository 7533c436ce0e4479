"""How to start a container so that it gets GPUs. Shared by the rules of this folder."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes import wording as fixes

_OPTIONS = {"docker": "--gpus all", "podman": "--device nvidia.com/gpu=all"}


def ask_for_gpus(container: str) -> Fix:
    """Return how to ask for GPUs in a *container* of this kind: docker, podman, kubernetes, apptainer …"""
    if container == "kubernetes":
        text = (
            "ask for a GPU in the Pod: resources.limits nvidia.com/gpu: 1 (its device plugin must run), "
            "and runtimeClassName: nvidia where that is not the default runtime"
        )
        return fixes.by_hand(text, scope="container")
    if container in ("apptainer", "singularity"):
        command = f"{container} exec --nv IMAGE …"
        return fixes.by_hand("start it with --nv", command, scope="container")
    options = _OPTIONS.get(container, "--gpus all")
    why = "with GPUs (needs the NVIDIA Container Toolkit on the host)"
    return fixes.restart_container(options, why)
