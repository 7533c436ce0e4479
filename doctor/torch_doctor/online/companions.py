"""One build of a companion package as its wheels describe it. Nothing is installed, imported or kept."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.binaries.torch_texts import metadata_fields
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import SmTarget
from torch_doctor.matrix.measured.companions import MeasuredBuild
from torch_doctor.online.archive import RemoteFile, open_wheel
from torch_doctor.online.index import Link
from torch_doctor.online.modules import Module, modules, needed_of
from torch_doctor.online.requirements import asked_for
from torch_doctor.online.web import OnlineError, Web, plain
from torch_doctor.online.wheels import Wheel, glibc_of, platform_of, tag_order

# Libraries of CUDA that a program may lack; libcuda itself comes with the driver.
_CUDA_LIBRARY = re.compile(
    r"lib(?:cudart|cublas|cublasLt|cufftw?|curand|cusolver(?:Mg)?|cusparse(?:Lt)?|cudnn\w*|cudss|cutensor\w*|nccl|nvrtc"
    r"|nvJitLink|nvjpeg|npp\w+|cufile|cupti|nvshmem\w*|nvToolsExt|nvinfer\w*|nvonnxparser)\.so[.\d]*"
    r"|(?:cudart64|cublas64|cublasLt64|cufftw?64|curand64|cusolver(?:Mg)?64|cusparse64|cudnn\w*64|nvrtc64|nvJitLink"
    r"|nvjpeg64|npp\w+64|nvinfer\w*|nvonnxparser)_[\d_]+\.dll"
)
# A library of its own for one CUDA, libbitsandbytes_cuda126.so.
_FOR_CUDA = re.compile(r"\w+_cuda(\d\d)(\d)(?:_\w+)?\.(?:so|dll)")
_TORCH_LIBRARY = re.compile(r"(?:lib)?(?:torch|c10)\w*\.(?:so|dll)")
_TEXT, _SOURCE_BYTES = 4 << 20, 256 << 20
# A smaller file of a library's name that is none (a linker script, an emulator's stub) says nothing of the package.
_LIBRARY = 4 << 20


class BuildFiles(NamedTuple):
    """The files of one build: all wheels of one release, platform and ABI, or the one source archive.

    *released* is the day of the first upload, of wheels that others replaced, too.
    """

    package: str
    version: str
    platform: str
    abi: str
    wheels: tuple[Wheel, ...]
    released: str | None = None
    source: Link | None = None


def measure_build(
    web: Web, group: BuildFiles, extra: str | None, *, code: bool, limit: int = 0
) -> MeasuredBuild:
    """Read one build; raise OnlineError. *code* reads all GPU code, *limit* that of up to so many bytes."""
    if group.source is not None:
        return _source_build(web, group, group.source, extra)
    wheel = _chosen(group.wheels)
    with open_wheel(web, wheel.link.url) as archive:
        metadata = _member(archive, ".dist-info/METADATA")
        tags = tuple(metadata_fields(_member(archive, ".dist-info/WHEEL"), "Tag"))
        found = modules(archive, code=code, limit=limit)
    asked = asked_for(metadata, group.platform, wheel.name.python_tag, extra)
    linux = group.platform.startswith("linux")
    return MeasuredBuild(
        package=group.package,
        version=group.version,
        platform=group.platform,
        abi=group.abi,
        python_tags=tuple(sorted({w.name.python_tag for w in group.wheels}, key=tag_order)),
        glibc=glibc_of((*tags, *wheel.name.platform_tags), _symbols(found)) if linux else None,
        released=group.released,
        wheel=wheel.link.filename,
        details=tuple(_detail(module) for module in found),
        **asked._asdict(),
        **_compiled(found),
    )


def _source_build(web: Web, group: BuildFiles, link: Link, extra: str | None) -> MeasuredBuild:
    asked = asked_for(_source_metadata(web, link), group.platform, None, extra)
    return MeasuredBuild(
        package=group.package,
        version=group.version,
        platform=group.platform,
        abi=group.abi,
        python_tags=(),
        needs=None,
        links_torch=None,
        archs=None,
        ptx=None,
        partial=None,
        glibc=None,
        released=group.released,
        wheel=link.filename,
        **asked._asdict(),
    )


def _compiled(found: Sequence[Module]) -> dict[str, Any]:
    unread = [
        ("needs", f"{module.name}: no table of needed libraries was found")
        for module in found
        if module.needed is None and module.size > _LIBRARY
    ][:1]
    unread += [("links_torch", why) for _, why in unread]
    needed = tuple(needed_of(found))
    own = [module.code for module in found if module.code is not None]
    cudas = _cudas(found)
    code = ("archs", "ptx", "partial", *(("cudas",) if cudas else ()))
    if any(module.code is None and not module.bundled for module in found):
        size = sum(module.size for module in found if not module.bundled) >> 20
        why = f"not looked at: {size} MiB of modules are read for it only when asked"
        unread += [(name, why) for name in code]
    elif any(one.damaged for one in own):
        why = "a container of GPU code is damaged"
        unread += [(name, why) for name in code]
    named = {name for name, _ in unread}
    built = {target for one in own for target in one.built_for()}
    carried = {target for one in own for target in (*one.archs, *one.ptx)}
    values = {
        "needs": tuple(sorted({name for name in needed if _CUDA_LIBRARY.fullmatch(name)})),
        "links_torch": any(_TORCH_LIBRARY.match(name) for name in needed),
        "cudas": cudas,
        "archs": _targets(text for text in built if text.startswith("sm_")),
        "ptx": _targets(text for text in built if not text.startswith("sm_")),
        "partial": _targets(carried - built),
    }
    found_out = {name: None if name in named else value for name, value in values.items()}
    return {**found_out, "unread": tuple(unread)}


def _cudas(found: Iterable[Module]) -> tuple[tuple[str, str], ...]:
    """Return the CUDAs that a library of its own is for, each with what that was built for."""
    own: dict[str, set[str]] = {}
    for module in found:
        match = _FOR_CUDA.fullmatch(module.name.rpartition("/")[2])
        if match:
            targets = own.setdefault(f"{match[1]}.{match[2]}", set())
            targets |= set(module.code.built_for()) if module.code else set()
    return tuple((cuda, " ".join(_targets(own[cuda]))) for cuda in sorted(own))


def _targets(texts: Iterable[str]) -> tuple[str, ...]:
    found = {SmTarget.parse(text) for text in texts}
    return tuple(str(target) for target in sorted(found, key=lambda item: (item.ptx, item)))


def _symbols(found: Iterable[Module]) -> str | None:
    """Return the newest glibc that a module's symbols ask for."""
    versions = [module.glibc for module in found if module.glibc]
    return max(versions, key=lambda text: tuple(map(int, text.split("."))), default=None)


def _chosen(wheels: Iterable[Wheel]) -> Wheel:
    """Return the wheel to open: the newest upload of Python 3.11, else of the first Python by name."""
    return min(
        wheels,
        key=lambda wheel: (
            wheel.name.python_tag != "cp311",
            -wheel.name.build,
            wheel.link.filename,
        ),
    )


def _uploaded(links: Iterable[Link]) -> str | None:
    return min((link.uploaded[:10] for link in links if link.uploaded), default=None)


def _detail(module: Module) -> str:
    """Return a module in one line: its name, what it needs, its GPU code."""
    code = module.code
    if code is None:
        carried = "code not read"
    else:
        counts = " ".join(f"{target}:{count}" for target, count in code.holding)
        carried = f"{counts} of {code.containers}" if counts else "no GPU code"
    needed = " ".join(module.needed) if module.needed is not None else "not told"
    way = "" if module.exact else " (names at its head)"
    return one_line(f"{module.name}: needs {needed}{way}; {carried}", 2000)


def _member(archive: Any, ending: str) -> str:
    name = archive.find(ending)
    if name is None:
        raise OnlineError(f"a wheel without {ending}")
    text: str = archive.read(name, _TEXT).decode("utf-8", "replace")
    return text


def _source_metadata(web: Web, link: Link) -> str:
    """Return PKG-INFO of a source archive, which is read no further than to it."""
    seen = 0
    try:
        with tarfile.open(fileobj=RemoteFile(web, link.url), mode="r|gz") as archive:
            for member in archive:
                seen += member.size
                if re.fullmatch(r"[^/]+/PKG-INFO", member.name) and member.size <= _TEXT:
                    file = archive.extractfile(member)
                    return file.read(_TEXT).decode("utf-8", "replace") if file else ""
                if seen > _SOURCE_BYTES:
                    break
    except (tarfile.TarError, OSError, EOFError, ValueError):
        raise OnlineError(
            f"{plain(link.url)}: this is no source archive, or it is damaged"
        ) from None
    raise OnlineError(f"{plain(link.url)}: a source archive without PKG-INFO")


def groups_of(
    package: str, wheels: Iterable[Wheel], sources: Iterable[Link]
) -> Iterator[BuildFiles]:
    """Yield the builds of a package: wheels by release, platform and ABI; sources where Linux has no wheel.

    Of wheels that differ in their build number alone, installers take the highest. Other platforms are left out.
    """
    found: dict[tuple[str, str, str], dict[str, Wheel]] = {}
    links: dict[tuple[str, str, str], list[Link]] = {}
    for wheel in wheels:
        platform = "any" if "any" in wheel.name.platform_tags else platform_of(wheel.name)
        if platform is None:
            continue
        key = (wheel.name.version, platform, wheel.name.abi)
        links.setdefault(key, []).append(wheel.link)
        same = found.setdefault(key, {})
        there = same.get(wheel.name.python_tag)
        if there is None or there.name.build < wheel.name.build:
            same[wheel.name.python_tag] = wheel
    for key, same in found.items():
        yield BuildFiles(package, *key, tuple(same.values()), _uploaded(links[key]))
    served = {version for version, platform, _ in found if platform in ("any", "linux-x86_64")}
    for link in sources:
        match = re.fullmatch(r"[A-Za-z0-9_.-]+-([^-]+)\.tar\.gz", link.filename)
        if match and match[1] not in served and not link.yanked:
            yield BuildFiles(package, match[1], "any", "source", (), _uploaded((link,)), link)
