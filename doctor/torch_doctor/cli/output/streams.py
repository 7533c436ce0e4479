"""Where words go: the report to stdout or a file, notices to stderr, in whatever encoding there is."""

from __future__ import annotations

import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch_doctor.core.startup import Any

NARROW, WIDE, USUAL = 40, 120, 80
# Wider than any line: what reads a pipe or a file breaks lines itself, or searches them.
UNBROKEN = 100_000
# What --width and --color of this run say.
_ASKED: dict[str, Any] = {}


def settle(columns: int | None, colour: str | None) -> None:
    """Take note of --width and --color: they come before the terminal and the environment."""
    _ASKED.update(columns=columns, colour=colour)


def emit(text: str) -> bool:
    """Write the report to stdout, and return whether it is still read: a reader that left (``| head``) is no error."""
    return _write(sys.stdout, text)


def notice(text: str) -> None:
    """Write one line to stderr; where somebody reads it on a terminal, it breaks between words."""
    from torch_doctor.core.text import one_line

    line = f"torch-doctor: {one_line(text, 4000)}"
    if is_terminal(sys.stderr):
        from textwrap import fill

        columns = width(os.environ, sys.stderr)
        line = fill(
            line, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    _write(sys.stderr, f"{line}\n")


def width(environ: Mapping[str, str], stream: Any = None) -> int:
    """Return how many columns to use: --width, COLUMNS, those of the terminal behind *stream* (stdout).

    A pipe's lines are not broken.
    """
    stream = stream or sys.stdout
    asked = _ASKED.get("columns")
    if asked is not None:
        return max(NARROW, asked) if asked else UNBROKEN
    typed = environ.get("COLUMNS", "")
    columns = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0
    if not columns:
        if not is_terminal(stream):
            return UNBROKEN
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
    return max(NARROW, min(WIDE, columns or USUAL))


def wants_colour(environ: Mapping[str, str]) -> bool:
    """Whether stdout takes colours: --color decides, NO_COLOR and FORCE_COLOR, then TERM and the terminal."""
    asked = _ASKED.get("colour")
    if asked in ("always", "never"):
        return bool(asked == "always")
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    if environ.get("TERM") == "dumb" or not is_terminal(sys.stdout):
        return False
    return sys.platform != "win32" or "WT_SESSION" in environ or "TERM" in environ


def takes_links(environ: Mapping[str, str]) -> bool:
    """Whether stdout is a terminal that is known to follow links (OSC 8); others may print them as they are."""
    if not is_terminal(sys.stdout) or environ.get("STY"):
        return False
    if environ.get("TERM_PROGRAM") == "tmux":  # it drops them before 3.4
        major, _, minor = environ.get("TERM_PROGRAM_VERSION", "").partition(".")
        return major.isdigit() and (int(major), minor[:1]) >= (3, "4")
    vte = environ.get("VTE_VERSION", "")
    return (
        (vte.isdigit() and int(vte) >= 5000)
        or any(name in environ for name in ("KITTY_WINDOW_ID", "WT_SESSION", "WEZTERM_PANE"))
        or environ.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm", "vscode", "ghostty")
        or environ.get("TERM") in ("xterm-kitty", "alacritty", "foot", "xterm-ghostty")
    )


def is_terminal(stream: Any) -> bool:
    """Whether a stream is a terminal; one that is closed is not."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def write_file(path: Path, text: str, option: str = "--output") -> None:
    """Write *text* as UTF-8, whole or not at all; else raise InputError, which names *option*."""
    text = _without_logins(text)
    try:
        if _is_special(path):
            path.write_text(text, encoding="utf-8")
            return
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with open(unfinished, "x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        from torch_doctor.cli.input.errors import InputError

        message = f"{option} {path}: {error.strerror or error}"
        raise InputError(
            message, "name a file in a folder that you may write to", "input"
        ) from error


def _is_special(path: Path) -> bool:
    """Whether the path is a device or a pipe, which is written to and not replaced."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def _write(stream: Any, text: str) -> bool:
    """Write *text*, and return whether it got there. Whatever brought it here, the login of a URL goes no further."""
    text = _without_logins(text)
    try:
        if not text.isascii():
            from torch_doctor.render.text.glyphs import fit

            text = fit(text, getattr(stream, "encoding", None) or "ascii")
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        if stream is sys.stdout:
            from torch_doctor.cli.input.errors import InputError

            message = f"the report cannot be written: {error.strerror or error}"
            cure = "make room, or send it elsewhere"
            raise InputError(message, cure, "input") from error
    except (AttributeError, ValueError):
        pass  # the stream was closed, or there is none: nobody is left to tell
    else:
        return True
    return False


def _without_logins(text: str) -> str:
    if "://" not in text:
        return text
    from torch_doctor.core.redaction.credentials import without_userinfo

    return without_userinfo(text)


def _silence(stream: Any) -> None:
    """Point the stream at nothing, so that the interpreter's last flush is quiet, too."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
