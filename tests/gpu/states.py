"""The states of a GPU machine that are induced, each with what must be said of it, decided before it was run.

What leaves the kernels running is degraded at most: what was observed outranks what was predicted. A state whose cause
may rightly be told by one of several rules names them all.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.gpu import breaking as b


class State(NamedTuple):
    """One state: the verdict, and the cause and the rule that must be named first (None: none).

    One that is *alone* has the GPU to itself while it runs. *gpus* is how many the machine must have.
    """

    name: str
    verdict: str
    cause: str | None
    rules: tuple[str, ...]
    make: b.Make
    alone: bool = False
    gpus: int = 1


def fine(name: str, make: b.Make, *, alone: bool = False) -> State:
    return State(name, "healthy", None, (), make, alone)


def broken(name: str, cause: str, rules: str, make: b.Make, *, alone: bool = False) -> State:
    return State(name, "broken", cause, tuple(rules.split()), make, alone)


def degraded(name: str, cause: str, rules: str, make: b.Make) -> State:
    return State(name, "degraded", cause, tuple(rules.split()), make)


SHADOWED, INSTALL, MISSING = "cuda-libs-shadowed", "torch-install-broken", "cuda-libs-missing"
NO_GPU, MASK, LIMITS = "container-without-gpu-runtime", "cuda-visible-devices", "process-limits"
VARIABLE = "environment-variable"
_NVIDIA = "nvidia/*/lib/"
_BAD_EXTENSIONS = "raise ImportError('not this one')\n"

ENVIRONMENT = (
    fine("healthy", b.as_it_is),
    broken("mask-empty", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="")),
    broken("mask-wrong-index", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="7")),
    broken(
        "mask-bad-uuid",
        MASK,
        "TD310",
        b.with_env(CUDA_VISIBLE_DEVICES="GPU-deadbeef-0000-0000-0000-00000000"),
    ),
    broken("mask-twice", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="0,0")),
    broken(
        "mask-minus-one-and-a-gate",
        MASK,
        "TD310",
        b.with_options("--expect-gpus", "1", CUDA_VISIBLE_DEVICES="-1"),
    ),
    degraded("mask-right-then-wrong", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="0,7")),
    fine("mask-right-and-a-gate", b.with_options("--expect-gpus", "1", CUDA_VISIBLE_DEVICES="0")),
    fine("mask-by-uuid", b.masked_by_uuid),
    fine("mask-with-a-word-behind", b.with_env(CUDA_VISIBLE_DEVICES="0gpu")),
    broken("mask-minus-one-first", MASK, "TD310", b.with_env(CUDA_VISIBLE_DEVICES="-1,0")),
    broken("gate-of-more-gpus", "gpu-hardware", "TD205", b.more_gpus_than_there),
    broken(
        "allocator-unknown-name", VARIABLE, "TD437", b.with_env(PYTORCH_CUDA_ALLOC_CONF="foo:bar")
    ),
    broken(
        "allocator-number-too-small",
        VARIABLE,
        "TD437",
        b.with_env(PYTORCH_CUDA_ALLOC_CONF="max_split_size_mb:1"),
    ),
    broken(
        "allocator-wrong-sign",
        VARIABLE,
        "TD437",
        b.with_env(PYTORCH_CUDA_ALLOC_CONF="expandable_segments=True"),
    ),
    fine("allocator-off", b.with_env(PYTORCH_NO_CUDA_MEMORY_CACHING="1")),
    fine("optimized-python", b.with_env(PYTHONOPTIMIZE="2")),
    fine("allocator-setting", b.with_env(PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True")),
    broken("ptx-forced", VARIABLE, "TD316", b.with_env(CUDA_FORCE_PTX_JIT="1")),
    fine("ptx-forbidden", b.with_env(CUDA_DISABLE_PTX_JIT="1")),
    fine("launches-blocking", b.with_env(CUDA_LAUNCH_BLOCKING="1")),
    fine("loading-eager", b.with_env(CUDA_MODULE_LOADING="EAGER")),
    fine("tf32-forbidden", b.with_env(NVIDIA_TF32_OVERRIDE="0")),
    fine("nvidia-visible-devices-none", b.with_env(NVIDIA_VISIBLE_DEVICES="none")),
    fine("mps-folder-without-daemon", b.with_env(CUDA_MPS_PIPE_DIRECTORY="/nonexistent/mps")),
    fine("bound-at-start", b.with_env(LD_BIND_NOW="1")),
    fine("threads-in-words", b.with_env(OMP_NUM_THREADS="none")),
    fine("no-home", b.without_env("HOME", "USER", "LOGNAME")),
    fine("no-path", b.with_env(PATH="/nonexistent")),
    fine("c-locale", b.with_env(LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")),
    fine("no-scratch-folder", b.with_env(TMPDIR="/nonexistent", HOME="/nonexistent")),
)

LIMITED = (
    broken("address-space-4-gb", LIMITS, "TD148", b.with_limit("-v 4000000")),
    # torch maps what it needs of one GPU in 60 GB, and CUDA reserves no more than that.
    fine("address-space-60-gb", b.with_limit("-v 60000000")),
    broken("open-files-24", LIMITS, "TD149", b.with_limit("-n 24")),
    fine("open-files-1024", b.with_limit("-n 1024")),
    fine("locked-memory-64-kb", b.with_limit("-l 64")),
    fine("files-may-not-grow", b.with_limit("-f 0")),
    fine("stack-unlimited", b.with_limit("-s unlimited")),
)

PLACES = (
    broken("device-files-closed", "no-driver-or-module", "TD116", b.another_user),
    broken("no-nvidia-uvm", NO_GPU, "TD615", b.without_devices("nvidia-uvm")),
    broken("no-nvidia0", NO_GPU, "TD615 TD223", b.without_devices("nvidia0")),
    broken("no-nvidiactl", NO_GPU, "TD615", b.without_devices("nvidiactl")),
    broken(
        "no-device-files", NO_GPU, "TD615", b.without_devices("nvidia0", "nvidiactl", "nvidia-uvm")
    ),
    fine("no-uvm-tools", b.without_devices("nvidia-uvm-tools")),
    fine("shm-full", b.full_shared_memory),
    fine("read-only-folders", b.read_only),
    fine("directory-gone", b.directory_gone),
    fine("input-closed", b.closed_input),
)

LIBRARIES = (
    broken("no-libcuda", NO_GPU, "TD602", b.without_libcuda),
    broken("stub-libcuda", SHADOWED, "TD129", b.stub_libcuda),
    broken("older-libcuda", SHADOWED, "TD145", b.fake("cuda", cuda=12020, cuInit__fault=803)),
    degraded(
        "nvml-of-another-release",
        "driver-library-version-mismatch",
        "TD113",
        b.fake("nvml", driver="570.86.15", nvmlInit__fault=18),
    ),
    broken("cudnn-shadowed", SHADOWED, "TD764", b.empty_library("libcudnn.so.9", "LD_PRELOAD")),
    broken("cudart-shadowed", SHADOWED, "TD764", b.empty_library("libcudart.so.13", "LD_PRELOAD")),
    broken(
        "nvjitlink-shadowed", SHADOWED, "TD764", b.empty_library("libnvJitLink.so.13", "LD_PRELOAD")
    ),
    broken("nccl-shadowed", SHADOWED, "TD764", b.empty_library("libnccl.so.2", "LD_PRELOAD")),
    broken("libcuda-no-elf", SHADOWED, "TD772", b.stray_file("libcuda.so.1")),
    broken("libcuda-empty", SHADOWED, "TD772", b.stray_file("libcuda.so.1", b"")),
    degraded("nvml-empty", SHADOWED, "TD772", b.stray_file("libnvidia-ml.so.1", b"")),
    degraded("jit-empty", SHADOWED, "TD772", b.stray_file("libnvidia-ptxjitcompiler.so.1", b"")),
    broken("libstdcxx-in-front", SHADOWED, "TD773", b.empty_library("libstdc++.so.6")),
    degraded("nvvm-empty", SHADOWED, "TD772", b.stray_file("libnvidia-nvvm.so.4", b"")),
    broken("libcuda-a-folder", SHADOWED, "TD772", b.stray_folder("libcuda.so.1")),
    fine("libcuda-leads-nowhere", b.stray_link("libcuda.so.1")),
    fine("libcuda-of-32-bits", b.stray_file("libcuda.so.1", b"\x7fELF\x01\x01\x01" + bytes(60))),
    fine("preload-no-elf", b.preloaded_file("libnothing.so", b"no library\n")),
    fine("cudart-no-elf-behind-rpath", b.stray_file("libcudart.so.13")),
    fine("preload-of-nothing", b.with_env(LD_PRELOAD="/nonexistent/libnothing.so")),
    fine("toolkit-in-front", b.first_folder("/usr/local/cuda/lib64")),
)

FILES = (
    broken("libtorch-cut", INSTALL, "TD423", b.changed(b.cut("torch/lib/libtorch_cuda.so"))),
    broken("library-missing", MISSING, "TD757 TD771", b.changed(b.gone("nvidia/cusparselt"))),
    broken("version-py-gone", INSTALL, "TD423", b.changed(b.gone("torch/version.py"))),
    broken("c-extension-gone", INSTALL, "TD423", b.changed(b.gone("torch/_C.*.so"))),
    broken("init-py-gone", INSTALL, "TD423", b.changed(b.gone("torch/__init__.py"))),
    broken("module-gone", INSTALL, "TD423", b.changed(b.gone("torch/nn/modules/linear.py"))),
    broken("libc10-empty", INSTALL, "TD423", b.changed(b.cut("torch/lib/libc10.so", 0))),
    degraded(
        "spare-module-gone",
        INSTALL,
        "TD423",
        b.changed(b.gone("torch/utils/tensorboard/writer.py")),
    ),
    degraded(
        "spare-module-cut", INSTALL, "TD423", b.changed(b.cut("torch/utils/tensorboard/writer.py"))
    ),
    broken("cublaslt-cut", INSTALL, "TD771", b.changed(b.cut(f"{_NVIDIA}libcublasLt.so.*"))),
    broken("cublaslt-zeros", INSTALL, "TD771", b.changed(b.zeroed(f"{_NVIDIA}libcublasLt.so.*"))),
    broken("cudart-empty", INSTALL, "TD771", b.changed(b.cut(f"{_NVIDIA}libcudart.so.*", 0))),
    # A copy of the system, where there is one, steps in.
    degraded("nccl-gone", MISSING, "TD771", b.changed(b.gone(f"{_NVIDIA}libnccl.so.2"))),
    broken(
        "cudnn-graph-gone", MISSING, "TD771", b.changed(b.gone(f"{_NVIDIA}libcudnn_graph.so.9"))
    ),
    degraded("cudnn-cnn-cut", INSTALL, "TD771", b.changed(b.cut(f"{_NVIDIA}libcudnn_cnn.so.9"))),
    broken("libshm-gone", INSTALL, "TD423", b.changed(b.gone("torch/lib/libshm.so"))),
    # What the loader reads of it stands in its first 6 MB: it is mapped, torch starts, and an FFT fails.
    degraded("cufft-cut", INSTALL, "TD771", b.changed(b.cut(f"{_NVIDIA}libcufft.so.*"))),
    broken("curand-zeros", INSTALL, "TD771", b.changed(b.zeroed(f"{_NVIDIA}libcurand.so.*"))),
    degraded(
        "triton-module-gone",
        INSTALL,
        "TD771",
        b.changed(b.gone("triton/backends/nvidia/compiler.py"), real=("triton",)),
    ),
    fine("record-gone", b.changed(b.record_gone)),
    broken("interrupted-install", INSTALL, "TD423", b.changed(b.leftovers)),
    broken(
        "build-without-this-gpu",
        "gpu-arch-not-in-wheel",
        "TD202",
        b.changed(b.without_this_gpu, "--static"),
    ),
    broken("cpu-only-torch", "cpu-only-torch-build", "TD402", b.changed(b.cpu_only, "--static")),
    degraded(
        "torchvision-of-another-torch",
        "torchvision-mismatch",
        "TD501",
        b.changed(b.version_of("torchvision", "0.20.1"), real=("torchvision",)),
    ),
)

IMPORTS = (
    broken(
        "import-hangs",
        INSTALL,
        "TD412",
        b.changed(b.import_does("import time; time.sleep(600)"), "--timeout", "15"),
    ),
    broken("import-aborts", INSTALL, "TD413", b.changed(b.import_does("import os; os.abort()"))),
    broken(
        "import-segfaults",
        INSTALL,
        "TD413",
        b.changed(b.import_does("import ctypes; ctypes.string_at(0)")),
    ),
    fine("import-prints-noise", b.changed(b.import_does("print('{}' * 50)"))),
    broken(
        "pth-breaks-torch",
        INSTALL,
        "TD404",
        b.changed(b.pth("import sys; sys.modules['torch._C'] = None")),
    ),
    fine("pth-adds-a-folder", b.changed(b.pth("/nonexistent", "/usr/share"))),
    broken(
        "typing-extensions-on-pythonpath",
        INSTALL,
        "TD426",
        b.on_pythonpath(typing_extensions__py=_BAD_EXTENSIONS),
    ),
    broken("numpy-on-pythonpath", INSTALL, "TD426", b.on_pythonpath(numpy__py=_BAD_EXTENSIONS)),
    broken(
        "torch-on-pythonpath",
        INSTALL,
        "TD424 TD426 TD438",
        b.torch_package("raise ImportError('no')\n"),
    ),
    broken(
        "sitecustomize-hides-torch",
        VARIABLE,
        "TD438",
        b.on_pythonpath(sitecustomize__py="import sys\nsys.modules['torch'] = None\n"),
    ),
    # the check itself is started by such a Python, and sees the mask
    broken(
        "sitecustomize-hides-devices",
        MASK,
        "TD310",
        b.on_pythonpath(sitecustomize__py="import os\nos.environ['CUDA_VISIBLE_DEVICES'] = '-1'\n"),
    ),
    fine("sitecustomize-prints", b.on_pythonpath(sitecustomize__py="print('hello {}')\n")),
    fine("sitecustomize-raises", b.on_pythonpath(sitecustomize__py="raise ValueError('no')\n")),
    fine("other-nvidia-ml-py", b.other_nvml_package),
    fine("user-site-left-out", b.in_user_site("typing_extensions.py", _BAD_EXTENSIONS)),
    degraded(
        "torch-py-in-directory",
        INSTALL,
        "TD424",
        b.in_directory_with("torch.py", "raise RuntimeError('the wrong torch')\n"),
    ),
    degraded(
        "random-py-in-directory",
        INSTALL,
        "TD426",
        b.in_directory_with("random.py", "raise RuntimeError('the wrong random')\n"),
    ),
    fine(
        "safe-path",
        b.in_directory_with("torch.py", "raise RuntimeError('no')\n", PYTHONSAFEPATH="1"),
    ),
    fine("isolated-start", lambda scratch: b.Start(flags=("-I",))),
)

NEIGHBOURS = (
    broken("gpu-full", "gpu-busy", "TD209", b.neighbour_leaves(0), alone=True),
    fine("gpu-nearly-full", b.neighbour_leaves(4000), alone=True),
    fine("neighbour-with-a-context", b.neighbour_leaves(b.ALL)),
)

STATES = (*ENVIRONMENT, *LIMITED, *PLACES, *LIBRARIES, *FILES, *IMPORTS, *NEIGHBOURS)
