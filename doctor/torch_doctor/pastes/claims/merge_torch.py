"""Which torch a report speaks of: the version that counts speaks for its own build, and for the default wheel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter

from torch_doctor.core.fact import Fact, Facts, Known, Reason, Unavailable
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.law.platform import wheel_platform
from torch_doctor.matrix.law.version_strings import Printed, implied_build
from torch_doctor.matrix.query import torch_build
from torch_doctor.matrix.store import Matrix
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.torch import NO_CUDA

OF_TORCH = ("torch_version", "torch_variant", "torch_cuda")
_rank = attrgetter("rank")
_PARTS_OF_LINUX = 3  # numbers of a release, 525.105.17: those of Windows have two
_AFTER_THE_CHANNEL = (2, 6)  # the first release that PyTorch did not publish for conda
# What torch says of a failure on the GPU: only a build with CUDA gets there.
_ON_GPU = regex(
    r"CUDA out of memory|CUDA error: |cuDNN error: |no kernel image|\bkernels? (?:is |are )?missing\b"
)
_PRINTED = {
    Seen.REPORT: Printed.BY_TORCH,
    Seen.SESSION: Printed.BY_TORCH,
    Seen.PACKAGES: Printed.BY_INSTALLER,
    Seen.COMMAND: Printed.BY_INSTALLER,
    Seen.WORDS: Printed.BY_INSTALLER,
}


def chosen(grouped: Mapping[str, list[Claim]]) -> dict[str, Claim]:
    """Return the claims about version, variant and CUDA that count."""
    found: dict[str, Claim] = {}
    for name in OF_TORCH:
        ordered = sorted(_without_gone(grouped.get(name, ()), grouped), key=_rank)
        if ordered and not _only_wished(ordered[0], grouped):
            found[name] = _refined(ordered) if name == "torch_version" else ordered[0]
    variant = found.get("torch_variant")
    answered = _is_available(grouped)
    supposed = variant and variant.seen is Seen.TRACE and answered is not False
    if (
        variant
        and variant.value == "cpu"
        and variant.seen <= Seen.COMMAND
        and (answered or supposed)
    ):
        # somebody installed a CPU build at some time: torch that has CUDA now is another one
        return {"torch_version": found["torch_version"]} if "torch_version" in found else {}
    return found


def _without_gone(claims: Iterable[Claim], grouped: Mapping[str, list[Claim]]) -> Iterator[Claim]:
    """Leave out what words and commands say of a torch that another one took the place of, and of its build."""
    left = grouped.get("torch_gone", ())
    gone = {claim.value for claim in left}
    lines = {claim.line for claim in left}
    logged = {claim.line for claim in left if claim.seen >= Seen.PACKAGES}
    # a line of a plan names the one that comes, too
    logged -= {c.line for c in grouped.get("torch_version", ()) if c.value not in gone}
    lines.update(claim.line for claim in grouped.get("torch_version", ()) if claim.value in gone)
    for claim in claims:
        if claim.name == "torch_version":
            own, most = claim.value in gone, Seen.PACKAGES
        else:
            own = claim.line in lines
            most = Seen.PACKAGES if claim.line in logged else Seen.COMMAND
        if not own or claim.seen > most:
            yield claim


def _is_available(grouped: Mapping[str, list[Claim]]) -> bool | None:
    answers = sorted(grouped.get("cuda_available", ()), key=_rank)
    return bool(answers[0].value) if answers else None


def _only_wished(best: Claim, grouped: Mapping[str, list[Claim]]) -> bool:
    """Whether a version stands only in words or commands while the installer says that it could not be had."""
    wishes = [claim.value.requirement for claim in grouped.get("unresolved", ())]
    if best.seen <= Seen.PACKAGES and f"torch=={best.value}" in wishes:
        return True  # a pin in a list, of the very version that was refused
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


def settle(
    items: dict[str, Fact[Any]], grouped: Mapping[str, list[Claim]], matrix: Callable[[], Matrix]
) -> None:
    """Make what is known of torch agree: a pip line of another torch must not speak for the one that counts."""
    cuda, variant = items.get("torch_cuda"), items.get("torch_variant")
    if isinstance(variant, Known) and isinstance(cuda, Known) and variant.value != "cuda":
        items["torch_cuda"] = Unavailable(NO_CUDA.reason, NO_CUDA.detail, variant.source)
    if isinstance(variant, Known) and variant.value == "cuda" and isinstance(cuda, Unavailable):
        del items["torch_cuda"]
    without = items.get("report_interpreter_without_torch")
    if not isinstance(items.get("torch_version"), Known) and without:
        why = "the interpreter that made the report has no torch"
        items["torch_version"] = Unavailable(Reason.NOT_PRESENT, why, without.source)
    if "torch_cuda" not in items and "torch_variant" not in items:
        _imply(items, grouped, matrix)
    elif "torch_cuda" not in items and Facts(items).value("torch_variant") == "cuda":
        _take_listed(items, grouped, matrix)
    if _is_condas(items, grouped, matrix):
        items["torch_installer"] = Known("conda", items["torch_version"].source)
    if _is_no_wheel(Facts(items)):
        items["torch_installer"] = Known("conda", items["torch_variant"].source)
    facts = Facts(items)
    cpu = facts.value("project_manager") == "conda" and facts.value("torch_variant") == "cpu"
    if cpu and "torch_installer" not in facts and _is_by_pip(facts):
        items["torch_installer"] = Known("pip", items["install_commands"].source)


def _is_condas(
    items: dict[str, Fact[Any]], grouped: Mapping[str, list[Claim]], matrix: Callable[[], Matrix]
) -> bool:
    """Whether torch is no wheel of the index by its own version, in an environment of conda's.

    conda's packages are in pip's lists too, so that pip is named as the installer of everything.
    """
    facts = Facts(items)
    version, best = items.get("torch_version"), chosen(grouped).get("torch_version")
    listed = any(package.installer == "conda" for package in facts.value("packages", ()))
    conda = listed or facts.value("project_manager") == "conda"
    if not (isinstance(version, Known) and best and conda and facts.value("os_family")):
        return False
    if facts.value("jetson") or _PRINTED.get(best.seen) is not Printed.BY_TORCH:
        return False
    build = implied_build(version.value, Printed.BY_TORCH, wheel_platform(facts), matrix())
    return build.origin == "unknown"


def _is_no_wheel(facts: Facts) -> bool:
    """Whether conda chose a CPU build in an environment of its own: the default index has none for Linux on x86_64."""
    version: TorchVersion | None = facts.value("torch_version")
    indexes = (*facts.value("install_indexes", ()), facts.value("pip_index_url") or "")
    wheel = (version is not None and bool(version.local)) or any("/cpu" in url for url in indexes)
    installer = facts.value("torch_installer") or facts.value("torch_origin")
    linux = facts.value("os_family", "linux") == "linux" and not installer
    x86 = facts.value("host_arch", "x86_64") == "x86_64"
    linux = linux and not ("os_family" not in facts and _is_by_pip(facts))  # it may be Windows
    kept = facts.value("project_manager") == "conda" and linux and x86
    return bool(kept and facts.value("torch_variant") == "cpu" and not wheel)


def _is_by_pip(facts: Facts) -> bool:
    """Whether all that is told to be installed is pip's, in an environment that conda made."""
    commands: tuple[str, ...] = facts.value("install_commands", ())
    return bool(commands) and not any("conda" in line or "mamba" in line for line in commands)


def _may_be_condas(facts: Facts, version: TorchVersion) -> bool:
    """Whether a plain version in pip's list may be a package of conda's, which pip lists without its build.

    The channel pytorch published torch up to 2.5; its packages and the index's wheels look alike there.
    """
    return facts.value("python_environment") == "conda" and version.release < _AFTER_THE_CHANNEL


def _take_listed(
    items: dict[str, Fact[Any]], grouped: Mapping[str, list[Claim]], matrix: Callable[[], Matrix]
) -> bool:
    """Take what stands beside the version in a list as its build, where it was published for that CUDA."""
    version, platform = items.get("torch_version"), wheel_platform(Facts(items))
    if not isinstance(version, Known):
        return False
    for hint in grouped.get("listed_cuda", ()):
        if torch_build(matrix(), version.value.public, hint.value.tag, platform):
            items["torch_cuda"] = Known(hint.value, version.source)
            return True
    return False


def _ran_on_gpu(grouped: Mapping[str, list[Claim]]) -> bool:
    """Whether torch failed on a GPU, or words say how busy it keeps one."""
    failed = any(_ON_GPU.search(claim.value.text) for claim in grouped.get("errors_seen", ()))
    return failed or "gpu_in_use" in grouped


def _imply(
    items: dict[str, Fact[Any]], grouped: Mapping[str, list[Claim]], matrix: Callable[[], Matrix]
) -> None:
    """Add what a version without a local part says about its build."""
    version = items.get("torch_version")
    best = chosen(grouped).get("torch_version")
    printed = _PRINTED.get(best.seen) if best else None
    facts = Facts(items)
    driver = facts.value("driver_release")
    of_linux = driver is not None and len(driver.parts) == _PARTS_OF_LINUX
    system = facts.value("os_family", "linux" if of_linux else None)
    if isinstance(version, Known) and facts.value("jetson") and version.value.public.endswith("a0"):
        # what NVIDIA builds for its boards bears the number of the release to come
        items.setdefault("torch_origin", Known("jetson", version.source))
    if not isinstance(version, Known) or printed is None or facts.value("jetson"):
        return
    if printed is Printed.BY_INSTALLER and _take_listed(items, grouped, matrix):
        return
    if printed is Printed.BY_INSTALLER and _may_be_condas(facts, version.value):
        items.setdefault("torch_origin", Known("unknown", version.source))
        return
    if facts.value("torch_installer") == "conda" or system not in ("linux", "windows"):
        return
    build = implied_build(version.value, printed, wheel_platform(facts), matrix())
    if build.variant == "cpu" and facts.value("cuda_available"):
        return  # torch has CUDA: it is not the default wheel
    if build.variant == "cpu" and _ran_on_gpu(grouped):
        items["torch_variant"] = Known("cuda", version.source)
        return
    implied = {
        "torch_variant": build.variant,
        "torch_cuda": build.cuda,
        "torch_origin": build.origin,
    }
    for name, value in implied.items():
        if value is not None and name not in items:
            items[name] = Known(value, version.source)
    if build.variant and build.variant != "cuda":
        items["torch_cuda"] = Unavailable(NO_CUDA.reason, NO_CUDA.detail, version.source)
