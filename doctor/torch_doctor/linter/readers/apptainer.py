"""Definition files of Apptainer and Singularity: stages, the image that each starts from, and what %post installs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.linter.record import (
    UNKNOWN,
    AnyStep,
    Environment,
    EnvStep,
    ImageUse,
    Unsure,
    Written,
)
from torch_doctor.linter.shell.expand import expand
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.text import SourceText, Spot, fragment

_FIELD = regex(r"\s*(bootstrap|from|stage)\s*:\s*(.*?)\s*(?:#.*)?", re.IGNORECASE)
_SECTION = regex(r"%([a-z]+)\b.*")


class _Part:
    """One stage while it is read."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.fields: dict[str, tuple[str, Spot]] = {}
        self.sections: dict[str, list[tuple[int, int, str]]] = {}


def read(source: SourceText) -> Written:
    """Return the stages; nothing of a file that does not say what it starts from."""
    environments, images, unsure = list[Environment](), list[ImageUse](), list[Unsure]()
    parts = list(_parts(source))
    for place, part in enumerate(parts):
        agent = part.fields.get("bootstrap", ("", Spot(source.path, 1)))[0].lower()
        written, spot = part.fields.get("from", ("", Spot(source.path, part.number)))
        image = None
        if agent in ("docker", "docker-daemon", "oras") and written:
            reference = re.sub(r"\{\{.{0,200}?\}\}", UNKNOWN, written)
            if UNKNOWN in reference:
                unsure.append(Unsure(spot, f"the base image {written}"))
            else:
                image = ImageUse(reference, written, spot, "base")
                images.append(image)
        environments.append(
            Environment(
                "apptainer", spot, image, steps=tuple(_steps(part, source)), final=place == len(parts) - 1,
                name=part.fields.get("stage", ("", spot))[0],
            )
        )  # fmt: skip
    return Written(tuple(environments), images=tuple(images), unsure=tuple(unsure))


def _parts(source: SourceText) -> Iterator[_Part]:
    part: _Part | None = None
    section = ""
    for number, line in enumerate(source.lines, 1):
        field = _FIELD.fullmatch(line)
        if field and field[1].lower() == "bootstrap" and not line[:1].isspace():
            if part is not None:
                yield part
            part, section = _Part(number), ""
        header = _SECTION.fullmatch(line.strip()) if line.startswith("%") else None
        if part is None:
            continue
        if header is not None:
            section = header[1]
        elif section:
            part.sections.setdefault(section, []).append((number, 1, line))
        elif field:
            column = line.index(field[2], field.start(2)) + 1 if field[2] else 1
            part.fields[field[1].lower()] = (field[2], Spot(source.path, number, column))
    if part is not None:
        yield part


def _steps(part: _Part, source: SourceText) -> Iterator[AnyStep]:
    for number, _, line in part.sections.get("environment", ()):
        match = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_]\w*)=(\S*|\"[^\"]*\"|'[^']*')\s*", line)
        if match is not None:
            yield EnvStep(match[1], expand(match[2].strip("\"'"), {}), Spot(source.path, number, 1))
    rows = part.sections.get("post", [])
    rows = [(n, c, re.sub(r"\{\{.{0,200}?\}\}", UNKNOWN, line)) for n, c, line in rows]
    if rows:
        yield from steps(fragment(source.path, rows), {}, {})
