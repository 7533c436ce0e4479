"""The facts that torch itself tells. A static check loads no more of the live one to say that it did not ask."""

from __future__ import annotations

# By the lines that its child prints.
PRINTED = (
    "live_stages",
    "torch_import_error",
    "cuda_available",
    "torch_device_count",
    "kernel_results",
    "runtime_cuda",
    "cudnn_version",
    "nccl_version",
    "loaded_libraries",
    "errors_seen",
)
OWNS = (*PRINTED, "plain_import_error")
