"""Which libcuda the loader would take, and what it answers when a supervised child asks it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import ApiStatus, LibraryFile
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.probes.driver.unloaded import unloaded
from torch_doctor.probes.host.children import ChildResult
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.machine.system import is_wsl, os_family
from torch_doctor.probes.payloads import script
from torch_doctor.probes.torch import loader

FILES_OWN = ("libcuda", "libcuda_copies", "driver_library_release")
CALLS_OWN = ("driver_cuda", "cuda_init", "cuda_device_count")
OWNS = (*FILES_OWN, *CALLS_OWN)
# What the driver proof tells beyond these. It is named here, because a static check must say that it was not asked.
PROOF_OWN = ("driver_proof", "driver_kernels")
TIMEOUT_S = 20.0
SONAME, NVML_SONAME = "libcuda.so.1", "libnvidia-ml.so.1"
WSL_DIRECTORY = "/usr/lib/wsl/lib"
_CUDA = Source("child", "cuInit")
_RELEASE = regex(r"\.so\.(\d{3,4}\.\d{1,4}(?:\.\d{1,4})?)$")
_COMPAT = regex(r"(?:cuda-)?compat(?:[-_.].*)?")
_DOING = {
    "": "the start of the interpreter",
    "start": "loading libcuda.so.1",
    "library": "cuDriverGetVersion",
    "version": "cuInit",
    "plan": "cuInit",
    "init": "cuDeviceGetCount",
}


def probe(
    host: Host, timeout_s: float = TIMEOUT_S, *, static: bool = False
) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the files, and, unless *static*, what cuInit answers in a child."""
    yield from probe_files(host)
    yield from probe_calls(host, timeout_s, static=static)


def probe_files(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield which libcuda.so.1 the loader would take; nothing is loaded."""
    if os_family(host) != "linux":
        for name in FILES_OWN:
            yield name, Unavailable(Reason.NOT_APPLICABLE, "libcuda.so.1 is a file of Linux")
        return
    cache = loader.cache_entries(host, SONAME, NVML_SONAME)
    copies = [_library(host, found) for found in loader.candidates(host, SONAME, cache=cache)]
    source = Source("file", loader.CACHE)
    if copies:
        yield "libcuda", Known(copies[0], Source("file", copies[0].path))
    else:
        detail = "no libcuda.so.1 on the loader's path"
        yield "libcuda", Unavailable(Reason.NOT_PRESENT, detail, source)
    wsl = _outside_the_path(host, copies)
    yield "libcuda_copies", Known((*copies, *wsl), source)
    nvml = [_library(host, found) for found in loader.candidates(host, NVML_SONAME, cache=cache)]
    yield "driver_library_release", _library_release([*copies, *wsl, *nvml])


def probe_calls(
    host: Host, timeout_s: float = TIMEOUT_S, *, static: bool = False
) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what cuDriverGetVersion, cuInit and cuDeviceGetCount answer."""
    if static:
        for name in CALLS_OWN:
            yield name, Unavailable(Reason.NOT_ASKED, "--static calls nothing of libcuda")
        return
    if os_family(host) == "darwin":
        for name in CALLS_OWN:
            yield name, Unavailable(Reason.NOT_APPLICABLE, "macOS has no libcuda")
        return
    argv = [sys.executable, "-I", "-S", *script("libcuda")]
    from torch_doctor.probes.live.refusal import loader_refusal, quiet_directory

    refused = loader_refusal(host)
    if refused:
        yield from ((name, refused) for name in CALLS_OWN)
        return
    yield from parse(host.child("libcuda", argv, timeout_s=timeout_s, cwd=quiet_directory(host)))


def kind_of(*paths: str) -> str:
    """Tell a compat or a stub libcuda from the driver's own by the directories that it lies in."""
    parts = [part for path in paths for part in path.split("/")[:-1]]
    if any(_COMPAT.fullmatch(part) for part in parts):
        return "compat"
    return "stub" if "stubs" in parts else "driver"


def release_of(path: str) -> str | None:
    """Return the driver release in a resolved file name, 580.65.06 of libcuda.so.580.65.06."""
    match = _RELEASE.search(path)
    return match[1] if match else None


def parse(result: ChildResult) -> Iterator[tuple[str, Fact[Any]]]:
    """Turn the child's lines into facts; what it did not live to say is unavailable, and says which call hung."""
    stages = {str(line.get("stage")): line for line in result.lines}
    gap = _gap(result)
    library = stages.get("library", {})
    if "error" in library:
        gap = unloaded(library["error"], SONAME, _CUDA)
    path = library.get("path")
    where = Source("child", one_line(path)) if isinstance(path, str) else _CUDA
    yield "driver_cuda", _version(stages.get("version"), gap, where)
    init = stages.get("init")
    yield "cuda_init", gap if init is None else _status("cuInit", init, where)
    yield "cuda_device_count", _count(stages, gap, where)


def _gap(result: ChildResult) -> Unavailable:
    last = next((str(line["stage"]) for line in reversed(result.lines) if "stage" in line), "")
    doing = _DOING.get(last, last)
    if result.status in ("timeout", "unkillable"):
        detail = f"{doing} did not return within {result.seconds:.0f} s"
        detail = f"{detail}: {result.detail}" if result.detail else detail
        return Unavailable(Reason.TIMEOUT, detail, _CUDA)
    if result.status == "crash":
        return Unavailable(Reason.CRASHED, f"{doing} ended with {result.detail}", _CUDA)
    ended = f"{result.status} {result.detail}".strip()
    return Unavailable(Reason.CRASHED, f"{doing}: the child ended early ({ended})", _CUDA)


def _version(line: dict[str, Any] | None, gap: Unavailable, source: Source) -> Fact[CudaVersion]:
    if line is None:
        return gap
    number = line.get("version")
    if line.get("code") == 0 and isinstance(number, int) and number >= 1000:
        return Known(CudaVersion.from_int(number), source)
    detail = f"cuDriverGetVersion answers {line.get('code')} and version {number}"
    return Unavailable(Reason.CRASHED, detail, source)


def _status(function: str, line: dict[str, Any], source: Source) -> Fact[ApiStatus]:
    code = line.get("code")
    if not isinstance(code, int):
        return Unavailable(Reason.CRASHED, f"this libcuda has no {function}", source)
    from torch_doctor.matrix.codes import answer_name  # the tables, where a driver answered

    name = one_line(str(line.get("name") or answer_name("cuda-driver", code)))
    return Known(ApiStatus(code, name, one_line(str(line.get("message") or ""))), source)


def _count(stages: dict[str, dict[str, Any]], gap: Unavailable, source: Source) -> Fact[int]:
    line, init = stages.get("count"), stages.get("init")
    if init is not None and init.get("code") == 100:  # no device: the one failure that is a count
        return Known(0, source)
    if init is not None and init.get("code") != 0:
        return Unavailable(Reason.CRASHED, f"cuInit answers {init.get('code')}", source)
    if line is None:
        return gap
    count = line.get("count")
    if line.get("code") == 0 and isinstance(count, int):
        return Known(count, source)
    return Unavailable(Reason.CRASHED, f"cuDeviceGetCount answers {line.get('code')}", source)


def _library(host: Host, found: loader.LibraryCandidate) -> LibraryFile:
    real = host.resolve(found.path)
    return LibraryFile(one_line(found.path), kind_of(found.path, real), release_of(real), found.via)


def _outside_the_path(host: Host, copies: Sequence[LibraryFile]) -> list[LibraryFile]:
    """Return WSL's libcuda where the loader would not find it: torch does not find it either."""
    path = f"{WSL_DIRECTORY}/{SONAME}"
    if not is_wsl(host) or any(copy.path == path for copy in copies) or not host.exists(path):
        return []
    return [LibraryFile(path, "driver", None, "not on the loader's path")]


def _library_release(libraries: Sequence[LibraryFile]) -> Fact[DriverRelease]:
    for library in libraries:
        if library.kind == "driver" and library.version:
            return Known(DriverRelease.parse(library.version), Source("file", library.path))
    if not any(library.kind == "driver" for library in libraries):
        return Unavailable(Reason.NOT_PRESENT, "no driver library on the loader's path")
    return Unavailable(Reason.UNPARSED, "the driver's file names carry no release")
