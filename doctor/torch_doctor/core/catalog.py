"""The catalogue of facts: every name, its type, its layer and one sentence that says what it is.

A fact's name always says whose version it is: a bare "CUDA version" does not exist.
"""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple

HARDWARE, DRIVER, TORCH, HOST = "hardware", "driver", "torch", "host"


class FactSpec(NamedTuple):
    """What one fact is. A *sensitive* fact is left out of reports unless the user asks for identifiers."""

    name: str
    type: str
    layer: str
    doc: str
    sensitive: bool = False


_SPECS = (
    # host
    FactSpec("os_family", "str", HOST, "Operating system family: linux, windows or darwin."),
    FactSpec("os_name", "str", HOST, "Name and version of the distribution or system."),
    FactSpec(
        "os_id",
        "str",
        HOST,
        "The distribution's ID of os-release (ubuntu, rhel …), for commands that fit.",
    ),
    FactSpec("kernel_release", "str", HOST, "Release of the running kernel."),
    FactSpec("host_arch", "str", HOST, "Machine architecture: x86_64 or aarch64."),
    FactSpec("libc", "str", HOST, "C library and its version, such as glibc 2.35 or musl 1.2."),
    FactSpec("wsl", "bool", HOST, "Whether this is Windows Subsystem for Linux."),
    FactSpec("jetson", "str", HOST, "The Jetson (L4T) release; not present on any other machine."),
    FactSpec(
        "container",
        "str",
        HOST,
        "The container this runs in (docker, podman, kubernetes …); not present outside.",
    ),
    FactSpec(
        "scheduler", "str", HOST, "The scheduler that started this process: slurm or kubernetes."
    ),
    FactSpec("effective_uid", "int", HOST, "Effective user id; 0 is root."),
    FactSpec("shm_mib", "int", HOST, "Size of /dev/shm in MiB."),
    FactSpec("shm_free_mib", "int", HOST, "Free space of /dev/shm in MiB."),
    FactSpec(
        "memlock_kib",
        "int",
        HOST,
        "Memory that this process may lock, in KiB; not applicable where unlimited.",
    ),
    FactSpec("rdma_devices", "int", HOST, "RDMA (InfiniBand or RoCE) devices that NCCL could use."),
    FactSpec(
        "iommu_translates",
        "bool",
        HOST,
        "Whether an IOMMU translates what devices send (not off, not passthrough).",
    ),
    FactSpec("secure_boot", "bool", HOST, "Whether the firmware enforces Secure Boot."),
    # hardware
    FactSpec(
        "pci_gpus",
        "tuple[PciGpu, ...]",
        HARDWARE,
        "NVIDIA GPUs on the PCI bus, seen without any driver.",
    ),
    FactSpec("other_gpus", "tuple[str, ...]", HARDWARE, "GPUs of other makers, by name."),
    FactSpec("nvswitches", "int", HARDWARE, "NVSwitch bridges on the PCI bus."),
    FactSpec(
        "gpus", "tuple[Gpu, ...]", HARDWARE, "NVIDIA GPUs as the driver (or a report) lists them."
    ),
    FactSpec(
        "kernel_events",
        "tuple[KernelEvent, ...]",
        HARDWARE,
        "Lines of the kernel log about GPUs, Xids among them.",
    ),
    # driver and container runtime
    FactSpec(
        "kernel_module",
        "KernelModule",
        DRIVER,
        "The loaded NVIDIA kernel module: release and flavour.",
    ),
    FactSpec("nouveau_loaded", "bool", DRIVER, "Whether the nouveau kernel driver is loaded."),
    FactSpec("uvm_loaded", "bool", DRIVER, "Whether the nvidia_uvm kernel module is loaded."),
    FactSpec(
        "uvm_hmm",
        "bool",
        DRIVER,
        "Whether nvidia_uvm was loaded with HMM (heterogeneous memory) on.",
    ),
    FactSpec(
        "kernel_module_file",
        "str",
        DRIVER,
        "The NVIDIA kernel module on disk that was built for the running kernel.",
    ),
    FactSpec(
        "kernels_with_module",
        "tuple[str, ...]",
        DRIVER,
        "Other kernels on disk that have an NVIDIA module.",
    ),
    FactSpec(
        "device_nodes",
        "tuple[DeviceNode, ...]",
        DRIVER,
        "The /dev/nvidia* files and this user's access to them.",
    ),
    FactSpec("nvml_status", "ApiStatus", DRIVER, "What nvmlInit answered."),
    FactSpec("nvml_library", "str", DRIVER, "The libnvidia-ml that was loaded."),
    FactSpec(
        "driver_release",
        "DriverRelease",
        DRIVER,
        "Release of the driver, 580.65.06: what nvidia-smi calls Driver or KMD Version.",
    ),
    FactSpec(
        "driver_cuda",
        "CudaVersion",
        DRIVER,
        "The newest CUDA that the user-mode driver (libcuda) reports to serve.",
    ),
    FactSpec(
        "driver_library_release",
        "DriverRelease",
        DRIVER,
        "Release of the user-mode driver files, from their names.",
    ),
    FactSpec("libcuda", "LibraryFile", DRIVER, "The libcuda.so.1 that the loader would take."),
    FactSpec(
        "libcuda_copies",
        "tuple[LibraryFile, ...]",
        DRIVER,
        "Every libcuda.so.1 on the loader's path, in order.",
    ),
    FactSpec("cuda_init", "ApiStatus", DRIVER, "What cuInit answered."),
    FactSpec("cuda_device_count", "int", DRIVER, "Devices that libcuda offers to this process."),
    FactSpec(
        "fabric_manager",
        "str",
        DRIVER,
        "State of nvidia-fabricmanager: running, stopped or not installed.",
    ),
    FactSpec(
        "fabric_manager_release",
        "DriverRelease",
        DRIVER,
        "Release of the installed nvidia-fabricmanager package.",
    ),
    FactSpec("nvidia_smi", "str", DRIVER, "Path of the nvidia-smi command."),
    FactSpec(
        "container_toolkit",
        "str",
        DRIVER,
        "Version of the NVIDIA container toolkit, where this host has it.",
    ),
    # environment variables, by exact name
    FactSpec("cuda_visible_devices", "str", TORCH, "CUDA_VISIBLE_DEVICES, the mask of GPUs."),
    FactSpec(
        "nvidia_visible_devices",
        "str",
        DRIVER,
        "NVIDIA_VISIBLE_DEVICES, what the container asked for.",
    ),
    FactSpec(
        "nvidia_driver_capabilities", "str", DRIVER, "NVIDIA_DRIVER_CAPABILITIES of the container."
    ),
    FactSpec("nvidia_require_cuda", "str", DRIVER, "NVIDIA_REQUIRE_CUDA of the image."),
    FactSpec("nvidia_disable_require", "str", DRIVER, "NVIDIA_DISABLE_REQUIRE of the container."),
    FactSpec("ld_library_path", "str", TORCH, "LD_LIBRARY_PATH, searched before ld.so.conf."),
    FactSpec("ld_preload", "str", TORCH, "LD_PRELOAD."),
    FactSpec("pythonpath", "str", TORCH, "PYTHONPATH."),
    FactSpec("cuda_home", "str", TORCH, "CUDA_HOME or CUDA_PATH."),
    FactSpec(
        "torch_cuda_arch_list",
        "str",
        TORCH,
        "TORCH_CUDA_ARCH_LIST, the targets of extensions built here.",
    ),
    FactSpec("cuda_module_loading", "str", TORCH, "CUDA_MODULE_LOADING."),
    FactSpec("cuda_launch_blocking", "str", TORCH, "CUDA_LAUNCH_BLOCKING."),
    FactSpec("cuda_device_order", "str", TORCH, "CUDA_DEVICE_ORDER."),
    FactSpec(
        "cuda_mps_pipe_directory", "str", DRIVER, "CUDA_MPS_PIPE_DIRECTORY, set where MPS is used."
    ),
    FactSpec("cuda_disable_ptx_jit", "str", TORCH, "CUDA_DISABLE_PTX_JIT."),
    FactSpec("nccl_p2p_disable", "str", TORCH, "NCCL_P2P_DISABLE."),
    FactSpec("triton_ptxas_path", "str", TORCH, "TRITON_PTXAS_PATH."),
    FactSpec(
        "pip_index_url",
        "str",
        TORCH,
        "The index that pip is configured to use, without credentials.",
    ),
    FactSpec(
        "pip_extra_index_urls",
        "tuple[str, ...]",
        TORCH,
        "Extra indexes that pip is configured to use, without credentials.",
    ),
    # the Python environment, read without importing anything
    FactSpec("python_version", "str", TORCH, "Version of the target interpreter."),
    FactSpec("python_tag", "str", TORCH, "Wheel tag of the target interpreter, cp312 or cp313t."),
    FactSpec(
        "python_environment",
        "str",
        TORCH,
        "Kind of the target environment: venv, conda, system or pyenv.",
    ),
    FactSpec("python_executable", "str", TORCH, "The target interpreter.", sensitive=True),
    FactSpec(
        "externally_managed",
        "bool",
        TORCH,
        "Whether pip refuses to change this environment (PEP 668).",
    ),
    FactSpec(
        "torch_version",
        "TorchVersion",
        TORCH,
        "Version of the installed torch; not present where none is.",
    ),
    FactSpec("torch_variant", "str", TORCH, "What torch was built for: cuda, cpu, rocm or xpu."),
    FactSpec(
        "torch_cuda",
        "CudaVersion",
        TORCH,
        "CUDA that torch was built with; not applicable to a CPU build.",
    ),
    FactSpec("torch_hip", "str", TORCH, "HIP version of a ROCm build."),
    FactSpec(
        "arch_list",
        "tuple[SmTarget, ...]",
        TORCH,
        "Targets that torch's kernels were compiled for, PTX included.",
    ),
    FactSpec(
        "torch_origin",
        "str",
        TORCH,
        "Who built this torch: pytorch, conda-forge, anaconda, ngc, jetson, source or unknown.",
    ),
    FactSpec(
        "torch_installer", "str", TORCH, "The program that installed torch: pip, uv or conda."
    ),
    FactSpec("torch_location", "str", TORCH, "Directory of the torch package.", sensitive=True),
    FactSpec("torch_git", "str", TORCH, "Commit that torch was built from."),
    FactSpec(
        "torch_libraries",
        "tuple[str, ...]",
        TORCH,
        "CUDA libraries that torch's own library needs (ELF NEEDED).",
    ),
    FactSpec(
        "torch_libraries_missing",
        "tuple[str, ...]",
        TORCH,
        "Needed CUDA libraries that the loader would not find.",
    ),
    FactSpec(
        "torch_damage",
        "tuple[str, ...]",
        TORCH,
        "Files of torch that are missing or cut short against its RECORD.",
    ),
    FactSpec(
        "torch_leftovers", "tuple[str, ...]", TORCH, "Leftovers of an interrupted install (~orch)."
    ),
    FactSpec(
        "torch_copies",
        "tuple[TorchCopy, ...]",
        TORCH,
        "Every torch on the search path, in search order.",
    ),
    FactSpec(
        "torch_shadows",
        "tuple[str, ...]",
        TORCH,
        "Files named torch.py or torch/ that would be imported instead.",
    ),
    FactSpec("cxx11_abi", "bool", TORCH, "Whether torch uses the C++11 ABI."),
    FactSpec(
        "glibc_needed", "str", TORCH, "Newest glibc symbol version that torch's libraries need."
    ),
    FactSpec(
        "packages", "tuple[Package, ...]", TORCH, "Installed distributions that matter to torch."
    ),
    FactSpec(
        "requirements",
        "tuple[str, ...]",
        TORCH,
        "What torch's METADATA pins, markers evaluated for this host.",
    ),
    FactSpec(
        "library_picks",
        "tuple[LibraryFile, ...]",
        TORCH,
        "Which cuDNN, cuBLAS, NCCL, nvJitLink … the loader would take.",
    ),
    FactSpec("toolkits", "tuple[Toolkit, ...]", TORCH, "CUDA toolkits on disk."),
    FactSpec(
        "toolkit_cuda", "CudaVersion", TORCH, "CUDA of the nvcc that would compile an extension."
    ),
    FactSpec(
        "host_compiler",
        "str",
        TORCH,
        "Version of the C++ compiler that would compile an extension.",
    ),
    # what only a report can say: the commands, the failures and the words of the person who wrote it
    FactSpec(
        "nvidia_smi_release",
        "DriverRelease",
        DRIVER,
        "Release of the nvidia-smi program itself; under WSL not the driver's.",
    ),
    FactSpec(
        "windows_build", "int", HOST, "Build number of Windows, 19045; of the host under WSL."
    ),
    FactSpec(
        "container_image", "str", DRIVER, "Image of the container, as a command or file names it."
    ),
    FactSpec(
        "container_gpus_requested",
        "bool",
        DRIVER,
        "Whether the command that started the container asked for GPUs.",
    ),
    FactSpec(
        "requested_gpus",
        "int",
        TORCH,
        "How many GPUs the program asks for (processes per node, tensor parallel size …).",
    ),
    FactSpec(
        "install_commands",
        "tuple[str, ...]",
        TORCH,
        "pip, uv and conda commands that installed things.",
    ),
    FactSpec(
        "install_indexes",
        "tuple[str, ...]",
        TORCH,
        "Package indexes that an install command or its output names.",
    ),
    FactSpec(
        "unresolved",
        "tuple[UnresolvedRequirement, ...]",
        TORCH,
        "Requirements that pip, uv or conda could not satisfy.",
    ),
    FactSpec(
        "import_failures",
        "tuple[ImportFailure, ...]",
        TORCH,
        "Libraries that could not be loaded, and why.",
    ),
    FactSpec(
        "extension_builds",
        "tuple[ExtensionBuild, ...]",
        TORCH,
        "What compiled extensions were built with, as they say.",
    ),
    FactSpec(
        "cudnn_copies",
        "tuple[LibraryFile, ...]",
        TORCH,
        "cuDNN copies outside the wheels that a report lists.",
    ),
    FactSpec(
        "build_isolated",
        "bool",
        TORCH,
        "Whether the failing torch was a temporary one in an isolated build.",
    ),
    FactSpec(
        "report_interpreter_without_torch",
        "bool",
        TORCH,
        "Whether the report was made by a Python that cannot import torch.",
    ),
    FactSpec(
        "remarks",
        "tuple[ErrorSeen, ...]",
        HOST,
        "Sentences of a report that tell circumstances: hangs, suspend, reboot, works on the host.",
    ),
    # what the user expects of this host
    FactSpec(
        "required_gpus",
        "int",
        HARDWARE,
        "How many usable GPUs the user requires; 1 for --require-gpu.",
    ),
    FactSpec(
        "required_gpu_names", "tuple[str, ...]", HARDWARE, "GPU models that the user requires."
    ),
    # observations: what happened when torch really ran, here or in a report
    FactSpec(
        "live_stages", "tuple[StageResult, ...]", TORCH, "Stages of the live check, in order."
    ),
    FactSpec(
        "torch_import_error",
        "str",
        TORCH,
        "What `import torch` raised; not present when it worked.",
    ),
    FactSpec("cuda_available", "bool", TORCH, "What torch.cuda.is_available() returned."),
    FactSpec("torch_device_count", "int", TORCH, "What torch.cuda.device_count() returned."),
    FactSpec(
        "kernel_results",
        "tuple[KernelResult, ...]",
        TORCH,
        "Whether a kernel ran, device by device.",
    ),
    FactSpec("runtime_cuda", "CudaVersion", TORCH, "CUDA of the libcudart that was really loaded."),
    FactSpec("cudnn_version", "str", TORCH, "cuDNN that was really loaded, 9.10.2."),
    FactSpec("nccl_version", "str", TORCH, "NCCL that torch reports."),
    FactSpec(
        "loaded_libraries",
        "tuple[LoadedLibrary, ...]",
        TORCH,
        "CUDA libraries mapped in the live process.",
    ),
    FactSpec(
        "deep_results",
        "tuple[DeepResult, ...]",
        TORCH,
        "What the deep check measured, stage by stage and GPU by GPU.",
    ),
    FactSpec(
        "errors_seen", "tuple[ErrorSeen, ...]", TORCH, "Error texts that were observed or pasted."
    ),
)

FACTS: dict[str, FactSpec] = {spec.name: spec for spec in _SPECS}
