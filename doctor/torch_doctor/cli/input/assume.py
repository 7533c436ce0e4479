"""``--assume driver=550,gpu=V100``: facts as they would be. What they replace is dropped, with all that hangs on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.input.given import Given
from torch_doctor.core.catalog import DRIVER, FACTS, HARDWARE, TORCH
from torch_doctor.core.fact import Fact, Facts, Known, Source
from torch_doctor.core.records import ApiStatus, Gpu, LibraryFile
from torch_doctor.core.report import About, AboutKind
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, TorchVersion

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.matrix.store import Matrix

_ASSUMED = Source("user", "--assume")
# Wishes and the environment's own settings stay as they are, whatever machine is put under them.
_KEPT = ("required_gpus", "required_gpu_names", "cuda_visible_devices", "nvidia_visible_devices")
_SYSTEMS = ("linux", "windows", "darwin")
# What was observed, or read from installed libraries, belongs to the build and the machine that were there.
_OBSERVED = (
    *(
        "live_stages",
        "torch_import_error",
        "cuda_available",
        "torch_device_count",
        "kernel_results",
    ),
    *("runtime_cuda", "cudnn_version", "nccl_version", "loaded_libraries", "errors_seen"),
)


def assuming(given: Given, texts: Iterable[str], overlay: Path | None) -> Given:
    """Return facts as they would be; raise InputError on an assumption that means nothing."""
    from torch_doctor.matrix.load import load_matrix

    facts, about = given
    pairs = [_pair(item) for text in texts for item in re.split(r",(?=\s*\w+\s*=)", text)]
    matrix = load_matrix(overlay)
    gpus = [gpu for key, value in pairs if key == "gpu" for gpu in _gpus(value, matrix)]
    for key, value in pairs:
        if key != "gpu":
            facts = _SETTERS[key](facts, value, matrix)
    if gpus:
        listed = tuple(gpu._replace(index=index) for index, gpu in enumerate(gpus))
        facts = _replaced(facts, HARDWARE, gpus=listed, nvml_status=ApiStatus(0, "NVML_SUCCESS"))
    assumed = (*about.assumed, *(f"{key}={value}" for key, value in pairs))
    return Given(facts.without(*_OBSERVED), About(AboutKind.HYPOTHETICAL, about.name, assumed))


def _pair(item: str) -> tuple[str, str]:
    key, sign, value = (part.strip() for part in item.partition("="))
    if not sign or not value:
        raise _wrong(item, "write it as driver=550")
    if key not in _KEYS:
        raise InputError(
            f"--assume: {key!r} cannot be assumed",
            did_you_mean(key, _KEYS) or f"what can is {', '.join(_KEYS)}",
        )
    return key, value


def _gpus(value: str, matrix: Matrix) -> Iterable[Gpu]:
    """Read ``V100``, ``8xH100`` or ``V100+B200``."""
    from torch_doctor.matrix.query import gpus_like, gpus_named

    for part in value.split("+"):
        match = re.fullmatch(r"(?:(\d{1,2})\s*[x×*]\s*)?(.+)", part.strip())
        name = match[2] if match else part
        found = gpus_named(matrix, name)
        capabilities = {text for row in found.rows for text in row.capabilities}
        if len(capabilities) != 1:
            near = ", ".join(gpus_like(matrix, name)) or "torch-doctor matrix show gpus lists all"
            what = (
                "is the name of GPUs of several generations"
                if capabilities
                else "is no GPU on record"
            )
            raise _wrong(f"gpu={name}", f"{what}; near are {near}")
        gpu = Gpu(0, found.rows[0].name, ComputeCapability.parse(capabilities.pop()))
        yield from [gpu] * int((match and match[1]) or 1)


def _driver(facts: Facts, value: str, matrix: Matrix) -> Facts:
    """Put another driver under the machine, with its own libcuda and without forward compatibility."""
    from torch_doctor.matrix.query import driver_branch

    release: DriverRelease = _parsed(
        DriverRelease.parse, "driver", re.sub(r"^[rR](?=\d)", "", value)
    )
    row = driver_branch(matrix, release)
    if (
        len(release.parts) == 1
        and row is not None
        and row.branch == release.branch
        and row.last_linux
    ):
        # A bare branch is what a package manager would install of it: its newest release.
        release = DriverRelease.parse(row.last_linux)
    return _replaced(
        facts,
        DRIVER,
        driver_release=release,
        nvml_status=ApiStatus(0, "NVML_SUCCESS"),
        libcuda=LibraryFile("libcuda.so.1", "driver", str(release)),
    )


def _torch(facts: Facts, value: str, _: Matrix) -> Facts:
    version = _parsed(TorchVersion.parse, "torch", value)
    names = [name for name in facts if name.startswith("torch_") and FACTS[name].layer == TORCH]
    names += ["arch_list", "requirements", "library_picks", "glibc_needed", "cxx11_abi", "packages"]
    facts = facts.without(*names).with_(torch_version=Known(version, _ASSUMED))
    tag = version.local.split(".")[0]
    if re.fullmatch(r"cu\d{2,4}", tag):
        cuda = Known(CudaVersion.from_tag(tag), _ASSUMED)
        return facts.with_(torch_cuda=cuda, torch_variant=Known("cuda", _ASSUMED))
    return facts.with_(torch_variant=Known(tag, _ASSUMED)) if tag in ("cpu", "xpu") else facts


def _python(facts: Facts, value: str, _: Matrix) -> Facts:
    match = re.fullmatch(r"3\.(\d{1,2})(\.\d+)?(t?)", value)
    if not match:
        raise _wrong(f"python={value}", "write it as python=3.12")
    tag = f"cp3{match[1]}{match[3]}"
    return facts.with_(python_version=Known(value, _ASSUMED), python_tag=Known(tag, _ASSUMED))


def _system(facts: Facts, value: str, _: Matrix) -> Facts:
    if value not in _SYSTEMS:
        raise _wrong(f"os={value}", f"known are {', '.join(_SYSTEMS)}")
    return facts.with_(os_family=Known(value, _ASSUMED))


def _replaced(facts: Facts, layer: str, **known: Any) -> Facts:
    """Drop a whole layer and put the assumption in its place."""
    stale = [
        name for name in facts if name in FACTS and FACTS[name].layer == layer and name not in _KEPT
    ]
    put: dict[str, Fact[Any]] = {name: Known(value, _ASSUMED) for name, value in known.items()}
    return facts.without(*stale).with_(**put)


def _parsed(parse: Callable[[str], Any], key: str, value: str) -> Any:
    try:
        return parse(value)
    except ValueError as error:
        raise _wrong(f"{key}={value}", str(error)) from error


def _wrong(item: str, cure: str) -> InputError:
    return InputError(f"--assume {item}: this means nothing", cure)


_SETTERS: dict[str, Callable[[Facts, str, Matrix], Facts]] = {
    "driver": _driver,
    "torch": _torch,
    "python": _python,
    "os": _system,
}
_KEYS = ("driver", "gpu", "torch", "python", "os")
