"""Bake files of docker buildx, in JSON and in HCL: the Dockerfile of each target, with its build arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.linter.readers.hcl import hcl
from torch_doctor.linter.record import UNKNOWN, ImageUse, Unsure, Workload, Written
from torch_doctor.linter.text import SourceText, Spot

_IMAGE = "docker-image://"
_DEEPEST = 10


def read(source: SourceText) -> Written:
    """Return each target as what is built; nothing is said of how it is started."""
    if source.path.endswith(".json"):
        try:
            document = json.loads(source.text)
        except (ValueError, RecursionError):
            return Written()
    else:
        document = hcl(source.text)
    targets = _table(document.get("target")) if isinstance(document, dict) else {}
    workloads, images, unsure = list[Workload](), list[ImageUse](), list[Unsure]()
    for name, given in targets.items():
        spot = _place(name, source)
        whole = _inherited(name, targets, 0) if isinstance(given, dict) else {}
        if "matrix" in whole or "dockerfile-inline" in whole:
            unsure.append(Unsure(spot, f"the target {name}"))
            continue
        folder, file = (
            _text(whole.get("context"), "."),
            _text(whole.get("dockerfile"), "Dockerfile"),
        )
        named = _table(whole.get("args"))
        arguments = tuple((key, _text(value, UNKNOWN)) for key, value in named.items())
        workloads.append(
            Workload(
                "bake",
                name,
                spot,
                builds=folder,
                dockerfile=file,
                arguments=arguments,
                unsure=True,
                target=_text(whole.get("target"), ""),
            )
        )
        images += _images(_table(whole.get("contexts")), spot)
    return Written(workloads=tuple(workloads), images=tuple(images), unsure=tuple(unsure))


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any, default: str) -> str:
    """Return a text; what is none cannot be known, what is absent is the *default*."""
    return default if value is None else value if isinstance(value, str) else UNKNOWN


def _inherited(name: str, targets: dict[str, Any], depth: int) -> dict[str, Any]:
    """Return a target over those that it inherits from, the last of them first; arguments are merged one by one."""
    own = _table(targets.get(name))
    parents = own.get("inherits")
    made: dict[str, Any] = {}
    for parent in parents if isinstance(parents, list) and depth < _DEEPEST else ():
        if isinstance(parent, str):
            made = _over(made, _inherited(parent, targets, depth + 1))
    return _over(made, own)


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    for key in ("args", "contexts"):
        if key in below and key in above:
            merged[key] = {**_table(below[key]), **_table(above[key])}
    return merged


def _images(contexts: dict[str, Any], spot: Spot) -> Iterator[ImageUse]:
    for value in contexts.values():
        if isinstance(value, str) and value.startswith(_IMAGE) and UNKNOWN not in value:
            reference = value.removeprefix(_IMAGE)
            yield ImageUse(reference, reference, spot, "base")


def _place(name: str, source: SourceText) -> Spot:
    """Return where a target begins: the first line that has its name between quotes and opens a table."""
    quoted = f'"{name}"'
    for number, line in enumerate(source.lines, 1):
        if quoted in line and line.rstrip().endswith("{"):
            return Spot(source.path, number, line.index(quoted) + 1)
    return Spot(source.path, 1)
