"""Xids of the kernel log."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Topic, lines_of
from torch_doctor.matrix.store import Matrix, receipt

# What NVIDIA's catalogue calls an action → what to do.
ACTIONS = {
    "restart_app": "restart the program",
    "reset_gpu": "stop every program that uses the GPU and reset it (nvidia-smi --gpu-reset), or reboot",
    "restart_vm": "restart the virtual machine",
    "restart_bare_metal (power cycle)": "switch the machine off and on again",
    "check_mechanicals": "check that power cables and the board are seated",
    "update_software": "align the software versions of host and guest",
    "contact_support": "contact the maker's support",
    "ignore": "nothing",
    "ignore_first": "nothing, unless it comes again",
    "ignore (schedule GPU reset when convenient)": "nothing now; reset the GPU when it is free",
    "follow_other_xid": "act on the other Xid beside it",
    "follow 48": "act as for Xid 48",
    "do what it says": "do what its own line says",
    "workflow NVLink": "follow NVIDIA's workflow for NVLink errors",
    "decode intrinfo / workflow NVLink5": "follow NVIDIA's workflow for NVLink 5 errors",
    "workflow: look for 63/64 or 94/95 beside it": "look for Xid 63 or 64, 94 or 95 beside it",
}
_A_NAME = 12  # letters: what is shorter is in other texts, too
_SEVERITIES = {
    "info": "for information",
    "warn": "mostly a fault of the program, or passing",
    "error": "a fault of the GPU, the driver or the link",
    "fatal": "the GPU is lost until it is reset or replaced",
}


def xid_named(text: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield the Xids whose name, "fallen off the bus", stands in *text*."""
    folded = " ".join(text.casefold().split())
    for row in matrix.xids:
        if len(row.name) >= _A_NAME and row.name.casefold() in folded:
            yield from xid(row.code, matrix)


def xid(number: int, matrix: Matrix) -> Iterator[Topic]:
    """Yield what an Xid means and what to do."""
    for row in matrix.xids:
        if row.code == number:
            lines = lines_of(
                ("means", row.meaning),
                ("weight", _SEVERITIES[row.severity]),
                ("do", ACTIONS.get(row.immediate or "", row.immediate)),
                ("then", row.follow_up),
            )
            yield Topic("xid", f"Xid {row.code}: {row.name}", lines, (receipt("xids", row),))
