"""Dockerfile and Containerfile: stages, what they start from, and what they install."""

from __future__ import annotations

import json
import re

from torch_doctor.core.startup import regex
from torch_doctor.linter.readers.dockerfile_lines import Instruction, instructions
from torch_doctor.linter.record import (
    UNKNOWN,
    AnyStep,
    Environment,
    EnvStep,
    ImageUse,
    RunStep,
    Unsure,
    Written,
)
from torch_doctor.linter.shell.expand import expand
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.text import SourceText, Spot, fragment
from torch_doctor.matrix.images.names import variables_of

_PLATFORM_ARGS = frozenset(
    "TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT".split()
)
_PAIR = regex(r"([A-Za-z_][\w.-]*)=((?:\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|[^\s\"'\\])*)")
_PLATFORM = {"arm64": "aarch64", "aarch64": "aarch64", "amd64": "x86_64", "x86_64": "x86_64"}


def read(source: SourceText, arguments: dict[str, str] | None = None) -> Written:
    """Return the stages of a Dockerfile; *arguments* are build arguments that are given to it."""
    return _Reading(source, arguments or {}).read()


class _Stage:
    """A stage while it is read: what it starts from, its variables and its steps."""

    def __init__(self, name: str, spot: Spot) -> None:
        self.name, self.spot = name, spot
        self.image: ImageUse | None = None
        self.args: dict[str, str] = {}
        self.env: dict[str, str] = {}
        self.inherited: dict[str, str] = {}
        self.steps: list[AnyStep] = []
        self.parent: tuple[AnyStep, ...] = ()
        self.final = True
        self.arch = ""
        self.posix = True

    @property
    def scope(self) -> dict[str, str]:
        return {**self.inherited, **self.args, **self.env}


class _Reading:
    def __init__(self, source: SourceText, given: dict[str, str]) -> None:
        self.source, self.given = source, given
        self.globals: dict[str, str] = dict.fromkeys(_PLATFORM_ARGS, UNKNOWN)
        self.stages: list[_Stage] = []
        self.named: dict[str, _Stage] = {}
        self.unsure: list[Unsure] = []

    def read(self) -> Written:
        for instruction in instructions(self.source):
            if instruction.trigger:
                continue  # it is run by a build of another file
            if instruction.name == "from":
                self._from(instruction)
            elif not self.stages:
                if instruction.name == "arg":
                    self._arg(instruction, self.globals)
            else:
                self._within(instruction, self.stages[-1])
        environments = tuple(self._environment(stage) for stage in self.stages)
        images = tuple(stage.image for stage in self.stages if stage.image)
        return Written(environments, images=images, unsure=tuple(self.unsure))

    def _environment(self, stage: _Stage) -> Environment:
        return Environment(
            "dockerfile", stage.spot, stage.image, arch=stage.arch, steps=tuple(stage.steps),
            parent=stage.parent, final=stage.final, name=stage.name,
        )  # fmt: skip

    def _from(self, instruction: Instruction) -> None:
        words = instruction.value.split()
        number, column, _ = instruction.lines[0]
        spot = Spot(self.source.path, number, column)
        named = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
        stage = _Stage(named.lower(), spot)
        written = words[0] if words else ""
        reference = expand(written.strip("\"'"), self.globals, "")
        flag = next((f for f in instruction.flags if f.startswith("--platform=")), "")
        platform = expand(flag.partition("=")[2], self.globals, "")
        stage.arch = _PLATFORM.get(platform.rpartition("/")[2], "")
        earlier = self.named.get(reference.lower())
        if earlier is not None:
            earlier.final = False
            stage.image, stage.env, stage.arch = earlier.image, dict(earlier.env), earlier.arch
            stage.inherited = earlier.inherited
            stage.parent = (*earlier.parent, *earlier.steps)
            stage.image = stage.image and stage.image._replace(role="stage")
        elif UNKNOWN in reference or not reference:
            self.unsure.append(Unsure(spot, f"the base image {written}"))
        elif reference.lower() != "scratch":
            stage.image = ImageUse(reference, written, spot, "base", platform)
            stage.inherited = variables_of(reference)
        self.stages.append(stage)
        if stage.name:
            self.named.setdefault(stage.name, stage)

    def _arg(self, instruction: Instruction, into: dict[str, str]) -> None:
        for word in re.findall(r"(?:\"[^\"]*\"|'[^']*'|\S)+", instruction.value):
            name, equals, default = word.partition("=")
            if name in self.given:
                into[name] = self.given[name]
            elif equals:
                scope = into if into is self.globals else {**into, **self.stages[-1].env}
                into[name] = _unquoted(default, scope)
            elif into is not self.globals and name in self.globals:
                into[name] = self.globals[name]
            elif name not in _PLATFORM_ARGS:
                into.pop(name, None)

    def _within(self, instruction: Instruction, stage: _Stage) -> None:
        if instruction.name == "arg":
            self._arg(instruction, stage.args)
            for name in re.findall(r"(?:^|\s)([A-Za-z_]\w*)=", instruction.value):
                spot = Spot(self.source.path, *instruction.lines[0][:2])
                stage.steps.append(EnvStep(name, stage.args.get(name, UNKNOWN), spot))
        elif instruction.name == "env":
            self._env(instruction, stage)
        elif instruction.name == "shell":
            stage.posix = not re.search(r"powershell|pwsh|cmd", instruction.value, re.IGNORECASE)
        elif instruction.name == "run":
            self._run(instruction, stage)
        elif instruction.name in ("copy", "add", "workdir", "user", "cmd", "entrypoint", "label"):
            words = _words(instruction.value, stage.scope)
            words += [file.name for file in instruction.documents]
            flags = tuple(expand(flag, stage.scope, "") for flag in instruction.flags)
            spot = Spot(self.source.path, *instruction.lines[0][:2])
            stage.steps.append(RunStep((instruction.name.upper(), *flags, *words), spot))

    def _env(self, instruction: Instruction, stage: _Stage) -> None:
        before = stage.scope
        for number, column, name, value in _pairs(instruction):
            stage.env[name] = _unquoted(value, before)
            stage.steps.append(
                EnvStep(name, stage.env[name], Spot(self.source.path, number, column))
            )

    def _run(self, instruction: Instruction, stage: _Stage) -> None:
        if not stage.posix:
            return
        scope = {**stage.scope}
        # What a build is not told of may be set by the base image.
        lines = list(instruction.lines)
        value = instruction.value
        if value.startswith("[") and (words := _exec_form(value)):
            from shlex import join

            number, column, _ = lines[0]
            lines = [(number, column, join(words))]
        if instruction.documents:
            program = re.sub(r"\d*<<-?[\"']?\w+[\"']?", "", value).strip()
            if re.fullmatch(
                r"|(?:/\S*/|/usr/bin/env )?(?:ba|da|z)?sh\b[^;|&]*|set [^;|&]*", program
            ):
                lines = [(n, 1, text) for n, text in instruction.documents[0].lines]
            elif not program:
                lines = []
        joined = lines if instruction.documents else _continued(lines)
        stage.steps += steps(fragment(self.source.path, joined), scope, scope)


def _continued(lines: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Give continued lines back the sign that continues them, so that the shell sees one command."""
    return [(n, c, f"{text}\\") for n, c, text in lines[:-1]] + lines[-1:]


def _exec_form(value: str) -> list[str]:
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        return []
    return words if isinstance(words, list) and all(isinstance(w, str) for w in words) else []


def _words(value: str, scope: dict[str, str]) -> list[str]:
    if value.startswith("[") and (words := _exec_form(value)):
        return [expand(word, scope, "") for word in words]
    return [expand(word.strip("\"'"), scope, "") for word in value.split()]


def _pairs(instruction: Instruction) -> list[tuple[int, int, str, str]]:
    """Return name and value of each variable of an ENV, with its place; the old form has one, without a sign."""
    first = instruction.lines[0]
    if "=" not in instruction.value.split(None, 1)[0:1][0] if instruction.value else True:
        name, _, rest = instruction.value.partition(" ")
        return [(first[0], first[1], name, rest.strip())] if name else []
    found = []
    for number, column, text in instruction.lines:
        found += [(number, column + m.start(), m[1], m[2]) for m in _PAIR.finditer(text)]
    return found


def _unquoted(value: str, scope: dict[str, str]) -> str:
    if value[:1] == "'" and value[-1:] == "'" and len(value) > 1:
        return value[1:-1]
    if value[:1] == '"' and value[-1:] == '"' and len(value) > 1:
        value = value[1:-1]
    return expand(re.sub(r"\\(.)", r"\1", value), scope, "")
