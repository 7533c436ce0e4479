"""The values of a Helm chart: the images that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.linter.readers.of_yaml.tree import Tree, parsed
from torch_doctor.linter.record import ImageUse, Unsure, Written
from torch_doctor.linter.text import SourceText


def read(source: SourceText) -> Written:
    """Return the images. What a chart does with other values, only its templates know."""
    found = parsed(source)
    if found.flaw is not None:  # other tools fill in templates of such a name, too
        return Written(unsure=(Unsure(found.flaw.spot, "values that are no YAML as they stand"),))
    return Written(images=tuple(one for document in found.documents for one in _images(document)))


def _images(document: Tree) -> Iterator[ImageUse]:
    for one in document.every():
        repository, tag = one.get("repository").text, one.get("tag")
        # Templates may add a flavour to a tag without one.
        if (
            not repository
            or one.get("digest").text
            or not re.search(r"-(?:base|runtime|devel|py3)\b", tag.text)
        ):
            continue
        registry = one.get("registry").text.removeprefix("docker.io").rstrip("/")
        name = f"{registry}/{repository}:{tag.text}" if registry else f"{repository}:{tag.text}"
        yield ImageUse(name, tag.text, tag.spot)
