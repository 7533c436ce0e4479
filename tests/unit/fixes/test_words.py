"""What each person is told of each action, as a table to read: the text, then the commands."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.finding import Action, Fix
from torch_doctor.fixes import kinds
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.questions.which_build import VERSION
from torch_doctor.fixes.wording import worded

ALICE = Person(distribution="ubuntu")
WINDOWS = Person(system="windows")
WSL = Person(system="wsl", distribution="ubuntu")
JETSON = Person(system="jetson", server_wheels=False)
THOR = Person(system="jetson")
DOCKER = Person(place="container", engine="docker")
PODMAN = Person(place="container", engine="podman")
POD = Person(place="pod", engine="kubernetes")
CLUSTER = Person(place="shared", scheduler="slurm", blind=True)
COLAB = Person(place="notebook")
DEBIAN = Person(distribution="debian")
PORTABLE = Person(system="windows", python=r"python_embeded\python.exe")


def keeps(installer: str) -> Person:
    return Person(installer=installer)


TORCH = kinds.InstallTorch(
    "2.9.1", "cu128", "https://download.pytorch.org/whl/cu128", ("torchvision==0.24.1",)
)
VISION = kinds.InstallPackages(
    "install torchvision 0.24.1", ("torchvision==0.24.1",), "https://download.pytorch.org/whl/cu128"
)
ASKED = kinds.InstallPackages(
    "install torchvision 0.24.1", ("torchvision",), asking="see which build torch is"
)
AGAIN = kinds.InstallPackages("install it again", ("torch==2.9.1",), deps=True)
DRIVER = kinds.UpdateDriver("580.65.06")
R470 = kinds.UpdateDriver("470", exact_branch=True, open_module=False)
OPEN = kinds.UpdateDriver("570", open_module=True, flavour_matters=True)
COMPAT = kinds.UseCompat("13.0")
MASK = kinds.UnsetVariable("CUDA_VISIBLE_DEVICES", "every GPU is visible")
P2P = kinds.SetVariable("NCCL_P2P_DISABLE", "1", "through host memory")
PATH = kinds.OffLibraryPath("/opt/cuda/lib64", "/opt/cuda/lib64:/opt/lib")
HIDDEN = kinds.HideGpus("hide the old card", (0, 2))
TWO = kinds.RestartContainer("with both", gpus=False, variables=(("A", "1"), ("B", "2")))
GPUS = kinds.RestartContainer("with GPUs")
ROOM = kinds.RestartContainer("with room", shared_memory="16g")
MODULE = kinds.LoadModule("nvidia")
UVM = kinds.ReloadUvm()
REBOOT = kinds.Reboot("so that the new module is loaded")
FABRIC = kinds.StartService(
    "nvidia-fabricmanager",
    "start nvidia-fabricmanager",
    "nvidia-fabricmanager of release 550.54.15",
    (("apt", "nvidia-fabricmanager-550"), ("dnf", "nvidia-fabric-manager-550.54.15")),
)
FLASH = kinds.BuildPackage("build flash-attn for this GPU", "flash-attn", "12.0", "flash-attn")
POINTS = kinds.BuildPackage(
    "build pytorch3d",
    "pytorch3d",
    "9.0",
    "git+https://github.com/a/b.git@stable",
    ("FORCE_CUDA=1",),
)
TINY = kinds.BuildPackage(
    "build it",
    "tinycudann",
    "8.6",
    "git+https://github.com/a/b/#subdirectory=c",
    (),
    "TCNN_CUDA_ARCHITECTURES",
)
OWN = kinds.BuildPackage("build the package that fails again", None, "12.0")
NVCC = kinds.InstallToolkit("12.4")
PYTHON = kinds.MakeEnvironment("use Python 3.12", "3.12")
WHL = "https://download.pytorch.org/whl/cu128"

TABLE: list[tuple[Action, Person, str | None]] = [
    # another build of torch, by installer
    (
        TORCH,
        ALICE,
        f'install torch==2.9.1+cu128 instead | python -m pip install "torch==2.9.1+cu128" "torchvision==0.24.1" --index-url {WHL}',
    ),
    (
        TORCH,
        keeps("uv"),
        f'install torch==2.9.1+cu128 instead | uv pip install "torch==2.9.1+cu128" "torchvision==0.24.1" --index-url {WHL}',
    ),
    (
        TORCH,
        keeps("uv-project"),
        f'install torch==2.9.1+cu128 instead: uv then writes its index ([[tool.uv.index]]) and its source into pyproject.toml | uv add "torch==2.9.1" "torchvision==0.24.1" --index pytorch-cu128={WHL}',
    ),
    (
        TORCH,
        keeps("uvx"),
        f'name the CUDA build in the uvx call: --with "torch==2.9.1+cu128" --index {WHL}, right behind uvx',
    ),
    (
        TORCH,
        keeps("poetry"),
        f'install torch==2.9.1+cu128 instead: torch then has a source of its own in pyproject.toml | poetry source add --priority explicit pytorch-cu128 {WHL} | poetry add --source pytorch-cu128 "torch==2.9.1" "torchvision==0.24.1"',
    ),
    (
        TORCH,
        keeps("pdm"),
        f"install torch==2.9.1+cu128 instead, with its index in pyproject.toml: [[tool.pdm.source]] name = 'pytorch', url = '{WHL}' | pdm add \"torch==2.9.1+cu128\" \"torchvision==0.24.1\"",
    ),
    (
        TORCH,
        keeps("pipenv"),
        f'install torch==2.9.1+cu128 instead | pipenv install --index {WHL} "torch==2.9.1" "torchvision==0.24.1"',
    ),
    (
        TORCH,
        keeps("conda"),
        'install pytorch 2.9.1 for CUDA 12.8 instead | conda install -c conda-forge "pytorch-gpu=2.9.1" "torchvision=0.24.1" "cuda-version=12.8"',
    ),
    (
        TORCH,
        keeps("pixi"),
        'install pytorch 2.9.1 for CUDA 12.8 instead | pixi workspace system-requirements add cuda 12 | pixi add "pytorch-gpu=2.9.1" "torchvision=0.24.1" "cuda-version=12.8"',
    ),
    (
        TORCH,
        keeps("nix"),
        "take torch-bin in place of torch: it is the CUDA wheel, of a nixpkgs that has torch-bin 2.9.1 or one near it (or set nixpkgs.config.cudaSupport = true, which compiles torch) | NIXPKGS_ALLOW_UNFREE=1 nix-shell -p 'python3.withPackages (ps: [ ps.torch-bin ps.torchvision-bin ])'",
    ),
    (
        TORCH,
        keeps("image"),
        "take a tag of the image whose torch is 2.9.1 or near it: NVIDIA's images bring a torch of their own",
    ),
    (
        TORCH,
        PORTABLE,
        (
            "install torch==2.9.1+cu128 instead; run it in the program's folder, which holds python_embeded | "
            f'python_embeded\\python.exe -s -m pip install "torch==2.9.1+cu128" "torchvision==0.24.1" --index-url {WHL}'
        ),
    ),
    (TORCH, JETSON, None),
    (
        TORCH,
        THOR,
        f'install torch==2.9.1+cu128 instead | python -m pip install "torch==2.9.1+cu128" "torchvision==0.24.1" --index-url {WHL}',
    ),
    (
        TORCH._replace(torch="2.5.1", variant="cu121", channel="pytorch"),
        keeps("conda"),
        'install pytorch 2.5.1 for CUDA 12.1 instead | conda install "pytorch=2.5.1=*cuda12.1*" "torchvision=0.24.1" "pytorch-cuda=12.1" -c pytorch -c nvidia',
    ),
    (
        TORCH._replace(torch="1.12.1", variant="cu113", channel="pytorch"),
        keeps("conda"),
        'install pytorch 1.12.1 for CUDA 11.3 instead | conda install "pytorch=1.12.1=*cuda11.3*" "torchvision=0.24.1" "cudatoolkit=11.3" -c pytorch -c conda-forge',
    ),
    (
        TORCH,
        CLUSTER._replace(installer="conda"),
        'install pytorch 2.9.1 for CUDA 12.8 instead; no GPU is visible where it runs, so conda is told of one | CONDA_OVERRIDE_CUDA=12.8 conda install -c conda-forge "pytorch-gpu=2.9.1" "torchvision=0.24.1" "cuda-version=12.8"',
    ),
    (
        TORCH._replace(there=False, condition=", for drivers from 525.60.13 on"),
        ALICE,
        f'install torch==2.9.1+cu128, for drivers from 525.60.13 on | python -m pip install "torch==2.9.1+cu128" "torchvision==0.24.1" --index-url {WHL}',
    ),
    (
        TORCH._replace(index_url=None, replace=True),
        keeps("uv"),
        'install torch==2.9.1 (built for CUDA 12.8) instead | uv pip install --reinstall "torch==2.9.1" "torchvision==0.24.1"',
    ),
    # other packages
    (
        VISION,
        ALICE,
        f'install torchvision 0.24.1 | python -m pip install --force-reinstall --no-deps "torchvision==0.24.1" --index-url {WHL}',
    ),
    (
        VISION,
        keeps("uv-project"),
        f'install torchvision 0.24.1 | uv add "torchvision==0.24.1" --index pytorch-cu128={WHL}',
    ),
    (
        VISION,
        keeps("poetry"),
        f'install torchvision 0.24.1 | poetry source add --priority explicit pytorch-cu128 {WHL} | poetry add --source pytorch-cu128 "torchvision==0.24.1"',
    ),
    (
        ASKED,
        ALICE,
        f"see which build torch is | {VERSION}",
    ),
    (
        ASKED,
        keeps("uv-project"),
        f"see which build torch is | {VERSION}",
    ),
    (
        ASKED,
        WINDOWS._replace(python="C:/envs/a/python.exe"),
        f"see which build torch is | C:/envs/a/python.exe {VERSION.removeprefix('python ')}",
    ),
    (
        ASKED,
        keeps("conda"),
        'install torchvision 0.24.1 | conda install -c conda-forge "torchvision"',
    ),
    (
        VISION._replace(specs=("torch==2.9.1", "torchvision==0.24.1")),
        keeps("uv-project"),
        f'install torchvision 0.24.1 | uv add "torch==2.9.1" "torchvision==0.24.1" --index pytorch-cu128={WHL}',
    ),
    (
        VISION,
        keeps("conda"),
        'install torchvision 0.24.1 | conda install -c conda-forge "torchvision=0.24.1"',
    ),
    (VISION, keeps("pixi"), 'install torchvision 0.24.1 | pixi add "torchvision=0.24.1"'),
    (VISION, JETSON, None),
    (AGAIN, keeps("uv-project"), "install it again | uv sync --reinstall"),
    (AGAIN, keeps("poetry"), "install it again | poetry env remove --all | poetry install"),
    (
        AGAIN,
        keeps("conda"),
        'install it again | conda install -c conda-forge --force-reinstall "pytorch=2.9.1"',
    ),
    (AGAIN, WINDOWS, "install it again"),
    (
        kinds.RemovePackages("remove it", ("xformers",)),
        keeps("conda"),
        "remove it | conda remove xformers",
    ),
    (
        kinds.RemovePackages("remove it", ("xformers",)),
        keeps("uv"),
        "remove it | uv pip uninstall xformers",
    ),
    (
        kinds.RemovePackages("remove it", ("xformers",)),
        ALICE,
        "remove it | python -m pip uninstall -y xformers",
    ),
    # the driver, by system and place
    (
        DRIVER,
        ALICE,
        "update the NVIDIA driver to 580.65.06 or newer | sudo apt-get install nvidia-driver-580-open",
    ),
    (
        DRIVER._replace(minimum="535.54.03", open_is_ready=False),
        ALICE,
        "update the NVIDIA driver to 535.54.03 or newer | sudo apt-get install nvidia-driver-535",
    ),
    (
        OPEN,
        ALICE,
        "update the NVIDIA driver to 570 or newer, with the open kernel modules | sudo apt-get install nvidia-driver-570-open",
    ),
    (
        R470,
        ALICE,
        "install an NVIDIA driver of the 470 branch | sudo apt-get install nvidia-driver-470",
    ),
    (R470, Person(distribution="arch"), "install an NVIDIA driver of the 470 branch"),
    (
        DRIVER,
        WINDOWS,
        "update the NVIDIA driver to 580.65.06 or newer (https://www.nvidia.com/drivers)",
    ),
    (
        DRIVER,
        WSL,
        "update the NVIDIA driver of Windows to 580.65.06 or newer, then run wsl --shutdown | wsl.exe --shutdown",
    ),
    (DRIVER, JETSON, "update JetPack: a Jetson's driver comes with it (580.65.06 or newer)"),
    (DRIVER, DOCKER, "update the NVIDIA driver of the host to 580.65.06 or newer"),
    (DRIVER, POD, "update the NVIDIA driver of the node to 580.65.06 or newer"),
    (R470, DOCKER, "install an NVIDIA driver of the 470 branch on the host"),
    (
        DRIVER._replace(there=False, branch=580),
        ALICE,
        "install the NVIDIA driver, 580.65.06 or newer | sudo apt-get install nvidia-driver-580-open",
    ),
    (
        DRIVER._replace(minimum="525.60.13", branch=535, open_is_ready=False),
        ALICE,
        "update the NVIDIA driver to 525.60.13 or newer | sudo apt-get install nvidia-driver-535",
    ),
    (
        DRIVER,
        DEBIAN,
        "update the NVIDIA driver to 580.65.06 or newer (Debian's own package, where this shows it to be new enough; else from backports or NVIDIA's repository) | apt-cache policy nvidia-driver",
    ),
    (
        DRIVER._replace(open_module=False),
        Person(distribution="arch"),
        "update the NVIDIA driver to 580.65.06 or newer",
    ),
    (
        DRIVER,
        CLUSTER,
        "ask the administrators of the node: update the NVIDIA driver to 580.65.06 or newer",
    ),
    (
        DRIVER,
        COLAB,
        "choose another runtime or machine type: the service keeps the one it gave as it is",
    ),
    (
        COMPAT,
        ALICE,
        "keep the driver, install cuda-compat-13-0 from NVIDIA's own package repository for CUDA, and put it first on the loader's path (this data-centre GPU may) | sudo apt-get install cuda-compat-13-0 | export LD_LIBRARY_PATH=/usr/local/cuda-13.0/compat:$LD_LIBRARY_PATH",
    ),
    (
        COMPAT,
        CLUSTER,
        "keep the driver: download cuda-compat-13-0, a .deb or .rpm of https://developer.download.nvidia.com/compute/cuda/repos/, unpack it into ~/cuda-compat (dpkg -x, or rpm2cpio and cpio), and put it first on the loader's path (this data-centre GPU may, and no root is needed) | export LD_LIBRARY_PATH=$HOME/cuda-compat/usr/local/cuda-13.0/compat:$LD_LIBRARY_PATH",
    ),
    (COMPAT, WINDOWS, None),
    # variables and the loader's path
    (MASK, ALICE, "unset CUDA_VISIBLE_DEVICES: every GPU is visible | unset CUDA_VISIBLE_DEVICES"),
    (
        MASK,
        WINDOWS,
        "unset CUDA_VISIBLE_DEVICES: every GPU is visible | Remove-Item Env:CUDA_VISIBLE_DEVICES",
    ),
    (
        P2P,
        WINDOWS,
        'set NCCL_P2P_DISABLE=1: through host memory (setx NCCL_P2P_DISABLE keeps it for new windows) | $env:NCCL_P2P_DISABLE = "1"',
    ),
    (kinds.UnsetVariable("LD_LIBRARY_PATH", "x"), WINDOWS, None),
    (
        HIDDEN,
        ALICE,
        "hide the old card (the numbers are those of nvidia-smi) | export CUDA_DEVICE_ORDER=PCI_BUS_ID | export CUDA_VISIBLE_DEVICES=0,2",
    ),
    (
        HIDDEN,
        WINDOWS,
        'hide the old card (the numbers are those of nvidia-smi) | $env:CUDA_DEVICE_ORDER = "PCI_BUS_ID" | $env:CUDA_VISIBLE_DEVICES = "0,2"',
    ),
    (PATH, ALICE, "take /opt/cuda/lib64 off LD_LIBRARY_PATH | export LD_LIBRARY_PATH=/opt/lib"),
    (PATH, WINDOWS, "take /opt/cuda/lib64 off PATH, or remove the library from it"),
    # containers, by engine
    (
        GPUS,
        DOCKER._replace(compose=True),
        "give the service this line (a device reservation) in the compose file, under its name, and start it with GPUs | deploy: {resources: {reservations: {devices: [{driver: nvidia, count: all, capabilities: [gpu]}]}}} | docker compose up -d --force-recreate",
    ),
    (
        GPUS,
        PODMAN._replace(compose=True),
        "give the service this line in the compose file, under its name, and start it with GPUs | devices: [nvidia.com/gpu=all] | podman compose up -d --force-recreate",
    ),
    (
        TWO,
        DOCKER._replace(compose=True),
        'give the service this line in the compose file, under its name, and start it with both | environment: {A: "1", B: "2"} | docker compose up -d --force-recreate',
    ),
    (
        TWO,
        POD,
        'start the Pod again with both (env: A=1, B=2) | env: [{name: A, value: "1"}, {name: B, value: "2"}]',
    ),
    (
        kinds.RestartAsItIs("its GPUs come back"),
        DOCKER._replace(compose=True),
        "restart the container: its GPUs come back | docker compose restart",
    ),
    (
        GPUS,
        DOCKER,
        "start the container with GPUs: docker run --gpus all, and the rest of the command as it was; in compose: deploy.resources.reservations.devices with capabilities: [gpu]",
    ),
    # a command of their own is said again, with what it lacks
    (
        GPUS,
        DOCKER._replace(started="sudo docker run --rm -it -v $PWD:/data lab:7 python train.py"),
        "start the container with GPUs; in compose: deploy.resources.reservations.devices with capabilities: [gpu] | sudo docker run --gpus all --rm -it -v $PWD:/data lab:7 python train.py",
    ),
    (
        ROOM,
        DOCKER._replace(started="docker run -e TOKEN lab:7"),
        "start the container with room (-e NAME takes the value that the shell has) | docker run --gpus all --shm-size=16g -e TOKEN lab:7",
    ),
    (
        ROOM,
        DOCKER._replace(started="docker run --shm-size=1g lab:7"),
        "start the container with room: docker run --gpus all --shm-size=16g, and the rest of the command as it was",
    ),
    (
        GPUS,
        PODMAN,
        "start the container with GPUs: podman run --device nvidia.com/gpu=all, and the rest of the command as it was",
    ),
    (
        GPUS,
        POD,
        "ask for a GPU in the Pod: resources.limits nvidia.com/gpu: 1 (its device plugin must run), and runtimeClassName: nvidia where that is not the default runtime | resources: {limits: {nvidia.com/gpu: 1}}",
    ),
    (
        GPUS,
        Person(place="container", engine="apptainer"),
        "start it with --nv: apptainer exec --nv, and the rest of the command as it was",
    ),
    (
        ROOM,
        DOCKER,
        "start the container with room: docker run --gpus all --shm-size=16g, and the rest of the command as it was",
    ),
    (
        ROOM,
        POD,
        "mount an emptyDir with medium: Memory at /dev/shm, and start the Pod again | volumes: [{name: shm, emptyDir: {medium: Memory}}] | volumeMounts: [{name: shm, mountPath: /dev/shm}]",
    ),
    (GPUS, DOCKER._replace(tried=frozenset({"asked-for-gpus"})), None),
    (
        GPUS,
        WINDOWS,
        "start the container with GPUs: docker run --gpus all, and the rest of the command as it was (Docker Desktop gives GPUs with its WSL 2 backend alone); in compose: deploy.resources.reservations.devices with capabilities: [gpu]",
    ),
    (
        kinds.RestartAsItIs("its GPUs come back"),
        DOCKER,
        "restart the container (docker restart, with its name of this list): its GPUs come back | docker ps",
    ),
    (
        kinds.RestartAsItIs("its GPUs come back"),
        POD,
        "delete the Pod, so that it is made anew (kubectl delete pod, with its name of this list): its GPUs come back | kubectl get pods",
    ),
    # the machine
    (MODULE, ALICE, "load the nvidia kernel module | sudo modprobe nvidia"),
    (MODULE, WSL, "restart WSL: the driver's modules are those of Windows | wsl.exe --shutdown"),
    (MODULE, WINDOWS, None),
    (MODULE, DOCKER, "on the host: load the nvidia kernel module"),
    (MODULE, CLUSTER, "ask the administrators of the node: load the nvidia kernel module"),
    (
        UVM,
        ALICE,
        "reload nvidia_uvm, with every program that uses a GPU stopped | sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
    ),
    (
        UVM,
        POD,
        "on the node (or ask who runs the cluster): reload nvidia_uvm, with every program that uses a GPU stopped",
    ),
    (
        REBOOT,
        ALICE,
        "reboot so that the new module is loaded (or stop every program that uses a GPU and reload the modules) | sudo reboot",
    ),
    (REBOOT, ALICE._replace(tried=frozenset({"rebooted"})), None),
    (REBOOT, WINDOWS, "restart Windows so that the new module is loaded"),
    (
        kinds.PowerCycle("a warm reboot keeps the GPU's state"),
        ALICE,
        "power the machine off and on: a warm reboot keeps the GPU's state",
    ),
    (kinds.ResetGpu(1, "reset the GPU"), ALICE, "reset the GPU | sudo nvidia-smi --gpu-reset -i 1"),
    (kinds.ResetGpu(None, "reset the GPUs"), WINDOWS, "restart Windows: reset the GPUs"),
    (
        FABRIC,
        ALICE,
        "start nvidia-fabricmanager | sudo systemctl enable --now nvidia-fabricmanager",
    ),
    (
        FABRIC,
        ALICE._replace(missing_units=frozenset({"nvidia-fabricmanager"})),
        "install nvidia-fabricmanager of release 550.54.15, then start it | sudo apt-get install nvidia-fabricmanager-550 | sudo systemctl enable --now nvidia-fabricmanager",
    ),
    (
        FABRIC._replace(install=True),
        Person(distribution="rhel"),
        "install nvidia-fabricmanager of release 550.54.15, then start it | sudo dnf install nvidia-fabric-manager-550.54.15 | sudo systemctl enable --now nvidia-fabricmanager",
    ),
    (
        FABRIC._replace(install=None),
        ALICE,
        "install nvidia-fabricmanager of release 550.54.15 where it is missing, then start it | sudo apt-get install nvidia-fabricmanager-550 | sudo systemctl enable --now nvidia-fabricmanager",
    ),
    (FABRIC, DOCKER, "on the host: start nvidia-fabricmanager"),
    (FABRIC, WSL, None),
    # others, and what is to be found out
    (
        kinds.AskScheduler("slurm"),
        CLUSTER,
        "ask Slurm for a GPU with the job: it shows none to jobs that did not, and login nodes have none | #SBATCH --gres=gpu:1 | srun --gres=gpu:1 nvidia-smi -L",
    ),
    (
        kinds.AskScheduler("ray"),
        ALICE,
        "ask Ray for a GPU: it hides them otherwise; num_gpus=1 at the task or actor, use_gpu=True in Ray Train | @ray.remote(num_gpus=1)",
    ),
    (
        kinds.AskScheduler("kubernetes"),
        POD,
        "ask for a GPU in the Pod: resources.limits nvidia.com/gpu: 1 (its device plugin must run) | resources: {limits: {nvidia.com/gpu: 1}}",
    ),
    (
        kinds.AskScheduler("slurm", 8),
        CLUSTER,
        "ask Slurm for 8 GPUs with the job: it shows none to jobs that did not, and login nodes have none | #SBATCH --gres=gpu:8 | srun --gres=gpu:8 nvidia-smi -L",
    ),
    (
        kinds.ChooseRuntime("colab"),
        COLAB,
        "choose a runtime with a GPU: Runtime > Change runtime type > T4 GPU (or another one); then start it again and run the notebook from the top",
    ),
    (
        kinds.ChooseRuntime("another"),
        COLAB,
        "choose a machine type with a GPU in the settings of the notebook service; then start it again and run the notebook from the top",
    ),
    (
        kinds.AskAdmin("start Fabric Manager"),
        CLUSTER,
        "ask those who run the machine: start Fabric Manager",
    ),
    (
        kinds.AskFact("see which driver there is", ("nvidia-smi",)),
        ALICE,
        "see which driver there is | nvidia-smi",
    ),
    (kinds.ChangeProgram("take the line out", ()), ALICE, "take the line out"),
    (
        POINTS,
        Person(),
        (
            "build pytorch3d (needs nvcc of torch's CUDA and a C++ compiler) | export FORCE_CUDA=1 | export TORCH_CUDA_ARCH_LIST=9.0 | "
            'python -m pip install --no-build-isolation --no-deps --force-reinstall --no-cache-dir "git+https://github.com/a/b.git@stable"'
        ),
    ),
    (
        TINY,
        Person(),
        (
            "build it (needs nvcc of torch's CUDA and a C++ compiler) | export TCNN_CUDA_ARCHITECTURES=86 | "
            "python -m pip install --no-build-isolation --no-deps --force-reinstall --no-cache-dir 'git+https://github.com/a/b/#subdirectory=c'"
        ),
    ),
    (
        OWN,
        Person(),
        (
            "build the package that fails again, in the folder of its source (needs nvcc of torch's CUDA and a C++ compiler) | "
            "export TORCH_CUDA_ARCH_LIST=12.0 | python -m pip install --no-build-isolation --no-deps --force-reinstall --no-cache-dir ."
        ),
    ),
    (
        FLASH,
        ALICE,
        "build flash-attn for this GPU (needs nvcc of torch's CUDA and a C++ compiler) | export TORCH_CUDA_ARCH_LIST=12.0 | python -m pip install --no-build-isolation --no-deps --force-reinstall --no-cache-dir --no-binary flash-attn flash-attn",
    ),
    (
        FLASH,
        WINDOWS,
        'build flash-attn for this GPU (needs nvcc of torch\'s CUDA and a C++ compiler) | $env:TORCH_CUDA_ARCH_LIST = "12.0" | python -m pip install --no-build-isolation --no-deps --force-reinstall --no-cache-dir --no-binary flash-attn flash-attn',
    ),
    (
        FLASH,
        keeps("uv"),
        "build flash-attn for this GPU (needs nvcc of torch's CUDA and a C++ compiler) | export TORCH_CUDA_ARCH_LIST=12.0 | uv pip install --no-build-isolation --no-deps --reinstall --no-cache --no-binary flash-attn flash-attn",
    ),
    # a compiler of CUDA, another Python
    (
        NVCC,
        ALICE,
        "install nvcc of CUDA 12.4 (NVIDIA's package cuda-toolkit-12-4, which leaves the driver alone; conda has cuda-nvcc=12.4), and let CUDA_HOME name it in the shell that builds | sudo apt-get install cuda-toolkit-12-4 | export CUDA_HOME=/usr/local/cuda-12.4",
    ),
    (
        NVCC,
        keeps("conda"),
        "install nvcc of CUDA 12.4 in this environment | conda install -c conda-forge cuda-nvcc=12.4 | export CUDA_HOME=$CONDA_PREFIX",
    ),
    (
        NVCC._replace(cuda="11.8"),
        keeps("conda"),
        "install nvcc of CUDA 11.8 in this environment | conda install -c nvidia cuda-nvcc=11.8 | export CUDA_HOME=$CONDA_PREFIX",
    ),
    (
        NVCC,
        CLUSTER,
        "load CUDA 12.4 as a module of the cluster, or install nvcc of CUDA 12.4 from conda (cuda-nvcc=12.4) | module avail cuda | module load cuda/12.4",
    ),
    (
        NVCC,
        DOCKER,
        "install nvcc of CUDA 12.4 in the image, or start from one that has it (nvidia/cuda:12.4…-devel)",
    ),
    (
        NVCC,
        WINDOWS,
        "install nvcc of CUDA 12.4 (NVIDIA's installer of the CUDA 12.4 toolkit for Windows, without its driver)",
    ),
    (
        NVCC._replace(cuda=None),
        ALICE,
        "install nvcc of torch's CUDA (print(torch.version.cuda)), and set CUDA_HOME to its directory",
    ),
    (
        PYTHON,
        ALICE,
        "use Python 3.12 (uv venv --python 3.12 fetches that Python where it is missing) | python3.12 -m venv .venv | . .venv/bin/activate",
    ),
    (
        PYTHON,
        WINDOWS,
        "use Python 3.12 (uv venv --python 3.12 fetches that Python where it is missing) | py -3.12 -m venv .venv | .venv\\Scripts\\activate",
    ),
    (PYTHON, ALICE._replace(installer="uv"), "use Python 3.12 | uv venv --python 3.12"),
    (
        PYTHON,
        WINDOWS._replace(python="python_embeded\\python.exe"),
        "use Python 3.12; the Python of this bundle is changed with the bundle: take one with Python 3.12",
    ),
    (
        PYTHON,
        ALICE._replace(place="notebook"),
        "use Python 3.12; a notebook service has one Python for each version of its runtime: choose another one",
    ),
    # who has mamba or micromamba is told of it
    (
        TORCH,
        keeps("conda")._replace(conda="micromamba", blind=True),
        'install pytorch 2.9.1 for CUDA 12.8 instead; no GPU is visible where it runs, so conda is told of one | CONDA_OVERRIDE_CUDA=12.8 micromamba install -c conda-forge "pytorch-gpu=2.9.1" "torchvision=0.24.1" "cuda-version=12.8"',
    ),
    (
        PYTHON,
        keeps("conda")._replace(conda="mamba"),
        "use Python 3.12 | mamba create -n torch python=3.12 | mamba activate torch",
    ),
    (
        PYTHON,
        keeps("conda"),
        "use Python 3.12 | conda create -n torch python=3.12 | conda activate torch",
    ),
    (PYTHON, keeps("uv-project"), "use Python 3.12 | uv python pin 3.12 | uv sync"),
    (PYTHON, keeps("poetry"), "use Python 3.12 | poetry env use 3.12"),
    # several in turn: a step that is not for this person spoils the rest
    (
        kinds.Steps((PATH, TORCH)),
        ALICE,
        f'take /opt/cuda/lib64 off LD_LIBRARY_PATH, then install torch==2.9.1+cu128 instead | export LD_LIBRARY_PATH=/opt/lib | python -m pip install "torch==2.9.1+cu128" "torchvision==0.24.1" --index-url {WHL}',
    ),
    (kinds.Steps((PATH, TORCH)), JETSON, None),
]


@pytest.mark.parametrize(("action", "person", "words"), TABLE)
def test_what_is_said(action: Action, person: Person, words: str | None) -> None:
    fix = worded(action, person)

    assert (None if fix is None else " | ".join((fix.text, *fix.shown))) == words


@pytest.mark.parametrize("action", [GPUS, ROOM, TWO])
@pytest.mark.parametrize("place", [{"compose": True}, {"engine": "kubernetes"}])
def test_lines_of_a_file_are_no_commands(action: Action, place: dict[str, Any]) -> None:
    """Who pastes commands into a shell gets commands alone."""
    fix = worded(action, ALICE._replace(**place))

    assert fix is not None
    assert fix.lines
    assert all(command.startswith("docker compose") for command in fix.commands)


def test_every_kind_of_action_is_in_the_table() -> None:
    made = {type(action).__name__ for action, _, _ in TABLE}
    known = {
        name
        for name, kind in vars(kinds).items()
        if isinstance(kind, type) and hasattr(kind, "_fields") and kind is not kinds.NamedTuple
    }

    assert known - made == {"ByHand"}


def test_a_fix_says_what_kind_it_is_and_what_it_needs() -> None:
    fix = worded(REBOOT, ALICE)

    assert isinstance(fix, Fix)
    assert (fix.action, fix.scope, fix.needs_root, fix.needs_reboot) == (
        "reboot",
        "host",
        True,
        True,
    )
    both = worded(kinds.Steps((TORCH, DRIVER)), ALICE)
    assert both is not None
    assert (both.action, both.scope, both.needs_root, both.needs_reboot) == (
        "steps",
        "host",
        True,
        True,
    )
