"""YAML whose name tells nothing: Kubernetes, environments of conda, Compose, values of a chart, by what is in it."""

from __future__ import annotations

import re

from torch_doctor.linter.readers.of_yaml import compose, conda, kubernetes, values
from torch_doctor.linter.record import Written
from torch_doctor.linter.text import SourceText


def read(source: SourceText) -> Written:
    """Return what the file describes; nothing where that is none of what is known."""
    text = source.text
    if re.search(r"^apiVersion:", text, re.MULTILINE) and re.search(r"^kind:", text, re.MULTILINE):
        return kubernetes.read(source)
    if re.search(r"^channels:", text, re.MULTILINE) and re.search(
        r"^dependencies:", text, re.MULTILINE
    ):
        return conda.read(source)
    if re.search(r"^services:\s*(?:#.*)?$", text, re.MULTILINE) and re.search(
        r"^\s+(?:image|build):", text, re.MULTILINE
    ):
        return compose.read(source)
    if re.search(r"(?:^|/)values[\w.-]*\.ya?ml$", source.path):
        return values.read(source)
    return Written()
