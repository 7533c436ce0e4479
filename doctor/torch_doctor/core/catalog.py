"""The catalogue of facts: every name, its type, its layer and one sentence that says what it is.

A fact's name always says whose version it is: a bare "CUDA version" does not exist. One line is one fact, written
``name: type = sentence``; a star before the name marks a sensitive one.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.tuples import NamedTuple

HARDWARE, DRIVER, TORCH, HOST = "hardware", "driver", "torch", "host"


class FactSpec(NamedTuple):
    """What one fact is. A *sensitive* fact is left out of reports unless the user asks for identifiers."""

    name: str
    type: str
    layer: str
    doc: str
    sensitive: bool = False


_HOST = """
os_family: str = Operating system family: linux, windows or darwin.
os_name: str = Name and version of the distribution or system.
os_id: str = The distribution's ID of os-release (ubuntu, rhel …), for commands that fit.
kernel_release: str = Release of the running kernel.
host_arch: str = Machine architecture: x86_64 or aarch64.
libc: str = C library and its version, such as glibc 2.35 or musl 1.2.
wsl: bool = Whether this is Windows Subsystem for Linux.
jetson: str = The Jetson (L4T) release; not present on any other machine.
container: str = The container this runs in (docker, podman, kubernetes …); not present outside.
scheduler: str = The scheduler that started this process: slurm, kubernetes or ray.
effective_uid: int = Effective user id; 0 is root.
shm_mib: int = Size of /dev/shm in MiB.
shm_free_mib: int = Free space of /dev/shm in MiB.
memlock_kib: int = Memory that this process may lock, in KiB; not applicable where unlimited.
address_space_kib: int = Address space that this process may have, in KiB (ulimit -v); not applicable where unlimited.
data_kib: int = Memory of its own that this process may have, in KiB (ulimit -d); not applicable where unlimited.
cpu_seconds_limit: int = Seconds of the processor that this process may have (ulimit -t); not applicable where unlimited.
open_files_limit: int = Files that this process may have open at once (ulimit -n).
processes_limit: int = Processes and threads that this user may have (ulimit -u).
cgroup_memory_mib: int = Memory that the control group of this process may have, in MiB; not applicable where unlimited.
cgroup_processes: int = Processes and threads that the control group may have; not applicable where unlimited.
rdma_devices: int = RDMA (InfiniBand or RoCE) devices that NCCL could use.
iommu_translates: bool = Whether an IOMMU translates what devices send (not off, not passthrough).
secure_boot: bool = Whether the firmware enforces Secure Boot.
# of the program that judges
matrix_age_days: int = Days since the newest row of the matrix was checked; known where they are more than 60.
# what only a report can say
direct_transfers_slower: bool = Whether p2pBandwidthLatencyTest measured direct transfers far below those through the host.
windows_build: int = Build number of Windows, 19045; of the host under WSL.
reader_faults: tuple[str, ...] = Claims of a reader of reports that this catalogue refuses; they are dropped.
remarks: tuple[ErrorSeen, ...] = Sentences of a report that tell circumstances: hangs, reboot, works on the host.
notebook_service: str = The notebook service this runs in, such as colab, kaggle or sagemaker.
shared_node: bool = Whether this is a node of a cluster that others administer, so without root.
job_gpus_requested: bool = Whether the job (Slurm) or task (Ray) asked its scheduler for GPUs.
nvidia_smi_lists_none: bool = Whether nvidia-smi answered that no devices were found, whatever GPUs words name.
tried: tuple[str, ...] = What was done already, by the slugs of TRIED.
"""

_HARDWARE = """
pci_gpus: tuple[PciGpu, ...] = NVIDIA GPUs on the PCI bus, seen without any driver.
other_gpus: tuple[str, ...] = GPUs of other makers, by name.
nvswitches: int = NVSwitch bridges on the PCI bus.
gpus: tuple[Gpu, ...] = NVIDIA GPUs as the driver (or a report) lists them.
kernel_events: tuple[KernelEvent, ...] = Lines of the kernel log about GPUs, Xids among them.
# what the user expects of the host
required_gpus: int = How many usable GPUs the user requires; 1 for --require-gpu.
required_gpu_names: tuple[str, ...] = GPU models that the user requires.
"""

_DRIVER = """
kernel_module: KernelModule = The loaded NVIDIA kernel module: release and flavour.
nouveau_loaded: bool = Whether the nouveau kernel driver is loaded.
uvm_loaded: bool = Whether the nvidia_uvm kernel module is loaded.
uvm_hmm: bool = Whether nvidia_uvm was loaded with HMM (heterogeneous memory) on.
kernel_module_file: str = The NVIDIA kernel module on disk that was built for the running kernel.
kernels_with_module: tuple[str, ...] = Other kernels on disk that have an NVIDIA module.
device_nodes: tuple[DeviceNode, ...] = The /dev/nvidia* files and this user's access to them.
kernel_gpus: tuple[str, ...] = Device files of the GPUs that the kernel driver lists, such as /dev/nvidia0.
nvml_status: ApiStatus = What nvmlInit answered.
nvml_library: str = The libnvidia-ml that was loaded.
driver_release: DriverRelease = Release of the driver, 580.65.06: what nvidia-smi calls Driver or KMD Version.
driver_cuda: CudaVersion = The newest CUDA that the user-mode driver (libcuda) reports to serve.
driver_library_release: DriverRelease = Release of the user-mode driver files, from their names.
libcuda: LibraryFile = The libcuda.so.1 that the loader would take.
libcuda_copies: tuple[LibraryFile, ...] = Every libcuda.so.1 on the loader's path, in order.
libraries_unusable: tuple[str, ...] = Libraries that the loader takes first and cannot load, each with what is wrong.
cuda_init: ApiStatus = What cuInit answered.
cuda_device_count: int = Devices that libcuda offers to this process.
fabric_manager: str = State of nvidia-fabricmanager: running, stopped or not installed.
fabric_manager_release: DriverRelease = Release of the installed nvidia-fabricmanager package.
nvidia_smi: str = Path of the nvidia-smi command.
container_toolkit: str = Version of the NVIDIA container toolkit, where the host has it.
# environment variables, by exact name
nvidia_visible_devices: str = NVIDIA_VISIBLE_DEVICES, what the container asked for.
nvidia_driver_capabilities: str = NVIDIA_DRIVER_CAPABILITIES of the container.
nvidia_require_cuda: str = NVIDIA_REQUIRE_CUDA of the image.
nvidia_disable_require: str = NVIDIA_DISABLE_REQUIRE of the container.
cuda_mps_pipe_directory: str = CUDA_MPS_PIPE_DIRECTORY, set where MPS is used.
# what only a report can say
nvidia_smi_release: DriverRelease = Release of the nvidia-smi program itself; under WSL not the driver's.
container_image: str = Image of the container, as a command or file names it.
container_command: str = The one command that starts the container, without values of its variables.
compose: bool = Whether docker compose (or podman compose) starts the container.
container_gpus_requested: bool = Whether the command that started the container asked for GPUs.
"""

_TORCH = """
# environment variables, by exact name
cuda_visible_devices: str = CUDA_VISIBLE_DEVICES, the mask of GPUs.
mask_set_by: str = What sets CUDA_VISIBLE_DEVICES: program (its own code), compose, pod, dockerfile, docker, systemd, shell-file.
cuda_lost_in_program: str = In a report, the words that say where a program that found CUDA no longer does.
environment_made: str = In a report, the environment that was created for the program and that nothing shows to be active.
other_torch_in_program: str = In a report, the words that say that a program has another torch than its environment shows.
ld_library_path: str = LD_LIBRARY_PATH, searched before ld.so.conf.
ld_preload: str = LD_PRELOAD.
pythonpath: str = PYTHONPATH.
python_settings: tuple[str, ...] = Names of the variables, beside PYTHONPATH, by which Python itself is set up.
cuda_home: str = CUDA_HOME or CUDA_PATH.
torch_cuda_arch_list: str = TORCH_CUDA_ARCH_LIST, the targets of extensions that are built.
cuda_module_loading: str = CUDA_MODULE_LOADING.
cuda_launch_blocking: str = CUDA_LAUNCH_BLOCKING.
cuda_device_order: str = CUDA_DEVICE_ORDER.
cuda_disable_ptx_jit: str = CUDA_DISABLE_PTX_JIT.
cuda_force_ptx_jit: str = CUDA_FORCE_PTX_JIT, which has the driver leave machine code aside and compile PTX.
pytorch_cuda_alloc_conf: str = PYTORCH_ALLOC_CONF, or PYTORCH_CUDA_ALLOC_CONF: how torch's allocator works.
nvidia_tf32_override: str = NVIDIA_TF32_OVERRIDE, which decides about TF32 in every library.
nccl_p2p_disable: str = NCCL_P2P_DISABLE.
triton_ptxas_path: str = TRITON_PTXAS_PATH.
pip_index_url: str = The index that pip is configured to use, without credentials.
pip_extra_index_urls: tuple[str, ...] = Extra indexes that pip is configured to use, without credentials.
project_index_urls: tuple[str, ...] = Package indexes that uv.toml, pyproject.toml or a Pipfile names, no credentials.
conda_channel_alias: str = The place of conda's channels that .condarc names.
registry_mirrors: tuple[str, ...] = Mirrors of Docker Hub that the container engine is configured to use.
mirrors: tuple[Mirror, ...] = What the settings name in place of package indexes and image registries.
# the Python environment, read without importing anything
python_version: str = Version of the target interpreter.
python_bits: int = Bits of the target interpreter's addresses: 64, or 32.
python_tag: str = Wheel tag of the target interpreter, cp312 or cp313t.
python_environment: str = Kind of the target environment: venv, conda, system or pyenv.
python_executable: str = The target interpreter, its home written as ~.
required_builds: tuple[str, ...] = Builds of torch that the user expects: cu128, 2.9 ….
python_found_via: str = Why this environment is judged: named, active, on PATH.
torch_elsewhere: tuple[str, ...] = Interpreters around that have torch, where the target has none.
externally_managed: bool = Whether pip refuses to change this environment (PEP 668).
torch_version: TorchVersion = Version of the installed torch; not present where none is.
torch_variant: str = What torch was built for: cuda, cpu, rocm or xpu.
torch_cuda: CudaVersion = CUDA that torch was built with; not applicable to a CPU build.
torch_hip: str = HIP version of a ROCm build.
arch_list: tuple[SmTarget, ...] = Targets that torch's kernels were compiled for, PTX included.
torch_origin: str = Who built this torch: pytorch, conda-forge, anaconda, ngc, jetson, source or unknown.
torch_installer: str = The program that installed torch: pip, uv or conda.
*torch_location: str = Directory of the torch package.
torch_git: str = Commit that torch was built from.
torch_libraries: tuple[str, ...] = CUDA libraries that torch's own library needs (ELF NEEDED).
torch_libraries_missing: tuple[str, ...] = Needed CUDA libraries that the loader would not find.
torch_damage: tuple[str, ...] = Files of torch that are missing or cut short against its RECORD.
gcc_runtime: LibraryFile = The libgcc_s that the loader would take, and the newest GCC version in it.
cxx_runtime: LibraryFile = The libstdc++ that the loader would take, and the newest GLIBCXX version in it.
library_damage: tuple[str, ...] = Libraries of NVIDIA's wheels that are missing, cut short or no libraries.
recorded_damage: tuple[str, ...] = Files of torch and its libraries that differ from their RECORD, as a whole.
torch_leftovers: tuple[str, ...] = Leftovers of an interrupted install (~orch).
torch_copies: tuple[TorchCopy, ...] = Every torch on the search path, in search order.
torch_shadows: tuple[str, ...] = Files named torch.py or torch/ that would be imported instead.
dependency_shadows: tuple[str, ...] = Files that a program would import instead of modules that torch needs (random.py).
cxx11_abi: bool = Whether torch uses the C++11 ABI.
glibc_needed: str = Newest glibc symbol version that torch's libraries need.
packages: tuple[Package, ...] = Installed distributions that matter to torch.
requirements: tuple[str, ...] = What torch's METADATA pins, markers evaluated for the host.
library_picks: tuple[LibraryFile, ...] = Which cuDNN, cuBLAS, NCCL, nvJitLink … the loader would take.
toolkits: tuple[Toolkit, ...] = CUDA toolkits on disk.
toolkit_cuda: CudaVersion = CUDA of the nvcc that would compile an extension.
host_compiler: str = Version of the C++ compiler that would compile an extension.
# what only a report can say: the commands, the failures and the words of the person who wrote it
requested_gpus: int = How many GPUs the program asks for (processes per node, tensor parallel size …).
gpu_hidden_in_container: bool = Whether words say that a container does not see the GPU that its host has.
gpu_wanted: bool = Whether a program was told to use a GPU, or words say so.
linux_driver_in_wsl: bool = Whether words say that a Linux driver was installed inside WSL.
runs_on_cpu: bool = Whether words complain that a program computes on the CPU.
virtual_machine: str = The hypervisor whose guest this is, where words say so: virtualbox, vmware, parallels and the like.
module_obstacle: str = What words say keeps NVIDIA's kernel module from work: unsigned, not-built, switched-off, open-flavour.
gpu_denied: bool = Whether words say that the machine has no GPU of NVIDIA's.
install_commands: tuple[str, ...] = pip, uv and conda commands that installed things.
install_indexes: tuple[str, ...] = Package indexes that an install command or its output names.
unresolved: tuple[UnresolvedRequirement, ...] = Requirements that pip, uv or conda could not satisfy.
refused_together: tuple[str, ...] = Packages of a resolution that pip refused: their releases were asked for, and not installed by it.
import_failures: tuple[ImportFailure, ...] = Libraries that could not be loaded, and why.
extension_builds: tuple[ExtensionBuild, ...] = What compiled extensions were built with, as they say.
cudnn_copies: tuple[LibraryFile, ...] = cuDNN copies outside the wheels that a report lists.
build_isolated: bool = Whether the failing torch was a temporary one in an isolated build.
report_interpreter_without_torch: bool = Whether the report was made by a Python that cannot import torch.
# what the driver itself answered, torch not imported
driver_proof: tuple[ProofStep, ...] = What the driver answered to our kernel, to installed code and to torch's libraries.
driver_kernels: tuple[KernelResult, ...] = Whether a kernel of our own ran, device by device, without torch.
# observations: what happened when torch really ran, in this check or in a report
live_stages: tuple[StageResult, ...] = Stages of the live check, in order.
torch_import_error: str = What `import torch` raised; not present when it worked.
plain_import_error: str = What `import torch` raised as programs do it, where it works in isolation (python -I).
cuda_available: bool = What torch.cuda.is_available() returned.
torch_device_count: int = What torch.cuda.device_count() returned.
kernel_results: tuple[KernelResult, ...] = Whether a kernel ran, device by device.
runtime_cuda: CudaVersion = CUDA of the libcudart that was really loaded.
cudnn_version: str = cuDNN that was really loaded, 9.10.2.
nccl_version: str = NCCL that torch reports.
loaded_libraries: tuple[LoadedLibrary, ...] = CUDA libraries mapped in the live process.
deep_results: tuple[DeepResult, ...] = What the deep check measured, stage by stage and GPU by GPU.
errors_seen: tuple[ErrorSeen, ...] = Error texts that were observed or pasted.
traceback_packages: tuple[str, ...] = Packages whose files the tracebacks of a report pass through, the innermost last.
failing_module: str = The compiled module of a package whose kernel had no code for the GPU, as a report shows it, or the driver's call in its Python.
cuda_of_working_build: CudaVersion = The CUDA of a build of torch that finds the GPU, as is told beside one that does not.
cuda_of_failing_build: CudaVersion = The CUDA of a build of torch that finds no GPU, as is told beside one that does.
cuda_asked_for: bool = Whether a traceback ends in a line that asks for CUDA.
torch_replaced: TorchVersion = The torch that an installer removed to put this one in its place.
project_manager: str = What manages the project or environment: uv, poetry, pdm, pixi, pipenv, conda or nix.
portable_python: str = Python, its folder or that of its packages, that a program brings, makes or failed in.
"""


def _specs(layer: str, lines: str) -> Iterator[FactSpec]:
    for line in lines.strip().splitlines():
        if line.startswith("#"):
            continue
        name, _, rest = line.partition(": ")
        kind, _, doc = rest.partition(" = ")
        yield FactSpec(name.lstrip("*"), kind, layer, doc, sensitive=name.startswith("*"))


_LAYERS = {HOST: _HOST, HARDWARE: _HARDWARE, DRIVER: _DRIVER, TORCH: _TORCH}
FACTS: dict[str, FactSpec] = {
    spec.name: spec for layer, lines in _LAYERS.items() for spec in _specs(layer, lines)
}

# What people do before they ask, as a closed list: a cure must not tell them to do it again. A slug names the step, not
# its words, so that rules and cures can ask for it; the sentence says it in a report.
TRIED: dict[str, str] = {
    "rebooted": "rebooted",
    "power-cycled": "powered the machine off and on",
    "reinstalled-torch": "installed torch again",
    "changed-torch-version": "tried another torch",
    "changed-index": "tried another package index",
    "new-environment": "made a new environment",
    "updated-driver": "updated the driver",
    "downgraded-driver": "went back to an older driver",
    "reinstalled-driver": "installed the driver again",
    "changed-toolkit": "installed another CUDA toolkit",
    "changed-cudnn": "installed another cuDNN",
    "restarted-container": "restarted the container",
    "restarted-docker": "restarted Docker",
    "installed-container-toolkit": "installed the NVIDIA container toolkit",
    "asked-for-gpus": "started the container with GPUs",
    "disabled-label": "started the container without its SELinux label",
    "chose-gpu-runtime": "chose a GPU in the settings of the notebook service",
    "unset-ld-library-path": "unset LD_LIBRARY_PATH",
    "unset-visible-devices": "unset CUDA_VISIBLE_DEVICES",
    "set-visible-devices": "set CUDA_VISIBLE_DEVICES",
    "rebuilt-extension": "built the extension again",
    "reset-gpu": "reset the GPU",
    "reloaded-module": "loaded the kernel module again",
    "raised-shared-memory": "raised the shared memory",
    "cleared-cache": "cleared the cache",
    "updated-wsl": "updated WSL",
}
