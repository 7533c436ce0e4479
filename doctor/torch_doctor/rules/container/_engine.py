"""What the engine of a host must be told, so that its containers get GPUs. Shared here."""

from __future__ import annotations

import re

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes

# Docker learns of the NVIDIA Container Toolkit by these two steps.
REGISTER = ("sudo nvidia-ctk runtime configure --runtime=docker", "sudo systemctl restart docker")
ANOTHER_DOCKER = fixes.by_hand(
    "where it is registered already, see which Docker answers: one from snap, a rootless one (its configuration is "
    "~/.config/docker/daemon.json) and Docker Desktop do not read /etc/docker/daemon.json",
    "docker context ls",
    "docker info --format '{{.DockerRootDir}} {{.Runtimes}}'",
    scope="host",
)

# Podman learns of it from a file that lists the device files of its making.
DESCRIBE = (
    "sudo nvidia-modprobe -u -c=0",
    "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
)


def asked_in_vain(container: str) -> Action:
    """Return what to look at where GPUs were asked for and none arrived: asking again changes nothing."""
    if container == "kubernetes":
        text = (
            "see whether the device plugin of the node gives the Pod its GPU; on GKE the driver's libraries are in "
            "/usr/local/nvidia/lib64, which LD_LIBRARY_PATH of the Pod must name where the image is none of nvidia/cuda"
        )
        return fixes.by_hand(text, "kubectl describe pods", "kubectl describe nodes")
    if container == "podman":
        text = (
            "on the host, load nvidia_uvm, which CUDA opens and nvidia-smi does not, and make the CDI specification "
            "again, so that it lists every device file; then start the container with --device nvidia.com/gpu=all"
        )
        return fixes.by_hand(text, *DESCRIBE, scope="host", root=True)
    text = "on the host, register the NVIDIA Container Toolkit anew, then start the container again"
    return fixes.by_hand(text, *REGISTER, scope="host", root=True)


# "docker run --gpus all works with the same image": what compose starts was not given them.
_BY_RUN = regex(
    r"\bdocker run\b[^.;\n]{0,60}--gpus\b[^.;\n]{0,60}\b(?:works?|fine|ok(?:ay)?|sees?|shows?|lists?|True)\b"
    r"|\b(?:works?|fine|ok(?:ay)?)\b[^.;\n]{0,24}\b(?:with|by|via|using) [`'\"]?docker run\b[^.;\n]{0,60}--gpus\b",
    re.IGNORECASE,
    ("docker run",),
)


def works_by_run(remarks: tuple[ErrorSeen, ...]) -> bool:
    """Whether words say that a container that docker run starts has its GPUs."""
    return any(_BY_RUN.search(remark.text) for remark in remarks)
