"""Who keeps the packages, as words and commands say: a project's manager, conda, uv as a faster pip."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

# "I use poetry", "managed by pixi"; uv is also only a faster pip.
_IN_USE = (
    r"|(?<!n't )(?<!not )(?<!never )"
    r"(?:\b(?:us(?:e|es|ed|ing)|via|(?:managed|installed|installing|resolved|locked|set up) (?:by|with)) {0}\b(?![-\w]|\.\w)"
    r"|\b{0}(?:[- ](?:managed|based))?[- ](?:project|env(?:ironment)?|venv|workspace)s?\b)"
)
_MANAGERS = (
    (
        "uv",
        "uv",
        r"\buv (?:sync|add|run|lock|tree)\b|\buv\.lock\b|\[tool\.uv\b|\buv[- ]managed\b|\buv project\b",
    ),
    (
        "poetry",
        "poetry",
        r"\bpoetry (?:add|install|lock|update|run|shell|show|env|version)\b|\bpoetry\.lock\b|\[tool\.poetry\b"
        + _IN_USE.format("poetry"),
    ),
    (
        "pdm",
        "pdm",
        r"\bpdm (?:add|install|lock|sync|run|list|show|use)\b|\bpdm project\b|\bpdm\.lock\b|\[tool\.pdm\b"
        + _IN_USE.format("pdm"),
    ),
    (
        "pixi",
        "pixi",
        r"\bpixi (?:add|install|run|shell|init|list)\b|\bpixi\.(?:toml|lock)\b|[/\\]\.pixi[/\\]envs\b"
        + _IN_USE.format("pixi"),
    ),
    (
        "pipenv",
        "pipenv",
        r"\bpipenv (?:install|run|shell|lock|sync)\b" + _IN_USE.format("pipenv"),
    ),
    ("pipenv", "pipfile", r"\bPipfile(?:\.lock)?\b"),
    (
        "nix",
        "nix",
        r"/nix/store/|\bnix[- ]?(?:store|shell|develop|env)\b|\bNixOS\b|\bnixpkgs\b|\bflake\.nix\b",
    ),
    (
        "conda",
        "conda",
        r"(?<!without )(?<!no )(?<!not )(?<![A-Za-z])(?:ana|mini)?conda\d?[ -]?(?:(?:virtual )?env(?:ironment)?s?\b|的?(?:虚拟)?环境|(?:の)?(?:仮想)?環境)|\bmodule (?:load )?(?:ana|mini)conda|\b(?:conda|mamba|micromamba) (?:install|create|env create|activate)\b|[/\\](?:ana|mini)conda\d?[/\\]envs[/\\]|[/\\]miniforge\d?[/\\]envs[/\\]",
    ),
)
_UV = regex(
    _IN_USE.format("uv").removeprefix("|")
    + r"|(?<!n't use )(?<!not use )(?<!no )(?<!without )(?<!instead of )\buv (?:venv|pip)\b",
    re.IGNORECASE,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what keeps the packages of the project or environment; who only uses uv may mean its pip."""
    for slug, needs, pattern in _MANAGERS:
        for index, text in paste.with_(needs, 40):
            if re.search(pattern, text, re.IGNORECASE):
                yield Claim("project_manager", slug, paste.number(index), Seen.WORDS)
                break
    for _, line in paste.find(_UV, "uv", 1):
        yield Claim("torch_installer", "uv", line, Seen.WORDS, implied=True)
