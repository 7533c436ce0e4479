"""Environment variables that decide, by exact name. No other variable is ever read into a fact."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.redaction.credentials import without_userinfo
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.port import Host

# Where two names stand, the first that is set counts.
VARIABLES: dict[str, tuple[str, ...]] = {
    "cuda_visible_devices": ("CUDA_VISIBLE_DEVICES",),
    "nvidia_visible_devices": ("NVIDIA_VISIBLE_DEVICES",),
    "nvidia_driver_capabilities": ("NVIDIA_DRIVER_CAPABILITIES",),
    "nvidia_require_cuda": ("NVIDIA_REQUIRE_CUDA",),
    "nvidia_disable_require": ("NVIDIA_DISABLE_REQUIRE",),
    "ld_library_path": ("LD_LIBRARY_PATH",),
    "ld_preload": ("LD_PRELOAD",),
    "pythonpath": ("PYTHONPATH",),
    "cuda_home": ("CUDA_HOME", "CUDA_PATH"),
    "torch_cuda_arch_list": ("TORCH_CUDA_ARCH_LIST",),
    "cuda_module_loading": ("CUDA_MODULE_LOADING",),
    "cuda_launch_blocking": ("CUDA_LAUNCH_BLOCKING",),
    "cuda_device_order": ("CUDA_DEVICE_ORDER",),
    "cuda_mps_pipe_directory": ("CUDA_MPS_PIPE_DIRECTORY",),
    "cuda_disable_ptx_jit": ("CUDA_DISABLE_PTX_JIT",),
    "cuda_force_ptx_jit": ("CUDA_FORCE_PTX_JIT",),
    "pytorch_cuda_alloc_conf": ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF"),
    "nvidia_tf32_override": ("NVIDIA_TF32_OVERRIDE",),
    "nccl_p2p_disable": ("NCCL_P2P_DISABLE",),
    "triton_ptxas_path": ("TRITON_PTXAS_PATH",),
}
# What changes how an interpreter starts and imports; their values are nobody's business.
PYTHON = (
    *("PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONSAFEPATH", "PYTHONPLATLIBDIR"),
    *("PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONDEVMODE", "PYTHONCASEOK", "PYTHONMALLOC"),
    *("PYTHONSTARTUP", "PYTHONPYCACHEPREFIX", "PYTHONTRACEMALLOC", "PYTHONFAULTHANDLER"),
)
OWNS = (*VARIABLES, "python_settings")


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield each variable: an empty value is a value, an absent variable is not present."""
    names = tuple(name for name in PYTHON if host.environ.get(name))
    yield "python_settings", Known(names, Source("env", "PYTHON…"))
    for fact, known_as in VARIABLES.items():
        name = next((name for name in known_as if name in host.environ), None)
        if name is None:
            detail = f"{' and '.join(known_as)} {'is' if len(known_as) == 1 else 'are'} not set"
            yield fact, Unavailable(Reason.NOT_PRESENT, detail, Source("env", known_as[0]))
        else:
            yield fact, Known(clean(host.environ[name]), Source("env", name))


def clean(value: str) -> str:
    """Return *value* on one line, made visible, without the user and password of any URL in it."""
    return one_line(without_userinfo(value), 8192)
