"""What people do before they ask, as a closed list: a cure must not tell them to do it again.

A slug names the step, not its words, so that rules and cures can ask for it; the sentence says it in a report.
"""

from __future__ import annotations

TRIED: dict[str, str] = {
    "rebooted": "rebooted",
    "reinstalled-torch": "installed torch again",
    "changed-torch-version": "tried another torch",
    "changed-index": "tried another package index",
    "new-environment": "made a new environment",
    "updated-driver": "updated the driver",
    "downgraded-driver": "went back to an older driver",
    "reinstalled-driver": "installed the driver again",
    "changed-toolkit": "installed another CUDA toolkit",
    "changed-cudnn": "installed another cuDNN",
    "restarted-container": "restarted the container",
    "restarted-docker": "restarted Docker",
    "installed-container-toolkit": "installed the NVIDIA container toolkit",
    "asked-for-gpus": "started the container with GPUs",
    "unset-ld-library-path": "unset LD_LIBRARY_PATH",
    "unset-visible-devices": "unset CUDA_VISIBLE_DEVICES",
    "set-visible-devices": "set CUDA_VISIBLE_DEVICES",
    "rebuilt-extension": "built the extension again",
    "reset-gpu": "reset the GPU",
    "reloaded-module": "loaded the kernel module again",
    "raised-shared-memory": "raised the shared memory",
    "cleared-cache": "cleared the cache",
    "updated-wsl": "updated WSL",
}
