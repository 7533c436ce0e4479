"""A plan laid over a host's facts: what would be true once it is carried out. Nothing is changed anywhere."""

from __future__ import annotations

from typing import Any

from torch_doctor.core.catalog import FACTS, TORCH
from torch_doctor.core.fact import Fact, Facts, Known, Source
from torch_doctor.core.records import Package
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.question.hosts import with_driver

PLANNED = Source("derived", "the plan")
# Facts of the torch layer that another build of torch leaves as they are.
_KEPT = frozenset(
    (
        *("python_version", "python_tag", "python_environment", "python_executable"),
        *("externally_managed", "pip_index_url", "pip_extra_index_urls", "pythonpath"),
        *("cuda_visible_devices", "cuda_device_order", "cuda_module_loading", "cuda_home"),
        *("cuda_launch_blocking", "cuda_disable_ptx_jit", "ld_library_path", "ld_preload"),
        *("torch_cuda_arch_list", "nccl_p2p_disable", "triton_ptxas_path", "requested_gpus"),
        *("toolkits", "toolkit_cuda", "host_compiler"),
    )
)


def applied(facts: Facts, plan: Plan) -> Facts:
    """Return *facts* as they would be with the plan carried out, its driver included where there was none."""
    if plan.keeps:
        return facts
    stale = [name for name in facts if FACTS[name].layer == TORCH and name not in _KEPT]
    changes: dict[str, Fact[Any]] = {
        "torch_version": Known(TorchVersion(f"{plan.torch}+{plan.variant}"), PLANNED),
        "torch_variant": Known("cuda", PLANNED),
        "torch_origin": Known("pytorch" if plan.installable else "jetson", PLANNED),
        "packages": Known(_packages(facts, plan), PLANNED),
    }
    if plan.cuda:
        changes["torch_cuda"] = Known(CudaVersion.parse(plan.cuda), PLANNED)
    done = facts.without(*stale).with_(**changes)
    known = facts.value("driver_release") or facts.value("driver_cuda")
    if plan.min_driver and known is None:
        done = with_driver(done, Known(DriverRelease.parse(plan.min_driver), PLANNED))
    return done


def _packages(facts: Facts, plan: Plan) -> tuple[Package, ...]:
    """Torch and what goes with it are replaced; packages that the plan does not name stay."""
    planned = {"torch": f"{plan.torch}+{plan.variant}"}
    planned |= {package.name: package.version for package in plan.companions if package.version}
    before: tuple[Package, ...] = facts.value("packages", ())
    kept = tuple(
        package
        for package in before
        if package.name not in planned
        and not package.name.startswith(("nvidia-", "triton", "cuda-"))
    )
    return (*(Package(name, version) for name, version in planned.items()), *kept)
