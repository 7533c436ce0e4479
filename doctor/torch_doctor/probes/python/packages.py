"""Installed distributions that matter to torch, and what torch's METADATA pins."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

from torch_doctor.binaries.torch_texts import metadata_fields
from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Package
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import Dist, distributions, names, normalize, text
from torch_doctor.probes.python.markers import holds
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.install import find_install

OWNS = ("packages", "requirements")

_NAMES = """
    accelerate apex bitsandbytes cuda-bindings cuda-core cuda-pathfinder cuda-python cuda-toolkit deepspeed diffusers
    fairscale fastai flash-attn flash-attn-3 flashinfer-python ftfy functorch jax jaxlib lightning numba numpy
    onnxruntime onnxruntime-gpu open-clip-torch peft pynvml pytorch-lightning pytorch-triton pytorch-triton-rocm
    pytorch-triton-xpu sentence-transformers sglang tensorflow tensorrt timm torch torchao torchaudio torchcodec
    torchdata torchmetrics torchtext torchtitan torchtune torchvision transformer-engine transformers triton
    triton-windows ultralytics vllm xformers intel-extension-for-pytorch fbgemm-gpu mamba-ssm causal-conv1d
    torch-scatter torch-sparse torch-cluster torch-geometric pyg-lib auto-gptq gptqmodel exllamav2
"""
_FAMILY = frozenset(_NAMES.split())
_PREFIXES = ("nvidia-", "cupy", "jax-cuda", "flash-attn", "tensorrt-", "torch-")
_CONDA_FAMILY = regex(
    r"(?:pytorch(?:-gpu|-cuda|-mutex)?|libtorch|torchvision|torchaudio|cuda-[a-z-]+|cuda|cudatoolkit|cudnn|nccl|numpy|triton)"
)
_CONDA_FILE = regex(r"(.+)-([^-]+)-([^-]+)\.json")
# What conda calls pytorch is the distribution torch.
_CONDA_NAMES = {"pytorch": "torch"}


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the packages of torch's family, doubles included, and torch's own pins."""
    source = Source("file", target.site_dirs[0] if target.site_dirs else target.prefix)
    dists = [dist for dist in distributions(host, target) if matters(dist.name)]
    yield "packages", Known(tuple(_with_conda(host, target, dists)), source)
    yield "requirements", _requirements(host, target)


def matters(name: str) -> bool:
    """Whether a distribution belongs to torch's family."""
    return name in _FAMILY or name.startswith(_PREFIXES)


def _with_conda(host: Host, target: Target, dists: list[Dist]) -> Iterator[Package]:
    conda = dict(_conda_packages(host, target))
    for dist in dists:
        installer = one_line(text(host, f"{dist.path}/INSTALLER", 256)) or None
        twin = conda.get(dist.name)
        if twin and twin.version == dist.version and dist.site.startswith(f"{target.prefix}/"):
            del conda[dist.name]
            yield twin._replace(location=dist.site)
        else:
            yield Package(dist.name, dist.version, installer, dist.site)
    yield from conda.values()


def _conda_packages(host: Host, target: Target) -> Iterator[tuple[str, Package]]:
    folder = f"{target.prefix}/conda-meta"
    for entry in names(host, folder):
        match = _CONDA_FILE.fullmatch(entry)
        if not match or not _CONDA_FAMILY.fullmatch(match[1]):
            continue
        name = normalize(_CONDA_NAMES.get(match[1], match[1]))
        yield name, Package(name, one_line(match[2]), "conda", folder, one_line(match[3]))


def _requirements(host: Host, target: Target) -> Fact[tuple[str, ...]]:
    found = find_install(host, target)
    if found is None:
        return Unavailable(
            Reason.NOT_PRESENT, "no torch is installed", Source("file", target.prefix)
        )
    if found.dist is None:
        return Unavailable(Reason.NOT_PRESENT, "torch has no METADATA", Source("file", found.site))
    path = f"{found.dist.path}/METADATA"
    source = Source("file", path)
    document = text(host, path) or text(host, f"{found.dist.path}/PKG-INFO")
    if not document:
        return Unavailable(Reason.UNPARSED, "METADATA cannot be read", source)
    pins = tuple(
        applicable(metadata_fields(document, "Requires-Dist"), marker_environment(host, target))
    )
    return Known(pins, source)


def applicable(requirements: Iterator[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the requirements whose marker holds in *environment*, without the marker.

    A marker that cannot be read keeps its requirement: it is better judged than lost.
    """
    for requirement in requirements:
        wanted, sep, marker = requirement.partition(";")
        if sep and holds(marker.strip(), environment) is False:
            continue
        yield one_line(wanted)


def marker_environment(host: Host, target: Target) -> dict[str, str]:
    """Return the marker variables of the target, not of the interpreter that runs this."""
    machine = host.call("machine", _machine) or "x86_64"
    windows = target.windows
    darwin = not windows and host.call("sys_platform", lambda: sys.platform) == "darwin"
    system = "Windows" if windows else "Darwin" if darwin else "Linux"
    full = target.version if target.version.count(".") > 1 else f"{target.version or '3'}.0"
    return {
        "python_version": ".".join(full.split(".")[:2]),
        "python_full_version": full,
        "implementation_name": "cpython",
        "implementation_version": full,
        "platform_python_implementation": "CPython",
        "platform_machine": str(machine),
        "platform_system": system,
        "sys_platform": {"Windows": "win32", "Darwin": "darwin", "Linux": "linux"}[system],
        "os_name": "nt" if windows else "posix",
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }


def _machine() -> str:
    if hasattr(os, "uname"):
        return os.uname().machine
    return os.environ.get("PROCESSOR_ARCHITECTURE", "AMD64")
