"""The command that starts a container, where a report holds one in whole: a cure then says it again, with what it lacks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

# A line that is a command and nothing else, behind a prompt at most; or one between backticks.
_WHOLE = regex(
    r"^\s{0,8}(?:[^\s$#>]{0,60}[$#>] )?((?:sudo )?(?:docker|podman|nerdctl)(?: container)? run .{3,1500})$"
)
_QUOTED = regex(r"`((?:sudo )?(?:docker|podman|nerdctl)(?: container)? run [^`]{3,1500})`")
# No longer one command, or one that stands for others: pipes, chains, what was left out.
_UNCLEAR = regex(r"[|;<>`]|&&|\.\.\.|…|\[[A-Z]|(?<!\S)&")
_TEST = regex(r"\bnvidia-smi\b")
_MOST_LINES = 40


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the command, if one and the same is all that starts containers here."""
    found = dict(_commands(paste))
    if len(found) == 1:
        ((command, line),) = found.items()
        yield Claim("container_command", command, line, Seen.COMMAND)


def _commands(paste: Paste) -> Iterator[tuple[str, int]]:
    for needs in ("docker", "podman", "nerdctl"):
        for index, text in paste.with_(needs, 100):
            match = _QUOTED.search(text) or _WHOLE.match(_joined(paste, index))
            command = _without_values(match[1]) if match else None
            if command:
                yield command, paste.number(index)


def _joined(paste: Paste, index: int) -> str:
    """Return a line with those that continue it."""
    text, ahead = paste.lines[index].rstrip(), index
    while text.endswith("\\") and ahead + 1 < min(len(paste.lines), index + _MOST_LINES):
        ahead += 1
        text = f"{text[:-1].rstrip()} {paste.lines[ahead].strip()}"
    return text


def _without_values(command: str) -> str | None:
    """Return a command whose variables are named alone; None where it is not clear, or only a test of the engine."""
    if _UNCLEAR.search(command) or _TEST.search(command):
        return None
    try:
        words = shlex.split(command, posix=False)
    except ValueError:
        return None
    return one_line(" ".join(_named(words)), 1500)


def _named(words: list[str]) -> Iterator[str]:
    before = ""
    for word in words:
        option, _, value = word.partition("=")
        if before in ("-e", "--env"):
            yield option.strip("\"'")
        elif option == "--env" and value:
            yield f"-e {value.partition('=')[0].strip(chr(34) + chr(39))}"
        elif value and re.match(r"-e\w", option):
            yield f"-e {option[2:]}"
        elif word == "--env":
            yield "-e"
        else:
            yield word
        before = word
