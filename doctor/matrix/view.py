"""From facts to what the law looks at, and the law's answer for them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from doctor.core.fact import Facts, Unavailable
from doctor.core.finding import Receipt
from doctor.core.judgement import Judgement, Status
from doctor.core.records import Gpu, KernelResult
from doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)
from doctor.matrix.assumed import assumed
from doctor.matrix.law import judge
from doctor.matrix.load import Matrix, receipt
from doctor.matrix.machine import Build, GpuTraits, Machine
from doctor.matrix.model import TorchBuild
from doctor.matrix.query import (
    architecture_of,
    compat_hardware,
    gpu_with_pci_id,
    gpus_named,
    release_key,
    torch_build,
)


def judgement_of(facts: Facts, matrix: Matrix) -> Judgement:
    """Judge the installed (or reported) build on the facts' machine."""
    build = build_of(facts, matrix)
    machine = machine_of(facts, matrix)
    if build is None:
        if facts.is_absent("torch_version"):
            return Judgement(Status.NOT_APPLICABLE)
        return Judgement(Status.UNKNOWN, unknown=("which torch is installed",))
    return judge(machine, build, matrix)


def machine_of(facts: Facts, matrix: Matrix) -> Machine:
    """Return the machine that *facts* describe."""
    libcuda = facts.value("libcuda")
    module = facts.value("kernel_module")
    release = DriverRelease.parse(libcuda.version) if _is_release(libcuda) else None
    return Machine(
        platform=_platform(facts),
        arch=facts.value("host_arch", "x86_64" if "host_arch" not in facts else None),
        driver=facts.value("driver_release"),
        driver_reports=facts.value("driver_cuda"),
        libcuda_kind=libcuda.kind if libcuda else None,
        libcuda_release=release,
        module_flavour=module.flavour if module else None,
        gpus=_gpus(facts, matrix),
        python_tag=facts.value("python_tag"),
        glibc=_glibc(facts.value("libc")),
        cuda_available=facts.value("cuda_available"),
    )


def build_of(facts: Facts, matrix: Matrix) -> Build | None:
    """Return the installed build: from its own files first, from the matrix only for what they do not say."""
    version: TorchVersion | None = facts.value("torch_version")
    cuda: CudaVersion | None = facts.value("torch_cuda")
    if version is None:
        return _nameless(facts, cuda, matrix)
    variant = _variant(facts, version, cuda)
    if cuda is None and variant.startswith("cu"):
        cuda = CudaVersion.from_tag(variant)
    row, confidence = _row(matrix, version, variant, _wheel_platform(facts))
    if cuda is None and row is not None and row.cuda and "torch_variant" not in facts:
        cuda, variant = CudaVersion.parse(row.cuda), row.variant
    because = (receipt("torch_builds", row),) if row else ()
    targets: tuple[SmTarget, ...] | None = facts.value("arch_list")
    if targets is not None:
        return _build(version, variant, cuda, targets, facts, because=because)
    if row is None or row.archs is None or (confidence == "low" and _platform(facts) == "jetson"):
        build = _build(version, variant, cuda, None, facts, because=because)
        return assumed(build, matrix, jetson=_platform(facts) == "jetson")
    listed = tuple(SmTarget.parse(text) for text in (*row.archs, *(row.ptx or ())))
    return _build(version, variant, cuda, listed, facts, because, row.ptx is not None, confidence)


def _nameless(facts: Facts, cuda: CudaVersion | None, matrix: Matrix) -> Build | None:
    """Return a build of which a report tells the CUDA or the targets, but not the version."""
    targets: tuple[SmTarget, ...] | None = facts.value("arch_list")
    if facts.is_absent("torch_version") or not (targets or cuda):
        return None
    build = Build(
        "", cuda.tag if cuda else "", cuda, targets, origin=facts.value("torch_origin", "pytorch")
    )
    return assumed(build, matrix, jetson=_platform(facts) == "jetson")


@cache
def build_of_row(row: TorchBuild) -> Build:
    """Return a build as the matrix records it, for a recommendation."""
    targets = None if row.archs is None else _targets((*row.archs, *(row.ptx or ())))
    return Build(
        torch=row.torch,
        variant=row.variant,
        cuda=CudaVersion.parse(row.cuda) if row.cuda else None,
        targets=targets,
        ptx_known=row.ptx is not None,
        platform=row.platform,
        python_tags=row.python_tags,
        glibc=_glibc(row.glibc),
        confidence=row.origin.confidence,
        because=(receipt("torch_builds", row),),
    )


@cache
def _targets(texts: tuple[str, ...]) -> tuple[SmTarget, ...]:
    """Most builds share a handful of lists: each is parsed once."""
    return tuple(map(SmTarget.parse, texts))


def traits_of(gpu: Gpu, matrix: Matrix, *, listed: bool, ran: bool | None = None) -> GpuTraits:
    """Return what the matrix knows about a GPU; its own capability wins over the one of its name."""
    match = gpus_named(matrix, gpu.name or "")
    rows = match.rows
    capability = gpu.compute_capability
    if capability is None and rows:
        named = {text for row in rows for text in row.capabilities}
        capability = ComputeCapability.parse(named.pop()) if len(named) == 1 else None
    arch = architecture_of(matrix, capability) if capability else None
    kinds = {row.kind for row in rows}
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    eligible = {row.eligible if (row := compat_hardware(matrix, k)) else None for k in kinds}
    open_modules = {row.open_modules for row in rows} if rows else {arch and arch.open_modules}
    receipts = [receipt("gpus", row) for row in rows[:1]]
    receipts += [receipt("architectures", arch)] if arch else []
    return GpuTraits(
        index=gpu.index,
        name=gpu.name or f"GPU {gpu.index}",
        capability=capability,
        kind=kind,
        tegra=kind == "jetson" or (not rows and bool(arch and arch.tegra)),
        open_modules=_open_modules(open_modules.pop() if len(open_modules) == 1 else None),
        first_driver=_first_driver(arch),
        last_branch=arch.last_branch if arch else None,
        eligible=eligible.pop() if len(eligible) == 1 else None,
        listed=listed,
        ran=ran,
        because=tuple(receipts),
    )


def _first_driver(arch: Any) -> DriverRelease | None:
    """The architecture's first branch: rows name the first release that lists a product, which can be later."""
    if arch is None or arch.first_branch is None:
        return None
    return DriverRelease.parse(str(arch.first_branch))


def _open_modules(word: str | None) -> str | None:
    return "impossible" if word in ("unsupported", "impossible") else word


def _gpus(facts: Facts, matrix: Matrix) -> tuple[GpuTraits, ...] | None:
    gpus: tuple[Gpu, ...] | None = facts.value("gpus")
    results: tuple[KernelResult, ...] = facts.value("kernel_results", ())
    if gpus:
        driver_listed = facts["gpus"].source.kind in ("nvml", "report")
        usable = [gpu for gpu in gpus if not gpu.lost]
        return tuple(
            traits_of(gpu, matrix, listed=driver_listed, ran=_ran(gpu, gpus, results))
            for gpu in usable
        )
    if results:
        return tuple(
            traits_of(_from_result(result), matrix, listed=True, ran=result.ok)
            for result in results
        )
    on_bus = facts.value("pci_gpus")
    if on_bus:
        return tuple(_from_bus(index, pci.device_id, matrix) for index, pci in enumerate(on_bus))
    return () if gpus == () else None


def _ran(gpu: Gpu, gpus: tuple[Gpu, ...], results: tuple[KernelResult, ...]) -> bool | None:
    """Whether a kernel ran on this GPU. torch numbers devices in its own order: match by UUID, else by model."""
    if not results:
        return None
    own = [result for result in results if gpu.uuid and result.uuid == gpu.uuid]
    if not own:
        own = [result for result in results if _same_model(gpu, result)]
    if not own:
        return all(result.ok for result in results) if len(gpus) == 1 else None
    return all(result.ok for result in own)


def _same_model(gpu: Gpu, result: KernelResult) -> bool:
    if gpu.compute_capability and result.compute_capability:
        return gpu.compute_capability == result.compute_capability
    return gpu.name is not None and gpu.name == result.name


def _from_result(result: KernelResult) -> Gpu:
    return Gpu(result.index, result.name, result.compute_capability)


def _from_bus(index: int, device_id: str, matrix: Matrix) -> GpuTraits:
    rows = gpu_with_pci_id(matrix, device_id)
    name = rows[0].name if rows else f"NVIDIA device {device_id}"
    return traits_of(Gpu(index, name), matrix, listed=False)


def _platform(facts: Facts) -> str:
    if facts.value("wsl"):
        return "wsl"
    if facts.value("jetson"):
        return "jetson"
    return str(facts.value("os_family", "linux"))


def _wheel_platform(facts: Facts) -> str:
    system = "windows" if facts.value("os_family") == "windows" else "linux"
    return f"{system}-{facts.value('host_arch', 'x86_64')}"


def _variant(facts: Facts, version: TorchVersion, cuda: CudaVersion | None) -> str:
    if cuda is not None:
        return cuda.tag
    known = facts.value("torch_variant")
    if known and known != "cuda":
        return str(known)
    fact = facts["torch_cuda"]
    if isinstance(fact, Unavailable) and fact.reason.is_answer:
        return "cpu"
    local = version.local.split(".")[0]
    return local if re.fullmatch(r"cu\d{2,4}|cpu|rocm.*|xpu", local) else ""


def _row(
    matrix: Matrix, version: TorchVersion, variant: str, platform: str
) -> tuple[TorchBuild | None, str]:
    """Return the row of a build. A nightly or NGC build borrows its release's row, with low confidence."""
    if not variant and version.is_release:
        release = next((r for r in matrix.torch_releases if r.version == version.public), None)
        variant = dict(release.pypi).get(platform, "") if release else ""
    exact = torch_build(matrix, version.public, variant, platform)
    if exact:
        return exact, exact.origin.confidence
    candidates = [
        row
        for row in matrix.torch_builds
        if row.variant == variant
        and row.platform == platform
        and abs(_minor(row.torch) - _minor(version.public)) <= 1
    ]
    nearest = min(candidates, key=lambda row: _distance(row.torch, version), default=None)
    return nearest, "low"


def _minor(text: str) -> int:
    numbers = [int(part) for part in re.findall(r"\d+", text)[:2]]
    return numbers[0] * 100 + (numbers[1] if len(numbers) > 1 else 0)


def _distance(text: str, version: TorchVersion) -> tuple[int, tuple[int, ...]]:
    return abs(_minor(text) - _minor(version.public)), release_key(text)


def _build(
    version: TorchVersion,
    variant: str,
    cuda: CudaVersion | None,
    targets: tuple[SmTarget, ...] | None,
    facts: Facts,
    because: tuple[Receipt, ...] = (),
    ptx_known: bool = True,
    confidence: str = "high",
) -> Build:
    return Build(
        torch=str(version),
        variant=variant,
        cuda=cuda,
        targets=targets,
        ptx_known=ptx_known,
        glibc=_glibc(facts.value("glibc_needed")),
        origin=facts.value("torch_origin", "pytorch"),
        confidence=confidence,
        because=because,
    )


def _glibc(text: str | None) -> tuple[int, ...] | None:
    match = re.fullmatch(r"(?:glibc |GLIBC_)?(\d+)\.(\d+)(?:\.\d+)*", text or "")
    return (int(match[1]), int(match[2])) if match else None


def _is_release(libcuda: Any) -> bool:
    return bool(libcuda and libcuda.version and re.fullmatch(r"\d+(\.\d+)*", libcuda.version))
