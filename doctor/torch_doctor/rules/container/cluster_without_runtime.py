"""A node of a cluster starts its containers without the NVIDIA runtime.

What it checks
    NVIDIA's device plugin found no NVML, or asks whether nvidia is the default runtime of the node.
Why it matters
    The plugin then offers no GPU, and no Pod gets one. Clusters talk to containerd or CRI-O: that Docker on the
    node knows the runtime does not count.
How to fix
    Register the runtime with the engine that the cluster uses, as its default or by a RuntimeClass.
References
    https://github.com/NVIDIA/k8s-device-plugin/blob/main/README.md
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_ASKS = r"set the docker default runtime to|did you configure the NVIDIA Container Toolkit"


@rule(
    "TD617",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="start",
    explains=("TD110", "TD601", "TD606", "TD616"),
)
def check(
    errors: Errors,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available):
        return
    if errors.of("cluster_without_free_gpu"):
        text = (
            "see what the nodes offer: a node that lists no nvidia.com/gpu needs NVIDIA's device plugin and the nvidia "
            "runtime as its default, one whose GPUs are all taken has none to give until a Pod ends"
        )
        look = fixes.by_hand(text, "kubectl describe nodes | grep nvidia.com")
        because = errors.receipts("cluster_without_free_gpu")
        message = "no node of the cluster has a GPU to give: its device plugin offers none, or all are taken"
        yield finding("container", message, because=because, fixes=[look], confidence="medium")
        return
    if not errors.of("device_plugin_no_nvml"):
        return
    if container != "kubernetes" and not errors.matching(_ASKS):
        return  # other programs word NVML's absence the same way
    register = fixes.by_hand(
        "on the node, make nvidia the default runtime of the engine that the cluster uses",
        "sudo nvidia-ctk runtime configure --runtime=containerd --set-as-default",
        "sudo systemctl restart containerd",
        scope="host",
        root=True,
    )
    by_class = fixes.by_hand("start the plugin and the Pods with runtimeClassName: nvidia")
    message = "NVIDIA's device plugin finds no NVML: the node starts it without the NVIDIA runtime"
    because = errors.receipts("device_plugin_no_nvml")
    yield finding("container", message, because=because, fixes=[register, by_class])
