"""One list of GPUs out of several: the best list counts, the others fill in what it lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter

from torch_doctor.core.fact import Fact, Known, Source, Unavailable
from torch_doctor.core.records import Gpu
from torch_doctor.core.startup import Any, regex
from torch_doctor.pastes.claims.claim import Absence, Claim, Seen
from torch_doctor.pastes.claims.gpus import gpu as named_gpu
from torch_doctor.pastes.claims.hints import GpuCapability, GpuMention

_FILLED = (
    "name",
    "compute_capability",
    "bus_id",
    "uuid",
    "memory_mib",
    "memory_used_mib",
    "mig_mode",
    "driver_model",
    "compute_mode",
)
_INVALID_DEVICE = 101
_MOST = 64
_NUMBERS = regex(r"\d{1,2}(?:,\d{1,2}){0,63}")
_rank = attrgetter("rank")


def merge_gpus(grouped: Mapping[str, list[Claim]], where: str) -> Fact[Any] | None:
    """Return the ``gpus`` fact of all claims about GPUs; None where nobody speaks of one."""
    ordered = sorted((*grouped.get("gpus", ()), *grouped.get("no_gpu_listed", ())), key=_rank)
    listed = [claim for claim in ordered if isinstance(claim.value, Gpu)]
    gpus = _best_list(listed)
    line = listed[0].line if listed else None
    if not gpus:
        gpus, line = _mentioned(grouped)
    elif _is_open(gpus, listed[0].seen, grouped):
        gpus += [Gpu(index) for index in range(gpus[-1].index + 1, min(_used(grouped), _MOST))]
    capabilities = grouped.get("gpu_capability", [])
    if not gpus and any(not claim.implied for claim in grouped.get("other_gpus", ())):
        # ROCm numbers its chips as capabilities, too: without a name they are of the other maker's GPUs
        capabilities = [claim for claim in capabilities if claim.value.gpu]
    gpus = _with_capabilities(_completed(gpus), capabilities)
    gpus = _with_mig(gpus, grouped.get("mig_hint", []))
    if gpus:
        if line is None:
            line = min(claim.line for claim in grouped["gpu_capability"])
        return Known(tuple(gpus[:_MOST]), Source(_kind(listed, grouped), where, line))
    for claim in ordered:
        source = Source("report", where, claim.line)
        if isinstance(claim.value, Absence):
            return Unavailable(claim.value.reason, claim.value.detail, source)
        return Known((), source)
    return None


def _kind(listed: list[Claim], grouped: Mapping[str, list[Claim]]) -> str:
    """Return the kind of the source: a tool or a program lists GPUs, or somebody names them."""
    shown = (claim for claim in (*listed, *grouped.get("gpu_capability", ())))
    shown_by = [one for one in shown if one.seen >= Seen.BANNER and not one.implied]
    return "report" if shown_by or "gpus_cut" in grouped else "words"


def _best_list(listed: list[Claim]) -> list[Gpu]:
    if not listed:
        return []
    best: dict[int, Gpu] = {}
    for claim in listed:
        if claim.seen >= listed[0].seen and claim.value.name:
            found = best.get(claim.value.index)
            best[claim.value.index] = _filled(found, claim.value) if found else claim.value
    for claim in listed:
        found = best.get(claim.value.index)
        if found and (claim.value.name is None or _alike(found.name, claim.value.name)):
            best[claim.value.index] = _filled(found, claim.value)
    return [best[index] for index in sorted(best)]


def _filled(gpu: Gpu, other: Gpu) -> Gpu:
    changes = {name: getattr(other, name) for name in _FILLED if getattr(gpu, name) is None}
    if (
        gpu.name
        and other.name
        and len(other.name) > len(gpu.name)
        and other.name.startswith(gpu.name)
    ):
        changes["name"] = other.name  # the table of nvidia-smi cuts long names
    known = gpu.mig_devices or ()
    if other.mig_devices and other.mig_devices[0] not in known:
        changes["mig_devices"] = (*known, *other.mig_devices)
        changes["mig_mode"] = True
    return gpu._replace(**changes)


def _mentioned(grouped: Mapping[str, list[Claim]]) -> tuple[list[Gpu], int | None]:
    """Take GPUs from words, but only where the words agree on one model; what is only compared with yields."""
    claims = sorted(grouped.get("gpu_mention", ()), key=_rank)
    claims = [claim for claim in claims if claim.implied == claims[0].implied]
    others = any(not claim.implied for claim in grouped.get("other_gpus", ()))
    if not claims or (claims[0].implied and others):
        return [], None
    mentions: list[GpuMention] = [claim.value for claim in claims]
    narrowest = max(mentions, key=_detail)
    if not all(_is_same(narrowest, mention) for mention in mentions):
        return [], None
    number = max(mention.number for mention in mentions)
    if not any(mention.counted for mention in mentions):
        number = min(max(number, _used(grouped)), _MOST)
    return [named_gpu(index, narrowest.gpu) for index in range(number)], claims[0].line


def _is_open(gpus: list[Gpu], seen: Seen, grouped: Mapping[str, list[Claim]]) -> bool:
    """Whether there may be more GPUs than the list has: it was cut, or a program that ran printed the name of one."""
    if "torch_device_count" in grouped:
        return False
    return "gpus_cut" in grouped or (
        len(gpus) == 1 and seen <= Seen.SESSION and _started(grouped) is True
    )


def _started(grouped: Mapping[str, list[Claim]]) -> bool | None:
    answers = sorted(grouped.get("cuda_available", ()), key=_rank)
    return answers[0].value if answers and isinstance(answers[0].value, bool) else None


def _used(grouped: Mapping[str, list[Claim]]) -> int:
    """How many GPUs there are at least: those that a program asks for, and that a mask names where none was missed."""
    started = _started(grouped)
    refused = any(claim.value.code == _INVALID_DEVICE for claim in grouped.get("errors_seen", ()))
    if started is False or refused:
        return 0
    used = [claim.value for claim in grouped.get("requested_gpus", ())]
    for claim in grouped.get("cuda_visible_devices", ()):
        if isinstance(claim.value, str) and _NUMBERS.fullmatch(claim.value):
            used += [int(number) + 1 for number in claim.value.split(",")]
    return max((number for number in used if isinstance(number, int)), default=0)


def _detail(mention: GpuMention) -> tuple[int, int]:
    """How closely words name a GPU: by how few products they may mean, then by their length."""
    return -len(mention.products), len(_bare(mention.gpu))


def _is_same(narrow: GpuMention, other: GpuMention) -> bool:
    shared = set(narrow.products) & set(other.products)
    return bool(shared) or _bare(other.gpu) in _bare(narrow.gpu)


def _with_capabilities(gpus: list[Gpu], claims: list[Claim]) -> list[Gpu]:
    for claim in sorted(claims, key=_rank):
        stated = claim.value
        if not isinstance(stated, GpuCapability) or stated.capability is None:
            continue
        if stated.gpu and not gpus:
            gpus = [named_gpu(0, stated.gpu)]
        if not stated.gpu and not gpus:
            gpus = [Gpu(0)]
        gpus = _beside(gpus, stated.gpu)
        same = len({gpu.name for gpu in gpus}) == 1
        gpus = [
            gpu._replace(compute_capability=stated.capability)
            if gpu.compute_capability is None
            and (_alike(gpu.name, stated.gpu) if stated.gpu else same)
            else gpu
            for gpu in gpus
        ]
    return gpus


def _beside(gpus: list[Gpu], name: str | None) -> list[Gpu]:
    """Put the GPU of a message, which no list names, where the numbers of the list leave room before one."""
    taken = {gpu.index for gpu in gpus}
    room = next((index for index in range(max(taken)) if index not in taken), None)
    if name is None or room is None or any(_alike(gpu.name, name) for gpu in gpus):
        return gpus
    return sorted([*gpus, named_gpu(room, name)], key=attrgetter("index"))


def _completed(gpus: list[Gpu]) -> list[Gpu]:
    """Complete a name that was cut short where the list ends, from a neighbour that has it whole."""
    names = [gpu.name for gpu in gpus if gpu.name]
    return [
        gpu._replace(
            name=next(
                (
                    n
                    for n in names
                    if gpu.name and len(n) > len(gpu.name) > 8 and n.startswith(gpu.name)
                ),
                gpu.name,
            )
        )
        for gpu in gpus
    ]


def _with_mig(gpus: list[Gpu], hints: list[Claim]) -> list[Gpu]:
    """Mark the GPUs as partitioned where only words or a MIG identifier say so, and the table does not."""
    if not hints or any(gpu.mig_mode is not None for gpu in gpus):
        return gpus
    return [gpu._replace(mig_mode=True, mig_devices=(hints[0].value,)) for gpu in gpus]


def _alike(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return True
    a, b = _bare(one), _bare(other)
    return a.startswith(b) or b.startswith(a)


@lru_cache(1024)
def _bare(name: str) -> str:
    return re.sub(r"nvidia|geforce|graphics|gpu|[^a-z0-9]", "", name.lower())
