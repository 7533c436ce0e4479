"""kustomization.yaml: the images that it puts in the place of those in other files."""

from __future__ import annotations

from torch_doctor.linter.readers.of_yaml.tree import parsed
from torch_doctor.linter.record import ImageUse, Written
from torch_doctor.linter.text import SourceText


def read(source: SourceText) -> Written:
    """Return the images. One without a new name and with a plain word for its own is a placeholder."""
    found = parsed(source)
    if found.flaw is not None:
        return Written(flaws=(found.flaw,))
    images = []
    replaces = []
    for document in found.documents:
        for one in document.get("images").items():
            if one.get("newName") or one.get("newTag") or one.get("digest"):
                replaces.append(one.get("name").text)
            name, tag = one.get("newName").text or one.get("name").text, one.get("newTag")
            if not name or not tag.text or one.get("digest") or ":" in name.rpartition("/")[2]:
                continue  # a digest, or the tag of the other file, says which image it is
            images.append(ImageUse(f"{name}:{tag.text}", tag.text, tag.spot))
    return Written(images=tuple(images), replaces=tuple(replaces))
