"""A companion package beside torch: what the versions say, and what an error text proves. Shared by its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.finding import Action, Receipt, Severity
from torch_doctor.core.records import ErrorSeen, ImportFailure, KernelResult, Package
from torch_doctor.core.rule import Draft, UndecidedError, finding
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import FAMILY
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.law.companions import (
    beyond_its_makers,
    companion_version,
    judge_companion,
)
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.matrix.topics.extensions import is_bound, releases_of

# Files of torch itself: who misses one was linked to a torch that had it.
OF_TORCH = r"lib(?:torch(?!audio|vision|text)|c10)\w*\.so"

# A message that ends before the name of the symbol: what a compiled module lacks is mostly torch's.
_CUT = regex(
    r"([\w-]*(?:cuda|_C|_ext|flash|attn)\w*\.(?:cpython-|abi3|cp\d)[\w.-]*so)[`'\"]{0,2}"
    r": undefined symbol:?(?:\W*$|[)\]`'\"](?! ?:? ?_?_Z))"
)
# The module in words, and no symbol: "_ext undefined symbol", "undefined symbol error when I import flash_attn".
_FORM = regex(r"_C|_ext|[a-z]\w{1,30}(?:_cuda|_ext|_C|_kernels?|_ops)", 2)
_MODULE = r"([\w-]{2,40})"
_BEFORE = regex(
    rf"(?<![\w./-]){_MODULE}[`'\")]{{0,2}}:? (?:(?:has|an|fails?|failed|with|import|error) ){{0,4}}"
    r"undefined symbols?(?!\W{0,3}_?_Z|: ?\w)",
    2,
)
_SO_MUCH = r"(?: (?:errors?|problem|issue|is|was|raised|occurs?|found)){0,2}"
_WHERE = r"(?: (?:i|importing|import|loading|running|the|using)){0,3}"
_AFTER = regex(
    rf"undefined symbols?{_SO_MUCH} (?:when|while|in|from|for|on|after|with){_WHERE} [`'\"]?{_MODULE}",
    2,
)
_CUDA_OF_TORCH = regex(r"PyTorch has CUDA [Vv]ersion[ =:]*(\d+\.\d+)")
# xFormers names both: the torch that it was built for, and the one that is there.
_OF_XFORMERS = r"PyTorch \d[\w.+]+ with CUDA \d{3,4} \(you have \d"
# What readers of words recognise where no pattern of a rule does.
_RECOGNISED = {"torchvision": ("torchvision_nms",)}
# What a finding calls a module that no text names.
UNNAMED_EXTENSION = "an extension"
# Releases of torch whose port of triton is named where nobody tells which is there.
_LAST_PAIRS = 9
# The package says that it goes on without its compiled part.
_LEFT_OUT = regex(r"\b[Ss]kipp(?:ing|ed) (?:the )?import\b")


class BesideTorch(NamedTuple):
    """What the rules on a package of another torch need: what is installed, and what was seen of it."""

    matrix: Any
    cures: Any
    packages: tuple[Package, ...] = ()
    torch_version: Any = None
    torch_cuda: Any = None
    kernel_results: tuple[KernelResult, ...] = ()
    errors_seen: tuple[ErrorSeen, ...] = ()
    errors: Any = NONE_SEEN

    @property
    def ran(self) -> bool:
        """Whether a kernel did."""
        return any(result.ok for result in self.kernel_results)


def judge(name: str, harm: str, facts: BesideTorch, *, gently: bool = False) -> Iterator[Draft]:
    """Yield what is wrong with *name*: an error where a text shows harm, else what the versions say.

    A text of *harm* proves it; so does any error of the package beside versions that refuse each other. Versions
    alone are a warning: torch's own kernels run whatever stands beside it. A package used *gently* (nothing imports
    it by itself) and one beside a torch that was seen to run need the text of *harm*.
    """
    errors, mismatch = facts.errors, None
    if facts.torch_version is not None:
        torch, cuda = facts.torch_version, facts.torch_cuda
        mismatch = judge_companion(name, facts.packages, torch, cuda, facts.matrix)
    seen = (*errors.matching(harm), *errors.of(*_RECOGNISED.get(name, ())), *_needs(errors, name))
    if mismatch is None and not seen:
        return
    failure = f"{name} fails: {one_line(seen[0].text, 240)}" if seen else ""
    parts = [text for text in (mismatch.message if mismatch else "", failure) if text]
    severity = Severity.ERROR if seen else Severity.WARNING
    if mismatch and not (seen or gently or facts.ran) and errors.matching(rf"\b_?{name}\b"):
        severity = mismatch.severity
    yield finding(
        name,
        "; ".join(parts),
        because=mismatch.because if mismatch else (),
        severity=severity,
        fixes=facts.cures.companion(name) or [_by_version(name, facts, seen)],
    )


def without_symbol(errors: Any, matrix: Matrix) -> Iterator[ImportFailure]:
    """Yield the compiled modules of which a report says that a symbol is missing, and not which."""
    for error in errors.matching("undefined symbol"):
        cut = _CUT.search(error.text)
        named = cut[1] if cut else next(_modules_in(error.text, matrix), None)
        if named:
            yield ImportFailure(named, line=error.line)
    lines = {error.line for error in errors.of("extension_of_another_torch")}
    yield from (failure for failure in errors.refusals if failure.module and failure.line in lines)


def _modules_in(text: str, matrix: Matrix) -> Iterator[str]:
    """Yield the words beside "undefined symbol" that are compiled modules by their form, or by a package's name."""
    words = (match[1] for form in (_BEFORE, _AFTER) for match in form.finditer(text))
    return (word for word in words if _FORM.fullmatch(word) or is_bound(word, matrix))


def _needs(errors: Any, name: str) -> Iterator[ErrorSeen]:
    """Yield the files of another torch that the package misses."""
    for failure in errors.missing(OF_TORCH):
        if (failure.module or "").startswith(name):
            yield ErrorSeen(f"it needs {failure.missing} of another torch")
    lines = {error.line for error in errors.of("extension_of_another_torch")}
    for failure in errors.refusals:
        if (failure.module or "").startswith(name) and failure.line in lines:
            yield ErrorSeen("it was built for another torch")


def _by_version(name: str, facts: BesideTorch, seen: tuple[Any, ...]) -> Any:
    """Where the release is not on record: by what the packages and the text of the error say."""
    cures, beside = facts.cures, facts.torch_version
    torch = f" {beside.public}" if beside is not None else ""
    if beside is not None and not beside.is_release:
        source = f"git+https://github.com/pytorch/{name.removeprefix('torch')}"
        return fixes.by_hand(
            f"build {name} from source beside it: torch {beside} is no release, so no {name} wheel fits it",
            f"python -m pip install --no-build-isolation --no-deps {source}",
        )
    cuda_of_torch = next((m[1] for text in seen if (m := _CUDA_OF_TORCH.search(text.text))), None)
    cuda = facts.torch_cuda or (CudaVersion.parse(cuda_of_torch) if cuda_of_torch else None)
    own = next((TorchVersion(p.version) for p in facts.packages if p.name == name), None)
    if cuda_of_torch and cuda and own is not None:
        text = f"install {name} {own.public} for CUDA {cuda}, as torch is"
        spec, index = f"{name}=={own.public}+{cuda.tag}", index_of(cuda.tag)
        return cures.put(text, spec, index=index)
    if name not in FAMILY:
        none = f", and none on record goes with torch{torch}{_for(cuda)}" if torch else ""
        text = f"install {name} again, with the torch that it pins: it is built for one torch{none}"
        return cures.put(text, name, deps=True)
    if cuda is None:
        return cures.of_unknown_build(name, f"install the {name} that goes with torch{torch}")
    text = f"install the {name} that goes with torch{torch}, from the same index as torch"
    specs = [f"torch=={beside.public}"] if torch else ["torch"]
    return cures.put(text, *specs, name, index=index_of(cuda.tag), deps=True)


def _for(cuda: Any) -> str:
    return f" for CUDA {cuda}" if cuda else ""


def names_its_torch(package: str, errors: Errors, errors_seen: Fact[tuple[ErrorSeen, ...]]) -> bool:
    """Whether a package says itself which torch it was built for: a list may be another environment's."""
    if package != "xformers":
        return False
    if errors_seen.lost:
        raise UndecidedError("errors_seen")
    return bool(errors.matching(_OF_XFORMERS))


def together(package: str, torch: TorchVersion, cuda: CudaVersion, *, known: bool) -> Action:
    """Say that both must be chosen, and, where nothing else is *known* to help, why."""
    none = f"no {package} on record goes with torch {torch.public} for CUDA {cuda}: "
    text = f"{'' if known else none}choose torch and {package} together"
    return fixes.by_hand(text, f"torch-doctor recommend --with {package}")


def built_for_this_torch(package: str, matrix: Matrix, *, served: bool) -> list[Action]:
    """Return how an extension is had for the torch that is installed; *served* where wheels of it are known."""
    releases = releases_of(package, matrix)
    if package == UNNAMED_EXTENSION:
        text = (
            "reinstall the package of the module that lacks the symbol, for the torch that is installed; its name "
            "stands before 'undefined symbol' (flash_attn_2_cuda….so is of flash-attn). One that was compiled is "
            "compiled again, without build isolation, its build folder deleted"
        )
        return [fixes.build_package(text)]
    if releases is not None:
        build = f"build {package} from source against the torch that is installed: its index has no wheels of it"
        wheel = (
            f"install its wheel whose name holds this torch, this CUDA and this C++ ABI: {releases}"
        )
        return [fixes.build_package(build, package), fixes.by_hand(wheel)]
    if served:
        text = f"install the build of {package} for this torch, or build it again beside it"
        return [fixes.build_package(text, package)]
    text = (
        f"rebuild {package} against the torch that is installed: delete its build folder and its old .so, and "
        "compile it without build isolation; or install its build for this torch, where there is one"
    )
    return [fixes.build_package(text, package)]


def unnamed_by_its_makers(
    package: str, torch: TorchVersion | None, matrix: Matrix
) -> tuple[str, tuple[Receipt, ...]]:
    """Return what to add where the makers of a package that has to be built name no torch like the installed one."""
    row = beyond_its_makers(package, torch, matrix) if torch else None
    if row is None:
        return "", ()
    text = (
        f"; the makers of {row.package} {row.version} name torch {row.torch}: "
        f"whether it can be built beside {torch} is not on record"
    )
    return text, (receipt("companions", row),)


def published_systems(package: str, matrix: Matrix) -> tuple[frozenset[str], tuple[Receipt, ...]]:
    """Return the systems that the index has wheels of *package* for, and the newest row on each of its platforms."""
    rows = {row.platform: row for row in matrix.select(CompanionBuild, package=package)}
    systems = frozenset(platform.partition("-")[0] for platform in rows)
    return systems, tuple(receipt("companion_builds", row) for row in rows.values())


def triton_for_windows(torch: TorchVersion | None, matrix: Matrix) -> Action:
    """Return the install of triton's port to Windows: of the minor release that the torch wants, where it has one."""
    wanted = companion_version(matrix, "triton", torch.public) if torch else None
    minor = ".".join((wanted or "").split(".")[:2])
    there = {row.version for row in matrix.select(CompanionBuild, package="triton-windows")}
    spec = f"triton-windows=={minor}.*" if any(v.startswith(f"{minor}.") for v in there) else None
    if torch is None:
        ask = 'python -c "import torch; print(torch.__version__)"'
        text = (
            'on Windows install the triton-windows that goes with this torch (pip install "triton-windows==3.X.*"): '
            f"{_pairs(matrix, there)}"
        )
        return fixes.ask_fact(text, ask)
    which = (
        f"{minor}, as torch {torch.public} wants"
        if spec
        else "of the number of the triton that torch wants"
    )
    return fixes.by_hand(
        f"on Windows install triton-windows {which}",
        f'python -m pip install -U "{spec or "triton-windows"}"',
    )


def _pairs(matrix: Matrix, there: set[str]) -> str:
    """Say which minor release of triton-windows goes with which of torch, for the last ones that have both."""
    ported = {".".join(version.split(".")[:2]) for version in there}
    newest: dict[str, str] = {}
    for row in matrix.torch_releases:
        wanted = companion_version(matrix, "triton", row.version)
        minor = ".".join((wanted or "").split(".")[:2])
        if minor in ported:
            newest[".".join(row.version.split(".")[:2])] = minor
    last = sorted(newest, key=release_key)[-_LAST_PAIRS:]
    return ", ".join(f"{newest[torch]} for torch {torch}" for torch in last)


def left_out(failure: ImportFailure, errors_seen: tuple[ErrorSeen, ...]) -> bool:
    """Whether every text about a failure says that the package goes on without its compiled part."""
    symbol = failure.symbol
    texts = [error.text for error in errors_seen if symbol and symbol in error.text]
    return bool(texts) and all(map(_LEFT_OUT.search, texts))


def abi_of(symbol: str) -> bool | None:
    """Return whether the symbol takes the new std::string, or None where it takes no string."""
    if "7__cxx11" in symbol:
        return True
    return False if re.search(r"(?:SourceLocationE|E|RK)Ss", symbol) else None
