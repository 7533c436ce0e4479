"""Which CUDA libraries a process of this environment gets, and from where, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from torch_doctor.core.fact import Facts
from torch_doctor.core.records import LibraryFile, LoadedLibrary
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line, plural
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.render.page.markup import row, text

_SHOWN = ("libcuda", "libcudart", "libcudnn", "libnccl", "libnvJitLink", "libcublas", "libnvrtc")
_ORIGINS = {
    "driver": "the NVIDIA driver",
    "compat": "cuda-compat",
    "stub": "a stub to link against",
    "wheel": "NVIDIA's wheels",
    "toolkit": "a CUDA toolkit",
    "conda": "conda",
    "system": "the system",
}
_VARIABLES = ("LD_LIBRARY_PATH", "LD_PRELOAD")
_USUAL = ("the NVIDIA driver", "NVIDIA's wheels")
_NAME = regex(r"(lib[A-Za-z_+]+?)(?:[-.]|\d*\.so|$)")
_WIDTH, _ROW, _TOP, _LEFT, _RIGHT = 540, 34, 6, 286, 330


class Origin(NamedTuple):
    """One library: its file's name, version and path, where it is from, and whether a process had it mapped."""

    name: str
    version: str
    path: str
    place: str
    mapped: bool


def section(facts: Facts) -> Iterator[str]:
    """Yield the section on libraries; nothing where it is not known which the loader takes."""
    found = origins(facts)
    if not found:
        return
    yield '<section class="libraries"><h2>Libraries</h2>'
    words = "What the loader takes, and from where."
    if any(one.mapped for one in found):
        words += " Full lines: seen in the process; dashed: not loaded there."
    yield f"<figure>{picture(found)}<figcaption>{words}</figcaption></figure>"
    yield f"<details><summary>{plural(len(found), 'library file')}, with paths</summary><table>"
    yield from (row((one.name, one.version, one.place, one.path)) for one in found)
    yield "</table></details></section>"


def origins(facts: Facts) -> tuple[Origin, ...]:
    """Return the libraries that matter most, and every one that is from an unusual place, in a fixed order."""
    picks: tuple[LibraryFile, ...] = facts.value("library_picks", ())
    driver: LibraryFile | None = facts.value("libcuda")
    mapped: tuple[LoadedLibrary, ...] = facts.value("loaded_libraries", ())
    if not picks and not mapped:
        return ()  # the driver's own library says nothing of what torch gets
    paths = {_file(one.path) for one in mapped}
    files = {one.path: one for one in ((driver,) if driver else ()) + picks}
    found = [_origin(one, paths) for one in files.values()]
    names = {_stem(one.name) for one in found}
    found += [
        Origin(one.name, one.version or "", one.path, _guessed(one.path), mapped=True)
        for one in mapped
        if _stem(one.name) not in names
    ]
    kept = (one for one in found if _stem(one.name) in _SHOWN or one.place not in _USUAL)
    return tuple(sorted(kept, key=lambda one: (_rank(one), one.name, one.path)))


def picture(found: tuple[Origin, ...]) -> str:
    """Return an SVG: libraries on the left, the places that they are from on the right, a line for each."""
    places = list(dict.fromkeys(one.place for one in found))
    height = _TOP * 2 + _ROW * max(len(found), len(places))
    seen = any(one.mapped for one in found)
    step = (height - 2 * _TOP) / len(places)
    middle = {place: _TOP + step * (number + 0.5) for number, place in enumerate(places)}
    title = "; ".join(f"{one.name} from {one.place}" for one in found)
    made = [
        f'<svg class="loader" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(one_line(title, 2000))}">'
    ]
    for number, one in enumerate(found):
        y = _TOP + _ROW * (number + 0.5)
        made += _library(one, y, middle[one.place], dashed=seen and not one.mapped)
    for place, y in middle.items():
        odd = "" if place in _USUAL else " odd"
        made.append(
            f'<rect class="place{odd}" x="{_RIGHT}" y="{y - 13:.1f}" width="{_WIDTH - _RIGHT - 2}" height="26" rx="5"/>'
            f'<text class="name" x="{_RIGHT + 10}" y="{y:.1f}">{text(_short(place, 24))}</text>'
        )
    return "\n".join([*made, "</svg>"])


def _library(one: Origin, y: float, to: float, *, dashed: bool) -> Iterator[str]:
    odd = "" if one.place in _USUAL else " odd"
    full = " unseen" if dashed else ""
    bend = (_RIGHT + _LEFT) / 2
    yield (
        f'<path class="way{odd}{full}" d="M{_LEFT} {y:.1f} C{bend} {y:.1f} {bend} {to:.1f} {_RIGHT} {to:.1f}"/>'
        f'<rect class="library" x="2" y="{y - 13:.1f}" width="{_LEFT - 2}" height="26" rx="5"/>'
        f'<text x="10" y="{y:.1f}">{text(_short(one.name, 18))}</text>'
        f'<text class="version" x="{_LEFT - 10}" y="{y:.1f}">{text(_short(one.version, 10))}</text>'
    )


def _origin(one: LibraryFile, mapped: set[tuple[str, str]]) -> Origin:
    place = _ORIGINS.get(one.kind, one.kind)
    if one.found_via in _VARIABLES and one.kind != "driver":
        place = one.found_via
    name = one.path.rpartition("/")[2]
    return Origin(name, one.version or "", one.path, place, _file(one.path) in mapped)


def _guessed(path: str) -> str:
    """A library of which only the path in a process is known."""
    return _ORIGINS["wheel"] if "/site-packages/" in path else one_line(path.rpartition("/")[0])


def _file(path: str) -> tuple[str, str]:
    """A process maps what a link points to: the folder and the library's name tell that it is the same."""
    folder, _, name = path.rpartition("/")
    return folder, _stem(name)


def _stem(name: str) -> str:
    match = _NAME.match(name)
    return match[1] if match else name


def _rank(one: Origin) -> int:
    stem = _stem(one.name)
    return _SHOWN.index(stem) if stem in _SHOWN else len(_SHOWN)


def _short(words: str, length: int) -> str:
    return words if len(words) <= length else f"{words[: length - 1]}…"
