"""Lay the rates of many nodes side by side: the median of equals, who lies well below it, who cannot be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from torch_doctor.core.report import Measure
from torch_doctor.core.text import one_line
from torch_doctor.fleet.measured.answer import (
    Behind,
    DeepLook,
    Equals,
    FleetMeasured,
    NotCompared,
    PeerRow,
    StageFault,
)
from torch_doctor.fleet.measured.lagging import lagging
from torch_doctor.matrix.gpus.folding import fold, shared_board
from torch_doctor.rules.deep._measures import ALLOWED_OF_HOST
from torch_doctor.rules.deep._reading import PEER_SHARE

# With fewer equals, on fewer nodes, nobody can tell which of them is the odd one.
LEAST_EQUALS, LEAST_NODES = 3, 2
# What goes through processors and disks: of two hosts that are well, one may have the distant processor's memory.
HOST_SHARE = 0.5
_RAN = ("ok", "slow", "behind")
_FINE = ("ok", "skipped", "busy")
# Nothing of torch's own code decides these.
_BARE = ("copy", "host-to-device", "device-to-host", "p2p")
_BETWEEN = ("p2p", "nccl")
# Counts and starts, no rates.
_NO_RATES = ("peer", "topology", "import", "init")
# Run on one GPU of each kind.
_ONCE = ("triton", "compile", "flash-attn", "vllm", "model-")
_LOST = "of some rates nobody knows of which GPU or of which torch they are"
_SHARED = "who else is on the board decides the rate of a virtual GPU"
_Place = tuple[str, "int | None"]
_Nodes = Mapping[str, DeepLook]


def fleet_measured(nodes: Mapping[str, DeepLook]) -> FleetMeasured | None:
    """Return what all nodes measured, None where none did; *nodes* are in the order in which they are named."""
    looks = {node: look for node, look in nodes.items() if look.measures}
    if not looks:
        return None
    rows = tuple(_rows(looks))
    without: dict[str, list[str]] = {}
    for node, look in nodes.items():
        if not look.measures:
            without.setdefault(look.why or "no stage was run", []).append(node)
        for why in dict.fromkeys(_lost(one, look) for one in look.measures if _rate(one)):
            if why:
                without.setdefault(why, []).append(node)
    faults = tuple(
        StageFault(node, one)
        for node, look in looks.items()
        for one in look.measures
        if one.verdict not in _FINE
    )
    unmeasured = tuple((why, tuple(names)) for why, names in without.items())
    return FleetMeasured(len(looks), rows, faults, unmeasured, lagging(rows))


def least_share(stage: str) -> float:
    """Return the share of the median below which a rate is well below its equals (docs/fleet.md says why)."""
    if stage == "copy" or stage.startswith("matmul-"):
        return PEER_SHARE
    return 1 - ALLOWED_OF_HOST if stage.startswith(_BETWEEN) else HOST_SHARE


def _rows(looks: _Nodes) -> Iterator[PeerRow]:
    found: dict[Equals, dict[_Place, Measure]] = {}
    for node, look in looks.items():
        for one in look.measures:
            equals = _equals(one, look)
            if equals is not None:
                found.setdefault(equals, {})[node, one.gpu] = one
    for equals, places in found.items():
        units = Counter(one.unit or "" for one in places.values() if _rate(one))
        unit = units.most_common(1)[0][0] if units else ""
        usable = {
            place: rate
            for place, one in places.items()
            if (rate := _rate(one)) and (one.unit or "") == unit
        }
        if len(usable) >= LEAST_EQUALS and len({node for node, _ in usable}) >= LEAST_NODES:
            unknown = tuple(_unknown(equals, places, usable, looks))
            yield _row(equals, unit, places, usable, looks)._replace(unknown=unknown)


def _row(
    equals: Equals,
    unit: str,
    places: Mapping[_Place, Measure],
    usable: Mapping[_Place, float],
    looks: _Nodes,
) -> PeerRow:
    less_is_more = unit == "s"
    ordered = sorted(usable, key=usable.__getitem__, reverse=less_is_more)
    # Of an even number the worse of the two in the middle: half of all is never behind the other half.
    middle = ordered[(len(ordered) - 1) // 2]
    usual, least = usable[middle], least_share(equals.stage)
    behind = []
    for node, gpu in ordered:
        value, one = usable[node, gpu], places[node, gpu]
        share = usual / value if less_is_more else value / usual
        if share < least:
            words = one_line(one.words or "", 400)
            ecc = _ecc(looks[node], equals)
            behind.append(Behind(node, gpu, value, share, words, one.reasons, ecc))
    modes = Counter(_ecc(looks[node], equals) for node, _ in usable)
    return PeerRow(
        equals,
        unit,
        len(usable),
        len({node for node, _ in usable}),
        usual,
        min(usable.values()),
        max(usable.values()),
        least,
        one_line(places[middle].words or "", 400),
        modes.most_common(1)[0][0],
        tuple(behind),
        (),
    )


def _equals(one: Measure, look: DeepLook) -> Equals | None:
    """Return what a rate is compared by; None where it is no rate, or nobody knows of which GPU or torch it is."""
    if one.stage in _NO_RATES or _lost(one, look):
        return None
    bare = one.stage.startswith(_BARE)
    model = _models(look) if one.gpu is None else one.name or ""
    together = one.gpu is None or one.stage == "p2p"
    return Equals(
        one.stage,
        model,
        None if bare else look.torch,
        len(look.names) if together else None,
        one.gpu if one.stage == "p2p" else None,
    )


def _lost(one: Measure, look: DeepLook) -> str:
    """Return why a rate has no equals, "" where it may have some."""
    names = [name for gpu, name in look.names if one.gpu in (None, gpu)]
    if not names or not (one.stage.startswith(_BARE) or look.torch):
        return _LOST
    return _SHARED if any(shared_board(fold(name)) for name in names) else ""


def _models(look: DeepLook) -> str:
    """Return all GPUs of a node: how many of each name."""
    kinds = sorted(Counter(name for _, name in look.names).items())
    return " and ".join(f"{number}× {name}" for name, number in kinds)


def _rate(one: Measure) -> float | None:
    return one.value if one.value and one.value > 0 and one.verdict in _RAN else None


def _unknown(
    equals: Equals,
    places: Mapping[_Place, Measure],
    usable: Mapping[_Place, float],
    looks: _Nodes,
) -> Iterator[NotCompared]:
    """Yield the GPUs that are equal and have no rate: the stage ended otherwise, or was not run there."""
    for (node, gpu), one in places.items():
        if (node, gpu) not in usable:
            words = f": {one_line(one.words, 200)}" if one.words and one.verdict != "busy" else ""
            why = f"measured in {one.unit}" if one.verdict in _RAN else f"{one.verdict}{words}"
            yield NotCompared(node, gpu, why)
    for node, look in looks.items():
        if equals.torch not in (None, look.torch):
            continue
        for gpu in _seats(equals, node, look, places):
            if (node, gpu) not in places:
                yield NotCompared(node, gpu, "not run")


def _seats(
    equals: Equals, node: str, look: DeepLook, places: Mapping[_Place, Measure]
) -> Sequence[int | None]:
    """Return where on a node a stage of such equals would have been run."""
    if equals.gpus is not None:
        same = len(look.names) == equals.gpus
        if equals.gpu is not None:
            return [equals.gpu] if same and dict(look.names).get(equals.gpu) == equals.model else []
        return [None] if same and _models(look) == equals.model else []
    gpus = [gpu for gpu, name in look.names if name == equals.model]
    if equals.stage.startswith(_ONCE):
        ran = any((node, gpu) in places for gpu in gpus)
        return [] if ran else gpus[:1]
    return gpus


def _ecc(look: DeepLook, equals: Equals) -> bool | None:
    return dict(look.ecc).get(equals.model)
