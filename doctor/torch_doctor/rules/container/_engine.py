"""What the engine of a host must be told, so that its containers get GPUs. Shared here."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes

# Docker learns of the NVIDIA Container Toolkit by these two steps.
REGISTER = ("sudo nvidia-ctk runtime configure --runtime=docker", "sudo systemctl restart docker")


def asked_in_vain(container: str) -> Action:
    """Return what to look at where GPUs were asked for and none arrived: asking again changes nothing."""
    if container == "kubernetes":
        text = "see whether the device plugin of the node gives the Pod its GPU"
        return fixes.by_hand(text, "kubectl describe pods", "kubectl describe nodes")
    text = "on the host, register the NVIDIA Container Toolkit anew, then start the container again"
    return fixes.by_hand(text, *REGISTER, scope="host", root=True)
