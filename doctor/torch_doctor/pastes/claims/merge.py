"""Claims become facts: what was seen most directly wins, then the earliest line; lists are put together."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Package
from torch_doctor.core.text import visible
from torch_doctor.core.version import TorchVersion
from torch_doctor.pastes.claims.claim import WHOLE, Claim, Missing, Seen
from torch_doctor.pastes.claims.hints import HINTS
from torch_doctor.pastes.claims.merge_gpus import merge_gpus

_MOST = {"errors_seen": 300, "remarks": 80, "packages": 600}
_rank = attrgetter("rank")


def merge(claims: Iterable[Claim], where: str) -> Facts:
    """Return the facts that *claims* amount to; every source is a line of *where*."""
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
        else:
            fact = _fact(_refined(ordered) if name == "torch_version" else ordered[0], where)
            if name in ("torch_version", "torch_variant", "torch_cuda") and _only_wished(
                ordered[0], grouped
            ):
                continue
        items[name] = fact
    gpus = merge_gpus(grouped, where)
    if gpus is not None:
        items["gpus"] = gpus
    for claim in grouped.get("refused", ()):
        _refuse(claim, items, where)
    return Facts(_consistent(items))


def _fact(claim: Claim, where: str) -> Fact[Any]:
    source = Source("report", where, claim.line)
    if isinstance(claim.value, Missing):
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


def _only_wished(best: Claim, grouped: dict[str, list[Claim]]) -> bool:
    """Whether a version stands only in words or commands while the installer says that it could not be had."""
    wishes = (claim.value.requirement for claim in grouped.get("unresolved", ()))
    return best.seen <= Seen.COMMAND and any(wish.startswith("torch") for wish in wishes)


def _refined(ordered: list[Claim]) -> Claim:
    """Prefer ``2.8.0+cu128`` of a package list to the same ``2.8.0`` without the local part."""
    best = ordered[0]
    if not isinstance(best.value, TorchVersion) or best.value.local:
        return best
    longer = (
        claim
        for claim in ordered
        if isinstance(claim.value, TorchVersion)
        and claim.value.local
        and claim.value.public == best.value.public
    )
    return next(longer, best)


def _list(name: str, ordered: list[Claim], where: str) -> Fact[Any]:
    known = [claim for claim in ordered if not isinstance(claim.value, Missing)]
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


def _consistent(items: dict[str, Fact[Any]]) -> dict[str, Fact[Any]]:
    """Let the version that was chosen speak for its own build: a pip line of another torch must not."""
    version, cuda, variant = (
        items.get(name) for name in ("torch_version", "torch_cuda", "torch_variant")
    )
    if (
        isinstance(variant, Known)
        and variant.value in ("cpu", "rocm", "xpu")
        and isinstance(cuda, Known)
    ):
        from torch_doctor.pastes.claims.torch import NO_CUDA

        items["torch_cuda"] = Unavailable(NO_CUDA.reason, NO_CUDA.detail, variant.source)
    if isinstance(variant, Known) and variant.value == "cuda" and isinstance(cuda, Unavailable):
        del items["torch_cuda"]
    if not isinstance(version, Known) and items.get("report_interpreter_without_torch"):
        source = items["report_interpreter_without_torch"].source
        items["torch_version"] = Unavailable(
            Reason.NOT_PRESENT, "the interpreter that made the report has no torch", source
        )
    return items
