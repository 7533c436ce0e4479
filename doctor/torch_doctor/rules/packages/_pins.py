"""What torch's METADATA pins, read and compared. Shared by the rules of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.records import Package
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import allows
from torch_doctor.matrix.signatures import Errors

_PIN = r"\s*([A-Za-z0-9][\w.-]*?)\s*(?:\[([^\]]*)\])?\s*\(?\s*([<>=!~][^();]*)?\)?\s*"


class Pin(NamedTuple):
    """A requirement of torch: the distribution and the versions that it accepts."""

    name: str
    accepts: str


def pins(requirements: Iterable[str]) -> Iterator[Pin]:
    """Yield the requirements that name a version."""
    for text in requirements:
        match = re.fullmatch(_PIN, text)
        if match and match[3]:
            yield Pin(re.sub(r"[-_.]+", "-", match[1]).lower(), match[3].strip())


def accepts(pin: Pin, version: str) -> bool:
    """Whether *version* satisfies the pin; an unreadable one does."""
    return pin.accepts == f"=={version}" or allows(pin.accepts, version) is not False


def wanted(pin: Pin) -> str:
    """Return the lowest version that the pin names."""
    match = re.search(r"\d[\w.]*", pin.accepts)
    return match[0] if match else ""


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, for comparing as far as both go."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def first_of_each(packages: Iterable[Package]) -> dict[str, Package]:
    """Return the packages by name; of doubles the one that an import takes."""
    found: dict[str, Package] = {}
    for package in packages:
        found.setdefault(package.name, package)
    return found


# What a library answers that is there and does not work; that it found no memory is another matter.
_CALLS = {
    "cublas": r"CUBLAS_STATUS_(?!ALLOC)",
    "cusparse": r"CUSPARSE_STATUS_(?!ALLOC)",
    "cusolver": r"CUSOLVER_STATUS_(?!ALLOC)",
    "cufft": r"CUFFT_(?!ALLOC)[A-Z_]{4,}",
    "nvjitlink": r"nvJitLink error",
}


def failing(package: str, errors: Errors) -> list[str]:
    """Return what a call of the library of *package* answered, where it failed."""
    calls = next((text for name, text in _CALLS.items() if f"-{name}-" in f"{package}-"), None)
    return [one_line(seen.text, 120) for seen in errors.matching(calls)] if calls else []
