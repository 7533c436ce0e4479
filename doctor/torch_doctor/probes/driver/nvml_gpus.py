"""The child's lines about GPUs as records. A line is text from outside: anything may be missing or wrong in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch_doctor.core.records import Gpu, MigDevice
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, pci_place
from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.codes import answer_name

LOST = 15
_UNKNOWN = 999
# Not supported here, not permitted, not in this driver: a field that is empty, not a fault.
_SILENT = (3, 4, 13, 25, 26)
_ESSENTIAL = ("nvmlDeviceGetName", "nvmlDeviceGetCudaComputeCapability")
_COMPUTE_MODES = ("default", "exclusive-thread", "prohibited", "exclusive-process")
_FABRIC_STATES = ("not-supported", "not-started", "in-progress", "completed")
_DRIVER_MODELS = ("WDDM", "TCC", "MCDM")
_THROTTLE = (
    "idle",
    "application-clocks",
    "power-cap",
    "hardware-slowdown",
    "sync-boost",
    "software-thermal",
    "hardware-thermal",
    "power-brake",
    "display-clocks",
)


def describe_failure(function: str, failure: Any) -> str:
    """Say in a few words how a function failed: a return code, or an exception of the binding."""
    if isinstance(failure, int):
        return f"{function} answers {answer_name('nvml', failure)} ({failure})"
    return one_line(f"{function}: {failure or 'no usable answer'}", 200)


def parse_gpus(
    lines: Iterable[dict[str, Any]], count: int, gap: str | None, *, wsl: bool = False
) -> tuple[Gpu, ...]:
    """Return *count* GPUs; *gap* says why lines are missing and becomes the fault of the first GPU without one."""
    identity: dict[Any, dict[str, Any]] = {}
    health: dict[Any, dict[str, Any]] = {}
    for line in lines:
        if line.get("stage") in ("gpu", "health"):
            (identity if line["stage"] == "gpu" else health)[line.get("index")] = line
    return tuple(
        _gpu(index, identity.get(index), health.get(index), gap, wsl=wsl) for index in range(count)
    )


def _gpu(
    index: int,
    identity: dict[str, Any] | None,
    health: dict[str, Any] | None,
    gap: str | None,
    *,
    wsl: bool,
) -> Gpu:
    if identity is None:
        return Gpu(index, faults=(gap or "NVML listed this GPU and said nothing about it",))
    failed = {**_mapping(identity.get("failed")), **_mapping((health or {}).get("failed"))}
    opened = "nvmlDeviceGetHandleByIndex" not in failed
    faults = [
        describe_failure(name, code) for name, code in failed.items() if _matters(name, code, wsl)
    ]
    if health is None and opened and gap:
        faults.append(gap)
    return _with_health(
        Gpu(
            index,
            name=_text(identity.get("name")),
            compute_capability=_capability(identity.get("capability")),
            bus_id=_bus_id(identity.get("bus_id")),
            uuid=_text(identity.get("uuid")),
            memory_mib=_mib(identity.get("memory")),
            memory_used_mib=_mib(identity.get("memory_used")),
            lost=LOST in failed.values(),
            faults=tuple(faults),
        ),
        health or {},
    )


def _with_health(gpu: Gpu, line: dict[str, Any]) -> Gpu:
    rows = line.get("rows")
    rows = rows if isinstance(rows, list) and len(rows) == 4 else [None] * 4
    remapped = [count for count in map(_count, rows[:2]) if count is not None]
    return gpu._replace(
        mig_mode=_flag(line.get("mig_mode")),
        mig_devices=_mig_devices(line.get("mig_devices", [])),
        ecc_mode=_flag(line.get("ecc_mode")),
        ecc_uncorrected=_count(line.get("ecc_volatile")),
        ecc_uncorrected_lifetime=_count(line.get("ecc_aggregate")),
        rows_remapped=sum(remapped) if remapped else None,
        row_remap_pending=_flag(rows[2]),
        row_remap_failed=_flag(rows[3]),
        pages_retired_pending=_flag(line.get("pages_pending")),
        compute_mode=_word(_COMPUTE_MODES, line.get("compute_mode")),
        persistence=_flag(line.get("persistence")),
        processes=_count(line.get("processes")),
        throttle_reasons=throttle_words(line.get("throttle")),
        fabric_state=_fabric(line.get("fabric")),
        driver_model=_word(_DRIVER_MODELS, line.get("driver_model")),
    )


def _matters(function: str, failure: Any, wsl: bool) -> bool:
    """Whether a failed getter is a fault: under WSL "unknown error" stands for "not supported"."""
    if function in _ESSENTIAL or function == "nvmlDeviceGetHandleByIndex":
        return True
    return failure not in _SILENT and not (wsl and failure == _UNKNOWN)


def _mig_devices(raw: Any) -> tuple[MigDevice, ...] | None:
    if not isinstance(raw, list):
        return None
    devices = [device for device in raw if isinstance(device, dict)]
    return tuple(
        MigDevice(
            (_text(device.get("name")) or "unnamed").rpartition("MIG ")[2],
            _text(device.get("uuid")),
            _mib(device.get("memory")),
        )
        for device in devices
    )


def _bus_id(raw: Any) -> str | None:
    text = _text(raw)
    return None if text is None else pci_place(text)


def _fabric(raw: Any) -> str | None:
    if not isinstance(raw, list) or len(raw) != 2 or raw[0] == 0:
        return None
    state = _word(_FABRIC_STATES, raw[0])
    failed = state == "completed" and isinstance(raw[1], int) and raw[1] != 0
    return f"completed with {answer_name('nvml', raw[1])}" if failed else state


def throttle_words(raw: Any) -> tuple[str, ...]:
    """Return NVML's reasons for lower clocks in words, from its bits."""
    mask = _count(raw) or 0
    return tuple(word for bit, word in enumerate(_THROTTLE) if mask >> bit & 1)


def _capability(raw: Any) -> ComputeCapability | None:
    if not isinstance(raw, list) or len(raw) != 2 or not all(isinstance(part, int) for part in raw):
        return None
    return ComputeCapability(*raw) if raw[0] > 0 else None


def _word(words: Sequence[str], raw: Any) -> str | None:
    if not isinstance(raw, int):
        return None
    return words[raw] if 0 <= raw < len(words) else str(raw)


def _flag(raw: Any) -> bool | None:
    return bool(raw) if isinstance(raw, int) and raw in (0, 1) else None


def _count(raw: Any) -> int | None:
    return raw if isinstance(raw, int) and 0 <= raw < 1 << 63 else None


def _mib(raw: Any) -> int | None:
    count = _count(raw)
    return None if count is None else count >> 20


def _text(raw: Any) -> str | None:
    return one_line(raw) if isinstance(raw, str) and raw else None


def _mapping(raw: Any) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}
