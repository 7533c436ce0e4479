"""Whatever stands beside a torch that it does not go with is cured by the pair that fits the torch that stays.

The rows themselves say which release goes with which torch; who asks says with what it is installed, and from where.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts, Known
from torch_doctor.core.finding import Finding
from torch_doctor.core.records import Package
from torch_doctor.core.version import CudaVersion, TorchVersion, allows
from torch_doctor.fixes import kinds
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.fixes.judge import GONE
from torch_doctor.matrix.builds.query import cuda_majors

from tests.property.hosts import FILE, MATRIX
from tests.property.judging import law, report_on, said_of
from tests.property.test_cures import keys
from tests.rules.cases import host_facts

BASE = host_facts("h100-580-cu130").without("arch_list", "torch_installer")
ON_LINUX = [row for row in MATRIX.torch_builds if row.platform == "linux-x86_64" and row.cuda]


def _major(cuda: str) -> int:
    return CudaVersion.parse(cuda).major


# The last build of each release: a driver of the newest branch serves it.
TORCHES = {row.torch: row for row in ON_LINUX if row.status == "published"}
# What is compiled beside a torch was compiled for that torch, and its makers' range is what they tried.
COMPILED = {row.package for row in MATRIX.companion_builds if row.abi == "source"}
RELEASES = [row for row in MATRIX.companions if row.torch and row.package not in COMPILED]
# What the loader is asked for by wheels that torch's own release does not build for each CUDA.
LINKED = [
    (row, [torch for torch, build in TORCHES.items() if _major(build.cuda) not in majors])
    for row in MATRIX.companion_builds
    if row.platform in ("any", "linux-x86_64") and (majors := cuda_majors(row))
]
# Torch's own indexes serve these beside it.
OF_TORCH = {"torchvision", "torchaudio", "xformers", "torchao", "torchcodec", "torchtext", "triton"}


class AskedFrom(NamedTuple):
    """Who asks, and what the command of a pinned install looks like: of any package, and with torch's index."""

    facts: dict[str, Any]
    command: str
    indexed: str


ASKERS = (
    AskedFrom({}, r"python -m pip install [^\n]*{spec}", r"--index-url \S+/{variant}$"),
    AskedFrom(
        {"project_manager": "uv"}, r"^uv add {spec}", r"--index pytorch-{variant}=\S+/{variant}$"
    ),
    AskedFrom(
        {"project_manager": "poetry"}, r"poetry add [^\n]*{spec}", r"--source pytorch-{variant} "
    ),
    AskedFrom({"project_manager": "pdm"}, r"^pdm add {spec}", ""),
    AskedFrom(
        {"torch_installer": "uv"}, r"^uv pip install [^\n]*{spec}", r"--index-url \S+/{variant}$"
    ),
    AskedFrom({"torch_installer": "conda"}, r"^conda install [^\n]*{spec}", ""),
    AskedFrom({"project_manager": "pixi"}, r"^pixi add [^\n]*{spec}", ""),
)


def host(torch: str, package: str, version: str, **known: Any) -> Facts:
    row = TORCHES[torch]
    built = TorchVersion(f"{row.torch}+{row.variant}")
    values = {
        "torch_version": built,
        "torch_cuda": CudaVersion.parse(row.cuda),
        "python_tag": (row.python_tags or ("cp310",))[-1],
        "packages": (Package("torch", str(built)), Package(package, version)),
        **known,
    }
    return BASE.with_(**{name: Known(value, FILE) for name, value in values.items()})


def about(package: str, facts: Facts) -> Finding | None:
    """Return what is found of *package* itself: that it does not go with the torch, or with its CUDA."""
    found = (one for one in report_on(facts).findings if one.subject == package)
    return next((one for one in found if one.name != "packages-built-for-other-gpus"), None)


def pairs(package: str, torch: str) -> set[str]:
    """Return the releases of *package* that go with *torch*, as rows and the read wheels for its CUDA pin it."""
    cuda = _major(TORCHES[torch].cuda)
    rows = ((row.version, row.torch) for row in MATRIX.companions if row.package == package)
    read = (
        (row.version, row.torch)
        for row in MATRIX.companion_builds
        if row.package == package and cuda in (cuda_majors(row) or (cuda,))
    )
    pinned = ((version, pin) for version, pin in read if pin and pin.startswith("=="))
    return {version for version, pin in (*rows, *pinned) if pin and allows(pin, torch)}


@pytest.mark.parametrize("package", sorted({row.package for row in RELEASES}))
def test_each_pair_on_record(package: str) -> None:
    """For every torch that some release goes with, beside one that does not."""
    asker = ASKERS[0]
    for torch in TORCHES:
        others = (row for row in RELEASES if row.package == package)
        other = next((row for row in others if allows(row.torch, torch) is False), None)
        if other is not None and pairs(package, torch):
            _check(host(torch, package, other.version), package, torch, asker)


@pytest.mark.parametrize("package", sorted({row.package for row, _ in LINKED}))
def test_each_runtime_on_record(package: str) -> None:
    """The first and the last release of each package, beside the torches of a CUDA that it is not linked to."""
    linked = [(row, torches) for row, torches in LINKED if row.package == package]
    for row, torches in (linked[0], linked[-1]):
        for torch in torches[::4]:
            facts = host(torch, package, row.version)
            if about(package, facts) is not None:
                _check(facts, package, torch, ASKERS[0])


@law(150)
@given(st.sampled_from(RELEASES), st.sampled_from(sorted(TORCHES)), st.sampled_from(ASKERS))
def test_what_goes_with_another_torch(row: Any, torch: str, asker: AskedFrom) -> None:
    assume(allows(row.torch, torch) is False)

    _check(host(torch, row.package, row.version, **asker.facts), row.package, torch, asker)


@law(100)
@given(st.data(), st.sampled_from(LINKED), st.sampled_from(ASKERS))
def test_what_links_another_cuda(
    data: st.DataObject, linked: tuple[Any, list[str]], asker: AskedFrom
) -> None:
    row, torches = linked
    torch = data.draw(st.sampled_from(torches))
    facts = host(torch, row.package, row.version, **asker.facts)
    assume(about(row.package, facts) is not None)

    _check(facts, row.package, torch, asker)


def _check(facts: Facts, package: str, torch: str, asker: AskedFrom) -> None:
    finding = about(package, facts)
    assert finding is not None, "nothing is said of the pair"
    assert finding.fixes, finding
    action, fix = finding.actions[0], finding.fixes[0]
    fitting = pairs(package, torch)
    if isinstance(action, kinds.InstallPackages):
        changed = apply(action, facts, MATRIX)
        assert changed is not None
        assert (finding.code, finding.subject) not in keys(said_of(changed))
        assert changed["torch_version"] == facts["torch_version"]
    if not fitting:
        # Nobody is promised a release that no row knows.
        assert not re.search(r"\d,? .*\bgoes with torch (?!.*: choose)", fix.text), fix
        return
    if not isinstance(action, kinds.InstallPackages):
        # The pair on record is for another CUDA: torch moves to that, and stays the release that it is.
        assert isinstance(action, kinds.InstallTorch | kinds.ByHand), finding
        assert finding.name == "packages-runtime-not-brought", finding
        return
    version = action.specs[-1].removeprefix(f"{package}==")
    assert version in fitting, fix
    assert fix.judged == GONE
    commands = "\n".join(fix.commands)
    spec = rf'"?{package}=?=\s?{re.escape(version)}'
    assert re.search(asker.command.format(spec=spec), commands, re.MULTILINE), commands
    if package in OF_TORCH and asker.indexed:
        wanted = asker.indexed.format(variant=TORCHES[torch].variant)
        assert re.search(wanted, commands, re.MULTILINE), commands
