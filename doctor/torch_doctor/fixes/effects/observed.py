"""Which facts are observations: what happened when something ran, and what a change makes out of date."""

from __future__ import annotations

from torch_doctor.core.catalog import DRIVER, FACTS, TORCH
from torch_doctor.core.fact import Facts, Known, Source

PLANNED = Source("derived", "the cure carried out")

# What a program met when it ran: with anything changed that it uses, it would have to run again.
OF_PROGRAMS = (
    *("errors_seen", "import_failures", "torch_import_error", "live_stages", "deep_results"),
    *("kernel_results", "cuda_available", "torch_device_count", "runtime_cuda", "cudnn_version"),
    *("nccl_version", "loaded_libraries", "remarks", "driver_proof", "driver_kernels"),
    "plain_import_error",
)
# What the driver answered, and to whom it showed what.
OF_THE_DRIVER = (
    "cuda_init",
    "cuda_device_count",
    "nvml_status",
    "device_nodes",
    "kernel_gpus",
    "kernel_events",
)
# Facts of the torch layer that another build of torch leaves as they are.
_BESIDE_TORCH = frozenset(
    (
        *("python_version", "python_tag", "python_environment", "python_executable"),
        *("externally_managed", "pip_index_url", "pip_extra_index_urls", "pythonpath"),
        "python_settings",
        *("cuda_visible_devices", "cuda_device_order", "cuda_module_loading", "cuda_home"),
        *("cuda_launch_blocking", "cuda_disable_ptx_jit", "ld_library_path", "ld_preload"),
        *("cuda_force_ptx_jit", "pytorch_cuda_alloc_conf", "nvidia_tf32_override"),
        *("torch_cuda_arch_list", "nccl_p2p_disable", "triton_ptxas_path", "requested_gpus"),
        *("required_builds", "mask_set_by", "project_manager", "portable_python", "python_bits"),
        *("project_index_urls", "conda_channel_alias", "registry_mirrors", "mirrors"),
        *("torch_shadows", "dependency_shadows"),
        *("toolkits", "toolkit_cuda", "host_compiler", "torch_installer", "cudnn_copies"),
    )
)
# What a container or a shell asks for stays true whatever driver is put under it.
_BESIDE_THE_DRIVER = frozenset(
    (
        *("nvidia_visible_devices", "nvidia_driver_capabilities", "nvidia_disable_require"),
        *("nvidia_require_cuda", "container_image", "container_gpus_requested"),
        *("compose", "container_command"),
        *("container_toolkit", "cuda_mps_pipe_directory", "fabric_manager"),
    )
)


def unobserved(facts: Facts) -> Facts:
    """Return *facts* without what a program met when it ran."""
    return facts.without(*OF_PROGRAMS)


def without_torch(facts: Facts) -> Facts:
    """Return *facts* without what was read of the installed torch and of what ran with it."""
    return facts.without(
        *(name for name in facts if FACTS[name].layer == TORCH and name not in _BESIDE_TORCH)
    )


def without_driver(facts: Facts) -> Facts:
    """Return *facts* without what was read of the driver; GPUs stay, as not listed by the next one yet."""
    stale = (
        name for name in facts if FACTS[name].layer == DRIVER and name not in _BESIDE_THE_DRIVER
    )
    kept = facts.without(*stale, "kernel_events")
    gpus = facts["gpus"]
    if isinstance(gpus, Known):
        kept = kept.with_(gpus=Known(gpus.value, Source("derived", "another driver")))
    return kept
