"""What the lines of NVML's child say, as facts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import ApiStatus
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.codes import answer_name
from torch_doctor.probes.driver.nvml_gpus import describe_failure, parse_gpus
from torch_doctor.probes.driver.unloaded import unloaded
from torch_doctor.probes.host.children import ChildResult

SOURCE = Source("nvml", "libnvidia-ml")
# What the child does after each line that it prints; the last line names what did not come back.
_DOING = {
    "": "the start of the interpreter",
    "start": "loading libnvidia-ml.so.1",
    "library": "importing pynvml",
    "asked": "nvmlInit",
    "answered": "importing pynvml",
    "binding": "nvmlInit",
    "init": "reading the driver release",
    "driver": "opening GPU 0",
    "end": "closing NVML",
}


class _Child(NamedTuple):
    """The child's lines by stage, and why a stage that is missing is missing."""

    stages: dict[str, dict[str, Any]]
    lines: Sequence[dict[str, Any]]
    gap: Unavailable


def parse(result: ChildResult, *, wsl: bool = False) -> Iterator[tuple[str, Fact[Any]]]:
    """Turn the child's lines into facts; what it did not live to say is unavailable, and says which stage hung."""
    stages = {str(line.get("stage")): line for line in reversed(result.lines)}
    child = _Child(stages, result.lines, _gap(result, _doing(result.lines)))
    library = stages.get("library", {})
    path = library.get("path")
    yield (
        "nvml_library",
        Known(one_line(path), SOURCE) if isinstance(path, str) else _no_library(child),
    )
    status = _status(child)
    yield "nvml_status", status
    if not isinstance(status, Known) or status.value.code != 0:
        for name in ("driver_release", "driver_cuda", "gpus"):
            yield name, _without_init(status)
        return
    driver = stages.get("driver")
    yield "driver_release", _release(driver, child.gap)
    yield "driver_cuda", _cuda(driver, child.gap)
    yield "gpus", _gpus(driver, child, wsl=wsl or (isinstance(path, str) and "/wsl/" in path))


def _doing(lines: Sequence[dict[str, Any]]) -> str:
    last = lines[-1] if lines else {}
    stage = str(last.get("stage", ""))
    if stage == "answered" and any(line.get("stage") == "binding" for line in lines):
        stage = "binding"  # both are done: the binding starts it, too
    if stage == "gpu":
        return f"reading the state of GPU {last.get('index')}"
    if stage == "health" and isinstance(last.get("index"), int):
        return f"opening GPU {last['index'] + 1}"
    return _DOING.get(stage, stage)


def _gap(result: ChildResult, doing: str) -> Unavailable:
    """Say why lines are missing; where the library ended the child that asked it, the source is the child."""
    died = result.status == "crash" or (
        result.status == "exit" and "Traceback" not in result.stderr
    )
    source = Source("child", "NVML") if died and doing != _DOING[""] else SOURCE
    if result.status in ("timeout", "unkillable"):
        detail = f"{doing} did not return within {result.seconds:.0f} s"
        detail = f"{detail}: {result.detail}" if result.detail else detail
        return Unavailable(Reason.TIMEOUT, detail, SOURCE)
    if result.status == "crash":
        return Unavailable(Reason.CRASHED, f"{doing} ended with {result.detail}", source)
    last = one_line(result.stderr.strip().rpartition("\n")[2], 160)
    detail = f"{doing}: the child ended early ({result.status} {result.detail})".replace(" )", ")")
    return Unavailable(Reason.CRASHED, f"{detail}: {last}" if last else detail, source)


def _no_library(child: _Child) -> Unavailable:
    library = child.stages.get("library")
    if library is None:
        return child.gap
    error = library.get("error") or "the file that was loaded is not listed"
    return unloaded(error, "libnvidia-ml.so.1", SOURCE)


def _status(child: _Child) -> Fact[ApiStatus]:
    if "error" in child.stages.get("library", {}):
        return _no_library(child)
    binding = child.stages.get("binding", {})
    if "error" in binding:
        detail = (
            f"nvidia-ml-py is not installed beside torch-doctor ({one_line(str(binding['error']))})"
        )
        return Unavailable(Reason.CRASHED, detail, SOURCE)
    init = child.stages.get("init")
    code = None if init is None else init.get("code")
    if init is None or not isinstance(code, int):
        return child.gap
    if code == 12 and sys.platform == "win32":
        return Unavailable(Reason.NOT_PRESENT, "nvml.dll was not found", SOURCE)
    message = one_line(str(init.get("message") or ""))
    return Known(ApiStatus(code, answer_name("nvml", code), message), Source("nvml", "nvmlInit"))


def _without_init(status: Fact[ApiStatus]) -> Unavailable:
    if isinstance(status, Unavailable):
        return status
    # 9: no driver is loaded (or none that this process may see); 4: it may not open the device files.
    reason = {9: Reason.NOT_PRESENT, 4: Reason.DENIED}.get(status.value.code, Reason.CRASHED)
    detail = f"nvmlInit answers {status.value.name} ({status.value.code})"
    return Unavailable(reason, detail, status.source)


def _release(driver: dict[str, Any] | None, gap: Unavailable) -> Fact[DriverRelease]:
    if driver is None:
        return gap
    source = Source("nvml", "nvmlSystemGetDriverVersion")
    try:
        return Known(DriverRelease.parse(str(driver["release"])), source)
    except (KeyError, ValueError):
        return _unanswered(driver, "nvmlSystemGetDriverVersion", source)


def _cuda(driver: dict[str, Any] | None, gap: Unavailable) -> Fact[CudaVersion]:
    if driver is None:
        return gap
    source = Source("nvml", "nvmlSystemGetCudaDriverVersion_v2")
    number = driver.get("cuda")
    if isinstance(number, int) and number >= 1000:
        return Known(CudaVersion.from_int(number), source)
    return _unanswered(driver, "nvmlSystemGetCudaDriverVersion_v2", source)


def _gpus(driver: dict[str, Any] | None, child: _Child, *, wsl: bool) -> Fact[Any]:
    if driver is None:
        return child.gap
    if not isinstance(driver.get("count"), int):
        return _unanswered(driver, "nvmlDeviceGetCount", SOURCE)
    count = min(driver["count"], 1024)
    gap = None if "end" in child.stages else str(child.gap)
    return Known(parse_gpus(child.lines, count, gap, wsl=wsl), SOURCE)


def _unanswered(line: dict[str, Any], function: str, source: Source) -> Unavailable:
    failed = line.get("failed")
    code = failed.get(function) if isinstance(failed, dict) else None
    return Unavailable(Reason.CRASHED, describe_failure(function, code), source)
