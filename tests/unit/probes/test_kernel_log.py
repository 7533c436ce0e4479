"""Lines of the kernel log about GPUs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Reason
from torch_doctor.core.records import KernelEvent
from torch_doctor.probes.driver import kernel_log

from tests.unit.probes.tree import make, reason

FALLEN = (
    "NVRM: Xid (PCI:0000:18:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."
)


def test_xids_and_other_lines() -> None:
    lines = [
        "usb 1-1: new device",
        "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.65.06",
        "nvidia-nvlink: Nvlink Core is being initialized, major device number 240",
        FALLEN,
        "NVRM: API mismatch: the client has the version 580.95.05, but",
        "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 12028, Non-fatal, Link 32 egress error",
    ]
    events = kernel_log.parse(lines)
    assert events[0] == KernelEvent(FALLEN, 79, "0000:18:00.0")
    assert events[1].xid is None
    assert (events[2].xid, events[2].bus_id) == (None, "0000:c1:00.0")
    assert len(events) == 3


def test_only_the_latest_of_many() -> None:
    events = kernel_log.parse(f"NVRM: Xid (PCI:0000:18:00): {n}, x" for n in range(500))
    assert (len(events), events[-1].xid) == (200, 499)


def test_only_since_the_last_start() -> None:
    text = f"{FALLEN}\nkernel: Linux version 6.8.0\nNVRM: later\n"
    assert [event.text for event in kernel_log.parse(kernel_log.since_boot(text))] == [
        "NVRM: later"
    ]
    assert len(kernel_log.parse(kernel_log.since_boot(FALLEN))) == 1


@given(st.text())
def test_any_line_is_read(text: str) -> None:
    kernel_log.parse([text, f"NVRM: Xid (PCI:{text}): 1", f"NVRM {text}"])
    kernel_log.since_boot(text)


def test_a_log_file_where_the_buffer_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        kernel_log, "read_kmsg", lambda: {"error": "/dev/kmsg: Operation not permitted"}
    )
    host = make(tmp_path)
    assert reason(dict(kernel_log.probe(host))["kernel_events"]) is Reason.DENIED
    host = make(
        tmp_path, {"/var/log/kern.log": f"Nov 21 09:00:00 myhost kernel: [    5.1] {FALLEN}\n"}
    )
    (event,) = dict(kernel_log.probe(host))["kernel_events"].value
    assert event.xid == 79
    assert "myhost" not in event.text


def test_records_of_the_buffer(tmp_path: Path) -> None:
    pipe = tmp_path / "kmsg"
    pipe.write_bytes(b"6,1,5,-;" + FALLEN.encode() + b"\n SUBSYSTEM=pci\n")
    log = kernel_log.read_kmsg(str(pipe))
    assert log["lines"] == [FALLEN]
    assert "No such file" in kernel_log.read_kmsg(str(tmp_path / "gone"))["error"]
    os.mkfifo(tmp_path / "silent")  # a reader that waited would hang here
    assert kernel_log.read_kmsg(str(tmp_path / "silent"))["lines"] == []
