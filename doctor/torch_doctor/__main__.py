"""Start torch-doctor. ``--version`` and ``--help`` answer before anything is imported."""

from __future__ import annotations

import gc
import os
import sys

_VERSION = (["--version"], ["-V"])
_NEVER_WAIT = frozenset({"--version", "-V", "--help", "-h", "--static"})
# Words of a check that change nothing of what NVML and files are asked, nor of how long.
_PLAIN = frozenset(
    (
        "check",
        "--json",
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "--static",
        "--proof",
        "driver",
        "torch",
    )
)
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from torch_doctor.probes.host.port import Host


def main(argv: Sequence[str] | None = None, host: Host | None = None) -> int:
    """Run the command line *argv* on this machine, or on *host*, and return the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        if words in _VERSION:
            from torch_doctor import __version__

            sys.stdout.write(f"torch-doctor {__version__}\n")
            sys.stdout.flush()
            return 0
        if words in (["--help"], ["-h"]):
            from torch_doctor.cli.output.fitting import fitted
            from torch_doctor.cli.output.streams import emit
            from torch_doctor.cli.overview import overview

            emit(fitted(overview()))
            return 0
        if host is None and _PLAIN.issuperset(words):
            _start_early(words)
        from torch_doctor.cli.main import run

        # What start-up makes lives to the end: looking through it for garbage is a tenth of the time.
        gc.set_threshold(50_000)
        return run(words, host)
    except KeyboardInterrupt:
        sys.stderr.write("torch-doctor: interrupted\n")
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001  what could not even be written; run() words all else
        sys.stderr.write(f"torch-doctor: {error}\n")
        return 2


def _start_early(words: Sequence[str]) -> None:
    """Begin what is waited for longest, where the bare words tell already that this machine is to be checked."""
    from torch_doctor.probes.host.watched import hear_of_ends

    hear_of_ends()
    if "--static" in words:
        from torch_doctor.probes.host.beside import start_early
    else:
        from torch_doctor.probes.first import start_early
    start_early()


def _watched(words: list[str]) -> int:
    """Run a check in a process that can be left behind, where it asks this machine or names a deadline."""
    from torch_doctor.cli.overview import COMMANDS

    is_check = not words or words[0] == "check" or words[0] not in COMMANDS
    if not is_check and words[0] != "collect":
        return main(words)
    from torch_doctor.probes.host.watched import is_live, seconds_of, watched

    # Another command's --deadline is its own: fleet run ends what it started, and keeps what came.
    seconds = seconds_of(words) if is_check else None
    if seconds is None and not is_live(words):
        return main(words)
    from torch_doctor.cli.main import fail

    try:
        code = watched(words, main, seconds)
    except ChildProcessError as error:
        other = "without --deadline, too" if seconds else "with --static, too"
        message = f"the check gave no answer: {error}"
        return fail(words, "internal", message, f"see whether it does so {other}")
    except KeyboardInterrupt:
        sys.stderr.write("torch-doctor: interrupted\n")
        return 130
    if code is None:
        message = f"the check did not end within {seconds or 0:g} s, and was left"
        return fail(words, "internal", message, "give it more time, or name what to leave out")
    return code


def entry() -> NoReturn:
    """Run, and end at once: tidying up what goes away with the process would take a tenth of its time."""
    words = sys.argv[1:]
    if words not in _VERSION:
        from torch_doctor.core.light.modules import find_by_name

        find_by_name()
    has_deadline = any(word.startswith("--deadline") for word in words)
    quick = not has_deadline and not _NEVER_WAIT.isdisjoint(words)
    code = main(words) if quick else _watched(words)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # closed, or never there
    os._exit(code)


if __name__ == "__main__":
    entry()
