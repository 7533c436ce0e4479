"""How torch came here and in which state: installer, origin, damage, leftovers, copies, shadows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from torch_doctor.binaries.torch_texts import parse_version_py, recorded_sizes
from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import TorchCopy
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion
from torch_doctor.probes.host.elf_answers import fault_of, is_whole
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import Dist, answer, distributions, names, text
from torch_doctor.probes.python.target import Target, holds_torch

OWNS = (
    "torch_origin",
    "torch_installer",
    "torch_damage",
    "torch_leftovers",
    "torch_copies",
)
_RECORD_LIMIT = 8 << 20
_KEY_LIBRARIES = ("libc10.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch_python.so")
# pip renames what it replaces to ~orch, or to ~-rch and the like where that name is taken.
_LEFTOVER = regex(r"(?:[~-]\S*orch|~[-~.=%\d]rch)(?:-.*)?", re.IGNORECASE)


class Install(NamedTuple):
    """The torch that an import would take: its directory, its version.py and its distribution record."""

    site: str
    path: str
    words: Mapping[str, Any]
    dist: Dist | None
    conda: Mapping[str, Any] | None


def find_install(host: Host, target: Target) -> Install | None:
    """Return the first torch on the search path, or None."""
    for site in target.search_path:
        path = f"{site}/torch"
        if holds_torch(host, site):
            words = parse_version_py(text(host, f"{path}/version.py"))
            own = [d for d in distributions(host, target) if d.name == "torch"]
            here = [d for d in own if d.site == site] or own
            version = str(words.get("__version__", ""))
            fitting = [d for d in here if _same_version(d.version, version)] or here
            return Install(
                site, path, words, next(iter(fitting), None), _conda_record(host, target, site)
            )
    return None


def probe_install(
    host: Host, target: Target, found: Install | None
) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield how torch was installed, and what is in its way."""
    yield "torch_leftovers", Known(tuple(_leftovers(host, target)), Source("file", target.prefix))
    yield "torch_copies", Known(tuple(_copies(host, target)), Source("file", target.prefix))
    if found is None:
        absent = Unavailable(
            Reason.NOT_PRESENT, "no torch is installed", Source("file", target.prefix)
        )
        yield from ((name, absent) for name in ("torch_origin", "torch_installer", "torch_damage"))
        return
    record = Source("file", found.dist.path if found.dist else found.path)
    installer = _installer(host, found)
    nobody = Unavailable(Reason.NOT_PRESENT, "nothing records who installed torch", record)
    yield "torch_installer", Known(installer, record) if installer else nobody
    yield "torch_origin", Known(origin(host, found), record)
    yield "torch_damage", Known(tuple(_damage(host, found)), record)


def origin(host: Host, found: Install) -> str:
    """Return who built this torch, as far as its records tell."""
    version = str(found.words.get("__version__", ""))
    if found.conda is not None:
        return _conda_origin(str(found.conda.get("channel") or found.conda.get("url") or ""))
    if re.search(r"[+.]nv\d{2}\.\d{1,2}", version) or host.environ.get("NVIDIA_PYTORCH_VERSION"):
        return "jetson" if host.exists("/etc/nv_tegra_release") else "ngc"
    if found.dist and _is_local_build(text(host, f"{found.dist.path}/direct_url.json")):
        return "source"
    if re.search(r"\+git[0-9a-f]*|a0(?:\+|$)", version) or (
        found.dist and found.dist.path.endswith("egg-info")
    ):
        return "source"
    public = re.fullmatch(
        r"\d+(?:\.\d+)+(?:rc\d+|\.dev\d{8}|\.post\d+)?(?:\+(?:cu\d+|cpu|rocm[\d.]+|xpu)\S*)?",
        version,
    )
    return (
        "pytorch"
        if found.dist and public and len(str(found.words.get("git_version"))) == 40
        else "unknown"
    )


def _installer(host: Host, found: Install) -> str | None:
    written = text(host, f"{found.dist.path}/INSTALLER", 256) if found.dist else ""
    return one_line(written) or ("conda" if found.conda is not None else None)


def _conda_origin(channel: str) -> str:
    for word, name in (
        ("conda-forge", "conda-forge"),
        ("pkgs/", "anaconda"),
        ("/pytorch", "pytorch"),
    ):
        if word in channel:
            return name
    return {"defaults": "anaconda", "pytorch": "pytorch"}.get(channel, "unknown")


def _conda_record(host: Host, target: Target, site: str) -> Mapping[str, Any] | None:
    """Return conda's record of torch if conda installed the one in *site*."""
    if not site.startswith(f"{target.prefix}/"):
        return None
    folder = f"{target.prefix}/conda-meta"
    for name in names(host, folder):
        if re.fullmatch(r"pytorch-\d.*\.json", name):
            return conda_fields(text(host, f"{folder}/{name}", 8 << 20))
    return None


def conda_fields(document: str) -> dict[str, Any]:
    """Return the scalar fields of a conda record; {} where it is none."""
    try:
        record = json.loads(document)
    except (ValueError, RecursionError):
        return {}
    items = record.items() if isinstance(record, dict) else ()
    return {key: value for key, value in items if isinstance(value, (str, int))}


def _is_local_build(direct_url: str) -> bool:
    """Whether direct_url.json names a directory or a repository; a wheel file is no build."""
    try:
        document = json.loads(direct_url)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and ("dir_info" in document or "vcs_info" in document)


def _damage(host: Host, found: Install) -> Iterator[str]:
    """Yield key files of torch that are missing or cut, against RECORD or against their own headers."""
    sizes = key_sizes(host, found.dist) if found.dist and found.dist.site == found.site else {}
    for path, size in sizes.items():
        try:
            actual = host.size(f"{found.site}/{path}")
        except FileNotFoundError:
            yield f"{one_line(path)} is missing"
            continue
        except OSError:
            continue
        # conda patches files after RECORD is written, and strip makes a library smaller without breaking it.
        patched = found.conda is not None and path.endswith(".py")
        if actual < size and not patched and not is_whole(host, f"{found.site}/{path}"):
            yield f"{one_line(path)} has {actual} of {size} bytes"
        elif ".so" in path and (fault := fault_of(host, f"{found.site}/{path}")):
            yield f"{one_line(path)} {fault}"
        elif path.endswith(".py") and _begins_in_zeros(host, f"{found.site}/{path}"):
            yield f"{one_line(path)} is full of zeros"
    if not sizes:
        for name in _KEY_LIBRARIES:
            path = f"{found.path}/lib/{name}"
            if host.exists(path) and not is_whole(host, path):
                yield f"torch/lib/{name} is cut short or no library"


def _begins_in_zeros(host: Host, path: str) -> bool:
    """Whether a file has the zeros that a disk leaves of it which lost its power."""

    def look() -> bool:
        try:
            begin = host.read_bytes(path, 64)
        except OSError:
            return False
        return bool(begin) and not any(begin)

    return answer(host, f"begins in zeros {path}", look) is True


def key_sizes(host: Host, dist: Dist) -> dict[str, int]:
    """Return the sizes that RECORD gives for torch's libraries and key files."""
    path = f"{dist.path}/RECORD"
    sizes: dict[str, int] = answer(
        host, f"key sizes {path}", lambda: recorded_sizes(text(host, path, _RECORD_LIMIT))
    )
    return sizes


def _leftovers(host: Host, target: Target) -> Iterator[str]:
    for site in target.site_dirs:
        yield from (
            f"{site}/{one_line(name)}" for name in names(host, site) if _LEFTOVER.fullmatch(name)
        )


def _copies(host: Host, target: Target) -> Iterator[TorchCopy]:
    seen = set()
    for site in target.search_path:
        path = f"{site}/torch"
        if holds_torch(host, site) and (real := host.resolve(path)) not in seen:
            seen.add(real)
            words = parse_version_py(text(host, f"{path}/version.py"))
            version = words.get("__version__")
            yield TorchCopy(
                path, one_line(version) if isinstance(version, str) else None, cuda_of(words)
            )


def cuda_of(words: Mapping[str, Any]) -> CudaVersion | None:
    """Return the CUDA that version.py names, or None."""
    try:
        return CudaVersion.parse(str(words.get("cuda")))
    except ValueError:
        return None


def _same_version(one: str, other: str) -> bool:
    return one == other or one.partition("+")[0] == other.partition("+")[0]
