"""Cross-checks of typed rows: each text parses, each word is of its list, each order holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from warnings import catch_warnings, simplefilter

from torch_doctor.core.finding import CAUSES
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)
from torch_doctor.matrix.source.decoding import Entry
from torch_doctor.matrix.source.yaml_nodes import MatrixFault, with_cure

_SHOWN = 200


def _shaped(pattern: str, like: str, text: str) -> None:
    if not re.fullmatch(pattern, text, re.ASCII):
        msg = f"{text!r} is not like {like}"
        raise ValueError(msg)


def _one_of(words: str, text: str) -> None:
    if text not in words.split():
        msg = f"{text!r} is none of {words.replace(' ', ', ')}"
        raise ValueError(msg)


def _specifier(text: str) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        msg = f"{text!r} is not a version specifier such as ==2.8.0"
        raise ValueError(msg) from None


def _version(text: str) -> None:
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        msg = f"{text!r} is not a version"
        raise ValueError(msg) from None


def _pattern(text: str) -> None:
    try:
        with catch_warnings():
            simplefilter("error")
            re.compile(text)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        msg = f"{text!r} is not a regular expression ({error})"
        raise ValueError(msg) from None


_DATE = partial(_shaped, r"\d{4}(-\d{2}(-\d{2})?)?", "2026-01-31 or 2026-01")
_PYTHON = partial(_shaped, r"cp3\d{1,2}[mt]?|py3", "cp312")
_PLATFORM = partial(_one_of, "linux-x86_64 linux-aarch64 windows-x86_64")
_IMAGE = partial(_shaped, r"[a-z0-9][a-z0-9._/-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?", "a/b:tag")
_MODULES = partial(_one_of, "required supported impossible varies")

# What each text must be, by row and field. A field may be None; a tuple is checked item by item.
RULES: dict[str, dict[str, Callable[[str], object]]] = {
    "cuda_majors": {"linux_min": DriverRelease.parse, "windows_min": DriverRelease.parse},
    "toolkits": {
        "version": partial(_shaped, r"\d+\.\d+(\.\d+)?", "12.8.1"),
        "driver_linux": DriverRelease.parse,
        "driver_windows": DriverRelease.parse,
        "released": _DATE,
    },
    "drivers": {
        "cuda": CudaVersion.parse,
        "kind": partial(_one_of, "LTSB PB NFB legacy developer"),
        "first": DriverRelease.parse,
        "last_linux": DriverRelease.parse,
        "last_windows": DriverRelease.parse,
        "released": _DATE,
        "end_of_life": _DATE,
    },
    "architectures": {
        "capability": ComputeCapability.parse,
        "first_cuda": CudaVersion.parse,
        "last_cuda": CudaVersion.parse,
        "open_modules": _MODULES,
    },
    "features": {"min_capability": ComputeCapability.parse, "only": SmTarget.parse},
    "gpus": {
        "capabilities": ComputeCapability.parse,
        "pci_ids": partial(_shaped, r"[0-9A-F]{4}", "2B85"),
        "open_modules": _MODULES,
        "first_driver": DriverRelease.parse,
    },
    "gpu_aliases": {"ambiguity": partial(_one_of, "none form product architecture")},
    "gpu_rates": {
        "kind": partial(_one_of, "fp32 tf32 bf16 fp16 fp8 memory"),
        "peak": partial(_shaped, r"[1-9]\d*(\.\d+)?", "312 or 19.5"),
    },
    "compat_packages": {
        "cuda": CudaVersion.parse,
        "status": partial(_one_of, "usable same unsupported"),
    },
    "compat_hardware": {"eligible": partial(_one_of, "yes no some")},
    "torch_releases": {
        "version": TorchVersion.parse,
        "released": _DATE,
        "requires_python": _specifier,
        "git_version": partial(_shaped, r"[0-9a-f]{40}", "a git commit of 40 digits"),
    },
    "torch_builds": {
        "torch": TorchVersion.parse,
        "variant": partial(_shaped, r"cpu|cu\d{2,4}|rocm\d[0-9.]*|xpu", "cu128 or cpu"),
        "platform": _PLATFORM,
        "cuda": CudaVersion.parse,
        "archs": SmTarget.parse,
        "ptx": SmTarget.parse,
        "disputed": partial(
            _shaped, r"(sm|compute)_\d+[af]?( (sm|compute)_\d+[af]?)*", "sm_80 sm_90"
        ),
        "python_tags": _PYTHON,
        "glibc": partial(_shaped, r"2\.\d{1,2}", "2.28"),
        "index_url": partial(_shaped, r"https?://\S+", "https://…"),
        "status": partial(_one_of, "published announced unconfirmed"),
        "toolkit": partial(_shaped, r"\d+\.\d+(\.\d+)?", "12.8.1"),
    },
    "companions": {
        "version": _version,
        "torch": _specifier,
        "python_tags": _PYTHON,
        "requires_python": _specifier,
        "released": _DATE,
        "platforms": _PLATFORM,
    },
    "companion_builds": {
        "version": _version,
        "platform": partial(_one_of, "linux-x86_64 linux-aarch64 windows-x86_64 any"),
        "abi": partial(_one_of, "cpython abi3 none source"),
        "python_tags": partial(_shaped, r"cp3\d{1,2}[mt]?|py[23]\d{0,2}", "cp312"),
        "requires_python": _specifier,
        "torch": _specifier,
        "needs": partial(_shaped, r"lib\w[\w.+-]*\.so[\w.]*|\w[\w.-]*\.dll", "libcudart.so.13"),
        "archs": partial(_shaped, r"sm_\d{2,3}[af]?", "sm_90a"),
        "ptx": partial(_shaped, r"compute_\d{2,3}[af]?", "compute_90"),
        "partial": SmTarget.parse,
        "glibc": partial(_shaped, r"2\.\d{1,2}", "2.28"),
        "index_url": partial(_shaped, r"https?://\S+", "https://…"),
        "released": _DATE,
    },
    "feature_needs": {"systems": partial(_one_of, "linux wsl windows")},
    "dynamo_pythons": {"torch": _specifier, "refuses": partial(_shaped, r"3\.\d{1,2}", "3.14")},
    "triton_ptxas": {
        "triton": _specifier,
        "capability_from": ComputeCapability.parse,
        "version": partial(_shaped, r"\d{1,2}\.\d(?:\.\d{1,3})?", "12.9.86"),
    },
    "companion_traits": {
        "on_torch_index": partial(_one_of, "every some no"),
        "without_runtime": partial(_one_of, "fails degrades own"),
        "without_code": partial(_one_of, "fails degrades"),
        "last_capability": ComputeCapability.parse,
        "systems": partial(_one_of, "linux wsl windows"),
        "on_use": partial(_one_of, "nvcc triton"),
    },
    "capability_floors": {"capability": ComputeCapability.parse},
    "capability_ceilings": {"capability": ComputeCapability.parse},
    "numpy_abi": {"torch": _specifier, "numpy": _specifier},
    "images": {
        "reference": _IMAGE,
        "nearest": _IMAGE,
        "torch": TorchVersion.parse,
        "cuda": CudaVersion.parse,
        "kind": partial(_one_of, "runtime devel base framework"),
        "status": partial(_one_of, "confirmed expected unconfirmed absent"),
        "min_driver": DriverRelease.parse,
        "min_capability": ComputeCapability.parse,
    },
    "library_support": {
        "min_driver_linux": DriverRelease.parse,
        "min_driver_windows": DriverRelease.parse,
    },
    "gpu_brands": {"pattern": _pattern},
    "library_packages": {"library": _pattern},
    "system_releases": {
        "libc": partial(_one_of, "glibc musl"),
        "glibc": partial(_shaped, r"2\.\d{1,2}", "2.28"),
        "end_of_life": _DATE,
    },
    "hosted_runners": {"ended": _DATE},
    "channel_packages": {"versions": CudaVersion.parse},
    "signatures": {"patterns": _pattern},
    "error_codes": {"stage": partial(_one_of, "start launch memory")},
}

# Fields that must not decrease, where both are given.
ORDERED: dict[str, tuple[tuple[str, str], ...]] = {
    "drivers": (("first", "last_linux"), ("released", "end_of_life")),
    "architectures": (("first_cuda", "last_cuda"), ("first_branch", "last_branch")),
    "library_ranges": (("first", "last"),),
}


def choices(table: str, field: str) -> tuple[str, ...]:
    """Return the words that a field may hold, empty where it is not of a list."""
    rule = RULES.get(table, {}).get(field)
    listed = isinstance(rule, partial) and rule.func is _one_of
    return tuple(rule.args[0].split()) if isinstance(rule, partial) and listed else ()


def check_rows(entries: list[Entry]) -> Iterator[MatrixFault]:
    """Yield what is wrong with rows taken one by one."""
    for entry in entries:
        # What does not parse is compared with nothing.
        for message in list(_texts(entry)) or (*_orders(entry), *_sense(entry)):
            yield MatrixFault(entry.file, entry.line, with_cure(message))


def _texts(entry: Entry) -> Iterator[str]:
    for field, parse in RULES.get(entry.table, {}).items():
        value = getattr(entry.row, field)
        for text in value if isinstance(value, tuple) else (value,):
            try:
                if text is not None:
                    parse(text)
            except ValueError as error:
                yield f"{field}: {one_line(str(error), _SHOWN)}; correct it"


def _orders(entry: Entry) -> Iterator[str]:
    for low, high in ORDERED.get(entry.table, ()):
        first, last = getattr(entry.row, low), getattr(entry.row, high)
        if first is None or last is None:
            continue
        # 2026-08 is not before 2026-08-03: compare as far as both go.
        pairs = list(zip(numbers(first), numbers(last), strict=False))
        if [early for early, _ in pairs] > [late for _, late in pairs]:
            yield f"{low} {first} comes after {high} {last}; swap or correct them"


def _sense(entry: Entry) -> Iterator[str]:
    row: Any = entry.row
    if entry.table == "signatures":
        for cause in row.causes:
            if cause[0] and cause[0] not in CAUSES:
                yield f'causes: {cause[0]!r} is not a cause; take one of the list, or "" for none'
    elif entry.table == "torch_builds":
        yield from _build_sense(row)
    elif entry.table == "companion_builds":
        yield from _pins_sense(row)
    elif entry.table == "images" and row.status == "absent" and row.torch and not row.nearest:
        yield "an absent image needs `nearest`; name the tags to use instead"


def _pins_sense(row: Any) -> Iterator[str]:
    every = {"linux-x86_64", "linux-aarch64", "windows-x86_64"}
    for name, text in row.pins_on:
        if row.platform != "any" or name not in dict(row.pins):
            yield f"pins_on names {name}: it is for pins of a build for any platform"
        elif not set(text.split()) < every:
            yield f"pins_on: {text!r} must be some of {', '.join(sorted(every))}, a space between"


def _build_sense(row: Any) -> Iterator[str]:
    if (row.cuda is None) == row.variant.startswith("cu"):
        yield f"variant {row.variant} and cuda {row.cuda} disagree; correct one of them"
    elif row.cuda and CudaVersion.parse(row.cuda).tag != row.variant:
        yield f"variant {row.variant} is not the tag of CUDA {row.cuda}; correct one of them"
    if row.cuda and row.archs == ():
        yield "a CUDA build needs archs; list them, or leave them out where they are not recorded"
    if row.on_pypi == (row.index_url is not None):
        yield "index_url must be given where PyPI does not serve the build, and only there"
    if row.disputed and (row.archs is not None or len(row.disputed) < len(("one", "another"))):
        yield "disputed gives two lists or more, in the place of archs"
    for target in (*(row.archs or ()), *(row.ptx or ())):
        if target.startswith("sm_") == (target in (row.ptx or ())):
            yield f"{target}: archs lists sm_ targets and ptx lists compute_ targets; move it"


def numbers(text: object) -> tuple[int, ...]:
    """Return the numbers in a version, date or count, to order by."""
    return tuple(int(number) for number in re.findall(r"\d+", str(text)))
