"""What nobody is told: every prohibition on a cure that breaks it, and on one beside it that does not."""

from __future__ import annotations

import pytest
from torch_doctor.core.finding import Fix
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.wording.prohibitions import PROHIBITIONS, allowed

WINDOWS, WSL = Person(system="windows"), Person(system="wsl")
JETSON = Person(system="jetson", server_wheels=False)
DOCKER = Person(place="container", engine="docker")
POD = Person(place="pod", engine="kubernetes")
CLUSTER, COLAB = Person(place="shared"), Person(place="notebook")
REBOOTED = Person(tried=frozenset({"rebooted"}))
NO_UNIT = Person(missing_units=frozenset({"nvidia-fabricmanager"}))


def host(text: str, *commands: str) -> Fix:
    return Fix(text, commands, "host", needs_root=True)


def tried(slug: str) -> Person:
    return Person(tried=frozenset({slug}))


def keeps(installer: str) -> Person:
    return Person(installer=installer)


# name of the prohibition, whom it protects, what must not be said, and what is said instead (None: nothing)
BROKEN = [
    (
        "no tool of NVIDIA for a build of ROCm or XPU",
        Person(variant="rocm"),
        Fix("look", ("py-spy dump --pid PID", "sudo dmesg | grep -i -e xid -e nvrm", "nvidia-smi")),
        "look | py-spy dump --pid PID | sudo dmesg | grep -i -e amdgpu | rocm-smi",
    ),
    (
        "no tool of NVIDIA for a build of ROCm or XPU",
        Person(variant="xpu"),
        Fix("look", ("nvidia-smi -q",)),
        None,
    ),
    (
        "no ~ where a shell of Windows may not know it",
        WINDOWS,
        Fix(
            "put it there",
            (r"~\ui\venv\Scripts\python.exe -m pip install torchao", r'"~\my ui\python.exe" -V'),
        ),
        (
            "put it there (in PowerShell; cmd takes no & and has %USERPROFILE% for $HOME) | "
            r'& "$HOME\ui\venv\Scripts\python.exe" -m pip install torchao | & "$HOME\my ui\python.exe" -V'
        ),
    ),
    (
        "no shell line in the cell of a notebook",
        COLAB,
        Fix("put it there", ('python -m pip install "torchao==0.9"',)),
        'put it there; then restart the notebook\'s kernel | %pip install "torchao==0.9"',
    ),
    (
        "no shell line in the cell of a notebook",
        COLAB,
        Fix("set it", ("export NCCL_P2P_DISABLE=1",)),
        "set it; before torch is imported | %env NCCL_P2P_DISABLE=1",
    ),
    (
        "no shell line in the cell of a notebook",
        COLAB,
        Fix("name it", ("python -m pip install a", "export LD_LIBRARY_PATH=$(python -c 1):/b")),
        (
            "name it; then restart the notebook's kernel; export is for the shell that starts the notebook's "
            "server, which is then restarted | %pip install a | export LD_LIBRARY_PATH=$(python -c 1):/b"
        ),
    ),
    (
        "no package manager, module or reboot inside WSL",
        WSL,
        host("install it", "sudo apt-get install nvidia-driver-580"),
        "in Windows, not in WSL: install it",
    ),
    (
        "no package manager, module or reboot inside WSL",
        WSL,
        host("load it", "sudo modprobe nvidia"),
        "in Windows, not in WSL: load it",
    ),
    (
        "no driver work from a container, a pod, a shared node or a notebook service",
        DOCKER,
        host("install it", "sudo apt-get install libcuda1"),
        "on the host: install it",
    ),
    (
        "no driver work from a container, a pod, a shared node or a notebook service",
        CLUSTER,
        host("load it", "sudo modprobe nvidia"),
        "ask the administrators of the node: load it",
    ),
    (
        "no driver work from a container, a pod, a shared node or a notebook service",
        COLAB,
        host("load it", "sudo modprobe nvidia"),
        "choose another runtime or machine type: the service keeps the one it gave as it is",
    ),
    (
        "no driver work without root, in words either",
        CLUSTER,
        host("update the NVIDIA driver to 580"),
        "ask the administrators of the node: update the NVIDIA driver to 580",
    ),
    (
        "nothing as root without root",
        CLUSTER,
        host("read the log", "sudo dmesg | grep NVRM"),
        "read the log | dmesg | grep NVRM",
    ),
    (
        "nothing as root without root",
        CLUSTER,
        host("take it off the path", "sudo ldconfig"),
        "ask the administrators of the node: take it off the path",
    ),
    (
        "nothing as root without root",
        COLAB,
        host("take it off the path", "sudo ldconfig"),
        "take it off the path | !ldconfig",
    ),
    (
        "no shell line in the cell of a notebook",
        COLAB,
        Fix(
            "see which torch it is",
            ('python -c "import torch; print(torch.__version__)"', "nvidia-smi"),
        ),
        'see which torch it is | !python -c "import torch; print(torch.__version__)" | !nvidia-smi',
    ),
    (
        "no other interpreter than the one that failed",
        Person(python="/opt/app/bin/python"),
        Fix("do it", ("python -m pip install x",)),
        "do it | /opt/app/bin/python -m pip install x",
    ),
    (
        "no reboot for somebody who has rebooted",
        REBOOTED,
        host("reboot the host", "sudo reboot"),
        None,
    ),
    (
        "no service is enabled that systemd does not know",
        NO_UNIT,
        host("start it", "sudo systemctl enable --now nvidia-fabricmanager"),
        None,
    ),
    (
        "no pip over packages of conda or pixi",
        keeps("conda"),
        Fix("install it", ("python -m pip install x",)),
        "install it",
    ),
    (
        "no pip over packages of conda or pixi",
        keeps("pixi"),
        Fix("install it", ("pip install x",)),
        "install it",
    ),
    (
        "no conda where mamba or micromamba does its work",
        keeps("conda")._replace(conda="mamba"),
        Fix("take it away", ("conda remove x",)),
        "take it away | mamba remove x",
    ),
    (
        "no bare pip in a project that has its own installer",
        keeps("uv-project"),
        Fix("do it", ("python -m pip install --force-reinstall x",)),
        "do it | uv pip install --reinstall x",
    ),
    (
        "no bare pip in a project that has its own installer",
        keeps("uv"),
        Fix("do it", ("/srv/env/bin/python -m pip install --no-cache-dir -U x",)),
        "do it | uv pip install --python /srv/env/bin/python --no-cache -U x",
    ),
    (
        "no bare pip in a project that has its own installer",
        keeps("poetry"),
        Fix("do it", ("python -m pip install x",)),
        "do it | poetry run pip install x",
    ),
    (
        "no CPU index for a build of ROCm or XPU",
        Person(variant="rocm"),
        Fix("do it", ("pip install x --index-url https://download.pytorch.org/whl/cpu",)),
        None,
    ),
    (
        "no torch from the default index on Windows, which serves CPU builds",
        WINDOWS,
        Fix("do it", ('python -m pip install "torch==2.6.0"',)),
        "do it",
    ),
    (
        "no torch of a public index on a Jetson",
        JETSON,
        Fix("do it", ('python -m pip install "torch==2.6.0"',)),
        None,
    ),
    (
        "no package manager, module or reboot inside WSL",
        WSL,
        host("install dkms and the headers", "sudo dkms autoinstall"),
        "update the NVIDIA driver of Windows, whose modules WSL uses, then restart WSL | wsl.exe --shutdown",
    ),
    (
        "no driver work from a container, a pod, a shared node or a notebook service",
        POD,
        host("on the node, load it", "sudo modprobe nvidia"),
        "on the node, load it",
    ),
    (
        "no parts of a Linux driver on Windows",
        WINDOWS,
        host("install dkms and the headers of the running kernel", "sudo dkms autoinstall"),
        "install the NVIDIA driver again (https://www.nvidia.com/drivers, clean installation)",
    ),
    (
        "no LD_LIBRARY_PATH on Windows",
        WINDOWS,
        Fix("keep it off LD_LIBRARY_PATH and ld.so.conf", ('echo "$LD_LIBRARY_PATH"',)),
        "keep it off PATH",
    ),
    (
        "no export on Windows",
        WINDOWS,
        Fix("set it", ("export NCCL_DEBUG=INFO",)),
        'set it | $env:NCCL_DEBUG = "INFO"',
    ),
    (
        "no image of Linux on Windows without WSL",
        WINDOWS,
        Fix("run it", ("docker run --gpus all IMAGE …",)),
        "run it",
    ),
    ("no sudo on Windows", WINDOWS, host("do it", "sudo ldconfig"), "do it"),
    (
        "nothing is unset that was unset",
        tried("unset-ld-library-path"),
        Fix("unset it", ("unset LD_LIBRARY_PATH",)),
        None,
    ),
    (
        "no mask is unset that was unset",
        tried("unset-visible-devices"),
        Fix("unset it", ("unset CUDA_VISIBLE_DEVICES",)),
        None,
    ),
    (
        "no more shared memory for somebody who raised it",
        tried("raised-shared-memory"),
        Fix("more", ("docker run --shm-size=16g IMAGE …",)),
        None,
    ),
    (
        "no reset for somebody who has reset",
        tried("reset-gpu"),
        host("reset it", "sudo nvidia-smi --gpu-reset"),
        None,
    ),
    (
        "no reload for somebody who has reloaded",
        tried("reloaded-module"),
        host("reload", "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm"),
        None,
    ),
]
# What the same people may be told.
KEPT = [
    (WSL, Fix("use cuDNN", ("sudo apt-get install zlib1g",))),
    (WSL, host("install the toolkit", "sudo apt-get install nvidia-container-toolkit")),
    (WSL, host("restart Docker", "sudo systemctl restart docker")),
    (Person(system="jetson"), Fix("do it", ('python -m pip install "torch==2.9.1"',))),
    (
        DOCKER,
        Fix("clean the image", ("apt-get purge 'libnvidia-*'",), "container", needs_root=True),
    ),
    (DOCKER, host("register it on the host", "nvidia-ctk cdi list")),
    (CLUSTER, Fix("ask Slurm", ("srun --gres=gpu:1 …",))),
    (REBOOTED, host("reload", "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm")),
    (
        NO_UNIT,
        host("install it, then start it", "sudo systemctl enable --now nvidia-fabricmanager"),
    ),
    (NO_UNIT, host("restart Docker", "sudo systemctl restart docker")),
    (keeps("conda"), Fix("do it", ('python -m pip install "nvidia-cudnn-cu12==9.1"',))),
    (keeps("conda"), Fix("do it", ("conda install -c conda-forge x",))),
    (keeps("uv-project"), Fix("do it", ("uv add x",))),
    (
        Person(variant="cpu"),
        Fix("do it", ("pip install x --index-url https://download.pytorch.org/whl/cpu",)),
    ),
    (
        WINDOWS,
        Fix(
            "do it",
            (
                'python -m pip install "torch==2.6.0" --index-url https://download.pytorch.org/whl/cu124',
            ),
        ),
    ),
    (WINDOWS, Fix("do it", ("python -m pip install torchao",))),
    (
        JETSON,
        Fix(
            "do it",
            ('pip install "torch==2.8.0" --index-url https://pypi.jetson-ai-lab.io/jp6/cu126',),
        ),
    ),
    (Person(), host("load it", "sudo modprobe nvidia", "sudo reboot")),
]


@pytest.mark.parametrize(("name", "person", "fix", "words"), BROKEN)
def test_what_must_not_be_said(name: str, person: Person, fix: Fix, words: str | None) -> None:
    (rule,) = (rule for rule in PROHIBITIONS if rule.name == name)

    assert rule.forbids(fix, person)
    assert not rule.forbids(fix, Person()), "it holds for nobody else"
    shown = allowed(fix, person)
    assert (None if shown is None else " | ".join((shown.text, *shown.commands))) == words
    assert shown is None or not rule.forbids(shown, person) or rule.in_words


@pytest.mark.parametrize(("person", "fix"), KEPT)
def test_what_may_be_said(person: Person, fix: Fix) -> None:
    assert allowed(fix, person) == fix


def test_every_prohibition_has_an_example() -> None:
    assert {rule.name for rule in PROHIBITIONS} == {name for name, *_ in BROKEN}
