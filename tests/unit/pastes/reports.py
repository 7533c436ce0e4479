"""Reports in the true formats with invented content, for the readers' tests."""

from __future__ import annotations

OLD_TORCH = """\
Collecting environment information...
PyTorch version: 1.4.0
Is debug build: No
CUDA used to build PyTorch: 10.1.243

OS: Ubuntu 16.04.6 LTS
GCC version: (Ubuntu 5.4.0-6ubuntu1~16.04.12) 5.4.0 20160609
CMake version: version 3.5.1

Python version: 3.6
Is CUDA available: Yes
CUDA runtime version: 9.2.148
GPU models and configuration:
GPU 0: Tesla M40
GPU 1: Tesla M40

Nvidia driver version: 418.87.01
cuDNN version: /usr/lib/x86_64-linux-gnu/libcudnn.so.7.6.1

Versions of relevant libraries:
[pip3] numpy==1.18.2
[pip3] torch==1.4.0
[pip3] torchvision==0.5.0
[conda] Could not collect
"""

MIDDLE_TORCH = """\
Collecting environment information...
PyTorch version: 1.12.1+cu113
Is debug build: False
CUDA used to build PyTorch: 11.3
ROCM used to build PyTorch: N/A

OS: Microsoft Windows 10 Pro
GCC version: Could not collect
Clang version: Could not collect
CMake version: Could not collect
Libc version: N/A

Python version: 3.9.13 (tags/v3.9.13:6de2ca5, May 17 2022, 16:36:42) [MSC v.1929 64 bit (AMD64)] (64-bit runtime)
Python platform: Windows-10-10.0.19044-SP0
Is CUDA available: True
CUDA runtime version: 11.3.58
GPU models and configuration: GPU 0: NVIDIA GeForce RTX 3050 Ti Laptop GPU
Nvidia driver version: 516.94
cuDNN version: C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v11.3\\bin\\cudnn_ops_train64_8.dll
HIP runtime version: N/A
MIOpen runtime version: N/A
Is XNNPACK available: True

Versions of relevant libraries:
[pip3] numpy==1.23.1
[pip3] torch==1.12.1+cu113
[conda] Could not collect
"""

NEW_TORCH = """\
Collecting environment information...
PyTorch version: 2.7.0+cu128
Is debug build: False
CUDA used to build PyTorch: 12.8
ROCM used to build PyTorch: N/A

OS: Rocky Linux 9.4 (Blue Onyx) (x86_64)
GCC version: (GCC) 11.4.1 20231218 (Red Hat 11.4.1-3)
Clang version: Could not collect
CMake version: version 3.26.5
Libc version: glibc-2.34

Python version: 3.11.9 (main, Apr  6 2024, 17:59:24) [GCC 11.4.1] (64-bit runtime)
Python platform: Linux-5.14.0-427.el9.x86_64-x86_64-with-glibc2.34
Is CUDA available: True
CUDA runtime version: 12.4.131
CUDA_MODULE_LOADING set to: LAZY
GPU models and configuration:
GPU 0: NVIDIA L40S
GPU 1: NVIDIA L40S
GPU 2: NVIDIA L40S

Nvidia driver version: 570.86.15
cuDNN version: Probably one of the following:
/usr/lib64/libcudnn.so.9.7.1
/usr/lib64/libcudnn_ops.so.9.7.1
HIP runtime version: N/A

CPU:
Architecture:                         x86_64
CPU op-mode(s):                       32-bit, 64-bit
Model name:                           AMD EPYC 9354 32-Core Processor
Vulnerability Retbleed:               Not affected

Versions of relevant libraries:
[pip3] numpy==2.1.2
[pip3] nvidia-cublas-cu12==12.8.3.14
[pip3] nvidia-cudnn-cu12==9.7.1.26
[pip3] torch==2.7.0+cu128
[pip3] triton==3.3.0
[conda] Could not collect
"""

VLLM_NEW = """\
Collecting environment information...
uv is set
==============================
        System Info
==============================
OS                           : Ubuntu 24.04.2 LTS (aarch64)
GCC version                  : (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0
Libc version                 : glibc-2.39

==============================
       PyTorch Info
==============================
PyTorch version              : 2.9.1+cu130
Is debug build               : False
CUDA used to build PyTorch   : 13.0
ROCM used to build PyTorch   : N/A

==============================
      Python Environment
==============================
Python version               : 3.12.11 | packaged by conda-forge | (main, Jun  4 2025, 14:38:53) [GCC 13.3.0] (64-bit runtime)
Python platform              : Linux-6.11.0-1016-nvidia-aarch64-with-glibc2.39

==============================
       CUDA / GPU Info
==============================
Is CUDA available            : True
CUDA runtime version         : 13.0.88
CUDA_MODULE_LOADING set to   :
GPU models and configuration : GPU 0: NVIDIA GH200 480GB
Nvidia driver version        : 580.82.07
cuDNN version                : Could not collect

==============================
Versions of relevant libraries
==============================
[pip3] nvidia-cublas==13.0.0.19
[pip3] nvidia-cudnn-cu13==9.13.0.50
[pip3] torch==2.9.1+cu130

==============================
         vLLM Info
==============================
ROCM Version                 : Could not collect
vLLM Version                 : 0.11.2
vLLM Build Flags:
  CUDA Archs: 8.0 9.0 10.0+PTX; ROCm: Disabled

==============================
     Environment Variables
==============================
LD_LIBRARY_PATH=/opt/hpcx/lib:/usr/local/cuda/lib64
CUDA_VISIBLE_DEVICES=0
NVIDIA_VISIBLE_DEVICES=all
"""

DETECTRON = """\
----------------------  ----------------------------------------------------------
sys.platform            linux
Python                  3.8.5 (default, Sep  4 2020, 07:30:14) [GCC 7.3.0]
numpy                   1.19.2
detectron2              0.3 @/opt/d2/detectron2
Compiler                GCC 8.4
CUDA compiler           CUDA 11.0
detectron2 arch flags   6.1, 7.0
PyTorch                 1.7.1 @/opt/conda/lib/python3.8/site-packages/torch
PyTorch debug build     False
GPU available           True
GPU 0,1                 GeForce GTX 1060 6GB (arch=6.1)
CUDA_HOME               /usr/local/cuda-11.0
Pillow                  8.0.1
torchvision             0.8.2 @/opt/conda/lib/python3.8/site-packages/torchvision
torchvision arch flags  3.5, 5.0, 6.0, 7.0, 7.5, 8.0
----------------------  ----------------------------------------------------------
PyTorch built with:
  - GCC 7.3
  - CUDA Runtime 11.0
  - NVCC architecture flags: -gencode;arch=compute_70,code=sm_70;-gencode;arch=compute_80,code=compute_80
  - CuDNN 8.0.5
"""

MMCV = """\
sys.platform: linux
Python: 3.8.12 (default, Oct 12 2021, 13:49:34) [GCC 7.5.0]
CUDA available: True
GPU 0,1: Quadro RTX 8000
CUDA_HOME: /usr/local/cuda-11.1
NVCC: Cuda compilation tools, release 11.1, V11.1.105
GCC: gcc (Ubuntu 9.3.0-17ubuntu1~20.04) 9.3.0
PyTorch: 1.9.0+cu111
PyTorch compiling details: PyTorch built with:
  - CUDA Runtime 11.1
  - NVCC architecture flags: -gencode;arch=compute_75,code=sm_75;-gencode;arch=compute_86,code=sm_86
TorchVision: 0.10.0+cu111
MMCV: 1.4.0
MMCV Compiler: GCC 7.3
MMCV CUDA Compiler: not available
"""

MMENGINE_DICT = (
    "OrderedDict([('sys.platform', 'linux'), ('Python', '3.10.4 (main) [GCC 11.2]'), "
    "('CUDA available', True), ('CUDA available', 'True'), ('GPU 0', 'Tesla P4'), "
    "('CUDA_HOME', '/usr/local/cuda'), ('PyTorch', '1.13.1+cu117'), ('TorchVision', '0.14.1+cu117')])"
)

TRANSFORMERS = """\
- `transformers` version: 4.49.0
- Platform: Linux-6.1.0-31-amd64-x86_64-with-glibc2.36
- Python version: 3.11.2
- Huggingface_hub version: 0.29.1
- Accelerate version: 1.4.0
- PyTorch version (GPU?): 2.6.0+cu124 (True)
- Using GPU in script?: <fill in>
- GPU type: NVIDIA RTX 6000 Ada Generation
"""

LLAMA_FACTORY = """\
- `llamafactory` version: 0.9.2
- Platform: Windows-10-10.0.22631-SP0
- Python version: 3.10.16
- PyTorch version: 2.6.0+cpu
- Transformers version: 4.49.0
"""

SMI_440 = """\
+-----------------------------------------------------------------------------+
| NVIDIA-SMI 440.33.01    Driver Version: 440.33.01    CUDA Version: 10.2     |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  GeForce RTX 208...  Off  | 00000000:01:00.0 Off |                  N/A |
| 30%   41C    P8    11W / 250W |    312MiB / 11019MiB |      0%      Default |
+-------------------------------+----------------------+----------------------+
|   1  Quadro P2000        Off  | 00000000:02:00.0 Off |                  N/A |
| 45%   38C    P8     5W /  75W |      1MiB /  5059MiB |      0%      Default |
+-------------------------------+----------------------+----------------------+
| Processes:                                                       GPU Memory |
|    0      1234      G   /usr/lib/xorg/Xorg                           300MiB |
"""

SMI_580 = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 580.82.09              Driver Version: 580.82.09      CUDA Version: 13.0     |
+-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA H100 80GB HBM3          On  |   00000000:1B:00.0 Off |                    0 |
| N/A   31C    P0             71W /  700W |       4MiB /  81559MiB |      0%      Default |
|                                         |                        |              Enabled |
+-----------------------------------------+------------------------+----------------------+
"""

SMI_615 = """\
| NVIDIA-SMI 615.21.04    KMD Version: 615.21.04    CUDA UMD Version: 13.5     |
|   0  NVIDIA GeForce RTX 5080        WDDM  |   00000000:01:00.0  On |                  N/A |
|  0%   35C    P8             12W /  360W |    1200MiB /  16303MiB |      3%      Default |
"""

SMI_WSL = "| NVIDIA-SMI 550.127.06   Driver Version: 560.94   CUDA Version: 12.6     |\n"

SMI_LIST = """\
$ nvidia-smi -L
GPU 0: NVIDIA A30 (UUID: GPU-0a1b2c3d-1111-2222-3333-444455556666)
  MIG 1g.6gb      Device  0: (UUID: MIG-aaaabbbb-cccc-dddd-eeee-ffff00001111)
  MIG 1g.6gb      Device  1: (UUID: MIG-aaaabbbb-cccc-dddd-eeee-ffff00002222)
"""

SMI_QUERY = """\
==============NVSMI LOG==============
Driver Version                            : 535.104.12
CUDA Version                              : 12.2
Attached GPUs                             : 1
GPU 00000000:65:00.0
    Product Name                          : NVIDIA RTX A4500
    MIG Mode
        Current                           : N/A
    GPU UUID                              : GPU-12345678-aaaa-bbbb-cccc-1234567890ab
    FB Memory Usage
        Total                             : 20470 MiB
"""

SMI_XML = """\
<?xml version="1.0" ?>
<nvidia_smi_log>
  <driver_version>545.29.06</driver_version>
  <cuda_version>12.3</cuda_version>
  <gpu id="00000000:01:00.0">
    <product_name>NVIDIA GeForce GTX 1650</product_name>
"""

SMI_CSV = """\
$ nvidia-smi --query-gpu=index,name,driver_version,memory.total,compute_cap --format=csv
index, name, driver_version, memory.total [MiB], compute_cap
0, NVIDIA TITAN V, 470.256.02, 12066 MiB, 7.0
1, NVIDIA TITAN V, 470.256.02, 12066 MiB, 7.0
"""

CONDA_LIST = """\
# packages in environment at /opt/conda:
#
# Name                    Version                   Build  Channel
cudatoolkit               11.3.1               h2bc3f7f_2
numpy                     1.21.5           py39he7a7128_1
python                    3.9.12               h12debd9_0
pytorch                   1.11.0              py3.9_cpu_0    pytorch
pytorch-mutex             1.0                         cpu    pytorch
torchvision               0.12.0                 py39_cpu    pytorch
"""

PIP_LIST = """\
Package                  Version
------------------------ ------------
numpy                    1.26.4
nvidia-cublas-cu12       12.1.3.1
torch                    2.3.1+cu121
torchaudio               2.3.1+cu121
"""

PIP_FAILS = """\
PS C:\\Users\\me> pip install torch==2.5.0 --index-url https://download.pytorch.org/whl/cu125
Looking in indexes: https://download.pytorch.org/whl/cu125
ERROR: Could not find a version that satisfies the requirement torch==2.5.0 (from versions: none)
ERROR: No matching distribution found for torch==2.5.0
"""

PIP_OFFERS = (
    "ERROR: Could not find a version that satisfies the requirement torch==1.9.0 "
    "(from versions: 2.2.0, 2.2.1, 2.3.0)\n"
)

UV_FAILS = (
    "error: Distribution `torch==2.6.0 @ registry+https://download.pytorch.org/whl/cu126` can't be installed "
    "because it doesn't have a source distribution or wheel for the current platform\n"
    "hint: You're on macOS (`macosx_14_0_arm64`), but `torch` (v2.6.0) only has wheels for the following "
    "platforms: `manylinux_2_28_x86_64`, `win_amd64`\n"
)

COMPOSE = """\
services:
  worker:
    image: nvcr.io/nvidia/pytorch:24.05-py3
    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              capabilities: [gpu]
"""

KERNEL_LOG = """\
[   12.345678] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  575.57.08  Release Build
[  812.000001] NVRM: Xid (PCI:0000:3b:00): 79, pid=991, name=python, GPU has fallen off the bus.
[  812.000002] NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus.
"""

API_MISMATCH = """\
NVRM: API mismatch: the client has the version 550.120, but
NVRM: this kernel module has the version 550.90.07.  Please
NVRM: make sure that this kernel module and all NVIDIA driver
NVRM: components have the same version.
"""

DS_REPORT = """\
--------------------------------------------------
DeepSpeed general environment info:
torch install path ............... ['/opt/venv/lib/python3.10/site-packages/torch']
torch version .................... 2.1.2+cu118
deepspeed info ................... 0.12.6, unknown, unknown
torch cuda version ............... 11.8
torch hip version ................ None
nvcc version ..................... 11.5
deepspeed wheel compiled w. ...... torch 2.1, cuda 11.8
shared memory (/dev/shm) size .... 64.00 MB
"""

BITSANDBYTES = """\
CUDA SETUP: PyTorch settings found: CUDA_VERSION=117, Highest Compute Capability: 7.5.
CUDA SETUP: Loading binary /opt/venv/lib/python3.10/site-packages/bitsandbytes/libbitsandbytes_cpu.so...
"""

YOLO = "YOLOv5 v7.0-1-gabcdef0 Python-3.9.7 torch-1.10.0+cu102 CUDA:0 (GeForce GTX 1080, 8120MiB)\n"
YOLO_CPU = "YOLOv5 v6.0-12-gabcdef torch 1.9.1 CPU\n"
SDNEXT = "10:20:30-123456 INFO     Torch: torch==2.5.1+cu124 torchvision==0.20.1+cu124\n"
COMFY = """\
Total VRAM 12282 MB, total RAM 32553 MB
pytorch version: 2.4.1+cu121
Device: cuda:0 NVIDIA GeForce RTX 4070 : cudaMallocAsync
"""

ROCM = """\
PyTorch version: 2.5.1+rocm6.2
CUDA used to build PyTorch: N/A
ROCM used to build PyTorch: 6.2.41133-dd7f95766
OS: Ubuntu 22.04.5 LTS (x86_64)
Is CUDA available: True
GPU models and configuration: AMD Instinct MI210 (gfx90a:sramecc+:xnack-)
Nvidia driver version: Could not collect
"""

NOTHING = """\
PyTorch version: 2.4.0
CUDA used to build PyTorch: None
OS: macOS 14.5 (arm64)
Is CUDA available: False
CUDA runtime version: No CUDA
GPU models and configuration: No CUDA
Nvidia driver version: No CUDA
cuDNN version: No CUDA
"""

NO_TORCH = """\
PyTorch version: N/A
Is debug build: N/A
CUDA used to build PyTorch: N/A
OS: Ubuntu 22.04.4 LTS (x86_64)
Is CUDA available: N/A
GPU models and configuration:
GPU 0: NVIDIA L4
Nvidia driver version: 550.54.14
"""

ALL = {name: value for name, value in vars().items() if name.isupper() and isinstance(value, str)}
