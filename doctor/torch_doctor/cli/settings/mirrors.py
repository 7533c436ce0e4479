"""The settings ``wheel-index`` and ``image-registry``: mirrors of PyTorch's index and of image registries."""

from __future__ import annotations

import re

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.matrix.builds.systems import WHEELS

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.cli.settings.setting import Setting
    from torch_doctor.core.records import Mirror

_KEYS = ("wheel_index", "image_registry")
_SHOWN = 60


def taken_from(settings: dict[str, Setting]) -> tuple[Mirror, ...]:
    """Take both settings out of *settings*, each mirror with the line that names it."""
    named = [settings.pop(key) for key in _KEYS if key in settings]
    if not named:
        return ()
    from torch_doctor.core.records import Mirror

    return tuple(Mirror(of, at, f"{one.file}:{one.line}") for one in named for of, at in one.value)


def wheel_index(value: Any, _: Path) -> tuple[tuple[str, str], ...]:
    """Return what stands in for PyTorch's index, by tag or address; raise ValueError."""
    shape = 'must map a tag or an address to its mirror, {cu128 = "https://…"}, or be one address'
    found = _mapping(value, WHEELS, shape)
    for of, at in found:
        if not re.match(r"(?:https?|file)://[\w.:/~%+@-]+$", at):
            raise ValueError(f"{one_line(at, _SHOWN)!r} is no address; it {shape}")
        if not re.match(r"https?://\S+$|(?:cu|rocm)\d[\d.]*$|cpu$|xpu$", of):
            raise ValueError(f"{one_line(of, _SHOWN)!r} is no tag and no address; it {shape}")
    return found


def image_registry(value: Any, _: Path) -> tuple[tuple[str, str], ...]:
    """Return what stands in for image registries; raise ValueError."""
    shape = 'must map a registry to its mirror, {"docker.io" = "registry.example/hub"}, or be one'
    found = _mapping(value, "docker.io", shape)
    for name in (name for pair in found for name in pair):
        if not re.fullmatch(r"[\w.-]+(?::\d+)?(?:/[\w./-]+)?", name):
            raise ValueError(f"{one_line(name, _SHOWN)!r} is no registry; it {shape}")
    return found


def _mapping(value: Any, default: str, shape: str) -> tuple[tuple[str, str], ...]:
    pairs = {default: value} if isinstance(value, str) else value
    if not isinstance(pairs, dict) or not all(
        isinstance(one, str) and one for one in pairs.values()
    ):
        raise ValueError(shape)
    return tuple((of.strip(), at.strip().rstrip("/")) for of, at in pairs.items())
