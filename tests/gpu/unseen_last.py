"""A third judge of the same kinds: states thought of after the faults that the second one showed were mended.

What must be said of each was decided before it was run.
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
from tests.gpu.unseen_later import allocator, file_for_device, only_driver

_LOOKS_LIKE_OURS = """print('{"stage": "import", "ok": false, "seconds": 0, "error": "no"}')"""


def half_of_libcuda(scratch: Path) -> b.Start:
    """The beginning of the driver's own library first on the loader's path, as a broken copy leaves it."""
    with Path(b.libcuda_paths()[0]).open("rb") as file:
        (scratch / "libcuda.so.1").write_bytes(file.read(1 << 20))
    return b.Start(environ=b.first_on_path(scratch))


def folder_in_directory(scratch: Path) -> b.Start:
    """The program is started beside a folder of torch's name that holds no module."""
    (scratch / "torch").mkdir()
    (scratch / "torch" / "notes.txt").write_text("no module\n")
    return b.Start(cwd=str(scratch))


def by_shell(line: str) -> b.Make:
    return lambda scratch: b.Start(prefix=("bash", "-c", line, "shell"))


def in_place(folder: str) -> b.Make:
    """An empty file system lies over a folder."""
    return lambda scratch: b.in_namespace(scratch, f"mount -t tmpfs none {folder}")


def emptied(site: Path) -> None:
    (b.own_record(site, "torch") / "RECORD").write_text("")


def without_installer(site: Path) -> None:
    (b.own_record(site, "torch") / "INSTALLER").unlink()


ENVIRONMENT = (
    broken("mask-minus-two", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="-2")),
    broken("mask-none", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="none")),
    broken(
        "mask-of-an-instance",
        MASK,
        "TD310",
        b.with_env(CUDA_VISIBLE_DEVICES="MIG-deadbeef-0000-0000-0000-000000000000"),
    ),
    fine("mask-two-zeros", b.with_env(CUDA_VISIBLE_DEVICES="00")),
    fine("mask-ends-with-comma", b.with_env(CUDA_VISIBLE_DEVICES="0,")),
    broken("allocator-no-truth", VARIABLE, "TD437", allocator("expandable_segments:maybe")),
    broken(
        "allocator-threshold-below-zero",
        VARIABLE,
        "TD437",
        allocator("garbage_collection_threshold:-1"),
    ),
    fine(
        "allocator-two-settings",
        allocator("max_split_size_mb:512,garbage_collection_threshold:0.8"),
    ),
    # torch's own import stops at it
    broken("log-setting-empty", VARIABLE, "TD439", b.with_env(TORCH_LOGS="")),
    fine("launches-blocking-in-words", b.with_env(CUDA_LAUNCH_BLOCKING="yes")),
    fine("tf32-asked-for", b.with_env(NVIDIA_TF32_OVERRIDE="1")),
    fine("faults-told", b.with_env(PYTHONFAULTHANDLER="1")),
    fine("locale-unknown", b.with_env(LANG="ja_JP.EUC-JP", LC_ALL="xx_YY")),
    fine("terminal-of-one-column", b.with_env(COLUMNS="1", LINES="1", TERM="dumb")),
    fine("toolkit-is-a-file", b.with_env(CUDA_HOME="/etc/passwd")),
    fine("loader-tells-all", b.with_env(LD_DEBUG="files")),
    fine("memory-perturbed", b.with_env(MALLOC_PERTURB_="165", MALLOC_ARENA_MAX="1")),
)

LIMITED = (
    broken("address-space-3-gb", LIMITS, "TD148", b.with_limit("-v 3000000")),
    broken("data-of-100-mb", LIMITS, "TD152", b.with_limit("-d 100000")),
    broken("open-files-20", LIMITS, "TD149", b.with_limit("-n 20")),
    fine("an-hour-of-the-processor", b.with_limit("-t 3600")),
    fine("files-of-one-kb", b.with_limit("-f 1")),
    fine("no-locks", b.with_limit("-x 0")),
)

PLACES = (
    broken("nvidia0-a-plain-file", NO_GPU, "TD615 TD223", file_for_device("nvidia0")),
    broken("nvidiactl-a-plain-file", NO_GPU, "TD615", file_for_device("nvidiactl")),
    fine("home-empty", in_place("/root")),
    fine("var-empty", in_place("/var")),
    fine("nobody-may-read-new-files", by_shell('umask 777; exec "$@"')),
)

LIBRARIES = (
    broken("libcuda-cut", SHADOWED, "TD772", half_of_libcuda),
    degraded("nvml-zeros", SHADOWED, "TD772", b.stray_file("libnvidia-ml.so.1", bytes(4096))),
    fine("nccl-empty-behind-rpath", b.empty_library("libnccl.so.2")),
    fine("cublas-empty-behind-rpath", b.empty_library("libcublas.so.13")),
    fine("preload-of-32-bits", b.preloaded_file("libold.so", b"\x7fELF\x01\x01\x01" + bytes(60))),
)

FILES = (
    broken("storage-gone", INSTALL, "TD423", b.changed(b.gone("torch/storage.py"))),
    broken("tensor-gone", INSTALL, "TD423", b.changed(b.gone("torch/_tensor.py"))),
    broken("c10-cuda-zeros", INSTALL, "TD423", b.changed(b.zeroed("torch/lib/libc10_cuda.so"))),
    broken("torch-cuda-zeros", INSTALL, "TD423", b.changed(b.zeroed("torch/lib/libtorch_cuda.so"))),
    broken("cudart-zeros", INSTALL, "TD771", b.changed(b.zeroed("nvidia/*/lib/libcudart.so.*"))),
    broken(
        "cusparse-zeros", INSTALL, "TD771", b.changed(b.zeroed("nvidia/*/lib/libcusparse.so.*"))
    ),
    broken(
        "nvjitlink-zeros", INSTALL, "TD771", b.changed(b.zeroed("nvidia/*/lib/libnvJitLink.so.*"))
    ),
    # no program runs a header of C++, and packages of torch leave them out
    fine("header-gone", b.changed(b.gone("torch/include/ATen/ATen.h"))),
    fine("record-empty", b.changed(emptied)),
    fine("installer-gone", b.changed(without_installer)),
)

IMPORTS = (
    broken(
        "import-fails-by-the-system",
        INSTALL,
        "TD404",
        b.changed(b.import_does("raise OSError('no')")),
    ),
    broken(
        "import-exits-well", INSTALL, "TD404 TD413", b.changed(b.import_does("raise SystemExit(0)"))
    ),
    fine("import-takes-two-seconds", b.changed(b.import_does("import time; time.sleep(2)"))),
    fine(
        "import-ignores-the-end",
        b.changed(b.import_does("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)")),
    ),
    fine("pth-prints-what-looks-like-ours", b.changed(b.pth(f"import sys; {_LOOKS_LIKE_OURS}"))),
    # a virtual environment runs its .pth files twice: the second time, that is the file which is being read
    broken("pth-closes-input", INSTALL, "TD413", b.changed(b.pth("import os; os.close(0)"))),
    fine("import-closes-input", b.changed(b.import_does("import os; os.close(0)"))),
    fine("torch-folder-in-directory", folder_in_directory),
)

STOPPED = (
    broken("driver-alone-no-uvm", NO_GPU, "TD615", only_driver(b.without_devices("nvidia-uvm"))),
    broken(
        "driver-alone-libcuda-no-elf", SHADOWED, "TD772", only_driver(b.stray_file("libcuda.so.1"))
    ),
    broken(
        "driver-alone-full",
        "gpu-busy",
        "TD209 TD971",
        only_driver(b.neighbour_leaves(0)),
        alone=True,
    ),
)

NEIGHBOURS = (fine("gpu-with-10-gb", b.neighbour_leaves(10_000), alone=True),)

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
