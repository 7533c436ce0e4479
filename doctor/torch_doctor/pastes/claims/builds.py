"""What shows that an installer built a package in an environment of its own, which has another torch, or none."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.paste import Paste

_FOLDER = regex(r"[/\\]pip-build-env-|[/\\]builds-v\d[/\\]\.tmp")
# What pip, uv, poetry and pdm print of a build that they isolate.
_STEPS = (
    "getting requirements to build",
    "metadata (pyproject.toml)",
    "get_requires_for_build",
    "prepare_metadata_for_build",
    "setuptools.build_meta",
    "as a build dependency",
    "build backend returned",
    "backend subprocess exited",
)
_NONE_IN_WORDS = regex(
    r"\b(?:pip3?|uv|poetry|pdm)\b[^\n]{0,20} (?:install|add|sync)\b[^\n]{0,100}No module named ['`\"]torch['`\"]",
    re.IGNORECASE,
)
NO_TORCH = "no module named 'torch'"
# As people write it, without the marks: "it fails with no module named torch", 没有名为torch的模块
_NO_TORCH = regex(
    r"no module (?:named |called )?[`'\"]{0,2}torch[`'\"]{0,2}(?![\w-]|\.\w)|(?:can(?:no|')t|could ?n[o']t|unable to|does ?n[o']t|fails? to) find (?:the )?(?:module )?[`'\"]?torch\b(?![\w-]|\.\w)|(?:没有|找不到)(?:名为)?\s?[`'\"]?torch[`'\"]?\s?(?:的)?模块",
    re.IGNORECASE,
    ("no module", "find", "没有", "找不到"),
)


def isolated(paste: Paste) -> int | None:
    """Return the index of the line that shows it: a folder of such an environment, or a step that failed without torch."""
    for needs in ("pip-build-env-", "builds-v"):
        for index, text in paste.with_(needs, 3):
            if _FOLDER.search(text):
                return index
    lacking = any(_NO_TORCH.search(text) for _, text in paste.with_("torch", 200))
    if not lacking or paste.has("no-build-isolation", "no-isolation"):
        return None
    steps = [index for needs in _STEPS for index in paste.holding(needs)[:1]]
    denied = [index for index, text in paste.with_(NO_TORCH, 5) if _NONE_IN_WORDS.search(text)]
    return min((*steps, *denied), default=None)
