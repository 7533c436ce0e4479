"""Facts in words, for people: what a fact is called before its value, and where it was read. Programs read its name."""

from __future__ import annotations

from functools import lru_cache

from torch_doctor.core.fact import Source
from torch_doctor.core.finding import Evidence
from torch_doctor.core.text import one_line

_PLACES = {
    "nvml": "NVML ",
    "child": "asked ",
    "env": "environment ",
    "derived": "from ",
    "user": "",
}

# What is called otherwise where a report merely names it.
_IN_WORDS = {"gpus": "GPUs that the report names"}

# One fact, one line. What its name says as well with blanks for underscores stands here for no other reason.
_WORDS = """
os_family: system
os_name: distribution or system
os_id: the distribution's ID
kernel_release: running kernel
host_arch: processor
libc: C library
wsl: whether this is WSL
jetson: Jetson (L4T) release
effective_uid: user id
shm_mib: size of /dev/shm, MiB
shm_free_mib: free in /dev/shm, MiB
memlock_kib: memory that may be locked, KiB
address_space_kib: address space that is allowed (ulimit -v), KiB
open_files_limit: files that may be open (ulimit -n)
processes_limit: processes that are allowed (ulimit -u)
cgroup_memory_mib: memory that the control group may have, MiB
cgroup_processes: processes that the control group may have
rdma_devices: RDMA devices
iommu_translates: whether an IOMMU translates what devices send
matrix_age_days: days since the matrix was checked
direct_transfers_slower: whether transfers between GPUs are slow
windows_build: build of Windows
reader_faults: claims that a reader got wrong
remarks: circumstances in the report
notebook_service: notebook service
shared_node: whether others administer the node
job_gpus_requested: whether the job asked for GPUs
nvidia_smi_lists_none: whether nvidia-smi found no devices
tried: what was tried
pci_gpus: NVIDIA GPUs on the PCI bus
other_gpus: GPUs of other makers
nvswitches: NVSwitch bridges
gpus: GPUs that the driver lists
kernel_events: kernel log
required_gpus: number of GPUs that must be there
required_gpu_names: models that must be there
kernel_module: loaded NVIDIA kernel module
nouveau_loaded: whether nouveau is loaded
uvm_loaded: whether nvidia_uvm is loaded
uvm_hmm: whether nvidia_uvm was loaded with HMM
kernel_module_file: NVIDIA module for the running kernel
kernels_with_module: other kernels with an NVIDIA module
device_nodes: device files
kernel_gpus: GPUs that the kernel driver lists
nvml_status: answer of nvmlInit
nvml_library: NVML library
driver_release: driver release
driver_cuda: newest CUDA that the driver serves
driver_library_release: release of the driver's libraries
libcuda: libcuda that is loaded first
libcuda_copies: every libcuda on the loader's path
libraries_unusable: libraries that cannot be loaded
cuda_init: answer of cuInit
cuda_device_count: GPUs that libcuda offers
fabric_manager: fabric manager
fabric_manager_release: release of the fabric manager
nvidia_smi: nvidia-smi
container_toolkit: NVIDIA container toolkit
nvidia_visible_devices: NVIDIA_VISIBLE_DEVICES
nvidia_driver_capabilities: NVIDIA_DRIVER_CAPABILITIES
nvidia_require_cuda: NVIDIA_REQUIRE_CUDA
nvidia_disable_require: NVIDIA_DISABLE_REQUIRE
cuda_mps_pipe_directory: CUDA_MPS_PIPE_DIRECTORY
nvidia_smi_release: release of nvidia-smi
container_image: image of the container
container_command: command that starts the container
compose: whether compose starts the container
container_gpus_requested: whether the container was started with GPUs
cuda_visible_devices: CUDA_VISIBLE_DEVICES
mask_set_by: what sets CUDA_VISIBLE_DEVICES
cuda_lost_in_program: where a program no longer finds CUDA
environment_made: environment that was created and not activated
other_torch_in_program: torch that a program has instead of its environment's
ld_library_path: LD_LIBRARY_PATH
ld_preload: LD_PRELOAD
pythonpath: PYTHONPATH
python_settings: variables that set up Python
cuda_home: CUDA_HOME
torch_cuda_arch_list: TORCH_CUDA_ARCH_LIST
cuda_module_loading: CUDA_MODULE_LOADING
cuda_launch_blocking: CUDA_LAUNCH_BLOCKING
cuda_device_order: CUDA_DEVICE_ORDER
cuda_disable_ptx_jit: CUDA_DISABLE_PTX_JIT
cuda_force_ptx_jit: CUDA_FORCE_PTX_JIT
pytorch_cuda_alloc_conf: PYTORCH_ALLOC_CONF
nvidia_tf32_override: NVIDIA_TF32_OVERRIDE
nccl_p2p_disable: NCCL_P2P_DISABLE
triton_ptxas_path: TRITON_PTXAS_PATH
pip_index_url: index that pip uses
pip_extra_index_urls: extra indexes that pip uses
project_index_urls: indexes that the project names
conda_channel_alias: where conda's channels are
registry_mirrors: mirrors of Docker Hub
mirrors: mirrors in the settings
python_version: Python
python_bits: bits of Python
python_tag: wheel tag of Python
python_environment: kind of environment
python_executable: interpreter
required_builds: builds of torch that must be there
python_found_via: why this environment is judged
torch_elsewhere: interpreters with torch
externally_managed: whether pip may not change this environment
torch_version: installed torch
torch_variant: what torch was built for
torch_cuda: CUDA that torch was built with
torch_hip: HIP that torch was built with
arch_list: GPU code in torch
torch_origin: origin of torch
torch_installer: installer of torch
torch_location: folder of torch
torch_git: commit of torch
torch_libraries: CUDA libraries that torch needs
torch_libraries_missing: CUDA libraries that the loader does not find
torch_damage: damaged files of torch
cxx_runtime: libstdc++
library_damage: damaged NVIDIA libraries
recorded_damage: files that differ from what was installed
torch_leftovers: leftovers of an install
torch_copies: every torch on the search path
torch_shadows: files imported in torch's place
dependency_shadows: files imported in place of what torch needs
cxx11_abi: whether torch uses the C++11 ABI
glibc_needed: glibc that torch needs
packages: packages
requirements: what torch asks for
library_picks: libraries that the loader takes
toolkits: CUDA toolkits
toolkit_cuda: CUDA of nvcc
host_compiler: C++ compiler
requested_gpus: GPUs that the program asks for
gpu_hidden_in_container: whether a container lacks the GPU of its host
gpu_wanted: whether a GPU was asked for
linux_driver_in_wsl: whether a Linux driver was put into WSL
runs_on_cpu: whether the program is said to compute on the CPU
virtual_machine: hypervisor of the virtual machine
module_obstacle: what keeps the kernel module from work
gpu_denied: whether no NVIDIA GPU is said to be there
install_commands: install commands
install_indexes: indexes of the install
unresolved: what the installer could not satisfy
import_failures: libraries that could not be loaded
extension_builds: what extensions were built with
cudnn_copies: copies of cuDNN outside the wheels
build_isolated: whether the build ran in isolation
report_interpreter_without_torch: whether the report's Python has no torch
driver_proof: what the driver answered
driver_kernels: kernels that ran without torch
live_stages: stages of the live check
torch_import_error: error of import torch
plain_import_error: error of import torch, outside isolation
cuda_available: torch.cuda.is_available()
torch_device_count: torch.cuda.device_count()
kernel_results: kernels that torch ran
runtime_cuda: CUDA of the loaded runtime
cudnn_version: cuDNN that was loaded
nccl_version: NCCL of torch
loaded_libraries: libraries in the process
deep_results: what was measured
errors_seen: errors
traceback_packages: packages in the tracebacks
failing_module: compiled module that failed
cuda_of_working_build: CUDA of the build that works
cuda_of_failing_build: CUDA of the build that fails
cuda_asked_for: whether the failing line asks for CUDA
torch_replaced: torch before the install
project_manager: manager of the project
portable_python: Python that a program brings
"""


def fact_words(name: str, source: Source | None = None) -> str:
    """Return what people call a fact, ``CUDA that torch was built with``; what is told of it goes by its *source*."""
    if source and source.kind == "words" and name in _IN_WORDS:
        return _IN_WORDS[name]
    return _table().get(name) or name.replace("_", " ")


def place_words(source: Source) -> str:
    """Return where a fact was read; nothing where it was worked out without a place to name."""
    if source.kind not in _PLACES:
        return one_line(str(source))
    return one_line(f"{_PLACES[source.kind]}{source.where}") if source.where else ""


def seen_words(item: Evidence, limit: int = 2000) -> str:
    """Return what was seen as a line, ``driver release: 535.183.01 [NVML nvmlSystemGetDriverVersion]``."""
    place = place_words(item.source)
    words = f"{fact_words(item.fact, item.source)}: {one_line(item.value, limit)}"
    return f"{words} [{place}]" if place else words


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    rows = (line.partition(": ") for line in _WORDS.strip().splitlines())
    return {name: words for name, _, words in rows}
