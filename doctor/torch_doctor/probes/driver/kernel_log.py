"""What the kernel said about GPUs since it started: Xids and other lines of the NVIDIA driver."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import KernelEvent
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line, pci_place
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.machine.system import os_family

OWNS = ("kernel_events",)
KMSG = "/dev/kmsg"
LOGS = ("/var/log/kern.log", "/var/log/messages")
_BUDGET_S = 0.25
_EVENT_LIMIT = 200
_TAIL = 1 << 20
_ABOUT = regex(r"NVRM|nvidia-nvswitch|nvidia-nvlink|\bSXid\b|fallen off the bus")
_NOISE = regex(
    r"NVRM: loading NVIDIA UNIX|Loading driver|module verification failed|Probe complete"
    r"|Core is being initialized|Persistence mode is deprecated"
)
_XID = regex(r"NVRM: Xid \(PCI:([0-9A-Fa-f:.]+)\): (\d+)")
_BUS = regex(r"\b([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}(?:\.\d)?)\b")
_BOOT = regex(r"\bLinux version \d")


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the events since boot, from the kernel's own buffer or else from a log file."""
    yield "kernel_events", _events(host)


def parse(lines: Iterable[str]) -> tuple[KernelEvent, ...]:
    """Return the lines about GPUs as events, the latest ones where they are many."""
    events = []
    for line in lines:
        if not _ABOUT.search(line) or _NOISE.search(line):
            continue
        text = one_line(line)
        xid, bus = _XID.search(line), _BUS.search(line)
        number = int(xid[2]) if xid and len(xid[2]) < 6 else None
        place = xid[1] if xid else bus[1] if bus else None
        events.append(KernelEvent(text, number, pci_place(place) if place else None))
    return tuple(events[-_EVENT_LIMIT:])


def since_boot(text: str) -> list[str]:
    """Return the lines after the last start of a kernel; all of them where none started in *text*."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if _BOOT.search(line)]
    return lines[starts[-1] :] if starts else lines


def _events(host: Host) -> Fact[tuple[KernelEvent, ...]]:
    if os_family(host) != "linux":
        return Unavailable(Reason.NOT_APPLICABLE, "only Linux has this log")
    log = host.call("kernel_log", lambda: _read(host)) or {"error": f"{KMSG} does not exist"}
    if "lines" in log:
        return Known(parse(log["lines"]), Source("file", log["where"]))
    return Unavailable(Reason.DENIED, one_line(str(log["error"])), Source("file", KMSG))


def _read(host: Host) -> dict[str, Any]:
    """Return the messages about GPUs and where they stand; without the host's name, which log files repeat."""
    log = read_kmsg()
    if "lines" in log:
        return log
    for path in LOGS:
        try:
            offset = max(0, host.size(path) - _TAIL)
            text = host.read_bytes(path, _TAIL, offset).decode("utf-8", "replace")
        except OSError:
            continue
        lines = [line.partition("kernel: ")[2] or line for line in since_boot(text)]
        return {"where": path, "lines": [line for line in lines if _ABOUT.search(line)]}
    return log


def read_kmsg(path: str = KMSG, budget_s: float = _BUDGET_S) -> dict[str, Any]:
    """Return the messages about GPUs as ``lines``, or why not as ``error``; never waits for new ones."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        return {"error": f"{path}: {error.strerror or error}"}
    lines, deadline = [], time.monotonic() + budget_s
    try:
        while time.monotonic() < deadline:
            record = _next_record(descriptor)
            if not record:
                break
            # "6,1234,98765,-;text", then continuation lines that begin with a space.
            text = record.partition(b";")[2].partition(b"\n")[0].decode("utf-8", "replace")
            if _ABOUT.search(text):
                lines.append(text)
    except OSError as error:
        return {"error": f"{path}: {error.strerror or error}"}
    finally:
        os.close(descriptor)
    return {"where": path, "lines": lines}


def _next_record(descriptor: int) -> bytes:
    """Return the next message, or nothing at the end; one that was overwritten meanwhile is passed over."""
    while True:
        try:
            return os.read(descriptor, 8192)
        except BlockingIOError:
            return b""
        except BrokenPipeError:
            continue
