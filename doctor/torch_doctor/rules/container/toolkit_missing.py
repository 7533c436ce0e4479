"""Docker knows no GPU driver: the NVIDIA Container Toolkit is missing or not configured.

What it checks
    "could not select device driver … with capabilities: [[gpu]]" in an error text.
Why it matters
    --gpus needs the toolkit's runtime hook.
How to fix
    Install the toolkit, register it with Docker, restart Docker; one from snap or Docker Desktop does not see it.
References
    https://docs.docker.com/desktop/features/gpu/
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.container._engine import ANOTHER_DOCKER, REGISTER

_INSTALL = {
    "ubuntu": "sudo apt-get install nvidia-container-toolkit",
    "debian": "sudo apt-get install nvidia-container-toolkit",
    "fedora": "sudo dnf install nvidia-container-toolkit",
    "rhel": "sudo dnf install nvidia-container-toolkit",
    "rocky": "sudo dnf install nvidia-container-toolkit",
    "opensuse-leap": "sudo zypper install nvidia-container-toolkit",
}

# Its engine in WSL 2 has the toolkit built in; that on Hyper-V knows no GPUs.
_ON_WINDOWS = (
    "switch Docker Desktop to its WSL 2 engine (Settings > General), which has the toolkit, with Windows 11 or 10 "
    "21H2 and an NVIDIA driver of Windows that serves WSL"
)


@rule(
    "TD606",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="start",
    explains=("TD110", "TD111", "TD601", "TD650"),
)
def check(
    errors: Errors,
    container_toolkit: str | None = None,
    tried: tuple[str, ...] = (),
    os_id: str | None = None,
    wsl: bool | None = None,
    os_family: str | None = None,
) -> Iterator[Draft]:
    words = r"could not select device driver"
    if not (errors.of("docker_no_gpu_driver", "runtime_unknown") or errors.matching(words)):
        return
    commands = [*REGISTER]
    installed = "installed-container-toolkit" in tried
    if container_toolkit or installed:
        text = f"register the toolkit {container_toolkit or ''} with Docker".replace("  ", " ")
    else:
        text = "install the NVIDIA Container Toolkit (from NVIDIA's repository) and register it with Docker"
        commands[:0] = [_INSTALL[os_id]] if os_id in _INSTALL else []
    cures = [fixes.by_hand(text, *commands, scope="host", root=True)]
    if os_family == "windows":
        cures = [fixes.by_hand(_ON_WINDOWS, "wsl --update", scope="host")]
    elif installed:
        cures.append(ANOTHER_DOCKER)
    elif wsl:
        cures.append(fixes.by_hand("use Docker Desktop with its WSL 2 engine", scope="host"))
    lacks = "" if installed else "missing or "
    message = f"Docker has no GPU runtime: the NVIDIA Container Toolkit is {lacks}not registered"
    yield finding(
        "container", message, because=errors.receipts("docker_no_gpu_driver"), fixes=cures
    )
