"""CUDA toolkits on disk, and the one that would compile an extension. nvcc is never run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Toolkit
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.version import CudaVersion
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import names, text
from torch_doctor.probes.python.installation import join, parent
from torch_doctor.probes.python.target import Target

OWNS = ("toolkits", "toolkit_cuda", "host_compiler")
_HEADERS = (
    "include/cuda.h",
    "targets/x86_64-linux/include/cuda.h",
    "targets/sbsa-linux/include/cuda.h",
)

# cuda.h defines its version near its beginning; the rest is a megabyte.
_HEADER_LIMIT = 65536


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the toolkits, and the CUDA of the one that torch's cpp_extension would use."""
    source = Source("file", "/usr/local")
    found = find_toolkits(host, target)
    yield "toolkits", Known(tuple(found), source)
    used = _used(host, found)
    if used is None:
        absent = "neither CUDA_HOME, nvcc on PATH nor /usr/local/cuda"
        yield "toolkit_cuda", Unavailable(Reason.NOT_PRESENT, absent, source)
    elif used.cuda is None and not host.is_dir(used.path):
        absent = f"{used.found_via} names {used.path}, which is no folder"
        yield "toolkit_cuda", Unavailable(Reason.NOT_PRESENT, absent, Source("file", used.path))
    elif used.cuda is None:
        unread = "no version.json, version.txt or cuda.h names its version"
        yield "toolkit_cuda", Unavailable(Reason.UNPARSED, unread, Source("file", used.path))
    else:
        yield "toolkit_cuda", Known(used.cuda, Source("file", used.path))
    yield (
        "host_compiler",
        Unavailable(Reason.NOT_ASKED, "no file tells it without running the compiler"),
    )


def find_toolkits(host: Host, target: Target) -> list[Toolkit]:
    """Return every toolkit once, in the order in which cpp_extension would find them, then the others."""
    found: dict[str, Toolkit] = {}
    for path, via in _places(host, target):
        real = host.resolve(path)
        if real in found or not host.is_dir(path):
            continue
        nvcc = any(host.exists(f"{path}/bin/{name}") for name in ("nvcc", "nvcc.exe"))
        cuda = read_version(host, path) or (
            read_version(host, _behind(host, path)) if nvcc else None
        )
        if nvcc or cuda:
            found[real] = Toolkit(one_line(path), cuda, nvcc, via)
    return list(found.values())


def read_version(host: Host, path: str) -> CudaVersion | None:
    """Return the CUDA version of the toolkit in *path*, from version.json, version.txt or cuda.h."""
    if version := parse_version_json(text(host, f"{path}/version.json")):
        return version
    if match := re.search(r"CUDA Version (\d+\.\d+)", text(host, f"{path}/version.txt", 4096)):
        return _parse(match[1])
    for header in _HEADERS:
        if match := re.search(
            r"#define\s+CUDA_VERSION\s+(\d{4,6})\b", text(host, f"{path}/{header}", _HEADER_LIMIT)
        ):
            return CudaVersion.from_int(int(match[1]))
    return None


def parse_version_json(document: str) -> CudaVersion | None:
    """Return the version that a toolkit's version.json gives for ``cuda`` or, failing that, for nvcc."""
    try:
        entries = json.loads(document)
    except (ValueError, RecursionError):
        return None
    for key in ("cuda", "cuda_nvcc"):
        entry = entries.get(key) if isinstance(entries, dict) else None
        if isinstance(entry, dict) and (version := _parse(str(entry.get("version")))):
            return version
    return None


def _places(host: Host, target: Target) -> Iterator[tuple[str, str]]:
    for variable in ("CUDA_HOME", "CUDA_PATH"):
        if path := host.environ.get(variable, "").replace("\\", "/").rstrip("/"):
            yield path, variable
    for directory in host.environ.get("PATH", "").split(":"):
        if directory.startswith("/") and host.exists(f"{directory}/nvcc"):
            # cpp_extension takes the prefix of nvcc as it stands on PATH, even where it is a link or a script.
            yield parent(parent(join(directory, "nvcc"))), "PATH"
    yield "/usr/local/cuda", "/usr/local/cuda"
    for name in names(host, "/usr/local"):
        if re.fullmatch(r"cuda-\d+(?:\.\d+)?", name):
            yield f"/usr/local/{name}", "/usr/local"
    for name in names(host, "/opt/nvidia/hpc_sdk/Linux_x86_64"):
        yield f"/opt/nvidia/hpc_sdk/Linux_x86_64/{name}/cuda", "/opt/nvidia/hpc_sdk"
    if target.kind == "conda":
        yield target.prefix, "conda"


def _behind(host: Host, path: str) -> str:
    """Return the toolkit that ``bin/nvcc`` of *path* leads to: through a link, or a script that calls another."""
    nvcc = host.resolve(f"{path}/bin/nvcc")
    script = text(host, nvcc, 4096)
    called = (
        re.search(r"exec\s+\"?(/[^\s\"$]+/nvcc)\b", script) if script.startswith("#!") else None
    )
    return parent(parent(host.resolve(called[1]) if called else nvcc))


def _used(host: Host, found: list[Toolkit]) -> Toolkit | None:
    """Return what cpp_extension takes: CUDA_HOME or CUDA_PATH, else nvcc on PATH, else /usr/local/cuda."""
    asked = host.environ.get("CUDA_HOME") or host.environ.get("CUDA_PATH")
    if asked:
        path = asked.replace("\\", "/").rstrip("/")
        known = (kit for kit in found if host.resolve(kit.path) == host.resolve(path))
        return next(known, Toolkit(one_line(path), None, False, "CUDA_HOME"))
    for via in ("PATH", "/usr/local/cuda"):
        for kit in found:
            if kit.found_via == via and (via != "PATH" or kit.has_nvcc):
                return kit
    return None


def _parse(written: str) -> CudaVersion | None:
    try:
        return CudaVersion.parse(written)
    except ValueError:
        return None
