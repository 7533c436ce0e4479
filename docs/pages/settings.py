"""The page of settings: every key, what it may be, and what holds without it, from the keys themselves."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.cli.about.settings import VARIABLES
from torch_doctor.cli.settings.keys import KEYS


def pages() -> Iterator[tuple[str, str]]:
    """Yield the one page."""
    yield "settings.md", "\n".join(_lines())


_HEAD = """\
# Settings

A team writes what it always types into a file. Settings are the table `[tool.torch-doctor]` of the working folder's
`pyproject.toml`, or a TOML file named with `--config` in its place (without the table's head, unless it is a
`pyproject.toml`), over `/etc/torch-doctor.toml` for the whole machine. What is typed wins over files, a list that
is typed replaces that of a file, and `torch-doctor settings` shows what is in force, from which line."""
_RULES = """
A key that does not exist, or a value that means nothing, is an error with file and line (exit code 2). As root a
folder's own `pyproject.toml` is not obeyed, because whoever may write there could silence findings; named by
`--config` it is, and `lint`, which judges files of the folder, always obeys it. An entry of `ignore` or `lint-ignore`
whose day is past counts again, and that is said."""


def _lines() -> Iterator[str]:
    yield _HEAD
    yield from ("", "```toml", "[tool.torch-doctor]")
    yield from (f"{name} = {KEYS[name].example}" for name in ("fail-on", "expect-gpus", "ignore"))
    yield from ("```", "", "| key | meaning | example | without it |", "|---|---|---|---|")
    for name, key in KEYS.items():
        yield f"| `{name}` | {key.about} | `{key.example}` | {key.default} |"
    yield _RULES
    yield from ("", "## Environment", "", "| variable | meaning |", "|---|---|")
    yield from (f"| `{name}` | {about} |" for name, about in VARIABLES.items())
    yield ""
    yield "See also [gates.md](gates.md) for what is expected, [mirrors.md](mirrors.md) for indexes and registries,"
    yield "[lint.md](lint.md) for problems in files."
