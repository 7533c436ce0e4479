"""What installing and removing packages does to the facts of an environment."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Facts, Known
from torch_doctor.core.records import Package, UnresolvedRequirement
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.effects.observed import PLANNED, unobserved, without_torch
from torch_doctor.fixes.kinds import InstallPackages, InstallTorch, RemovePackages
from torch_doctor.matrix.query import torch_release
from torch_doctor.matrix.store import Matrix

_PINNED = regex(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*==\s*([\w.+!-]+)")
_TAG = regex(r"/whl/(cu\d+|cpu|rocm[\d.]+|xpu)/?$")
_NAME = regex(r"[A-Za-z0-9][\w.-]*")
# Wheels that come and go with torch's own requirements.
_OF_TORCH = ("nvidia-", "triton", "cuda-")


def install_torch(action: InstallTorch, facts: Facts, matrix: Matrix) -> Facts | None:
    """Another build is there, with what the action names beside it; whatever was read of the former one is gone."""
    version = TorchVersion(f"{action.torch}+{action.variant}" if action.variant else action.torch)
    cuda = CudaVersion.from_tag(action.variant) if action.variant.startswith("cu") else None
    companions = (f"{name}=={text}" for name, text in _from(action.index_url, action.companions))
    done = installed(facts, version, cuda, (action.requirement, *companions))
    wishes: tuple[UnresolvedRequirement, ...] = facts.value("unresolved", ())
    left = tuple(wish for wish in wishes if _is_for_another(wish, version, matrix))
    return done.with_(unresolved=Known(left, PLANNED)) if left else done


def installed(
    facts: Facts,
    version: TorchVersion,
    cuda: CudaVersion | None,
    requirements: tuple[str, ...],
    origin: str = "pytorch",
) -> Facts:
    """Return *facts* with another torch and the *requirements* that came with it; other packages stay."""
    planned = {**_pinned(requirements), "torch": str(version)}
    before: tuple[Package, ...] = facts.value("packages", ())
    kept = (p for p in before if p.name not in planned and not p.name.startswith(_OF_TORCH))
    changes: dict[str, Fact[Any]] = {
        "torch_version": Known(version, PLANNED),
        "torch_variant": Known("cuda" if cuda else version.local or "cpu", PLANNED),
        "torch_origin": Known(origin, PLANNED),
        "packages": Known((*map(Package, planned, planned.values()), *kept), PLANNED),
    }
    if cuda:
        changes["torch_cuda"] = Known(cuda, PLANNED)
    return without_torch(facts).with_(**changes)


def _is_for_another(wish: UnresolvedRequirement, version: TorchVersion, matrix: Matrix) -> bool:
    """Whether a wish pins another release that there is: who gets *version* has not got it."""
    pinned = _pinned((wish.requirement,)).get("torch")
    release = TorchVersion(pinned).public if pinned else version.public
    return release != version.public and torch_release(matrix, release) is not None


def install_packages(action: InstallPackages, facts: Facts, matrix: Matrix) -> Facts | None:
    """Packages get the versions that are named; of those without one the version is not known any more."""
    named = {match[0].lower() for spec in action.specs if (match := _NAME.match(spec))}
    if "torch" in named:
        return _torch_again(action, facts, _pinned(action.specs).get("torch"))
    versions = dict(_from(action.index_url, action.specs))
    before: tuple[Package, ...] = facts.value("packages", ())
    kept = tuple(package for package in before if package.name not in named)
    done = unobserved(facts).without("library_picks", "torch_libraries_missing", "extension_builds")
    if "packages" not in facts and not versions:
        return done
    return done.with_(packages=Known((*kept, *map(Package, versions, versions.values())), PLANNED))


def remove_packages(action: RemovePackages, facts: Facts, matrix: Matrix) -> Facts | None:
    """The packages are gone; a torch among them leaves none that is known."""
    gone = set(action.names)
    before: tuple[Package, ...] = facts.value("packages", ())
    if "torch" in gone and len({package.installer for package in before if _is_torch(package)}) > 1:
        return None  # of two torches one is left, and which one is imported then is not known
    kept = tuple(package for package in before if package.name not in gone)
    done = without_torch(facts) if "torch" in gone else unobserved(facts).without("library_picks")
    return done.with_(packages=Known(kept, PLANNED)) if "packages" in facts else done


def _is_torch(package: Package) -> bool:
    return package.name in ("torch", "pytorch")


def _torch_again(action: InstallPackages, facts: Facts, version: str | None) -> Facts | None:
    """The same torch anew: whole, with its dependencies. Another one is another action."""
    now: TorchVersion | None = facts.value("torch_version")
    if version is not None and now is not None and version not in (str(now), now.public):
        return None
    if now is None and version is not None:
        torch = TorchVersion(version)
        local = torch.local
        cuda = CudaVersion.from_tag(local) if local.startswith("cu") else None
        return installed(facts, torch, cuda, action.specs)
    whole = (
        *("torch_damage", "library_damage", "recorded_damage", "torch_leftovers"),
        *("torch_libraries_missing", "library_picks"),
    )
    packages: tuple[Package, ...] = facts.value("packages", ())
    done = unobserved(facts).without(*whole, "torch_copies")
    beside = {match[0].lower() for spec in action.specs if (match := _NAME.match(spec))} - {"torch"}
    if packages and (action.deps or beside):
        renewed = _OF_TORCH if action.deps else ()
        kept = (p for p in packages if p.name not in beside and not p.name.startswith(renewed))
        versions = dict(_from(action.index_url, action.specs))
        versions.pop("torch", None)
        there = (*kept, *map(Package, versions, versions.values()))
        done = done.with_(packages=Known(there, PLANNED))
    return done


def _from(index_url: str | None, requirements: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield names and versions; torch's own index names its CUDA in those that it serves."""
    tag = _TAG.search(index_url or "")
    for name, version in _pinned(requirements).items():
        yield name, version if tag is None or "+" in version else f"{version}+{tag[1]}"


def _pinned(requirements: tuple[str, ...]) -> dict[str, str]:
    matches = (_PINNED.match(text) for text in requirements)
    return {match[1].lower(): match[2] for match in matches if match}
