"""How the GPUs of a host are joined, as the driver says: NVLink by NVLink, else the place where their PCIe ways meet.

Python 3.8 and the standard library, nothing else.
"""

from __future__ import annotations

import ctypes
from typing import Any

MOST_LINKS = 36
TO_GPU, TO_SWITCH = 0, 2  # nvmlIntNvLinkDeviceType_t
# nvmlGpuTopologyLevel_t, by the names of nvidia-smi topo
LEVELS = {0: "PIX", 10: "PIX", 20: "PXB", 30: "PHB", 40: "NODE", 50: "SYS"}


class PciInfo(ctypes.Structure):
    """nvmlPciInfo_t."""

    _fields_ = [
        ("legacy", ctypes.c_char * 16),
        *[(name, ctypes.c_uint) for name in ("domain", "bus", "device", "kind", "board")],
        ("bus_id", ctypes.c_char * 32),
    ]


def links_of(watch: Any) -> list[str]:
    """Return where each active NVLink of a GPU leads: the place of a GPU on the bus, or ``switch``."""
    found = []
    for link in range(MOST_LINKS):
        number = ctypes.c_uint(link)
        active = watch.ask("nvmlDeviceGetNvLinkState", ctypes.c_uint(0), number)
        if active is None or not active.value:
            continue
        kind = watch.ask("nvmlDeviceGetNvLinkRemoteDeviceType", ctypes.c_uint(0), number)
        if kind is not None and kind.value == TO_SWITCH:
            found.append("switch")
        elif kind is None or kind.value == TO_GPU:
            place = watch.ask("nvmlDeviceGetNvLinkRemotePciInfo_v2", PciInfo(), number)
            found.append(_place(place) if place is not None else "unknown")
    return found


def place_of(watch: Any) -> str:
    """Return the place of a GPU on the bus."""
    place = watch.ask("nvmlDeviceGetPciInfo_v3", PciInfo())
    return _place(place) if place is not None else ""


def _place(info: Any) -> str:
    return "%x:%x:%x" % (info.domain, info.bus, info.device)


def way(a: Any, b: Any, links: dict[Any, list[str]], places: dict[Any, str]) -> str | None:
    """Return how two GPUs are joined, in the words of nvidia-smi topo; None where the driver does not say."""
    direct = links[a].count(places[b]) if places[b] else 0
    if direct:
        return "NV%d" % direct
    through = min(links[a].count("switch"), links[b].count("switch"))
    if through:
        return "NV%d" % through
    level = a.ask("nvmlDeviceGetTopologyCommonAncestor", ctypes.c_uint(0), b.handle)
    return None if level is None else LEVELS.get(level.value)


def topology(watches: list[Any]) -> list[dict[str, Any]]:
    """Return how each pair of GPUs is joined; *watches* ask NVML about one GPU each, in torch's order."""
    links = {watch: links_of(watch) for watch in watches}
    places = {watch: place_of(watch) for watch in watches}
    found = []
    for first, one in enumerate(watches):
        for second in range(first + 1, len(watches)):
            measured = way(one, watches[second], links, places)
            if measured:
                found.append({"a": first, "b": second, "way": measured})
    return found
