"""devcontainer.json: JSON with comments; its image, how it asks for GPUs, and what it runs when it is made."""

from __future__ import annotations

import json
import re

from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import Any
from torch_doctor.linter.record import (
    UNKNOWN,
    Environment,
    EnvStep,
    Flaw,
    GpuRequest,
    ImageUse,
    Workload,
    Written,
)
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.text import SourceText, Spot, fragment

_COMMANDS = ("onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand")


def read(source: SourceText) -> Written:
    """Return the container that the file describes."""
    try:
        document = json.loads(without_comments(source.text))
    except ValueError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 0)
        message = f"this is no JSON, comments and last commas left out: {getattr(error, 'msg', '')}"
        return Written(
            flaws=(
                Flaw(
                    "unreadable",
                    Severity.ERROR,
                    Spot(source.path, line, column),
                    message,
                    "mend it",
                ),
            )
        )
    except RecursionError:
        return Written()
    if not isinstance(document, dict):
        return Written()
    return _container(document, source)


def without_comments(text: str) -> str:
    """Return JSON with blanks for its comments and for commas behind the last of a list: every place stays."""
    made, place = [], 0
    pattern = re.compile(
        r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/|,(?=\s*(?:(?://[^\n]*\n|/\*.*?\*/)\s*)*[}\]])',
        re.DOTALL,
    )
    for match in pattern.finditer(text):
        made.append(text[place : match.start()])
        found = match[0]
        made.append(found if found.startswith('"') else re.sub(r"[^\n]", " ", found))
        place = match.end()
    return "".join((*made, text[place:]))


def _at(source: SourceText, key: str) -> Spot:
    for number, line in enumerate(source.lines, 1):
        place = line.find(f'"{key}"')
        if place >= 0 and not line.lstrip().startswith("//"):
            return Spot(source.path, number, place + 1)
    return Spot(source.path, 1)


def _container(document: dict[str, Any], source: SourceText) -> Written:
    named = document.get("image")
    image = None
    if isinstance(named, str):
        reference = UNKNOWN if "${" in named else named
        image = ImageUse(reference, named, _at(source, "image"))
    arguments = [one for one in document.get("runArgs") or () if isinstance(one, str)]
    request = None
    if any(
        "--gpus" in one or "--runtime=nvidia" in one or "nvidia.com/gpu" in one for one in arguments
    ):
        request = GpuRequest(_at(source, "runArgs"), "all")
    host = document.get("hostRequirements")
    if isinstance(host, dict) and host.get("gpu"):
        request = request or GpuRequest(_at(source, "hostRequirements"), str(host["gpu"]))
    env = [
        EnvStep(name, value if "${" not in value else UNKNOWN, _at(source, name))
        for key in ("containerEnv", "remoteEnv")
        for name, value in (document.get(key) or {}).items()
        if isinstance(value, str)
    ] if all(isinstance(document.get(k) or {}, dict) for k in ("containerEnv", "remoteEnv")) else []  # fmt: skip
    made = tuple(step for key in _COMMANDS for step in _commands(document.get(key), key, source))
    environment = Environment("devcontainer", _at(source, "image"), image, steps=made)
    dockerfile = _dockerfile(document)
    workload = Workload(
        "devcontainer", str(document.get("name", "")), _at(source, "image" if image else "build"), image, request,
        tuple(env), builds="." if dockerfile else "", dockerfile=dockerfile, unsure=not image and not dockerfile,
    )  # fmt: skip
    return Written((environment,), (workload,), (image,) if image else ())


def _dockerfile(document: dict[str, Any]) -> str:
    """Return what the image is built from, ``build.dockerfile`` or the older ``dockerFile``; empty if unsure."""
    build = document.get("build")
    named = build.get("dockerfile") if isinstance(build, dict) else document.get("dockerFile")
    if not isinstance(named, str) or "dockerComposeFile" in document:
        return ""
    if isinstance(build, dict) and (build.get("target") or build.get("args")):
        return ""  # which image it comes to is not followed
    return UNKNOWN if "${" in named else named


def _commands(given: Any, key: str, source: SourceText) -> list[Any]:
    spot = _at(source, key)
    if isinstance(given, dict):
        return [step for one in given.values() for step in _commands(one, key, source)]
    if isinstance(given, list):
        given = " ".join(one for one in given if isinstance(one, str))
    if not isinstance(given, str):
        return []
    return list(
        steps(fragment(source.path, [(spot.line, spot.column, given.replace("\n", " "))]), {}, {})
    )
