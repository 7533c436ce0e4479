"""Every setting: what it may be, what it does, and what holds without it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from torch_doctor.cli.settings.lint_ignore import LintIgnored, entries
from torch_doctor.cli.settings.mirrors import image_registry, wheel_index
from torch_doctor.core.startup import Any
from torch_doctor.core.text import listing, one_line
from torch_doctor.core.tuples import NamedTuple

_SHOWN = 60


class Key(NamedTuple):
    """One setting: *parse* turns its TOML into a value or raises ValueError, *default* says what holds without it."""

    parse: Callable[[Any, Path], Any]
    about: str
    example: str
    default: str


class Ignored(NamedTuple):
    """One entry of ``ignore``: a code, a name or a family, why, and the last day on which it holds."""

    id: str
    reason: str | None = None
    until: date | None = None


def near(key: str) -> str:
    """Return what may have been meant by a key that is none."""
    from difflib import get_close_matches

    close = get_close_matches(key, list(KEYS), 1, 0.6)
    return f"did you mean {close[0]}?" if close else f"there are {listing(list(KEYS))}"


def _shown(value: Any) -> str:
    try:
        return one_line(repr(value), _SHOWN)
    except ValueError:  # figures without end
        return "a number of thousands of digits"


def _codes(value: Any, _: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(one, str) and one.strip() for one in value
    ):
        raise ValueError('must be a list of codes, names or families, ["TD130", "health"]')
    return tuple(one.strip() for one in value)


def _ignored(value: Any, _: Path) -> tuple[Ignored, ...]:
    if isinstance(value, list):
        return tuple(_one_ignored(one) for one in value)
    raise ValueError('must be a list, ["TD130"] or [{id = "TD130", until = 2027-01-31}]')


def _lint_ignored(value: Any, _: Path) -> tuple[LintIgnored, ...]:
    return entries(value, _day)


def _one_ignored(value: Any) -> Ignored:
    if isinstance(value, str) and value.strip():
        return Ignored(value.strip())
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("id"), str)
        or not value["id"].strip()
    ):
        raise ValueError("each entry must be a code or a table with an id")
    unknown = set(value) - {"id", "reason", "until"}
    if unknown:
        raise ValueError(
            f"an entry has id, reason and until, not {one_line(listing(sorted(unknown)), _SHOWN)}"
        )
    reason = value.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise ValueError("reason must be text")
    return Ignored(
        value["id"].strip(), one_line(reason) if reason else None, _day(value.get("until"))
    )


def _day(value: Any) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("until must be a date such as 2027-01-31") from None


def _one_of(*words: str) -> Callable[[Any, Path], str]:
    def parse(value: Any, _: Path) -> str:
        if value not in words:
            raise ValueError(f"must be {listing(words, 'or')}, not {_shown(value)}")
        return str(value)

    return parse


def _seconds(value: Any, _: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 10**7:
        raise ValueError(f"must be a number of seconds above 0, not {_shown(value)}")
    return float(value)


def _folder(value: Any, base: Path) -> str:
    if not (isinstance(value, str) and value.strip()):
        raise ValueError("must be the path of a folder")
    path = base / value
    if not os.path.isdir(path):  # which is False for what can be no path, too
        raise ValueError(f"there is no folder {one_line(str(path), 200)}")
    return str(path)


def _flag(value: Any, _: Path) -> bool:
    if value is True or value is False:
        return bool(value)
    raise ValueError(f"must be true or false, not {_shown(value)}")


def _words(value: Any, base: Path) -> tuple[str, ...]:
    try:
        return _codes([value] if isinstance(value, str) else value, base)
    except ValueError:
        raise ValueError('must be a word or a list of words, ["H100"]') from None


def _count(value: Any, _: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**5:
        raise ValueError(f"must be a number from 1 on, not {_shown(value)}")
    return value


KEYS: dict[str, Key] = {
    "ignore": Key(
        _ignored,
        "codes, names or families of rules that do not count; an entry may have a reason and a last day",
        '["TD130", {id = "health", reason = "known", until = 2027-01-31}]',
        "none",
    ),
    "only": Key(
        _codes, "the rules that are run, by code, name or family", '["driver", "TD202"]', "all"
    ),
    "fail-on": Key(
        _one_of("error", "warning", "note", "never"),
        "from which severity on a finding makes the exit code 1",
        '"warning"',
        "error",
    ),
    "on-unknown": Key(
        _one_of("fail", "ignore"),
        "whether an undecided verdict ends with 2 or with 0",
        '"ignore"',
        "fail",
    ),
    "require-gpu": Key(_flag, "no usable NVIDIA GPU is an error", "true", "false"),
    "expect-gpus": Key(_count, "fewer usable GPUs are an error", "8", "none"),
    "expect-gpu": Key(
        _words, "a missing GPU of one of these models is an error", '["H100"]', "none"
    ),
    "expect": Key(
        _words, "another build of torch than these is an error", '["cu128", "2.9"]', "none"
    ),
    "static": Key(_flag, "run nothing of PyTorch and no CUDA call", "true", "false"),
    "timeout": Key(_seconds, "seconds that PyTorch may take", "120", "60"),
    "matrix": Key(
        _folder,
        "a folder of YAML rows that add to the matrix or replace rows, from the file's own",
        '"rows"',
        "none",
    ),
    "wheel-index": Key(
        wheel_index,
        "what stands in for PyTorch's index, as one address or for each build",
        '"https://mirror.example/pytorch/whl"',
        "what pip and uv name",
    ),
    "image-registry": Key(
        image_registry,
        "what stands in for image registries, as one name (for Docker Hub) or for each",
        '{"nvcr.io" = "registry.example/ngc"}',
        "what the container engine names",
    ),
    "lint-ignore": Key(
        _lint_ignored,
        "problems in files that are accepted: problem, files, reason, until",
        '[{problem = "eol-base", files = "legacy/*", reason = "until we move"}]',
        "none",
    ),
}
