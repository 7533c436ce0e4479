"""Which files of a folder are read, by their names. Bounded: a home folder or a mounted disk does not hang it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line, wide_encoding
from torch_doctor.core.tuples import NamedTuple

MOST_FILES, MOST_ENTRIES, MOST_BYTES = 5_000, 200_000, 4_000_000
# Where other people's files lie: packages, caches, histories.
_SKIPPED = frozenset(
    """.git .hg .svn node_modules __pycache__ .venv venv .tox .nox .mypy_cache .ruff_cache .pytest_cache site-packages
    dist-packages .eggs .terraform .direnv .pixi .conda
    wandb mlruns lightning_logs""".split()
)
_FORMATS: tuple[tuple[str, str], ...] = (
    ("dockerfile", r"(?:docker|container)file(?:[._-][\w.-]+)?|[\w.-]+\.(?:docker|container)file"),
    ("pyproject", r"pyproject\.toml"),
    ("uv_lock", r"uv\.lock"),
    ("lock_blocks", r"(?:poetry|pdm(?:\.[\w-]+)?)\.lock"),
    ("pipfile_lock", r"Pipfile\.lock"),
    ("conda_lock", r"(?:[\w.-]+[._-])?conda-lock\.ya?ml"),
    ("kustomize", r"kustomization(?:\.ya?ml)?"),
    ("bake", r"(?:[\w-]+[._-])?docker-bake(?:\.[\w-]+)*\.(?:hcl|json)"),
    ("apptainer", r"[^/]+\.def|(?:singularity|apptainer)(?:\.[\w.-]+)?"),
    ("requirements", r"(?:[\w.-]*[_.-])?(?:requirements?|constraints?)(?:[_.-][\w.-]*)?\.(?:txt|in|lock)|reqs?\.txt"),
    ("compose", r"(?:[\w.-]*[._-])?compose(?:[._-][\w.-]*)?\.ya?ml"),
    ("conda", r"(?:[\w.-]*[_.-])?(?:environment|conda|env)s?(?:[_.-][\w.-]*)?\.ya?ml"),
    ("gitlab", r"(?:[\w.-]*\.)?gitlab-ci(?:[._-][\w.-]*)?\.ya?ml"),
    ("devcontainer", r"\.?devcontainer\.json"),
    ("notebook", r"[^/]+\.ipynb"),
    ("script", r"[^/]+\.(?:sh|bash|sbatch|slurm|sub|job|batch)"),
    ("setup_file", r"setup\.(?:py|cfg)"),
    ("pipfile", r"Pipfile"),
    ("pylock", r"pylock(?:\.[\w-]+)?\.toml"),
    ("cog", r"cog\.ya?ml"),
    ("pixi", r"pixi\.toml"),
    ("yaml", r"[^/]+\.ya?ml"),
)  # fmt: skip
_NEVER = regex(
    r".*(?:\.(?:md|rst|j2|jinja2?|tmpl|tpl|template|dockerignore|bak|orig|patch|diff))$",
    re.IGNORECASE,
)
# A program is no Dockerfile, whatever it is called: dockerfile.py, with its "from … import …".
_SOURCE = regex(
    r".*\.(?:py|pyi|pyx|pyw|c|h|cc|cpp|cxx|hpp|go|rs|java|kt|js|mjs|cjs|jsx|ts|tsx|rb|php|pl|lua|swift|scala|cs|sql|sh|bash)$",
    re.IGNORECASE,
)
_READ_OF_SOURCE = ("setup_file", "script")

_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16


class UnreadableError(ValueError):
    """A file or folder that was named and cannot be read; *cure* says what would help."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


class FoundFile(NamedTuple):
    """A file that is read: its name on disk, what the answer calls it, and its format."""

    place: str
    name: str
    kind: str


class HeldFile(NamedTuple):
    """A file with what it holds: what the answer calls it, and its format."""

    name: str
    kind: str
    data: bytes


def kind_of(name: str) -> str:
    """Return the format of a file by its path; empty where it is none that is read."""
    plain = name.replace("\\", "/")
    folder, _, file = plain.rpartition("/")
    if file == "README.md":
        return "space"
    if _NEVER.match(file):
        return ""
    if re.search(r"(?:^|/)\.github/workflows$", folder) and re.search(r"\.ya?ml$", file):
        return "workflow"
    if re.fullmatch(r"action\.ya?ml", file):
        return "workflow"
    if re.search(r"(?:^|/)requirements$", folder) and re.search(r"\.(?:txt|in)$", file):
        return "requirements"
    source = _SOURCE.match(file)
    return next(
        (
            kind
            for kind, pattern in _formats()
            if pattern.fullmatch(file) and (not source or kind in _READ_OF_SOURCE)
        ),
        "",
    )


def _formats(compiled: list[tuple[str, re.Pattern[str]]] = []) -> list[tuple[str, re.Pattern[str]]]:  # noqa: B006  compiled once
    if not compiled:
        compiled += [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _FORMATS]
    return compiled


def find(paths: tuple[str, ...]) -> Iterator[FoundFile]:
    """Yield the files to read under *paths*, in the order of their names.

    Raise FileNotFoundError where one is none, UnreadableError where it is no file or cannot be read. A file that is
    named is read, whatever its name is, as far as a format can be told.
    """
    seen: set[str] = set()
    for path in paths:
        if os.path.lexists(path):
            _check(path)
        if os.path.isdir(path):
            found: Iterator[FoundFile] = _below(path)
        elif os.path.exists(path):
            guess = "" if _SOURCE.match(os.path.basename(path)) else "guess"
            found = iter([FoundFile(path, called(path, ""), kind_of(path) or guess)])
        else:
            raise FileNotFoundError(path)
        for file in found:
            key = os.path.abspath(file.place)
            if key not in seen and len(seen) < MOST_FILES:
                seen.add(key)
                yield file


def _check(path: str) -> None:
    """Raise UnreadableError where a path that somebody names is no folder and no file of text that can be read."""
    shown = one_line(path, 300)
    try:
        about = os.stat(path)
        if stat.S_ISDIR(about.st_mode):
            os.scandir(path).close()
            return
        if not stat.S_ISREG(about.st_mode):
            raise UnreadableError(f"{shown} is not a regular file", "name a file or a folder")
        if about.st_size > MOST_BYTES:
            size = f"{MOST_BYTES // 1_000_000} MB"
            raise UnreadableError(
                f"{shown} is larger than {size}", "name a file that a person writes"
            )
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError as error:
        reason = error.strerror or str(error)
        cure = "name one that may be read"
        raise UnreadableError(f"{shown} cannot be read: {reason}", cure) from error
    encoding = wide_encoding(head)
    if encoding and (encoding.startswith("UTF-32") or not head.startswith(_MARKS)):
        cure = f"write it as UTF-8: iconv -f {encoding} -t UTF-8 OLD > NEW"
        raise UnreadableError(f"{shown} is {encoding} text", cure)
    if b"\0" in head and not encoding:
        raise UnreadableError(f"{shown} is no text", "name a text file")


def _below(root: str) -> Iterator[FoundFile]:
    entries = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED and not os.path.isfile(os.path.join(folder, name, "pyvenv.cfg"))
        )
        for entry in sorted(files):
            entries += 1
            if entries > MOST_ENTRIES:
                return
            place = os.path.join(folder, entry)
            name = called(place, root)
            kind = kind_of(name)
            if kind:
                yield FoundFile(place, name, kind)


def is_skipped(path: str) -> bool:
    """Whether a path from the root of a tree lies where other people's files lie."""
    return any(part in _SKIPPED for part in path.split("/")[:-1])


def called(place: str, root: str) -> str:
    """Return a path from the current folder where it is below it, else from the folder that was named."""
    try:
        here = os.path.relpath(place)
    except (OSError, ValueError):  # the current folder is gone, or on another drive
        here = ".."
    if not here.startswith(".."):
        return here.replace(os.sep, "/")
    return (os.path.relpath(place, root) if root else place).replace(os.sep, "/")


def concerns(kind: str, data: bytes) -> bool:
    """Whether what a file holds can be of its format, where many files have the name and few are of it."""
    if kind == "space":
        return data.startswith(b"---") and b"\nsdk:" in data[:4000]
    return kind != "apptainer" or b"bootstrap:" in data[:4000].lower()


def content(place: str) -> bytes | None:
    """Return what a file holds; None where it cannot be read, is no file, or is too large."""
    try:
        if not os.path.isfile(place) or os.path.getsize(place) > MOST_BYTES:
            return None
        with open(place, "rb") as file:
            return file.read(MOST_BYTES)
    except OSError:
        return None
