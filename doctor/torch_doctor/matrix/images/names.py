"""What an image is made of, as far as its name tells: system, Python, CUDA, torch."""

from __future__ import annotations

import re
from functools import lru_cache

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.systems import SystemRelease
from torch_doctor.matrix.rows import Image
from torch_doctor.matrix.store import Matrix

_DOCKER_HUB = regex(r"^(?:(?:registry-1\.|index\.)?docker\.io/)?(?:library/)?")
_OFFICIAL = regex(
    r"(?P<name>ubuntu|debian|alpine|centos|rockylinux|amazonlinux|python|fedora|buildpack-deps)(?::(?P<tag>[\w.-]+))?"
)


class Base(NamedTuple):
    """What an image holds: the parts of its reference, the rows of its system and of itself, its Python and CUDA."""

    repository: str
    tag: str
    system: SystemRelease | None = None
    image: Image | None = None
    python: str = ""
    cuda: str = ""
    kind: str = ""


def plain_reference(reference: str) -> str:
    """Return a reference as Docker Hub names it, without a digest."""
    return _DOCKER_HUB.sub("", reference.strip()).partition("@")[0]


def on_hub(name: str) -> str:
    """Return the name on Docker Hub of NVIDIA's images of CUDA, which stand on NVIDIA's registry, too."""
    return name.removeprefix("nvcr.io/") if name.startswith("nvcr.io/nvidia/cuda:") else name


@lru_cache(maxsize=512)
def base_named(reference: str, matrix: Matrix) -> Base:
    """Return what is known of an image by its name."""
    name = plain_reference(reference)
    repository, _, tag = name.partition(":")
    row = next(iter(matrix.select(Image, reference=name)), None)
    hub = on_hub(name)
    if row is None and hub != name:
        row = next(iter(matrix.select(Image, reference=hub)), None)
    made = Base(repository, tag, image=row)
    if row is not None:
        made = made._replace(
            system=system_named(row.os or "", matrix), python=_minor(row.python or ""),
            cuda=row.cuda or "", kind=row.kind,
        )  # fmt: skip
    if hub.startswith("nvidia/cuda:"):
        return _cuda(made, matrix)
    if match := _OFFICIAL.fullmatch(name):
        return _official(made, match["name"], match["tag"] or "latest", matrix)
    return _by_habit(made, matrix) if row is None else made


def _by_habit(made: Base, matrix: Matrix) -> Base:
    """What the words of a tag say in any repository: alpine is the system, python3.12 the Python."""
    if re.search(r"(?:^|-)alpine(?:[\d.]*)(?:-|$)", made.tag):
        made = made._replace(system=system_named("alpine", matrix))
    python = re.search(r"(?:^|-)(?:python|py)(3\.\d{1,2})(?:-|$)", made.tag)
    return made._replace(python=python[1]) if python else made


def variables_of(reference: str) -> dict[str, str]:
    """Return the variables that an image is known to set by its name: those of CUDA say which one in CUDA_VERSION."""
    match = re.match(r"nvidia/cuda:(\d+\.\d+\.\d+)-", on_hub(plain_reference(reference)))
    return {"CUDA_VERSION": match[1]} if match else {}


def _cuda(made: Base, matrix: Matrix) -> Base:
    """What the tag of an image of CUDA says, whether or not it is on record."""
    match = re.match(r"(\d+\.\d+(?:\.\d+)?)-(?:cudnn\d*-)?(base|runtime|devel)-?([\w.]*)", made.tag)
    if match is None:
        return made
    return made._replace(cuda=match[1], kind=match[2], system=system_named(match[3], matrix))


def _official(made: Base, name: str, tag: str, matrix: Matrix) -> Base:
    if name in ("python", "buildpack-deps"):
        version = re.match(r"(3\.\d{1,2})(?!\d)", tag) if name == "python" else None
        suffix = re.sub(r"^[\d.]+(?:rc\d|a\d|b\d)?-?|slim-?", "", tag)
        system = system_named("alpine" if "alpine" in tag else suffix, matrix)
        return made._replace(system=system, python=version[1] if version else "")
    if name == "alpine":
        return made._replace(system=system_named("alpine", matrix))
    spelled = {"amazonlinux": "amazonlinux", "debian": "debian"}.get(name, name)
    version = re.match(r"(\d+(?:\.\d+)?)(?!\d)", tag)
    if version is not None:
        number = version[1] if name == "ubuntu" else version[1].partition(".")[0]
        label = "amzn2023" if (name, number) == ("amazonlinux", "2023") else f"{spelled}{number}"
        return made._replace(system=system_named(label, matrix))
    return made._replace(system=system_named(re.sub(r"-slim$|-\d{8}.*$", "", tag), matrix))


def system_named(name: str, matrix: Matrix) -> SystemRelease | None:
    """Return the row of a system by the name that images use, or by its code name."""
    wanted = name.lower()
    if not wanted:
        return None
    return next((r for r in matrix.system_releases if wanted in (r.name, r.codename)), None)


def _minor(python: str) -> str:
    match = re.match(r"\d+\.\d+", python)
    return match[0] if match else ""
