"""Claims become facts: what was seen most directly wins, then the earliest line; lists are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter

from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Package
from torch_doctor.core.startup import Any
from torch_doctor.core.text import visible
from torch_doctor.matrix.store import Matrix
from torch_doctor.pastes.claims.claim import WHOLE, Absence, Claim
from torch_doctor.pastes.claims.hints import HINTS
from torch_doctor.pastes.claims.merge_gpus import merge_gpus
from torch_doctor.pastes.claims.merge_torch import OF_TORCH, chosen, settle

_MOST = {"errors_seen": 300, "remarks": 80, "packages": 600}
_OF_DRIVER, _OF_WSL = "/dev/nvidia", "/dev/dxg"
_rank = attrgetter("rank")


def merge(claims: Iterable[Claim], where: str, matrix: Callable[[], Matrix]) -> Facts:
    """Return the facts that *claims* amount to; every source is a line of *where*.

    *matrix* gives the rows that say which build a plain version means.
    """
    grouped: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.value is not None:
            grouped.setdefault(claim.name, []).append(claim)
    items: dict[str, Fact[Any]] = {}
    for name, group in grouped.items():
        if name in HINTS or name == "gpus":
            continue
        ordered = sorted(group, key=_rank)
        if FACTS[name].type.startswith("tuple[") and name not in WHOLE:
            fact = _list(name, ordered, where)
        elif name not in OF_TORCH:
            fact = _fact(ordered[0], where)
        else:
            continue
        items[name] = fact
    for name, claim in chosen(grouped).items():
        items[name] = _fact(claim, where)
    lacking = _lacking(grouped, items)
    if lacking and "device_nodes" not in items:
        items["device_nodes"] = Known((), Source("report", where, lacking.line))
    gpus = merge_gpus(grouped, where)
    if gpus is not None:
        items["gpus"] = gpus
    for claim in grouped.get("refused", ()):
        _refuse(claim, items, where)
    settle(items, grouped, matrix)
    return Facts(items)


def _lacking(grouped: dict[str, list[Claim]], items: dict[str, Fact[Any]]) -> Claim | None:
    """Return the claim that the device files are not there: under WSL there is one, which is nowhere else."""
    device = _OF_WSL if Facts(items).value("wsl") else _OF_DRIVER
    return next((one for one in grouped.get("no_device_files", ()) if one.value == device), None)


def _fact(claim: Claim, where: str) -> Fact[Any]:
    source = Source("report", where, claim.line)
    if isinstance(claim.value, Absence):
        return Unavailable(claim.value.reason, claim.value.detail, source)
    value = visible(claim.value, 1000) if isinstance(claim.value, str) else claim.value
    return Known(value, source)


def _refuse(claim: Claim, items: dict[str, Fact[Any]], where: str) -> None:
    """Say that a reader's claim was dropped; a fact that nothing else tells is one that could not be read."""
    source = Source("report", where, claim.line)
    before: Fact[Any] = items.get("reader_faults", Known((), source))
    known = before.value if isinstance(before, Known) else ()
    items["reader_faults"] = Known(tuple(dict.fromkeys((*known, claim.value.why))), source)
    if claim.value.claimed in FACTS and claim.value.claimed not in items:
        items[claim.value.claimed] = Unavailable(Reason.UNPARSED, claim.value.why, source)


def _list(name: str, ordered: list[Claim], where: str) -> Fact[Any]:
    known = [claim for claim in ordered if not isinstance(claim.value, Absence)]
    if not known:
        return _fact(ordered[0], where)
    known = known[: _MOST.get(name, 200)]
    if name in ("errors_seen", "remarks", "kernel_events", "install_commands", "install_indexes"):
        known.sort(key=lambda claim: claim.line)
    values = [claim.value for claim in known]
    unique = tuple(dict.fromkeys(_packages(values) if name == "packages" else values))
    return Known(unique, Source("report", where, known[0].line))


def _packages(found: list[Package]) -> list[Package]:
    """Keep one entry per name and installer; what only words say yields to any list."""
    kept: dict[tuple[str, str | None], Package] = {}
    for package in found:
        key = (package.name, package.installer)
        if key not in kept and not (
            package.installer is None and any(name == package.name for name, _ in kept)
        ):
            kept[key] = package
    return list(kept.values())
