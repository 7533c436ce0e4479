"""States of the same kinds as those of states.py, thought of after the program was written: the judge that it did not see.

What must be said of each was decided before it was run.
"""

from __future__ import annotations

import subprocess
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

_STOPS = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"


def first_of_uuid(scratch: Path) -> b.Start:
    """CUDA takes the beginning of a UUID, where one GPU alone has it."""
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout
    uuid = listed.partition("UUID: ")[2].partition(")")[0]
    return b.Start(environ={"CUDA_VISIBLE_DEVICES": uuid[:12]})


def in_place_of_device(name: str, made_by: str) -> b.Make:
    """What a command, mkdir or touch, makes by the name of a device file."""

    def make(scratch: Path) -> b.Start:
        start = b.without_devices(name)(scratch)
        script = scratch / "enter.sh"
        text = script.read_text().replace("mkdir $D/shm", f"{made_by} $D/{name}; mkdir $D/shm", 1)
        script.write_text(text)
        return start

    return make


def folder_for_device(name: str) -> b.Make:
    """What ``docker -v`` leaves where the host has no such device file."""
    return in_place_of_device(name, "mkdir")


def record_cut(site: Path) -> None:
    record = b.own_record(site, "torch") / "RECORD"
    text = record.read_bytes()
    record.write_bytes(text[: len(text) // 2])


def record_noise(site: Path) -> None:
    (b.own_record(site, "torch") / "RECORD").write_bytes(bytes(range(256)) * 64)


def pth_bytes(content: bytes) -> b.Callable[[Path], None]:
    def change(site: Path) -> None:
        (site / "zz-local.pth").write_bytes(content)

    return change


ENVIRONMENT = (
    fine("mask-first-of-uuid", first_of_uuid),
    broken("mask-all", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="all")),
    broken("mask-no-dev-files", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="NoDevFiles")),
    broken("order-in-words", VARIABLE, "TD318", b.with_env(CUDA_DEVICE_ORDER="fastest")),
    broken(
        "allocator-threshold-above-one",
        VARIABLE,
        "TD437",
        b.with_env(PYTORCH_CUDA_ALLOC_CONF="garbage_collection_threshold:2.0"),
    ),
    broken(
        "allocator-by-its-newer-name", VARIABLE, "TD437", b.with_env(PYTORCH_ALLOC_CONF="foo:bar")
    ),
    broken(
        "allocator-of-no-backend",
        VARIABLE,
        "TD437",
        b.with_env(PYTORCH_CUDA_ALLOC_CONF="backend:nothing"),
    ),
    fine("allocator-of-the-driver", b.with_env(PYTORCH_CUDA_ALLOC_CONF="backend:cudaMallocAsync")),
    fine("no-toolkit-where-named", b.with_env(CUDA_HOME="/nonexistent", CUDA_PATH="/nonexistent")),
    fine("build-targets-in-words", b.with_env(TORCH_CUDA_ARCH_LIST="hopper")),
    fine("one-thread-at-most", b.with_env(OMP_THREAD_LIMIT="1", OMP_NUM_THREADS="4096")),
    fine("cache-nowhere", b.with_env(CUDA_CACHE_PATH="/nonexistent", CUDA_CACHE_MAXSIZE="0")),
    broken("log-setting-unknown", VARIABLE, "TD439", b.with_env(TORCH_LOGS="nonsense")),
)

LIMITED = (
    fine("no-core-files", b.with_limit("-c 0")),
    fine("no-locked-memory", b.with_limit("-l 0")),
    broken("one-second-of-the-processor", LIMITS, "TD153", b.with_limit("-S -t 1")),
    broken("data-of-300-mb", LIMITS, "TD152", b.with_limit("-d 300000")),
)

PLACES = (
    broken("uvm-a-folder", NO_GPU, "TD615", folder_for_device("nvidia-uvm")),
    fine("shm-read-only", lambda s: b.in_namespace(s, "mount -t tmpfs -o ro none /dev/shm")),
)

LIBRARIES = (
    broken(
        "cublas-shadowed", SHADOWED, "TD764 TD975", b.empty_library("libcublas.so.13", "LD_PRELOAD")
    ),
    broken("cupti-shadowed", SHADOWED, "TD764", b.empty_library("libcupti.so.13", "LD_PRELOAD")),
    broken("cufft-shadowed", SHADOWED, "TD764", b.empty_library("libcufft.so.12", "LD_PRELOAD")),
    broken("libgcc-in-front", SHADOWED, "TD773", b.empty_library("libgcc_s.so.1")),
    fine("cudart-12-no-elf", b.stray_file("libcudart.so.12")),
    fine("cudnn-empty-behind-rpath", b.empty_library("libcudnn.so.9")),
    degraded("nvml-no-elf", SHADOWED, "TD772", b.stray_file("libnvidia-ml.so.1")),
    degraded("nvml-a-folder", SHADOWED, "TD772", b.stray_folder("libnvidia-ml.so.1")),
)

FILES = (
    broken("cuda-package-gone", INSTALL, "TD423", b.changed(b.gone("torch/cuda/__init__.py"))),
    broken(
        "torch-python-zeros", INSTALL, "TD423", b.changed(b.zeroed("torch/lib/libtorch_python.so"))
    ),
    broken("libc10-cuda-gone", INSTALL, "TD423", b.changed(b.gone("torch/lib/libc10_cuda.so"))),
    broken("lib-folder-gone", INSTALL, "TD423", b.changed(b.gone("torch/lib"))),
    broken("version-py-empty", INSTALL, "TD423", b.changed(b.cut("torch/version.py", 0))),
    fine("record-cut", b.changed(record_cut)),
    fine("record-noise", b.changed(record_noise)),
    fine("metadata-of-cublas-gone", b.changed(b.gone("nvidia_cublas-*.dist-info"))),
    broken("typing-extensions-gone", INSTALL, "TD404", b.changed(b.gone("typing_extensions.py"))),
)

IMPORTS = (
    broken("import-exits", INSTALL, "TD404 TD413", b.changed(b.import_does("raise SystemExit(3)"))),
    broken(
        "import-ends-at-once", INSTALL, "TD413", b.changed(b.import_does("import os; os._exit(0)"))
    ),
    broken("import-recurses", INSTALL, "TD404", b.changed(b.import_does("def f(): f()\nf()"))),
    broken(
        "import-stops-itself",
        INSTALL,
        "TD412",
        b.changed(b.import_does(_STOPS), "--timeout", "15"),
    ),
    fine("import-prints-megabytes", b.changed(b.import_does("print('x' * 10**7)"))),
    fine(
        "import-leaves-a-program",
        b.changed(b.import_does("import subprocess; subprocess.Popen(['sleep', '60'])")),
    ),
    fine("import-closes-output", b.changed(b.import_does("import os; os.close(1)"))),
    broken("pth-ends-python", INSTALL, "TD404 TD413", b.changed(b.pth("import os; os._exit(1)"))),
    broken(
        "pth-hangs",
        INSTALL,
        "TD412",
        b.changed(b.pth("import time; time.sleep(600)"), "--timeout", "15"),
    ),
    fine("pth-with-an-error", b.changed(b.pth("import no_such_module_at_all"))),
)

STATES: tuple[State, ...] = (*ENVIRONMENT, *LIMITED, *PLACES, *LIBRARIES, *FILES, *IMPORTS)
