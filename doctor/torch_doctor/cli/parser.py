"""The argument parser: argparse whose errors are values, with examples and exit codes in every help."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.output.exits import EXIT_CODES
from torch_doctor.cli.output.fitting import within
from torch_doctor.cli.output.streams import UNBROKEN, USUAL, width
from torch_doctor.core.startup import Any, NoReturn
from torch_doctor.core.text import one_line

_BRACED = 12  # letters of choices that stand in braces: {fail,ignore}


class Parser(argparse.ArgumentParser):
    """A parser that raises InputError instead of ending the program.

    *elsewhere* says what is meant by an option that there is not, as other tools call it, beside what else was typed.
    """

    def __init__(
        self,
        command: str,
        about: str,
        examples: str,
        exit_codes: str = EXIT_CODES,
        elsewhere: Callable[[str, argparse.Namespace], str | None] = lambda *_: None,
    ) -> None:
        super().__init__(
            prog=f"torch-doctor {command}",
            description=about,
            epilog=f"examples:\n{_indented(examples)}\n\n{exit_codes}",
            formatter_class=_formatter,
            allow_abbrev=False,
        )
        self._elsewhere = elsewhere
        self._found = argparse.Namespace()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Do what argparse does, and keep what was found for who words an error."""
        found = super().parse_known_args(args, namespace)
        self._found = found[0]
        return found

    def error(self, message: str) -> NoReturn:
        """Raise InputError with a suggestion where an option or a choice looks like a known one."""
        raise InputError(_plain(message), self._cure(message))

    def _cure(self, message: str) -> str:
        options = [option for action in self._actions for option in action.option_strings]
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            known = options if unknown[1].startswith("-") else []
            typed = unknown[1].partition("=")[0]
            meant = self._elsewhere(typed, self._found)
            found = f"did you mean {meant}?" if meant else did_you_mean(typed, known)
        else:
            choice = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
            known = re.findall(r"[\w-]+", choice[2]) if choice else []
            found = did_you_mean(choice[1], known) if choice else ""
        return found or f"see {self.prog} --help"


class Later:
    """The parser of one action of a command, built by *child* when it is first asked for something."""

    def __init__(self, *, child: Callable[[], argparse.ArgumentParser], **_: Any) -> None:
        self._child = child
        self._made: argparse.ArgumentParser | None = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._child()
        return getattr(self._made, name)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Fix the width: argparse would import a good deal to find it, for every option that is added."""
    columns = width(os.environ)
    columns = USUAL if columns == UNBROKEN else columns
    return _Formatter(prog, max_help_position=min(26, columns // 2), width=columns)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps paragraphs and lists as they are written, within the width; commands that people copy stay whole.

    What an option may be is told with what it does where the words are too many for its place.
    """

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "".join(f"{indent}{line}\n" for line in within(text, width).splitlines())

    def _split_lines(self, text: str, width: int) -> list[str]:
        from textwrap import wrap

        return wrap(" ".join(text.split()), width, break_on_hyphens=False, break_long_words=False)

    def _metavar_formatter(self, action: argparse.Action, default_metavar: str) -> Any:
        if _choices(action):
            return lambda size: ("WORD",) * size
        return super()._metavar_formatter(action, default_metavar)

    def _expand_help(self, action: argparse.Action) -> str:
        *words, last = _choices(action) or ("",)
        prefix = f"{', '.join(words)} or {last}: " if words else ""
        return prefix + super()._expand_help(action)


def _choices(action: argparse.Action) -> tuple[str, ...]:
    """Return the words that an option takes where braces around them are long, else nothing."""
    if not action.option_strings or action.metavar is not None or action.choices is None:
        return ()
    words = tuple(map(str, action.choices))
    return words if sum(map(len, words)) > _BRACED else ()


def count(text: str) -> int:
    """Parse a whole number that is not negative."""
    if not re.fullmatch(r"\d{1,9}", text):
        raise _wrong(text, "a whole number such as 8")
    return int(text)


def seconds(text: str) -> float:
    """Parse a number of seconds above zero."""
    if not re.fullmatch(r"\d{1,7}(\.\d+)?", text) or float(text) <= 0:
        raise _wrong(text, "a number of seconds above 0, such as 60")
    return float(text)


def words(text: str) -> list[str]:
    """Split a list at commas; raise where it holds nothing."""
    found = [word.strip() for word in text.split(",") if word.strip()]
    if not found:
        raise _wrong(text, "a list such as TD101,TD202")
    return found


def add_screen(parser: argparse.ArgumentParser) -> None:
    """Add --width and --color."""
    parser.add_argument(
        "--width",
        dest="columns",
        metavar="N",
        type=count,
        help="columns of the text (default: COLUMNS, the terminal's; a pipe's lines are not broken); 0 breaks none",
    )
    parser.add_argument(
        "--color",
        dest="colour",
        choices=("auto", "always", "never"),
        help="whether the text has colours (default: auto, on a terminal unless NO_COLOR is set)",
    )


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """Add -v and -q, and what add_screen adds."""
    add_screen(parser)
    group: Any = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-v", "--verbose", action="store_true", help="show every rule, fact, row and time"
    )
    group.add_argument(
        "-q", "--quiet", action="store_true", help="show the primary cause and the verdict alone"
    )


def _wrong(text: str, expected: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"expected {expected}, got {one_line(text, 60)!r}")


def _plain(message: str) -> str:
    """Leave the flag alone of "argument --x: …", as argparse says it."""
    message = message.removeprefix("argument ")
    return (
        message.replace("unrecognized arguments:", "unknown argument")
        .replace("-v/--verbose", "-v")
        .replace("-q/--quiet", "-q")
    )


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines())
