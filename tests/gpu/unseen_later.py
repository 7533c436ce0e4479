"""A second judge of the same kinds: states thought of after the faults that unseen.py showed were mended.

What must be said of each was decided before it was run. Those that need two GPUs are in two_gpus.py.
"""

from __future__ import annotations

from pathlib import Path

from tests.gpu import breaking as b
from tests.gpu.states import (
    INSTALL,
    LIMITS,
    MASK,
    NO_GPU,
    SHADOWED,
    VARIABLE,
    State,
    broken,
    degraded,
    fine,
)
from tests.gpu.unseen import folder_for_device, in_place_of_device

_KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
_WAITS = "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()"
_ALLOCATOR = "PYTORCH_CUDA_ALLOC_CONF"
_STOP = "--proof", "driver"


def allocator(setting: str) -> b.Make:
    return b.with_env(**{_ALLOCATOR: setting})


def only_driver(make: b.Make) -> b.Make:
    """The check stops at the driver."""
    return lambda scratch: make(scratch)._replace(options=_STOP)


def file_for_device(name: str) -> b.Make:
    """A plain file in the place of a device file."""
    return in_place_of_device(name, "touch")


def open_devices_of_nobody(scratch: Path) -> b.Start:
    """Another user than root, who may open every device file."""
    start = b.without_devices(user=True)(scratch)
    return start._replace(environ={"HOME": "/nonexistent", "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1"})


def nothing_in_tmp(scratch: Path) -> b.Start:
    return b.in_namespace(scratch, "mount --bind /tmp /tmp", "mount -o remount,ro,bind /tmp")


def errors_closed(scratch: Path) -> b.Start:
    return b.Start(prefix=("bash", "-c", 'exec "$@" 2>&-', "closed"))


def nvidia_package_in_front(scratch: Path) -> b.Start:
    """A package of the name of NVIDIA's folder of wheels, on PYTHONPATH."""
    package = scratch / "path" / "nvidia"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    return b.Start(environ={"PYTHONPATH": str(package.parent)})


def preloaded(name: str) -> b.Make:
    return b.empty_library(name, "LD_PRELOAD")


ENVIRONMENT = (
    fine("mask-in-hex", b.with_env(CUDA_VISIBLE_DEVICES="0x0")),
    broken("mask-begins-with-comma", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES=",0")),
    broken("mask-of-eleven-digits", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="99999999999")),
    fine("order-by-bus", b.with_env(CUDA_DEVICE_ORDER="PCI_BUS_ID")),
    broken(
        "allocator-divisions-of-three", VARIABLE, "TD437", allocator("roundup_power2_divisions:3")
    ),
    broken("allocator-word-for-number", VARIABLE, "TD437", allocator("max_split_size_mb:abc")),
    fine("allocator-empty", allocator("")),
    fine("count-by-nvml", b.with_env(PYTORCH_NVML_BASED_CUDA_CHECK="1")),
    broken("log-setting-half-unknown", VARIABLE, "TD439", b.with_env(TORCH_LOGS="+dynamo,wrong")),
    fine("log-setting", b.with_env(TORCH_LOGS="+inductor")),
    fine("cache-off", b.with_env(CUDA_CACHE_DISABLE="1")),
    fine("capabilities-for-graphics", b.with_env(NVIDIA_DRIVER_CAPABILITIES="graphics")),
    fine("mps-share-without-daemon", b.with_env(CUDA_MPS_ACTIVE_THREAD_PERCENTAGE="50")),
    fine("warnings-are-errors", lambda _: b.Start(flags=("-P", "-W", "error"))),
    fine("home-is-a-file", b.with_env(HOME="/etc/passwd")),
)

LIMITED = (
    broken("address-space-1-gb", LIMITS, "TD148", b.with_limit("-v 1000000")),
    broken("killed-after-one-second", LIMITS, "TD153", b.with_limit("-t 1")),
    fine("data-of-60-gb", b.with_limit("-d 60000000")),
    fine("no-pending-signals", b.with_limit("-i 0")),
)

PLACES = (
    broken("uvm-a-plain-file", NO_GPU, "TD615", file_for_device("nvidia-uvm")),
    broken("nvidiactl-a-folder", NO_GPU, "TD615", folder_for_device("nvidiactl")),
    fine("tmp-read-only", nothing_in_tmp),
    fine("not-root", open_devices_of_nobody),
    fine("errors-closed", errors_closed),
)

LIBRARIES = (
    broken("cusparse-shadowed", SHADOWED, "TD764", preloaded("libcusparse.so.12")),
    broken("cusparselt-shadowed", SHADOWED, "TD764", preloaded("libcusparseLt.so.0")),
    broken("cublaslt-shadowed", SHADOWED, "TD764 TD975", preloaded("libcublasLt.so.13")),
    broken("libstdcxx-preloaded", SHADOWED, "TD773", preloaded("libstdc++.so.6")),
    broken("libgcc-preloaded", SHADOWED, "TD773", preloaded("libgcc_s.so.1")),
    fine("libgomp-in-front", b.empty_library("libgomp.so.1")),
    fine("nvml-of-32-bits", b.stray_file("libnvidia-ml.so.1", b"\x7fELF\x01\x01\x01" + bytes(60))),
    degraded("jit-a-folder", SHADOWED, "TD772", b.stray_folder("libnvidia-ptxjitcompiler.so.1")),
    broken("libcuda-zeros", SHADOWED, "TD772", b.stray_file("libcuda.so.1", bytes(4096))),
    fine("preload-a-program", b.with_env(LD_PRELOAD="/bin/true")),
)

FILES = (
    broken("nccl-zeros", INSTALL, "TD771", b.changed(b.zeroed("nvidia/*/lib/libnccl.so.2"))),
    broken("cudnn-zeros", INSTALL, "TD771", b.changed(b.zeroed("nvidia/*/lib/libcudnn.so.9"))),
    broken("c10-zeros", INSTALL, "TD423", b.changed(b.zeroed("torch/lib/libc10.so"))),
    broken("functional-gone", INSTALL, "TD423", b.changed(b.gone("torch/functional.py"))),
    broken("init-py-cut-to-nothing", INSTALL, "TD423", b.changed(b.cut("torch/__init__.py", 0))),
    broken("init-py-zeros", INSTALL, "TD423", b.changed(b.zeroed("torch/__init__.py"))),
    degraded(
        "linalg-gone", INSTALL, "TD423", b.changed(b.gone("torch/lib/libtorch_cuda_linalg.so"))
    ),
    fine("metadata-of-torch-gone", b.changed(b.gone("torch-*.dist-info"))),
    fine("numpy-gone", b.changed(b.gone("numpy"))),
    degraded("triton-gone", INSTALL, "TD771", b.changed(b.gone("triton"), real=("triton",))),
)

IMPORTS = (
    broken("import-killed", INSTALL, "TD413", b.changed(b.import_does(_KILLED))),
    broken(
        "import-interrupted",
        INSTALL,
        "TD404 TD413",
        b.changed(b.import_does("raise KeyboardInterrupt")),
    ),
    fine("import-leaves-a-thread", b.changed(b.import_does(_WAITS))),
    fine("import-forks", b.changed(b.import_does("import os\nif os.fork() == 0: os._exit(0)"))),
    fine("pth-changes-directory", b.changed(b.pth("import os; os.chdir('/')"))),
    fine("nvidia-package-in-front", nvidia_package_in_front),
)

STOPPED = (
    fine("driver-alone", only_driver(b.as_it_is)),
    degraded(
        "driver-alone-nvml-empty",
        SHADOWED,
        "TD772",
        only_driver(b.stray_file("libnvidia-ml.so.1", b"")),
    ),
    degraded(
        "driver-alone-nvml-of-another-release",
        "driver-library-version-mismatch",
        "TD113",
        only_driver(b.fake("nvml", driver="570.86.15", nvmlInit__fault=18)),
    ),
    broken(
        "driver-alone-masked", MASK, "TD310", only_driver(b.with_env(CUDA_VISIBLE_DEVICES="-1"))
    ),
)

NEIGHBOURS = (broken("gpu-with-250-mb", "gpu-busy", "TD209", b.neighbour_leaves(250), alone=True),)

STATES: tuple[State, ...] = (
    *ENVIRONMENT,
    *LIMITED,
    *PLACES,
    *LIBRARIES,
    *FILES,
    *IMPORTS,
    *STOPPED,
    *NEIGHBOURS,
)
