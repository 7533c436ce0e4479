"""Which Python an environment has: the image's, the one that a step brings, or the one that is asked for."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.linter.evaluate.chosen import allows_version
from torch_doctor.linter.record import UNKNOWN, AnyStep, Environment, InstallStep, RunStep
from torch_doctor.matrix.images.names import Base

# Programs that bring a Python of their own: with one of them, the system's says nothing.
_BRINGS = regex(
    r"conda|mamba|pyenv|deadsnakes|(?<![A-Za-z])(?:uv|asdf|pixi)(?![A-Za-z])|altinstall|Miniforge|update-alternatives|Python-3\.\d"
    r"|(?i:\S*python\S*\.(?:ba)?sh\b)"
)


def python_of(environment: Environment, base: Base | None) -> str:
    """Return the minor version of Python, such as 3.11; empty where it is not known for sure."""
    own = [found for step in environment.all_steps if (found := _brought(step))]
    if environment.python and UNKNOWN not in environment.python:
        asked = minor(environment.python)
        # A step that names another one goes its own way.
        return asked if {asked, UNKNOWN} >= set(own) else ""
    if own:
        return own[-1] if len(set(own)) == 1 and own[-1] != UNKNOWN else ""
    if base is None:
        return ""
    found = base.python
    if not found and base.system is not None and not (base.image is not None and base.image.torch):
        found = base.system.python or ""
    return "" if found and _looks_further(environment, found) else found


def _looks_further(environment: Environment, python: str) -> bool:
    """Whether uv passes over a Python that a project does not let in: it takes, or fetches, one that fits."""
    return any(
        isinstance(step, InstallStep)
        and step.requires_python
        and not allows_version(step.requires_python, f"{python}.99")
        for step in environment.all_steps
    )


def minor(text: str) -> str:
    """Return ``3.11`` of ``3.11.4``; empty where the text is no version."""
    match = re.match(r"(3\.\d{1,2})(?!\d)", text.strip())
    return match[1] if match else ""


def _brought(step: AnyStep) -> str:
    """Return the Python that a step brings; UNKNOWN where it brings one that cannot be told."""
    if isinstance(step, InstallStep):
        if step.tool == "conda":
            pins = [minor(r.specifier.lstrip("=")) for r in step.asks_for("python")]
            return next((pin for pin in pins if pin), UNKNOWN)
        return step.python
    if (
        not isinstance(step, RunStep)
        or not step.words
        or step.words[0] in ("COPY", "ADD", "WORKDIR", "LABEL")
    ):
        if isinstance(step, RunStep) and any("/uv" in word for word in step.words):
            return ""
        return ""
    text = " ".join(step.words)
    uv = re.search(r"\buv (?:venv|python install|python pin)\b.*?\b(3\.\d{1,2})\b", text)
    if uv is not None:
        return uv[1]
    if "--upgrade-deps" in text or (
        re.match(r"(?:sudo )?(?:curl|wget)\b", text) and "python" not in text.lower()
    ):
        return ""
    if re.search(r"\b(?:apt|apt-get|dnf|yum|microdnf|apk)\b", text):
        # python3.11 of Debian and Red Hat, python39 of Red Hat's older streams.
        found = re.findall(r"\bpython3\.?(\d{1,2})(?![\w.])", text)
        versions = {f"3.{number}" for number in found}
        return versions.pop() if len(versions) == 1 else UNKNOWN if versions else ""
    return (
        UNKNOWN
        if _BRINGS.search(text) and not re.match(r"uv (?:pip|sync|lock|run)\b", text)
        else ""
    )


def tag(python: str) -> str:
    """Return the tag of wheels for a Python, cp311; empty where it is not known."""
    if not python:
        return ""
    number = python.partition(".")[2]
    return f"cp3{number}" + ("m" if number in ("6", "7") else "")
