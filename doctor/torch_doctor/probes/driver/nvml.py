"""What NVML says, asked in a supervised child: driver release, GPUs and their health."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping

from torch_doctor.core.fact import Fact, Reason, Source, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.payloads import script
from torch_doctor.probes.torch import loader

OWNS = ("nvml_status", "nvml_library", "driver_release", "driver_cuda", "gpus")
LIBRARY = "libnvidia-ml.so.1"
TIMEOUT_S = 8.0


def probe(
    host: Host,
    timeout_s: float = TIMEOUT_S,
    on_begin: Callable[[], object] = lambda: None,
    on_end: Callable[[], object] = lambda: None,
) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what NVML tells, or why it tells nothing. The library is loaded by the child alone.

    *on_begin* is called when the child is there, *on_end* as soon as NVML has answered everything.

    Where the loader would find no such library no child is started: that is most of the time of a host without GPU.
    """
    if host.call("nvml_on_path", lambda: _on_path(host)) is False:
        for name in OWNS:
            yield (
                name,
                Unavailable(
                    Reason.NOT_PRESENT,
                    f"no {LIBRARY} on the loader's path",
                    Source("nvml", "libnvidia-ml"),
                ),
            )
        return
    directory = host.call("pynvml_directory", find_binding)
    argv = [sys.executable, "-I", "-S", *script("nvml"), directory or ""]

    def on_line(line: dict[str, Any]) -> None:
        if line.get("stage") == "end":
            on_end()

    refused, env = _trusted(host)
    answer = host.child(
        "nvml", argv, timeout_s=timeout_s, env=env, on_begin=on_begin, on_line=on_line
    )
    from torch_doctor.probes.driver.nvml_answers import parse
    from torch_doctor.probes.machine.system import is_wsl

    for name, fact in parse(answer, wsl=is_wsl(host)):
        absent = isinstance(fact, Unavailable) and fact.reason is Reason.NOT_PRESENT
        yield name, refused if refused and absent else fact


def _trusted(host: Host) -> tuple[Unavailable | None, Mapping[str, str]]:
    """Return the environment for the child; where root leaves the loader's variables out of it, also why.

    What is then not found may lie where root does not look, so it is not absent.
    """
    if not any(host.environ.get(name) for name in ("LD_LIBRARY_PATH", "LD_PRELOAD")):
        return None, host.environ
    from torch_doctor.probes.live.refusal import loader_refusal, without_loader

    refused = loader_refusal(host)
    return refused, host.environ if refused is None else without_loader(host.environ)


def _on_path(host: Host) -> bool:
    return sys.platform != "linux" or any(True for _ in loader.candidates(host, LIBRARY))


def find_binding() -> str | None:
    """Return the directory that holds pynvml.py (nvidia-ml-py), without importing it."""
    for directory in sys.path:
        if directory and os.path.isfile(os.path.join(directory, "pynvml.py")):
            return directory
    return None
