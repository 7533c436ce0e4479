"""What else can be wrong with a generated host: failures that were seen, containers, masks, companions, loader paths."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import (
    ApiStatus,
    ErrorSeen,
    KernelModule,
    KernelResult,
    LibraryFile,
    Package,
    PciGpu,
)
from torch_doctor.core.version import DriverRelease

from tests.property.hosts import MATRIX, RELEASES, hosts

SOURCE = Source("report", "report.txt", 1)
TEXTS = [
    "RuntimeError: No CUDA GPUs are available",
    "AssertionError: Torch not compiled with CUDA enabled",
    "The NVIDIA driver on your system is too old (found version 11040).",
    "CUDA error: no kernel image is available for execution on the device",
    "CUDA error: the provided PTX was compiled with an unsupported toolchain.",
    "Error 803: system has unsupported display driver / cuda driver combination",
    "Error 804: forward compatibility was attempted on non supported HW",
    "Error 802: system not yet initialized",
    "CUDA unknown error (999)",
    "Failed to initialize NVML: Driver/library version mismatch",
    "RuntimeError: operator torchvision::nms does not exist",
    "libcudart.so.11.0: cannot open shared object file: No such file or directory",
    "undefined symbol: ncclCommRegister",
    "RuntimeError: CUDA error: invalid device ordinal",
    "torch.cuda.OutOfMemoryError: CUDA out of memory.",
    "Found no NVIDIA driver on your system.",
]
COMPANIONS = sorted({(row.package, row.version) for row in MATRIX.companions})
FOLDERS = ["/opt/cuda/compat", "/usr/local/cuda/lib64/stubs", "/usr/lib/x86_64-linux-gnu"]


@st.composite
def troubled(draw: st.DrawFn) -> Facts:
    """Return a generated host with any of these troubles, most often one or two."""
    facts = draw(hosts())
    for trouble in draw(st.lists(st.sampled_from(TROUBLES), max_size=3, unique=True)):
        facts = facts.with_(**draw(trouble(facts)))
    return facts


def known(**values: Any) -> dict[str, Fact[Any]]:
    return {name: Known(value, SOURCE) for name, value in values.items()}


def _errors(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    texts = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2, unique=True)
    return texts.map(lambda found: known(errors_seen=tuple(map(ErrorSeen, found))))


def _unavailable(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    return st.just(known(cuda_available=False))


def _kernels(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    count = len(facts.value("gpus", ())) or 1
    outcomes = st.lists(st.booleans(), min_size=count, max_size=count)
    return outcomes.map(
        lambda ok: known(
            kernel_results=tuple(
                KernelResult(index, fine, error=None if fine else TEXTS[3])
                for index, fine in enumerate(ok)
            ),
            cuda_available=True,
        )
    )


def _container(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    kinds = st.sampled_from(["docker", "podman", "kubernetes", "apptainer"])
    asked = st.sampled_from([True, False])
    return st.builds(
        lambda kind, requested: known(container=kind, container_gpus_requested=requested),
        kinds,
        asked,
    )


def _hidden(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    gone = Unavailable(Reason.NOT_PRESENT)
    unseen = {"gpus": gone, "libcuda": gone, "nvml_status": gone, "driver_release": gone}
    kind = known(container="docker", pci_gpus=(PciGpu("0000:01:00.0", "2684", "nvidia"),))
    return st.just({**unseen, **kind})


def _mask(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    masks = st.sampled_from(["", "-1", "0", "1", "7", "0,7", "GPU-12345678"])
    return masks.map(lambda mask: known(cuda_visible_devices=mask))


def _companions(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    before: tuple[Package, ...] = facts.value("packages", ())
    chosen = st.lists(st.sampled_from(COMPANIONS), min_size=1, max_size=3)
    return chosen.map(
        lambda found: known(packages=(*before, *(Package(*each) for each in dict(found).items())))
    )


def _loader_path(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    def found(folder: str, release: DriverRelease) -> dict[str, Fact[Any]]:
        kind = "compat" if "compat" in folder else "stub" if "stubs" in folder else "driver"
        first = LibraryFile(f"{folder}/libcuda.so.1", kind, str(release))
        return known(libcuda=first, libcuda_copies=(first,), ld_library_path=f"{folder}:/opt/lib")

    return st.builds(found, st.sampled_from(FOLDERS), st.sampled_from(RELEASES))


def _half_updated(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    def found(libraries: DriverRelease, module: DriverRelease) -> dict[str, Fact[Any]]:
        return known(
            driver_library_release=libraries,
            kernel_module=KernelModule(module),
            nvml_status=ApiStatus(18, "NVML_ERROR_LIB_RM_VERSION_MISMATCH"),
        )

    return st.builds(found, st.sampled_from(RELEASES), st.sampled_from(RELEASES))


def _refused(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    codes = {3: "NOT_INITIALIZED", 46: "DEVICE_UNAVAILABLE", 802: "NOT_READY", 999: "UNKNOWN"}
    code = st.sampled_from(sorted(codes))
    return code.map(
        lambda number: known(
            cuda_init=ApiStatus(number, f"CUDA_ERROR_{codes[number]}"),
            nvml_status=ApiStatus(0, "NVML_SUCCESS"),
        )
    )


def _variables(facts: Facts) -> st.SearchStrategy[dict[str, Fact[Any]]]:
    names = ["ld_preload", "cuda_disable_ptx_jit", "triton_ptxas_path", "cuda_launch_blocking"]
    values = st.sampled_from(["1", "/opt/libcudart.so.11.0", ""])
    return st.builds(lambda name, value: known(**{name: value}), st.sampled_from(names), values)


TROUBLES = [
    _errors,
    _unavailable,
    _kernels,
    _container,
    _hidden,
    _mask,
    _companions,
    _loader_path,
    _half_updated,
    _refused,
    _variables,
]
