"""``--assume gpu=V100,driver=550``: facts as they would be, from nothing, or laid over those of a machine.

What is assumed is written as ``recommend`` takes it. What it replaces is dropped, with all that hangs on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.input.given import Given
from torch_doctor.core.about import About, AboutKind
from torch_doctor.core.catalog import DRIVER, FACTS, HARDWARE, TORCH
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import ApiStatus, Gpu, LibraryFile
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, TorchVersion

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.matrix.store import Matrix
    from torch_doctor.recommendation.question.asked import Constraints

# The word that has an assumption start from this machine.
HOST = "host"
_ASSUMED = Source("user", "--assume")
_KEYS = (
    "gpu",
    "compute-capability",
    "driver",
    "platform",
    "os",
    "glibc",
    "python",
    "torch",
    "cuda",
)
_MANY = ("gpu", "compute-capability")
# Wishes and the environment's own settings stay as they are, whatever machine is put under them.
_KEPT = (
    "required_gpus",
    "required_gpu_names",
    "required_builds",
    "cuda_visible_devices",
    "nvidia_visible_devices",
)
_SYSTEMS = ("linux", "windows", "darwin")
# What was observed, or read from installed libraries, belongs to the build and the machine that were there.
_OBSERVED = tuple(
    """live_stages torch_import_error cuda_available torch_device_count kernel_results runtime_cuda cudnn_version
    nccl_version loaded_libraries errors_seen""".split()
)
# What an installed torch tells of itself, beside the facts whose names begin with torch_.
_OF_TORCH = ("arch_list", "requirements", "library_picks", "glibc_needed", "cxx11_abi", "packages")


class Assumption(NamedTuple):
    """What was typed: *host* to start from this machine, and values by key, in order."""

    host: bool
    values: tuple[tuple[str, str], ...]

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value of *key*."""
        return tuple(value for name, value in self.values if name == key)

    def last(self, key: str) -> str | None:
        """Return the last value of *key*, or None."""
        return next(reversed(self.all(key)), None)


def read_assumption(texts: Iterable[str]) -> Assumption:
    """Return what ``--assume`` was given; raise InputError on what cannot be assumed."""
    items = [
        item.strip()
        for text in texts
        for item in re.split(rf",(?=\s*(?:[\w-]+\s*=|{HOST}\s*(?:,|$)))", text)
    ]
    values = tuple(_pair(item) for item in items if item != HOST)
    return Assumption(HOST in items, values)


def assuming(assumption: Assumption, given: Given | None, overlay: Path | None) -> Given:
    """Return *given*, or where it is None nothing, as it would be; raise InputError on a value that means nothing."""
    from torch_doctor.consult import here
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.recommendation.question.hosts import ServedHost, described, overlaid

    matrix = load_matrix(overlay)
    wanted = _understood(assumption, matrix)
    if given is None:
        facts, about = described(wanted, here()).facts, About(AboutKind.HYPOTHETICAL)
    else:
        facts, about = _without(given.facts, wanted), given.about
        facts = overlaid(ServedHost("", facts), wanted).facts
    facts = _sourced(facts, defaulted=assumption.last("platform") is None)
    facts = facts.with_(**_answering(wanted, matrix))
    system = assumption.last("os")
    if system is not None:
        facts = facts.with_(os_family=Known(_system(system), _ASSUMED))
    facts = _with_torch(facts, assumption, matrix)
    typed = (*([HOST] if assumption.host else []), *("=".join(pair) for pair in assumption.values))
    assumed = About(AboutKind.HYPOTHETICAL, about.name, (*about.assumed, *typed))
    return Given(facts.without(*_OBSERVED), assumed)


def _pair(item: str) -> tuple[str, str]:
    key, sign, value = (part.strip() for part in item.partition("="))
    if not sign or not value:
        raise _wrong(item, "write it as driver=550")
    key = key.replace("_", "-")
    if key not in _KEYS:
        raise InputError(
            f"--assume: {key!r} cannot be assumed",
            did_you_mean(key, _KEYS) or f"what can is {', '.join(_KEYS)}",
        )
    return key, value


def _understood(assumption: Assumption, matrix: Matrix) -> Constraints:
    """Read the values as ``recommend`` reads its options of the same names."""
    from torch_doctor.recommendation.question.asked import Asked, QuestionError
    from torch_doctor.recommendation.question.constraints import understand

    asked = Asked(
        gpu=tuple(name for value in assumption.all("gpu") for name in _names(value)),
        compute_capability=assumption.all("compute-capability"),
        driver=assumption.last("driver"),
        platform=assumption.last("platform"),
        python=assumption.last("python"),
        glibc=assumption.last("glibc"),
    )
    try:
        return understand(asked, matrix)
    except QuestionError as error:
        raise InputError(f"--assume {str(error).removeprefix('--')}") from error


def _names(value: str) -> Iterator[str]:
    """Read ``V100``, ``8xH100`` or ``V100+B200``."""
    for part in value.split("+"):
        match = re.fullmatch(r"(?:(\d{1,2})\s*[x×*]\s*)?(.+)", part.strip())
        yield from [match[2] if match else part] * int((match and match[1]) or 1)


def _without(facts: Facts, wanted: Constraints) -> Facts:
    """Drop the whole layers that something is put in place of."""
    layers = [*([HARDWARE] if wanted.gpus else []), *([DRIVER] if wanted.driver else [])]
    stale = [
        name
        for name in facts
        if name in FACTS and FACTS[name].layer in layers and name not in _KEPT
    ]
    return facts.without(*stale)


def _sourced(facts: Facts, *, defaulted: bool) -> Facts:
    """Say of each fact that came from the assumption where it is from; the platform may be that of this machine."""
    from torch_doctor.recommendation.question.hosts import TYPED

    here = Source("derived", "the platform that is asked from")
    platform = ("os_family", "host_arch", "wsl", "jetson") if defaulted else ()
    typed = {name: fact for name, fact in facts.items() if fact.source == TYPED}
    sources = {name: here if name in platform else _ASSUMED for name in typed}
    return facts.with_(**{name: fact.with_source(sources[name]) for name, fact in typed.items()})


def _answering(wanted: Constraints, matrix: Matrix) -> dict[str, Any]:
    """Return what goes with a machine that has GPUs and a driver: a driver that answers, and its own libcuda."""
    found: dict[str, Any] = {}
    if wanted.driver:
        found["nvml_status"] = Known(ApiStatus(0, "NVML_SUCCESS"), _ASSUMED)
        libcuda = LibraryFile("libcuda.so.1", "driver", str(wanted.driver))
        found["libcuda"] = Known(libcuda, _ASSUMED)
    if wanted.gpus:
        found["gpus"] = Known(tuple(_with_capability(gpu, matrix) for gpu in wanted.gpus), _ASSUMED)
    return found


def _with_capability(gpu: Gpu, matrix: Matrix) -> Gpu:
    from torch_doctor.matrix.query import gpus_named

    rows = gpus_named(matrix, gpu.name or "").rows
    known = {text for row in rows for text in row.capabilities}
    if gpu.compute_capability or len(known) != 1:
        return gpu
    return gpu._replace(compute_capability=ComputeCapability.parse(known.pop()))


def _with_torch(facts: Facts, assumption: Assumption, matrix: Matrix) -> Facts:
    """Put another build into the environment: ``2.13`` is 2.13.0, and a CUDA alone leaves the release as it is."""
    from torch_doctor.matrix.law.platform import wheel_platform
    from torch_doctor.matrix.law.version_strings import default_variant

    text, tag = assumption.last("torch"), _tag(assumption.last("cuda"))
    if text is None and tag is None:
        return facts
    installed: TorchVersion | None = facts.value("torch_version")
    version = _version(text) if text is not None else installed
    names = [name for name in facts if name.startswith("torch_") and FACTS[name].layer == TORCH]
    facts = facts.without(*names, *_OF_TORCH)
    if version is None:
        found: dict[str, Any] = {
            "torch_variant": "cuda",
            "torch_cuda": CudaVersion.from_tag(tag or ""),
        }
    else:
        if tag and text is not None and version.local not in ("", tag):
            raise _wrong(
                f"torch={text},cuda={assumption.last('cuda')}",
                "they name two builds; leave one out",
            )
        version = TorchVersion.parse(f"{version.public}+{tag}") if tag else version
        variant = version.local.split(".")[0] or default_variant(
            version, wheel_platform(facts), matrix
        )
        found = {"torch_version": version, **_build(variant)}
    return facts.with_(**{name: Known(value, _ASSUMED) for name, value in found.items()})


def _build(tag: str) -> dict[str, Any]:
    if re.fullmatch(r"cu\d{2,4}", tag):
        return {"torch_variant": "cuda", "torch_cuda": CudaVersion.from_tag(tag)}
    kind = re.match(r"cpu|xpu|rocm", tag)
    return {"torch_variant": kind[0]} if kind else {}


def _version(text: str) -> TorchVersion:
    plain = re.sub(r"^(?:v|==)?\s*(\d+\.\d+)(?=\+|$)", r"\1.0", text)
    try:
        return TorchVersion.parse(re.sub(r"^(?:v|==)\s*", "", plain))
    except ValueError as error:
        raise _wrong(f"torch={text}", str(error)) from error


def _tag(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        cuda = CudaVersion.from_tag(text) if text.startswith("cu") else CudaVersion.parse(text)
    except ValueError as error:
        raise _wrong(f"cuda={text}", str(error)) from error
    return cuda.tag


def _system(value: str) -> str:
    if value not in _SYSTEMS:
        raise _wrong(f"os={value}", f"known are {', '.join(_SYSTEMS)}")
    return value


def _wrong(item: str, cure: str) -> InputError:
    return InputError(f"--assume {item}: this means nothing", cure)
